package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// maxSends is how often net/http may write a request over HTTP/2 in one attempt. It sends a request
// again by itself when a server refuses or resets a stream or goes away: without a bound, hundreds of
// times a second.
const maxSends = 3

var errSentBack = fmt.Errorf("the server sent the request back %d times", maxSends)

// settingsWait is the least wait before a request that was sent back goes to another HTTP/2
// connection; after the second time it is eight times as long. The first frame from a server says how
// many streams it allows, and net/http does not wait for that frame: of all the requests that go out
// on a new connection at once, a server that allows few streams refuses the others.
const settingsWait = 100 * time.Millisecond

// sending is how far net/http has got with the request of an attempt. It is the attempt's context as
// well, which leads to the operation. The hooks of the trace run in the connection's goroutines.
type sending struct {
	context.Context // ends at the attempt's deadline
	cancel          context.CancelFunc
	op              *Operation
	trace           httptrace.ClientTrace
	started         atomic.Bool
	sends           atomic.Int32 // how often the request's headers were written
	kept            atomic.Bool  // the connection is one of HTTP/1.1 that has served others before
}

// startSending returns a sending and the context to send with, which ends at the deadline.
func startSending(
	ctx context.Context, op *Operation, deadline time.Time, timedOut error,
) (*sending, context.Context) {
	s := &sending{op: op}
	s.Context, s.cancel = context.WithDeadlineCause(ctx, deadline, timedOut)
	s.trace.GotConn = s.gotConn
	// Before the last flush of a request with a body: until this hook has run, no server has all of it.
	s.trace.WroteHeaders = func() { s.sends.Add(1) }
	if !op.Repeatable { // whether a repeatable operation has left makes no difference
		s.trace.GetConn = func(string) { s.started.Store(true) }
	}
	return s, httptrace.WithClientTrace(s, &s.trace)
}

// Value returns the operation, or what the context holds.
func (s *sending) Value(key any) any {
	if key == (operationKey{}) {
		return s.op
	}
	return s.Context.Value(key)
}

// gotConn is called with each connection that net/http is about to write the request to. Over HTTP/2
// it may find no stream to spare there, write nothing, and look for another connection: only requests
// that were written count.
func (s *sending) gotConn(info httptrace.GotConnInfo) {
	if !isHTTP2(info.Conn) {
		s.kept.Store(info.Reused)
		return
	}
	sent := s.sends.Load()
	switch {
	case sent == maxSends:
		s.cancel()
	case sent > 0 && info.IdleTime == 0: // a connection that has been idle has served before
		wait := settingsWait << (3 * (sent - 1))
		_ = sleep(s, wait+rand.N(wait)) //nolint:gosec // a wait is no secret
	}
}

// why returns what ended the attempt: the end of the call's context, too many sends, which are all
// that cancels the attempt's own context, the deadline of that, or else err.
func (s *sending) why(call context.Context, err error) error {
	switch own := s.Err(); {
	case call.Err() != nil:
		return ContextError(call)
	case errors.Is(own, context.Canceled):
		return errSentBack
	case own != nil:
		return context.Cause(s)
	}
	return err
}

// isHTTP2 reports whether a connection speaks HTTP/2. Over HTTP/1.1, net/http sends again only after
// kept connections that turn out to be dead, of which there may be many.
func isHTTP2(conn net.Conn) bool {
	encrypted, ok := conn.(*tls.Conn)
	return ok && encrypted.ConnectionState().NegotiatedProtocol == "h2"
}

// unsent reports whether no server can have acted on a request that failed with err. A transport that
// runs no hooks is believed only when it failed to connect.
func (s *sending) unsent(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return true
	}
	return s.started.Load() && s.sends.Load() == 0
}
