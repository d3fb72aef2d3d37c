package wire

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// deadAfter is the time without a byte after which a connection may be dead. Clerk answers in a
// tenth of that time.
const deadAfter = time.Second

// attempt is the link that hands a request to the transport once, and reads the whole answer
// within the timeout. It needs no http.Client: no redirect is followed and no cookie kept. The
// transport gets a clone of the request, with a body of its own: a transport may hold on to the
// request of an earlier attempt, and change what it was given.
func (l *links) attempt(call *Call, req *http.Request) *Answer {
	start := time.Now()
	deadline, timedOut := start.Add(l.Timeout), l.timedOut
	if call.Deadline.Before(deadline) {
		deadline, timedOut = call.Deadline, errCallTooLong
	}
	s, own := startSending(call, deadline, timedOut)
	defer s.cancel()
	if s.Err() != nil {
		return &Answer{Err: s.why(call.ctx, nil), Unsent: true}
	}
	call.sent++
	answer := &Answer{Attempts: call.sent}
	req = req.Clone(own)
	s.giveBody(req)
	resp, err := l.Transport.RoundTrip(req) //nolint:bodyclose // readBody closes it
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
		answer.Err = s.why(call.ctx, answer.Err)
	}
	late := errors.Is(s.Err(), context.DeadlineExceeded) && answer.Took >= deadAfter
	if late && answer.Response == nil && s.kept.Load() && l.DropIdle != nil {
		l.DropIdle() // where one kept connection is dead, so may be all of them
	}
	return answer
}

// errCallTooLong is the end of an attempt that the time of the whole call cut short.
var errCallTooLong = fmt.Errorf(
	"no complete answer within the time of the whole call: %w", context.DeadlineExceeded)
