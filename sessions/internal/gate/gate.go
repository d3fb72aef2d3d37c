// Package gate holds back what a server would refuse or answer too late: requests beyond a bound,
// requests of an operation that was asked to be silent, and requests that come faster than the
// server has served them. It knows neither calls nor HTTP.
package gate

import (
	"context"
	"sync"
	"time"
)

// maxInFlight is how many requests are out at once, of all operations. Without a bound, everybody
// is out before the first refusal comes back.
const maxInFlight = 64

// Gate is what every request of a client, and of its copies, passes before it is sent. The bound
// on the requests in flight is the client's; silence, queue and pace are each operation's own. The
// zero value is an open gate.
type Gate struct {
	mu       sync.Mutex
	inFlight int
	tickets  int64
	lanes    map[string]*lane // by operation
	timer    *time.Timer      // for the lane that opens next; nil for none
}

// Enter waits until t may send a request. After a nil error Leave has to be called when the
// request has ended. After any other, which is a *HeldError, nothing may be sent.
func (g *Gate) Enter(ctx context.Context, t *Turn) error {
	g.mu.Lock()
	l := g.lane(t.Operation)
	if t.ticket == 0 {
		g.tickets++
		t.ticket = g.tickets
	}
	t.came, t.settled, t.held, t.wake = time.Now(), false, nil, nil
	l.add(t)
	g.dispatch(t.came)
	if !t.settled {
		t.wake = make(chan struct{})
		g.mu.Unlock()
		t.wait(ctx)
		g.mu.Lock()
	}
	defer g.mu.Unlock()
	if !t.settled {
		now := time.Now()
		l.turnAway(t, now)
		g.dispatch(now)
	}
	if t.held == nil {
		return nil
	}
	switch {
	case ctx.Err() != nil:
		t.held.ended = []error{ctx.Err(), context.Cause(ctx)}
	case !t.Deadline.IsZero() && !time.Now().Before(t.Deadline):
		t.held.ended = []error{context.DeadlineExceeded}
	}
	return t.held
}

// Refusal returns the *HeldError that Enter would return for t at once, or nil.
func (g *Gate) Refusal(t *Turn) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	t.came = now
	if l := g.lane(t.Operation); l.tooLate(t, now) {
		return l.heldBack(t, now)
	}
	return nil
}

// Leave takes note of how a request ended. asked is the silence that a refusal asks for.
func (g *Gate) Leave(t *Turn, answer Answer, asked time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inFlight--
	now := time.Now()
	g.lane(t.Operation).learn(t, answer, asked, now)
	g.dispatch(now)
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

// dispatch lets out all who may leave now, in the order of their tickets, and sets the timer for
// the next.
func (g *Gate) dispatch(now time.Time) {
	if g.timer != nil {
		g.timer.Stop()
		g.timer = nil
	}
	for g.inFlight < maxInFlight {
		var first *lane
		var next time.Time
		for _, l := range g.lanes {
			l.dropHead(now)
			switch {
			case len(l.queue) == 0:
			case !l.opens().After(now):
				if first == nil || l.queue[0].ticket < first.queue[0].ticket {
					first = l
				}
			case next.IsZero() || l.opens().Before(next):
				next = l.opens()
			}
		}
		if first == nil {
			if !next.IsZero() {
				g.timer = time.AfterFunc(next.Sub(now), g.tick)
			}
			return
		}
		g.inFlight++
		first.release(now)
	}
}

func (g *Gate) tick() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dispatch(time.Now())
}
