// Package control is the API by which a program in any language looks at a fake Clerk and changes
// it: control.yaml describes it.
package control

import (
	_ "embed"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest/fakeclerk/internal/instance"
)

// Document is the OpenAPI description of the API.
//
//go:embed control.yaml
var Document []byte

// Prefix is the start of every path of the API.
const Prefix = "/_fake/"

const (
	maxBody    = 1 << 20  // bytes of a request's body that are read
	maxDrained = 16 << 20 // bytes of a longer body that are thrown away; its sender reads the answer
)

// endpoint answers a request with a value to encode, or with nil for an answer without a body.
type endpoint func(in *instance.Instance, r *http.Request) (any, error)

// endpoints are all endpoints, by path below Prefix and method.
func endpoints() map[string]map[string]endpoint {
	return map[string]map[string]endpoint{
		"health":            {http.MethodGet: health},
		"env":               {http.MethodGet: env},
		"sign-in":           {http.MethodPost: signIn},
		"sessions":          {http.MethodGet: listSessions, http.MethodPost: addSession},
		"sessions/{id}/end": {http.MethodPost: endSession},
		"clock":             {http.MethodGet: clock, http.MethodPost: advance},
		"faults": {
			http.MethodGet: listFaults, http.MethodPost: inject, http.MethodDelete: clearFaults,
		},
		"rate-limit": {http.MethodPut: limitRate, http.MethodDelete: liftRateLimit},
		"rotate-key": {http.MethodPost: rotateKey},
		"calls":      {http.MethodGet: listCalls, http.MethodDelete: clearCalls},
		"violations": {http.MethodGet: listViolations},
		"reset":      {http.MethodPost: reset},
	}
}

// Handler serves the API. It answers no request that a page of another site has sent.
func Handler(in *instance.Instance) http.Handler {
	mux, all := http.NewServeMux(), endpoints()
	for path, methods := range all {
		mux.HandleFunc(Prefix+path, func(w http.ResponseWriter, r *http.Request) {
			serve(in, methods, w, r)
		})
	}
	mux.HandleFunc("GET "+Prefix+"control.yaml", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/yaml")
		_, _ = w.Write(Document)
	})
	paths := strings.Join(slices.Sorted(maps.Keys(all)), ", ")
	mux.HandleFunc(Prefix, func(w http.ResponseWriter, _ *http.Request) {
		Refuse(w, http.StatusNotFound, "There is no such endpoint; below "+Prefix+" are "+paths+
			", and control.yaml, which describes them.")
	})
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		Refuse(w, http.StatusForbidden, "A page of another site has sent this request.")
	}))
	return guard.Handler(mux)
}

// serve answers a request for a path that has these methods.
func serve(
	in *instance.Instance, methods map[string]endpoint, w http.ResponseWriter, r *http.Request,
) {
	answer := methods[r.Method]
	if answer == nil {
		var allowed []string
		for method := range methods {
			allowed = append(allowed, method)
		}
		slices.Sort(allowed)
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		Refuse(w, http.StatusMethodNotAllowed, "This path takes only "+strings.Join(allowed, ", ")+".")
		return
	}
	value, err := answer(in, r)
	if err != nil {
		status := http.StatusBadRequest
		if refused, ok := errors.AsType[*refusal](err); ok {
			status = refused.status
		}
		Refuse(w, status, Sentence(err))
		return
	}
	if r.Method != http.MethodGet {
		in.Changed()
	}
	if value == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	write(w, http.StatusOK, value)
}

// refusal is an error with a status other than 400.
type refusal struct {
	status int
	text   string
}

func (e *refusal) Error() string { return e.text }

// Refuse answers with an error: one sentence that says what to do.
func Refuse(w http.ResponseWriter, status int, text string) {
	write(w, status, struct {
		Error string `json:"error"`
	}{text})
}

func write(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value, json.Deterministic(true))
	if err != nil {
		panic("fakeclerk: cannot encode an answer: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}

// Sentence returns an error as a sentence. Errors of sessionstest begin with the package and the
// method, which mean nothing to somebody outside of Go.
func Sentence(err error) string {
	text := err.Error()
	if after, ok := strings.CutPrefix(text, "sessionstest: "); ok {
		_, text, _ = strings.Cut(after, ": ")
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// readBody returns a request's body.
func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case len(body) > maxBody:
		_, _ = io.CopyN(io.Discard, r.Body, maxDrained)
		return nil, &refusal{http.StatusRequestEntityTooLarge, "the body is larger than 1 MiB"}
	case err != nil:
		return nil, errors.New("the body broke off")
	}
	return body, nil
}
