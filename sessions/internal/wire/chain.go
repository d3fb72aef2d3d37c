package wire

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/flight"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/gate"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/redact"
)

// Config says how a chain sends.
type Config struct {
	Key        func() []string // returns the secret key alone; fmt would print a field that holds it
	APIVersion string
	UserAgent  string
	Transport  http.RoundTripper
	DropIdle   func()        // closes the transport's idle connections; nil for a transport of others
	Timeout    time.Duration // of one attempt, the answer's body included
	Retry      RetryPolicy
	Limiter    Limiter      // nil for none
	Gate       *gate.Gate   // shared by a client and its copies, while host and transport are the same
	Budget     *Budget      // likewise
	Logger     *slog.Logger // nil for none
}

// Call is one call of the client on its way through the chain: the same for all its attempts.
type Call struct {
	Op       *Operation
	Secrets  redact.Redactor // hides the call's secrets in errors and log records
	Deadline time.Time       // when the call has to be over, if its context does not end sooner
	Waited   time.Duration   // for the limiter and the gate, by all its requests together

	ctx  context.Context // of the call's request
	turn gate.Turn       // the call's place at the gate
	sent int             // requests that were handed to the transport
}

// EndsBy returns when the call has to be over: the sooner of its own deadline and its context's, or
// that of the last caller who waits, if callers share the call.
func (c *Call) EndsBy() time.Time {
	if deadline, ok := flight.Deadline(c.ctx); ok && deadline.Before(c.Deadline) {
		return deadline
	}
	return c.Deadline
}

// OperationFrom returns the operation of the attempt that sends with ctx, or nil.
func OperationFrom(ctx context.Context) *Operation { return sendingFrom(ctx).op }

// AttemptFrom returns the number of the attempt that sends with ctx, 1 for the first, or 0.
func AttemptFrom(ctx context.Context) int { return sendingFrom(ctx).attempt }

// Chain is the way out of a client: it sends the request of a call, as often as it takes, and
// returns what became of the call. It holds no more than a pointer to the links: fmt, when it
// prints a client with a verb that does not fit, follows one pointer, and must not come to the key.
type Chain struct{ *links }

// links are the steps on the way out, as methods: Send, which adds the headers, then retry, gated
// and attempt, and then the transport. Each sends the request of a call, or hands it to the next,
// and returns what became of it, which is never nil. The request's context is the call's.
type links struct {
	Config
	headers  http.Header // made once and copied into each request's own
	timedOut error       // the end of an attempt after the timeout
}

// NewChain returns the chain of a client: who sends its requests, with which key, to which version
// of the API.
func NewChain(cfg Config) *Chain {
	headers := http.Header{
		"Authorization":     {"Bearer " + cfg.Key()[0]},
		"Clerk-Api-Version": {cfg.APIVersion},
		"Accept":            {"application/json"},
		"User-Agent":        {cfg.UserAgent},
	}
	timedOut := fmt.Errorf("no complete answer within the %v of one attempt: %w",
		cfg.Timeout, context.DeadlineExceeded)
	return &Chain{&links{cfg, headers, timedOut}}
}

// The newest of Clerk's listed API versions that has VerifySession, and the first without it.
const (
	lastVersionWithVerify = "2024-10-01"
	verifyGoneSince       = "2025-04-10"
)

// Send adds the headers to those that the generated client has set.
func (l *links) Send(call *Call, req *http.Request) *Answer {
	call.ctx = req.Context()
	maps.Copy(req.Header, l.headers)
	if call.Op == VerifySession && l.headers.Get("Clerk-Api-Version") >= verifyGoneSince {
		req.Header.Set("Clerk-Api-Version", lastVersionWithVerify)
	}
	return l.retry(call, req)
}
