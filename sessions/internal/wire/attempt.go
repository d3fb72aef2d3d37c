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
	req, s, err := a.prepare(call, req)
	if err != nil {
		return nil, &LostError{Err: err, Unsent: true}
	}
	defer s.cancel()
	resp, err := a.transport.RoundTrip(req)
	switch {
	case err != nil:
		return nil, &LostError{Err: s.why(call, err), Unsent: s.unsent(err)}
	case resp == nil:
		return nil, &LostError{Err: errors.New("the transport returned neither an answer nor an error")}
	}
	body := readBody(resp, call.Op)
	if body.Lost() {
		body.err = s.why(call, body.err)
	}
	resp.Body = body
	return resp, nil
}

// prepare returns what to hand to the transport, and in which context. That is the request itself for a first attempt that did not wait
// at the gate and whose request was built on Begin's context, before that ended. Any other attempt gets a copy with a timeout of its own,
// and from the second on with a body of its own: the transport may still be reading the one before.
func (a *attempt) prepare(call *Call, req *http.Request) (*http.Request, *sending, error) {
	first := &call.first
	if call.Attempts == 1 && !call.queued && req.Context() == first.ctx && first.ctx.Err() == nil {
		return req, first, nil
	}
	s := new(sending)
	req = req.WithContext(s.begin(call, a.timeout, a.timedOut))
	if call.Attempts > 1 && req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			s.cancel()
			return nil, nil, err
		}
		req.Body = body
	}
	return req, s, nil
}

// why returns what ended an attempt: the caller's context, too many sends, the attempt's own timeout, or else err.
func (s *sending) why(call *Call, err error) error {
	switch {
	case call.Err() != nil:
		return ContextError(call)
	case s.stopped.Load():
		return errStorm
	case s.ctx.Err() != nil:
		return context.Cause(s.ctx)
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

// sending is one handing-over of a request to the transport: the context it runs in, and how far net/http got with it. The hooks
// run in the connection's goroutines.
type sending struct {
	ctx            context.Context
	cancel         context.CancelFunc
	trace          httptrace.ClientTrace
	started, wrote atomic.Bool
	sends          atomic.Int32
	stopped        atomic.Bool
}

// begin starts the timeout, and returns the context to send with.
func (s *sending) begin(call *Call, timeout time.Duration, timedOut error) context.Context {
	s.trace.GotConn = func(info httptrace.GotConnInfo) {
		if s.sends.Add(1) > maxSends && isHTTP2(info.Conn) {
			s.stopped.Store(true)
			s.cancel()
		}
	}
	if !call.Op.Repeatable() { // the others do not need to know, and save the allocations
		s.trace.GetConn = func(string) { s.started.Store(true) }
		s.trace.WroteHeaders = func() { s.wrote.Store(true) } // before the last flush: without it, no server has a whole request
	}
	call.sent = time.Now()
	s.ctx, s.cancel = context.WithDeadlineCause(httptrace.WithClientTrace(call, &s.trace), call.sent.Add(timeout), timedOut)
	return s.ctx
}

// isHTTP2 reports whether a connection speaks HTTP/2. Over HTTP/1.1, net/http sends again only on connections that were kept and turn
// out to be dead, of which there may be many.
func isHTTP2(conn net.Conn) bool {
	encrypted, ok := conn.(*tls.Conn)
	return ok && encrypted.ConnectionState().NegotiatedProtocol == "h2"
}

// unsent reports whether no server can have acted on the request. A transport that calls no hooks is taken at its word only when
// it failed to connect.
func (s *sending) unsent(err error) bool {
	if op := (*net.OpError)(nil); errors.As(err, &op) && op.Op == "dial" {
		return true
	}
	return s.started.Load() && !s.wrote.Load()
}
