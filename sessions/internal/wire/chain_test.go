package wire

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/gate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A transport answers without a network.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// An act is what becomes of one request.
type act func(*http.Request) (*http.Response, error)

// answered is an answer; each header is a "Name: value".
func answered(status int, body string, headers ...string) act {
	return func(*http.Request) (*http.Response, error) {
		h := http.Header{}
		for _, header := range headers {
			name, value, _ := strings.Cut(header, ": ")
			h.Add(name, value)
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

// cutOff is an answer whose body ends with an error.
func cutOff(status int, err error, headers ...string) act {
	return func(req *http.Request) (*http.Response, error) {
		resp, _ := answered(status, "", headers...)(req)
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"object":`), failingReader{err}))
		return resp, nil
	}
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

// failed is a request that net/http gives up on before it has written anything: no connection, no handshake, a dead
// connection.
func failed(err error) act {
	return func(req *http.Request) (*http.Response, error) {
		if trace := httptrace.ContextClientTrace(req.Context()); trace != nil && trace.GetConn != nil {
			trace.GetConn("api.clerk.com:443")
		}
		return nil, err
	}
}

// written is a request that net/http has written before it comes to an act.
func written(then act) act {
	return func(req *http.Request) (*http.Response, error) {
		if trace := httptrace.ContextClientTrace(req.Context()); trace != nil && trace.GetConn != nil {
			trace.GetConn("api.clerk.com:443")
			trace.WroteHeaders()
		}
		return then(req)
	}
}

// lost is a request that was written and got no answer.
func lost(err error) act {
	return written(func(*http.Request) (*http.Response, error) { return nil, err })
}

// stalled is a request that gets no answer for as long as somebody waits.
func stalled(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, context.Cause(req.Context())
}

// dialed is an error of connecting, in the form that net.Dialer gives it.
func dialed(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }

// A script plays one act a request, the last one for all that follow, and keeps what was sent.
type script struct {
	acts   []act
	repeat bool // after the last act comes the first again

	mu     sync.Mutex
	bodies []string
	header []http.Header
	at     []time.Time
}

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
		req.Body.Close()
	}
	s.mu.Lock()
	n := len(s.bodies)
	s.bodies = append(s.bodies, string(body))
	s.header = append(s.header, req.Header.Clone())
	s.at = append(s.at, time.Now())
	s.mu.Unlock()
	if s.repeat {
		return s.acts[n%len(s.acts)](req)
	}
	return s.acts[min(n, len(s.acts)-1)](req)
}

func (s *script) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.bodies)
}

// waits returns how much time lay between the requests.
func (s *script) waits() (waits []time.Duration) {
	for i := 1; i < len(s.at); i++ {
		waits = append(waits, s.at[i].Sub(s.at[i-1]))
	}
	return waits
}

// defaults is the configuration that a new client has.
func defaults(t http.RoundTripper) Config {
	return Config{
		Key:        func() []string { return []string{"sk_test_canary"} },
		APIVersion: "2026-05-12",
		UserAgent:  "clerk-sessions-go/test",
		Transport:  t,
		Timeout:    10 * time.Second,
		Retry: RetryPolicy{
			MaxAttempts: 3, BaseDelay: 200 * time.Millisecond, MaxDelay: 5 * time.Second,
			MaxRetryAfter: 10 * time.Second,
		},
		Gate:   &gate.Gate{},
		Budget: &Budget{},
	}
}

// send sends a request of an operation and returns what became of it.
func send(t testing.TB, link sender, op *Operation) *Answer {
	t.Helper()
	return sendIn(t.Context(), t, link, op)
}

// A sender is a chain or one of its links.
type sender interface {
	Send(*Call, *http.Request) *Answer
}

// newCall returns a call of an operation that has all the time it wants.
func newCall(op *Operation, req *http.Request) *Call {
	return &Call{Op: op, Deadline: time.Now().Add(1000 * time.Hour), ctx: req.Context()}
}

// sendIn sends a request whose call has a context.
func sendIn(ctx context.Context, t testing.TB, link sender, op *Operation) *Answer {
	t.Helper()
	var body io.Reader
	if op.Method == "POST" {
		body = strings.NewReader("the body of " + op.Name)
	}
	req, err := http.NewRequestWithContext(ctx, op.Method, "https://api.clerk.com/v1"+op.PathTemplate, body)
	if err != nil {
		t.Fatal(err)
	}
	answer := link.Send(newCall(op, req), req)
	if answer.Response == nil && answer.Err == nil {
		t.Errorf("an answer without a response does not say why: %+v", answer)
	}
	return answer
}

func TestContextError(t *testing.T) {
	t.Parallel()
	reason := errors.New("the user went away")
	canceled := func(cause error) context.Context {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(cause)
		return ctx
	}
	expired := func(cause error) context.Context {
		ctx, cancel := context.WithDeadlineCause(t.Context(), time.Unix(0, 0), cause)
		t.Cleanup(cancel)
		return ctx
	}
	for _, row := range []struct {
		name string
		ctx  context.Context
		want []error
		text string
	}{
		{"canceled", canceled(nil), []error{context.Canceled}, "context canceled"},
		{
			"canceled for a reason", canceled(reason),
			[]error{context.Canceled, reason},
			"context canceled: the user went away",
		},
		{
			"canceled because a deadline passed", canceled(context.DeadlineExceeded),
			[]error{context.Canceled, context.DeadlineExceeded},
			"context canceled: context deadline exceeded",
		},
		{"past its deadline", expired(nil), []error{context.DeadlineExceeded}, "context deadline exceeded"},
		{
			"past its deadline, which has a reason", expired(reason),
			[]error{context.DeadlineExceeded, reason},
			"context deadline exceeded: the user went away",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			err := gate.ContextError(row.ctx)
			for _, want := range row.want {
				if !errors.Is(err, want) {
					t.Errorf("%v does not match %v", err, want)
				}
			}
			for _, other := range []error{context.Canceled, context.DeadlineExceeded} {
				if errors.Is(err, other) && !slices.Contains(row.want, other) {
					t.Errorf("%v matches %v as well", err, other)
				}
			}
			if err.Error() != row.text {
				t.Errorf("its text is %q, want %q", err.Error(), row.text)
			}
		})
	}
}

// The context of an attempt leads to its operation, and holds what the call's context held.
func TestOperationFrom(t *testing.T) {
	t.Parallel()
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "the caller's")
	sending, below := startSending(&Call{Op: GetSession, ctx: ctx}, time.Now().Add(time.Hour), context.DeadlineExceeded)
	defer sending.cancel()
	if OperationFrom(below) != GetSession || OperationFrom(ctx) != nil {
		t.Error("the operation is not found, or one where there is none")
	}
	if below.Value(key{}) != "the caller's" {
		t.Error("the caller's values are gone")
	}
}

func TestLogRecords(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	cfg := defaults(&script{acts: []act{answered(404, "", "Cf-Ray: ray_1")}})
	cfg.Logger = slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
	send(t, NewChain(cfg), GetSession)
	for _, want := range []string{
		"level=DEBUG", "operation=GetSession", "attempt=1", "status=404",
		"trace_id=ray_1", "duration=",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the record lacks %s: %s", want, text.String())
		}
	}
	for _, secret := range []string{cfg.Key()[0], "api.clerk.com", "v1/sessions"} {
		if strings.Contains(text.String(), secret) {
			t.Errorf("the record shows %q: %s", secret, text.String())
		}
	}
}
