package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// attempt sends a request once, within its own timeout, and reads the whole answer. It calls the transport itself instead of
// an http.Client: no redirect is followed, no cookie kept, and six allocations are saved.
type attempt struct {
	transport http.RoundTripper
	timeout   time.Duration
	timedOut  error // the cause of an attempt that took longer than timeout
}

func newAttempt(cfg Config) *attempt {
	return &attempt{transport: cfg.Transport, timeout: cfg.Timeout, timedOut: timeoutError(cfg.Timeout)}
}

func (a *attempt) Do(req *http.Request) (*http.Response, error) {
	call := FromContext(req.Context())
	if call.Err() != nil {
		return nil, &LostError{Err: ContextError(call), Unsent: true}
	}
	call.Attempts++
	defer func(start time.Time) { call.took = time.Since(start) }(time.Now())
	ctx, cancel := context.WithTimeoutCause(req.Context(), a.timeout, a.timedOut)
	defer cancel()
	var sent *progress
	if !call.Op.Repeatable() { // the others do not need to know, and save the trace's allocations
		sent = &progress{}
		ctx = httptrace.WithClientTrace(ctx, sent.trace())
	}
	resp, err := a.transport.RoundTrip(req.WithContext(ctx))
	switch {
	case err != nil:
		return nil, &LostError{Err: why(ctx, call, err), Unsent: sent.unsent(err)}
	case resp == nil:
		return nil, &LostError{Err: errors.New("the transport returned neither an answer nor an error")}
	}
	body := readBody(resp, call.Op)
	if body.Lost() {
		body.err = why(ctx, call, body.err)
	}
	resp.Body = body
	return resp, nil
}

// why returns what ended an attempt: the caller's context, the attempt's own timeout, or else err.
func why(ctx context.Context, call *Call, err error) error {
	switch {
	case call.Err() != nil:
		return ContextError(call)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return err
}

// timeoutError is the cause of an attempt that took longer than it may.
type timeoutError time.Duration

func (e timeoutError) Error() string {
	return fmt.Sprintf("no complete answer within the %v of one attempt", time.Duration(e))
}

func (e timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// Timeout reports true, as net.Error wants it of a timeout.
func (e timeoutError) Timeout() bool { return true }

// Temporary reports true, as net.Error wants it of a timeout.
func (e timeoutError) Temporary() bool { return true }

// progress follows how far net/http got with a request. Its hooks run in the connection's goroutines.
type progress struct {
	started, wrote atomic.Bool
}

func (p *progress) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn:      func(string) { p.started.Store(true) },
		WroteHeaders: func() { p.wrote.Store(true) }, // called before the last flush: without it, no server has a whole request
	}
}

// unsent reports whether no server can have acted on the request. A transport that calls no hooks is taken at its word only when
// it failed to connect.
func (p *progress) unsent(err error) bool {
	if p == nil {
		return false
	}
	if op := (*net.OpError)(nil); errors.As(err, &op) && op.Op == "dial" {
		return true
	}
	return p.started.Load() && !p.wrote.Load()
}
