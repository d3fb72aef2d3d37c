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
// on the requests in flight, and the queue, are the client's; silence and pace are each operation's
// own. The zero value is an open gate.
type Gate struct {
	mu       sync.Mutex
	inFlight int
	tickets  int64
	queue    []*Turn          // by ticket
	lanes    map[string]*lane // by operation
	timer    *time.Timer      // for the turn that may leave next
	next     time.Time        // when that may be; zero if the timer does not run
}

// Enter waits until t may send a request. After a nil error Leave has to be called when the
// request has ended. After any other nothing may be sent: the error says how long t has waited, and
// why, and matches the context's error and its cause if the context, or t's deadline, ended the
// wait.
func (g *Gate) Enter(ctx context.Context, t *Turn) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.come(t)
	if t.held == nil {
		if t.ticket == 0 {
			g.tickets++
			t.ticket = g.tickets
		}
		at, _ := slices.BinarySearchFunc(g.queue, t, func(a, b *Turn) int {
			return cmp.Compare(a.ticket, b.ticket)
		})
		g.queue = slices.Insert(g.queue, at, t)
		t.lane.waiting++
		t.lane.latest = t.Call.EndsBy()
		t.queued = true
		if g.next.IsZero() || t.opens().Before(g.next) { // else the timer looks at all who wait
			g.dispatch(t.came, false)
		}
	}
	late := false
	for t.queued && !late && ctx.Err() == nil {
		t.wake = make(chan struct{})
		g.mu.Unlock()
		ends, over := t.Call.EndsBy(), (<-chan time.Time)(nil)
		if own, ok := ctx.Deadline(); !ok || ends.Before(own) { // else ctx ends, and says why
			over = time.After(time.Until(ends))
		}
		select {
		case <-t.wake:
		case <-ctx.Done():
		case <-over: // or not: the end may have moved meanwhile
		}
		g.mu.Lock()
		late = !time.Now().Before(t.Call.EndsBy())
	}
	if t.queued {
		at := slices.Index(g.queue, t)
		g.queue = slices.Delete(g.queue, at, at+1)
		t.queued = false
		t.lane.waiting--
		t.held = t.heldBack(time.Now())
		if len(g.queue) == 0 && g.timer != nil {
			g.timer.Stop()
			g.next = time.Time{}
		}
	}
	switch {
	case t.held == nil:
	case ctx.Err() != nil:
		t.held = fmt.Errorf("%w: %w", t.held, ContextError(ctx))
	case late:
		t.held = fmt.Errorf("%w: %w", t.held, context.DeadlineExceeded)
	}
	return t.held
}

// ContextError returns why ctx ended. The error matches both ctx.Err and context.Cause.
func ContextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// Refusal returns the error that Enter would return for t at once, or nil.
func (g *Gate) Refusal(t *Turn) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.come(t)
	return t.held
}

// Leave takes note of how a request ended: whether there was an answer and, if that was a refusal,
// for how long the operation has to be silent; 0 if it was none.
func (g *Gate) Leave(t *Turn, answered bool, silence time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inFlight--
	now := time.Now()
	t.lane.learn(t, answered, silence, now)
	g.dispatch(now, silence > 0)
}

// Silence returns for how long no request of an operation is sent.
func (g *Gate) Silence(operation string) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.lane(operation).silence(time.Now())
}

func (g *Gate) lane(operation string) *lane {
	if g.lanes == nil {
		g.lanes = map[string]*lane{}
	}
	if g.lanes[operation] == nil {
		g.lanes[operation] = &lane{}
	}
	return g.lanes[operation]
}

// come makes t a turn that has just come to the gate, held back if it is too late already.
func (g *Gate) come(t *Turn) {
	t.lane, t.came, t.held, t.wake = g.lane(t.Operation), time.Now(), nil, nil
	if t.tooLate(t.came) {
		t.held = t.heldBack(t.came)
	}
}

// dispatch lets out all who may leave now, unless they would be too late, and sets the timer for
// the next. Who has to wait is looked at too, and turned away if too late, when a silence has
// begun: otherwise it costs too much, as each request that ends would look at all who wait.
func (g *Gate) dispatch(now time.Time, silenced bool) {
	var next time.Time
	kept := g.queue[:0]
	for i, t := range g.queue {
		full, opens := g.inFlight == maxInFlight, t.opens()
		if full && !silenced {
			kept = append(kept, g.queue[i:]...)
			break
		}
		wait := full || opens.After(now)
		switch {
		case (silenced || !wait) && t.tooLate(now):
			t.held = t.heldBack(now)
		case wait:
			if !full && (next.IsZero() || opens.Before(next)) {
				next = opens
			}
			kept = append(kept, t)
			continue
		default:
			g.inFlight++
			t.sent = now
			if !t.Unpaced {
				t.lane.slowDown(now)
			}
		}
		t.lane.waiting--
		t.queued = false
		if t.wake != nil {
			close(t.wake)
		}
	}
	clear(g.queue[len(kept):])
	g.queue = kept
	if g.timer != nil {
		g.timer.Stop()
	}
	g.next = next
	if !next.IsZero() {
		g.timer = time.AfterFunc(next.Sub(now), func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.dispatch(time.Now(), false)
		})
	}
}
