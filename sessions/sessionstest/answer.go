package sessionstest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/clerk-sessions/clerk-sessions-go/gen"
)

const jsonMediaType = "application/json"

// answer is what goes back.
type answer struct {
	status      int
	contentType string // "" without a body
	retryAfter  int    // seconds; 0 is not sent
	body        []byte
}

// answer returns the refusal as Clerk's error body.
func (r *refusal) answer(trace string) answer {
	a := jsonAnswer(r.status, gen.ErrorAnswer{Errors: r.items, ClerkTraceID: trace})
	a.retryAfter = r.retryAfter
	return a
}

func jsonAnswer(status int, value any) answer {
	body, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("sessionstest: cannot encode an answer of type %T", value))
	}
	return answer{status: status, contentType: jsonMediaType, body: body}
}

func (a answer) header() http.Header {
	h := http.Header{}
	if a.contentType != "" {
		h.Set("Content-Type", a.contentType)
	}
	if a.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(a.retryAfter))
	}
	return h
}

func (a answer) send(w http.ResponseWriter) {
	for name, values := range a.header() {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}
