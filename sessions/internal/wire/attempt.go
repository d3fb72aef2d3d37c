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

// attempt is the link that hands a request to the transport once, and reads the whole answer within
// the timeout. It needs no http.Client: no redirect is followed and no cookie kept.
type attempt struct {
	transport http.RoundTripper
	timeout   time.Duration
	timedOut  timeoutError // the end of an attempt after timeout
}

func newAttempt(transport http.RoundTripper, timeout time.Duration) *attempt {
	return &attempt{transport: transport, timeout: timeout, timedOut: timeoutError(fmt.Sprintf(
		"no complete answer within the %v of one attempt", timeout))}
}

// Send sends a clone of the request, with a body of its own: a transport may hold on to the
// request of an earlier attempt, and change what it was given.
func (a *attempt) Send(call *Call, req *http.Request) *Answer {
	ctx := req.Context()
	if ctx.Err() != nil {
		return &Answer{Err: ContextError(ctx), Unsent: true}
	}
	answer, start := &Answer{Attempts: 1}, time.Now()
	deadline, timedOut := start.Add(a.timeout), error(a.timedOut)
	if call.Deadline.Before(deadline) {
		deadline, timedOut = call.Deadline, errCallTooLong
	}
	s, own := startSending(ctx, call.Op, deadline, timedOut)
	defer s.cancel()
	req = req.Clone(own)
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return &Answer{Err: err, Unsent: true, Attempts: 1}
		}
		req.Body = body
	}
	s.sendOnce(call.Op, req)
	resp, err := a.transport.RoundTrip(req)
	switch {
	case err != nil:
		answer.Err, answer.Unsent = err, s.unsent(err)
	case resp == nil:
		answer.Err = errors.New("the transport returned neither an answer nor an error")
	default:
		answer.Response = resp
		answer.readBody(call.Op)
	}
	if answer.Lost() {
		answer.Err = s.why(ctx, own, answer.Err)
	}
	answer.Took = time.Since(start)
	return answer
}

// errCallTooLong is the end of an attempt that the time of the whole call cut short.
const errCallTooLong = timeoutError("no complete answer within the time of the whole call")

// timeoutError is the end of an attempt that took longer than it may.
type timeoutError string

func (e timeoutError) Error() string { return string(e) }

func (e timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// Timeout reports true, as net.Error wants it of a timeout.
func (e timeoutError) Timeout() bool { return true }

// Temporary reports true, as net.Error wants it of a timeout.
func (e timeoutError) Temporary() bool { return true }

// maxSends is how often net/http may send a request over HTTP/2 in one attempt. It sends a request
// again by itself when a server refuses or resets a stream or goes away: without a bound, hundreds
// of times a second.
const maxSends = 3

var errSentBack = fmt.Errorf("the server sent the request back %d times", maxSends)

// sending is how far net/http has got with the request of an attempt. The hooks of its trace run in
// the connection's goroutines.
type sending struct {
	cancel         context.CancelFunc
	trace          httptrace.ClientTrace
	started, wrote atomic.Bool
	sends          atomic.Int32
	stopped        atomic.Bool // after maxSends
	http2          atomic.Bool // whether the last connection speaks HTTP/2
}

// startSending returns a sending and the context to send with, which ends at the deadline.
func startSending(
	ctx context.Context, op *Operation, deadline time.Time, timedOut error,
) (*sending, context.Context) {
	s := new(sending)
	s.trace.GotConn = func(info httptrace.GotConnInfo) {
		s.http2.Store(isHTTP2(info.Conn))
		if s.sends.Add(1) > maxSends && isHTTP2(info.Conn) {
			s.stopped.Store(true)
			s.cancel()
		}
	}
	if !op.Repeatable() { // whether a repeatable operation has left makes no difference
		s.trace.GetConn = func(string) { s.started.Store(true) }
		// Before the last flush: until this hook has run, no server has a whole request.
		s.trace.WroteHeaders = func() { s.wrote.Store(true) }
	}
	ctx, s.cancel = context.WithDeadlineCause(ctx, deadline, timedOut)
	return s, httptrace.WithClientTrace(WithOperation(ctx, op), &s.trace)
}

// why returns what ended the attempt: the end of the call's context, too many sends, the end of the
// attempt's own context, or else err.
func (s *sending) why(call, own context.Context, err error) error {
	switch {
	case call.Err() != nil:
		return ContextError(call)
	case s.stopped.Load():
		return errSentBack
	case own.Err() != nil:
		return context.Cause(own)
	}
	return err
}

// isHTTP2 reports whether a connection speaks HTTP/2. Over HTTP/1.1, net/http sends again only
// after kept connections that turn out to be dead, of which there may be many.
func isHTTP2(conn net.Conn) bool {
	encrypted, ok := conn.(*tls.Conn)
	return ok && encrypted.ConnectionState().NegotiatedProtocol == "h2"
}

// unsent reports whether no server can have acted on a request that failed with err. A transport
// that runs no hooks is believed only when it failed to connect.
func (s *sending) unsent(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return true
	}
	return s.started.Load() && !s.wrote.Load()
}
