package wire

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/gate"
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

// maxSends and maxCrowded are how often net/http may write a request over HTTP/2 in one attempt:
// alone, and on a connection that others are sending on. net/http sends a request again by itself
// when a server refuses or resets a stream or goes away: without a bound, hundreds of times a
// second. The first frame from a server says how many streams it allows on a connection, and
// net/http does not wait for that frame: of the requests that go out on a new connection at once,
// a server that allows few streams refuses most. Some servers also refuse a stream for a moment
// after the one before it has ended.
const (
	maxSends   = 3
	maxCrowded = 10
)

// crowdedWait is the least wait before a request that was sent back goes out beside others, and how
// long after the last of them a connection still counts as one that others are sending on.
const crowdedWait = 100 * time.Millisecond

// sending is how far net/http has got with the request of an attempt. It is the attempt's context
// as well, which leads to the operation. The hooks of the trace run in the connection's
// goroutines.
type sending struct {
	context.Context // ends at the attempt's deadline
	cancel          context.CancelFunc
	op              *Operation
	attempt         int // 1 for the first of the call
	trace           httptrace.ClientTrace
	started         atomic.Bool  // whether net/http has looked for a connection
	written, beside atomic.Int32 // how often it wrote the request, and how often beside others
	stopped         atomic.Int32 // after so many writes; 0 = not
	crowded         atomic.Bool  // whether others are sending on the connection, or just were
	http2           atomic.Bool  // whether the connection speaks HTTP/2
	kept            atomic.Bool  // whether an HTTP/1.1 connection has served others before
}

// startSending returns a sending and the context to send with, which ends at the deadline.
func startSending(call *Call, deadline time.Time, timedOut error) (*sending, context.Context) {
	s := &sending{op: call.Op, attempt: call.sent + 1}
	s.Context, s.cancel = context.WithDeadlineCause(call.ctx, deadline, timedOut)
	// WroteHeaders comes before the last flush of a request with a body: until that hook has run, no
	// server has all of the request.
	s.trace = httptrace.ClientTrace{GotConn: s.gotConn, WroteHeaders: s.wroteHeaders}
	if !s.op.Repeatable { // whether a repeatable operation has left makes no difference
		s.trace.GetConn = func(string) { s.started.Store(true) }
	}
	return s, httptrace.WithClientTrace(s, &s.trace)
}

type sendingKey struct{}

// notSending stands for the sending that a context does not lead to.
var notSending = &sending{}

// sendingFrom returns the sending that ctx is, or comes from.
func sendingFrom(ctx context.Context) *sending {
	s, _ := ctx.Value(sendingKey{}).(*sending)
	return cmp.Or(s, notSending)
}

// Value leads to the sending, and to what its context holds.
func (s *sending) Value(key any) any {
	if key == (sendingKey{}) {
		return s
	}
	return s.Context.Value(key)
}

// gotConn is called with each connection that net/http is about to write the request to. Over
// HTTP/2 it may find no stream to spare there, write nothing, and look for another connection:
// only requests that were written count. Over HTTP/1.1, net/http sends again only after kept
// connections that turn out to be dead, of which there may be many.
func (s *sending) gotConn(info httptrace.GotConnInfo) {
	encrypted, ok := info.Conn.(*tls.Conn)
	http2 := ok && encrypted.ConnectionState().NegotiatedProtocol == "h2"
	crowded := http2 && info.Reused && info.IdleTime < crowdedWait
	s.http2.Store(http2)
	s.kept.Store(!http2 && info.Reused)
	s.crowded.Store(crowded)
	written, beside := s.written.Load(), s.beside.Load()
	switch {
	case http2 && (written-beside == maxSends || beside == maxCrowded):
		s.stopped.Store(written)
		s.cancel()
	case crowded && written > 0:
		_ = sleep(s, crowdedWait+rand.N(crowdedWait)) //nolint:gosec // a wait is no secret
	}
}

// wroteHeaders is called when the headers of the request were written.
func (s *sending) wroteHeaders() {
	if s.crowded.Load() {
		s.beside.Add(1)
	}
	s.written.Add(1)
}

// why returns what ended the attempt: the end of the call's context, too many sends, the end of the
// attempt's own context, or else err.
func (s *sending) why(call context.Context, err error) error {
	switch n := s.stopped.Load(); {
	case call.Err() != nil:
		return gate.ContextError(call)
	case n > 0:
		return fmt.Errorf("the server sent the request back %d times", n)
	case s.Err() != nil:
		return context.Cause(s)
	}
	return err
}

// unsent reports whether no server can have acted on a request that failed with err. A transport
// that runs no hooks is believed only when it failed to connect.
func (s *sending) unsent(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial" || s.started.Load() && s.written.Load() == 0
}

// giveBody gives a clone of the call's request a body of its own, if it has one. A GET of an
// operation that cannot be repeated gets an empty body, so that net/http does not send the GET
// again by itself after a server may have acted on it. Over HTTP/1.1, net/http sends a GET again
// when a kept connection turns out to be dead, unless the GET has a body that cannot be had again:
// http.NoBody is no body to it. Over HTTP/2, net/http sends again only a request that the server
// says it has not acted on.
func (s *sending) giveBody(req *http.Request) {
	once := req.Method == http.MethodGet && !s.op.Repeatable
	var text []byte
	switch {
	case req.GetBody != nil:
		body, _ := req.GetBody() // of what is in memory: it cannot fail
		text, _ = io.ReadAll(body)
	case !once:
		return
	}
	req.GetBody = func() (io.ReadCloser, error) {
		if once && !s.http2.Load() {
			return nil, errors.New("the connection ended, and the request must not be sent twice")
		}
		return io.NopCloser(bytes.NewReader(text)), nil
	}
	req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
}
