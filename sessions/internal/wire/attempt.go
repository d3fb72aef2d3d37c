package wire

import (
	"context"
	"crypto/tls"
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
	sent := &progress{cancel: cancel}
	ctx = httptrace.WithClientTrace(ctx, sent.trace(call.Op))
	resp, err := a.transport.RoundTrip(req.WithContext(ctx))
	switch {
	case err != nil:
		return nil, &LostError{Err: sent.why(ctx, call, err), Unsent: sent.unsent(err)}
	case resp == nil:
		return nil, &LostError{Err: errors.New("the transport returned neither an answer nor an error")}
	}
	body := readBody(resp, call.Op)
	if body.Lost() {
		body.err = sent.why(ctx, call, body.err)
	}
	resp.Body = body
	return resp, nil
}

// why returns what ended an attempt: the caller's context, too many sends, the attempt's own timeout, or else err.
func (p *progress) why(ctx context.Context, call *Call, err error) error {
	switch {
	case call.Err() != nil:
		return ContextError(call)
	case p.stopped.Load():
		return errStorm
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

// maxSends is how often net/http may send a request over HTTP/2 in one attempt. It does so by itself when a server refuses or resets
// a stream or goes away, and after some of these without an end or a wait: hundreds of times a second.
const maxSends = 3

var errStorm = fmt.Errorf("the server sent the request back %d times", maxSends)

// progress follows how far net/http got with a request. Its hooks run in the connection's goroutines.
type progress struct {
	cancel         context.CancelFunc
	started, wrote atomic.Bool
	sends          atomic.Int32
	stopped        atomic.Bool
}

func (p *progress) trace(op *Operation) *httptrace.ClientTrace {
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if p.sends.Add(1) > maxSends && isHTTP2(info.Conn) {
			p.stopped.Store(true)
			p.cancel()
		}
	}}
	if !op.Repeatable() { // the others do not need to know, and save the allocations
		trace.GetConn = func(string) { p.started.Store(true) }
		trace.WroteHeaders = func() { p.wrote.Store(true) } // before the last flush: without it, no server has a whole request
	}
	return trace
}

// isHTTP2 reports whether a connection speaks HTTP/2. Over HTTP/1.1, net/http sends again only on connections that were kept and turn
// out to be dead, of which there may be many.
func isHTTP2(conn net.Conn) bool {
	encrypted, ok := conn.(*tls.Conn)
	return ok && encrypted.ConnectionState().NegotiatedProtocol == "h2"
}

// unsent reports whether no server can have acted on the request. A transport that calls no hooks is taken at its word only when
// it failed to connect.
func (p *progress) unsent(err error) bool {
	if op := (*net.OpError)(nil); errors.As(err, &op) && op.Op == "dial" {
		return true
	}
	return p.started.Load() && !p.wrote.Load()
}
