// Package gate holds back what a server would refuse or answer too late: requests beyond a bound,
// requests of an operation that was asked to be silent, and requests that come faster than the
// server has served them. It knows neither calls nor HTTP.
package gate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// maxInFlight is how many requests are out at once, of all operations. Without a bound, everybody
// is out before the first refusal comes back.
const maxInFlight = 64

// Gate is what every request of a client, and of its copies, passes before it is sent. The bound
// on the requests in flight, and the order of the turns, are the client's; silence and pace are
// each operation's own. The zero value is an open gate.
//
// A turn that has to wait sleeps, and looks for itself whether it may leave: whenever it is roused
// and, if it is the first in its queue, when its operation opens. The next turn is roused when a
// request ends and when a turn leaves its queue. A silence rouses the first in each queue, and the
// turns that it makes too late.
type Gate struct {
	mu       sync.Mutex
	inFlight int
	tickets  int64
	lanes    []*lane // one for each operation
}

// Enter waits until t may send a request. After a nil error Leave has to be called when the
// request has ended. After any other nothing may be sent: the error says how long t has waited, and
// why, and matches the context's error and its cause if the context, or t's deadline, ended the
// wait.
func (g *Gate) Enter(ctx context.Context, t *Turn) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.come(ctx, t); err != nil {
		return err
	}
	g.tickets++
	t.ticket = cmp.Or(t.ticket, g.tickets)
	at, _ := slices.BinarySearchFunc(*t.queue, t, byTicket)
	*t.queue = slices.Insert(*t.queue, at, t)
	defer g.dequeue(t)
	var end error
	for now := t.came; end == nil && !t.tooLate(now); now = time.Now() {
		if g.next(now) == t {
			g.inFlight++
			t.sent = now
			t.lane.slowDown(t, now)
			return nil
		}
		end = g.sleep(ctx, t, now)
	}
	return t.heldBack(time.Now(), end)
}

// ContextError returns why ctx ended, or nil if it has not. The error matches both ctx.Err and
// context.Cause.
func ContextError(ctx context.Context) error {
	cause := context.Cause(ctx)
	if cause == nil || errors.Is(cause, ctx.Err()) {
		return cause
	}
	return fmt.Errorf("%w: %w", ctx.Err(), cause)
}

// Refusal returns the error that Enter would return for t at once, or nil.
func (g *Gate) Refusal(ctx context.Context, t *Turn) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.come(ctx, t)
}

// Leave takes note of how a request ended: whether there was an answer and, if that was a refusal,
// for how long the operation has to be silent; 0 if it was none.
func (g *Gate) Leave(t *Turn, answered bool, silence time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inFlight--
	now := time.Now()
	t.lane.learnLatency(now.Sub(t.sent), answered)
	switch {
	case silence > 0:
		t.refusals++
		if t.refusals > 1 {
			t.ticket = 0 // others may be served while this one never is
		}
		t.lane.fallSilent(t, silence, now)
		for _, other := range slices.Concat(t.lane.paced, t.lane.unpaced) {
			if other == (*other.queue)[0] || other.tooLate(now) {
				other.rouse()
			}
		}
	case answered:
		t.lane.countServed(t, now)
	}
	g.rouseNext(now)
}

// Silence returns for how long no request of an operation is sent.
func (g *Gate) Silence(operation string) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.lane(operation).silence(time.Now())
}

func (g *Gate) lane(operation string) *lane {
	at := slices.IndexFunc(g.lanes, func(l *lane) bool { return l.operation == operation })
	if at < 0 {
		at = len(g.lanes)
		g.lanes = append(g.lanes, &lane{operation: operation})
	}
	return g.lanes[at]
}

// come makes t a turn that has just come to the gate. It returns an error if t is too late already.
func (g *Gate) come(ctx context.Context, t *Turn) error {
	t.lane, t.came = g.lane(t.Operation), time.Now()
	t.queue = &t.lane.paced
	if t.Unpaced {
		t.queue = &t.lane.unpaced
	}
	if t.tooLate(t.came) {
		return t.heldBack(t.came, ContextError(ctx))
	}
	return nil
}

// dequeue takes a turn that was let out, or has given up, out of its queue.
func (g *Gate) dequeue(t *Turn) {
	at, _ := slices.BinarySearchFunc(*t.queue, t, byTicket)
	*t.queue = slices.Delete(*t.queue, at, at+1)
	if len(*t.queue) > 0 {
		(*t.queue)[0].rouse() // from now on it wakes when the operation opens
	}
	g.rouseNext(time.Now())
}

// next returns the turn that may leave now, or nil: the one that came first, of the first in each
// queue whose operation is open.
func (g *Gate) next(now time.Time) (next *Turn) {
	if g.inFlight == maxInFlight {
		return nil
	}
	for _, l := range g.lanes {
		for _, queue := range [...][]*Turn{l.paced, l.unpaced} {
			if len(queue) > 0 && !queue[0].opens().After(now) &&
				(next == nil || byTicket(queue[0], next) < 0) {
				next = queue[0]
			}
		}
	}
	return next
}

func (g *Gate) rouseNext(now time.Time) {
	if next := g.next(now); next != nil {
		next.rouse()
	}
}

// sleep waits until t has to look again. It returns an error if ctx has ended, or t's deadline has
// come, which may have moved meanwhile.
func (g *Gate) sleep(ctx context.Context, t *Turn, now time.Time) error {
	// After the context, if that has the same deadline: it says why it ended.
	until := t.Call.EndsBy().Add(1)
	if opens := t.opens(); t == (*t.queue)[0] && opens.After(now) && opens.Before(until) {
		until = opens
	}
	wait, rouse := context.WithDeadline(ctx, until)
	defer rouse()
	t.rouse = rouse
	g.mu.Unlock()
	<-wait.Done()
	g.mu.Lock()
	if ctx.Err() == nil && !time.Now().Before(t.Call.EndsBy()) {
		return context.DeadlineExceeded
	}
	return ContextError(ctx)
}
