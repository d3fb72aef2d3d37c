package wire

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// attempt is the link that hands a request to the transport once, and reads the whole answer within
// the timeout. It needs no http.Client: no redirect is followed and no cookie kept.
type attempt struct {
	transport http.RoundTripper
	timeout   time.Duration
	timedOut  error  // what ends an attempt after timeout
	dropIdle  func() // may be nil
}

func newAttempt(cfg Config) *attempt {
	return &attempt{
		transport: cfg.Transport,
		timeout:   cfg.Timeout,
		timedOut:  timeoutError(cfg.Timeout),
		dropIdle:  cfg.DropIdle,
	}
}

// silence is after how long without a byte a connection may be dead. Clerk answers in a tenth of it.
const silence = time.Second

// Send sends a clone of the request, with a body of its own: a transport may hold on to the request of
// an earlier attempt, and change what it was given.
func (a *attempt) Send(call *Call, req *http.Request) *Answer {
	ctx := req.Context()
	if ctx.Err() != nil {
		return &Answer{Err: ContextError(ctx), Unsent: true}
	}
	answer, start := &Answer{Attempts: 1}, time.Now()
	s, own := startSending(ctx, call.Op, start.Add(a.timeout), a.timedOut)
	defer s.cancel()
	req = req.Clone(own)
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return &Answer{Err: err, Unsent: true, Attempts: 1}
		}
		req.Body = body
	}
	resp, err := a.transport.RoundTrip(req) //nolint:bodyclose // readBody closes it
	switch {
	case err != nil:
		answer.Err, answer.Unsent = err, s.unsent(err)
	case resp == nil:
		answer.Err = errors.New("the transport returned neither an answer nor an error")
	default:
		answer.Response = resp
		answer.readBody(call.Op)
	}
	answer.Took = time.Since(start)
	if answer.Lost() {
		answer.Err = s.why(ctx, own, answer.Err)
	}
	silent := answer.Response == nil && own.Err() == context.DeadlineExceeded && answer.Took >= silence
	if silent && s.kept.Load() && a.dropIdle != nil {
		a.dropIdle() // where one kept connection is dead, so may be all of them
	}
	return answer
}

// timeoutError is the cause of an attempt that took longer than its timeout.
type timeoutError time.Duration

func (e timeoutError) Error() string {
	return fmt.Sprintf("no complete answer within the %v of one attempt", time.Duration(e))
}

func (e timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// Timeout reports true, as net.Error wants it of a timeout.
func (e timeoutError) Timeout() bool { return true }

// Temporary reports true, as net.Error wants it of a timeout.
func (e timeoutError) Temporary() bool { return true }
