package wire

import (
	"container/heap"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// maxInFlight is how many requests of a client are on the wire at once. Without a bound, everybody is out there before the first
// 429 comes back.
const maxInFlight = 64

// Gate is what every request of a client, and of its copies, passes before it is sent. It bounds the requests in flight, stays
// shut for as long as a 429 asks for, and then lets those who wait out at a pace it learns, in the order in which they came.
//
// While nobody waits and no 429 came, passing it costs a few atomic operations.
type Gate struct {
	inFlight atomic.Int64
	tickets  atomic.Int64
	busy     atomic.Bool // somebody waits, or the pace holds: newcomers have to queue
	open     openCount

	mu    sync.Mutex
	queue queue
	pace  pace
}

// coolDownError says that a request was not sent, because a 429 asked for silence for longer than it may wait.
type coolDownError struct{ Left time.Duration }

func (e *coolDownError) Error() string {
	return fmt.Sprintf("not sent: an earlier answer asked for silence for %v more", e.Left.Round(time.Millisecond))
}

// gated is the link that sends through the gate.
type gated struct {
	next    Link
	gate    *Gate
	maxWait time.Duration // for the silence to end
}

func (g *gated) Send(call *Call, req *http.Request) (answer *Answer) {
	if call.ticket == 0 {
		call.ticket = g.gate.tickets.Add(1)
	}
	w := &waiter{ctx: req.Context(), ticket: call.ticket, maxWait: g.maxWait}
	if err := g.gate.enter(w); err != nil {
		answer := &Answer{Err: err, Unsent: true}
		if cool, ok := errors.AsType[*coolDownError](err); ok {
			answer.Silence = cool.Left
		}
		return answer
	}
	defer func() { g.gate.leave(w, answer, g.maxWait) }() // also when the transport panics
	return g.next.Send(call, req)
}

// enter waits until the call may send.
func (g *Gate) enter(w *waiter) error {
	if !g.busy.Load() && g.takePlace() {
		return nil
	}
	w.wake = make(chan struct{}, 1)
	g.mu.Lock()
	g.busy.Store(true)
	heap.Push(&g.queue, w)
	g.mu.Unlock()
	return g.wait(w)
}

// takePlace counts one more request in flight, unless there are as many as may be.
func (g *Gate) takePlace() bool {
	for {
		n := g.inFlight.Load()
		if n >= maxInFlight {
			return false
		}
		if g.inFlight.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// wait sleeps until w is at the head of the queue and may go. Only the head has a timer; the others are woken by the one before.
func (g *Gate) wait(w *waiter) error {
	for {
		g.mu.Lock()
		now := time.Now()
		next, err := g.turn(w, now)
		done := err != nil || next == 0
		if done {
			g.remove(w, now)
		}
		g.mu.Unlock()
		if done {
			return err
		}
		if err := w.sleep(next); err != nil {
			g.mu.Lock()
			g.remove(w, time.Now())
			g.mu.Unlock()
			return err
		}
	}
}

// turn returns 0 if w may go now, having taken its place, or else how long to sleep; negative means until it is woken.
func (g *Gate) turn(w *waiter, now time.Time) (time.Duration, error) {
	if left := g.pace.silentFor(now); left > 0 && w.cannotWait(now, left) {
		return 0, &coolDownError{Left: left}
	}
	if g.queue[0] != w {
		return -1, nil
	}
	if left := g.pace.untilNext(now); left > 0 {
		return left, nil
	}
	if !g.takePlace() {
		return -1, nil
	}
	w.episode = g.pace.release(now)
	return 0, nil
}

// remove takes w out of the queue and wakes whoever is first now.
func (g *Gate) remove(w *waiter, now time.Time) {
	heap.Remove(&g.queue, w.index)
	g.wakeFirst()
	g.busy.Store(len(g.queue) > 0 || g.pace.holds(now))
}

func (g *Gate) wakeFirst() {
	if len(g.queue) > 0 {
		g.queue[0].wakeUp()
	}
}

// leave gives the call's place to the next, and learns from its answer; resp is nil if there was none.
func (g *Gate) leave(w *waiter, answer *Answer, maxSilence time.Duration) {
	g.inFlight.Add(-1)
	responded := answer != nil && answer.Response != nil
	refused := responded && answer.Status() == http.StatusTooManyRequests
	if responded && !refused {
		g.open.add(time.Now())
	}
	if !refused && !g.busy.Load() {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if refused {
		asked, ok := answer.RetryAfter()
		if !ok {
			asked = defaultSilence
		}
		g.pace.refused(now, w.episode, min(max(asked, minSilence), maxSilence), &g.open)
		g.turnAway(now)
	}
	g.busy.Store(len(g.queue) > 0 || g.pace.holds(now))
	g.wakeFirst()
}

// turnAway wakes those who cannot wait for the end of the silence, so that they learn it at once.
func (g *Gate) turnAway(now time.Time) {
	left := g.pace.silentFor(now)
	for _, w := range g.queue {
		if w.cannotWait(now, left) {
			w.wakeUp()
		}
	}
}

// silence returns how long the gate stays shut.
func (g *Gate) silence() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pace.silentFor(time.Now())
}
