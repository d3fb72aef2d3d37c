package wire

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// Config says how a chain sends.
type Config struct {
	Scheme     string // where every request goes, whatever its URL says
	Host       string // likewise, with the port
	Key        string // the secret key
	APIVersion string
	UserAgent  string
	Transport  http.RoundTripper
	Timeout    time.Duration // of one attempt, the answer's body included
	Retry      RetryPolicy
	Gate       *Gate        // shared by a client and its copies, while host and transport are the same
	Budget     *Budget      // likewise
	Logger     *slog.Logger // nil for none
}

// Link is one step on the way out; the generated client takes the first.
type Link interface {
	Do(req *http.Request) (*http.Response, error)
}

// Chain is the way out, from the generated client to the transport.
type Chain struct {
	Link
	attempt *attempt
}

// NewChain assembles the way out. The context of every request has to belong to a Call. A response that comes out has a *Body; an
// error that comes out is a *LostError or a *CoolDownError.
func NewChain(cfg Config) *Chain {
	attempt := newAttempt(cfg)
	var link Link = &cooled{next: attempt, gate: cfg.Gate, maxWait: cfg.Retry.MaxRetryAfter}
	link = &retry{next: link, policy: cfg.Retry, gate: cfg.Gate, budget: cfg.Budget, log: recorder{cfg.Logger}}
	return &Chain{Link: newHeaders(cfg, link), attempt: attempt}
}

// Begin returns a context to build the call's request with, at once: it is that of the first attempt, whose timeout runs from now, and
// spares it a copy of the request. If the attempt has to wait at the gate, its timeout starts anew after that. A request with the call
// itself as its context works as well. The CancelFunc has to be called in the end.
func (c *Chain) Begin(call *Call) (context.Context, context.CancelFunc) {
	ctx := call.first.begin(call, c.attempt.timeout, c.attempt.timedOut)
	return ctx, call.first.cancel
}

// LostError says that a request got no answer.
type LostError struct {
	Err    error // why; an ended context of the caller matches both its error and its cause
	Unsent bool  // no server can have acted on the request
}

func (e *LostError) Error() string { return e.Err.Error() }

// Unwrap returns why there is no answer.
func (e *LostError) Unwrap() error { return e.Err }

// ContextError returns what ended ctx, matching both ctx.Err and context.Cause.
func ContextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return &endedError{err: err, cause: cause}
}

// endedError is a context that was ended for a reason of the caller's own.
type endedError struct{ err, cause error }

func (e *endedError) Error() string   { return e.err.Error() + ": " + e.cause.Error() }
func (e *endedError) Unwrap() []error { return []error{e.err, e.cause} }
