package sessionstest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start is when the clocks of these tests stand.
var start = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// newServer returns a server without a socket whose clock stands still.
func newServer(opts ...sessionstest.Option) *sessionstest.Server {
	stopped := sessionstest.WithClock(func() time.Time { return start })
	return sessionstest.NewServer(append([]sessionstest.Option{sessionstest.WithoutListener(), stopped}, opts...)...)
}

// request is a request to a server, below its URL.
type request struct {
	method, path, body string
	header             http.Header // on top of the key and the content type; nil values leave one out
}

// reply is an answer.
type reply struct {
	status int
	header http.Header
	body   string
}

// errorBody is Clerk's.
type errorBody struct {
	Errors []struct {
		Code        string         `json:"code"`
		Message     string         `json:"message"`
		LongMessage string         `json:"long_message"`
		Meta        map[string]any `json:"meta"`
	} `json:"errors"`
	TraceID string `json:"clerk_trace_id"`
}

// try sends req through client.
func try(t testing.TB, client *http.Client, s *sessionstest.Server, req request) (reply, error) {
	t.Helper()
	var body io.Reader
	if req.body != "" {
		body = strings.NewReader(req.body)
	}
	r, err := http.NewRequestWithContext(t.Context(), req.method, s.URL+req.path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.SecretKey)
	r.Header.Set("Content-Type", "application/json")
	for name, values := range req.header {
		r.Header[name] = values
	}
	resp, err := client.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(got)}, err
}

// send sends req without a socket and wants an answer.
func send(t testing.TB, s *sessionstest.Server, req request) reply {
	t.Helper()
	got, err := try(t, s.HTTPClient(), s, req)
	if err != nil {
		t.Fatalf("%s %s: %v", req.method, req.path, err)
	}
	return got
}

func get(t testing.TB, s *sessionstest.Server, path string) reply {
	t.Helper()
	return send(t, s, request{method: http.MethodGet, path: path})
}

func post(t testing.TB, s *sessionstest.Server, path, body string) reply {
	t.Helper()
	return send(t, s, request{method: http.MethodPost, path: path, body: body})
}

// decode reads the body of a 200.
func decode[T any](t testing.TB, r reply) T {
	t.Helper()
	if r.status != http.StatusOK {
		t.Fatalf("status %d: %s", r.status, r.body)
	}
	return unmarshal[T](t, r.body)
}

func unmarshal[T any](t testing.TB, body string) T {
	t.Helper()
	var out T
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return out
}

// wantError checks that r is a refusal as Clerk writes it, for the given reason.
func wantError(t testing.TB, r reply, status int, code string) {
	t.Helper()
	if r.status != status {
		t.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	got := unmarshal[errorBody](t, r.body)
	if len(got.Errors) == 0 || got.Errors[0].Code != code {
		t.Errorf("answered %s, want the code %s", r.body, code)
	}
	for _, e := range got.Errors {
		if e.Message == "" || e.LongMessage == "" {
			t.Errorf("answered %s, want a message and a long one", r.body)
		}
	}
	if got.TraceID == "" || got.TraceID != r.header.Get("Clerk-Trace-Id") {
		t.Errorf("trace id %q in the body and %q in the header, want the same", got.TraceID, r.header.Get("Clerk-Trace-Id"))
	}
	if got := r.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("content type %q", got)
	}
}

// wantViolations checks the server's violations: each has to contain the text at its place.
func wantViolations(t testing.TB, s *sessionstest.Server, want ...string) {
	t.Helper()
	got := s.Violations()
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(want):
			t.Errorf("unwanted violation: %v", got[i])
		case i >= len(got):
			t.Errorf("missing violation: %s", want[i])
		case !strings.Contains(got[i].Error(), want[i]):
			t.Errorf("violation %q, want %q", got[i], want[i])
		}
	}
}
