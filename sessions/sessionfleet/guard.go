package sessionfleet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

const (
	opLimit     = 250 * time.Millisecond // how long an operation may take
	maxFailures = 5                      // in a row, and the store rests
	maxStuck    = 8                      // operations that do not end with their context, as well
	maxTrouble  = 2048                   // twice the failures less the successes, as well
)

// guard stands between a Fleet and its Store, whatever the store does: a store that fails rests.
type guard struct {
	store  Store
	logger *slog.Logger
	turns  chan int     // has room for so many reads and claims at once
	stuck  atomic.Int32 // operations that have not ended after twice opLimit

	mu        sync.Mutex
	worked    time.Time // when an operation succeeded last
	failures  int       // in a row: nothing succeeded while one of them was under way
	unwritten int       // failures since the last write that succeeded: a full engine can still read
	trouble   int       // twice the failures less the successes: over maxTrouble if a third fails
	resting   bool
	probed    time.Time
}

// operation is a Swap that reads if both values are nil.
type operation struct {
	name     string
	old, new []byte
	ttl      time.Duration
	always   bool // also while the store rests; it then finds out whether the store works
	began    time.Time
}

// result is what came of an operation.
type result struct {
	now     []byte
	swapped bool
	err     error
}

// swap asks the store, unless the store rests, and waits no longer than ctx, and than opLimit. What
// others wait for goes at once, and goes on whatever ctx says: an answer, a claim that is taken
// back, what is to be forgotten. Reads and new claims, of which bursts are made, first wait for
// their turn: for a second at most, and not so long that several waits use up the caller's time.
func (g *guard) swap(ctx context.Context, op operation) result {
	if op.old == nil && op.ttl <= lease && !op.always {
		select {
		case g.turns <- 1:
			defer func() { <-g.turns }()
		case <-time.After(min(4*opLimit, patience(ctx)/4)):
			return result{err: errors.New("the store is busy")}
		}
	}
	op.began = time.Now()
	if g.rests(ctx, op) {
		return result{err: errors.New("the store rests, because it failed")}
	}
	waiting, cancel := context.WithTimeout(ctx, min(opLimit, patience(ctx)))
	defer cancel()
	ended := make(chan result, 2) // an operation that is stuck ends twice
	go g.do(ctx, op, ended)
	select {
	case r := <-ended:
		return r
	case <-waiting.Done():
		return result{err: waiting.Err()}
	}
}

// replace swaps until it succeeds, taking for old what others put there meanwhile, unless enough
// says that this will do.
func (g *guard) replace(ctx context.Context, op operation, enough func(now []byte) bool) error {
	for range 4 { // each time, another instance may be faster
		r := g.swap(ctx, op)
		if r.err != nil || r.swapped || enough(r.now) {
			return r.err
		}
		op.old = r.now
	}
	return nil
}

// rests reports whether the store rests for an operation. If it is in doubt whether the store can
// be written to, rests finds out once a second, by a write in the background.
func (g *guard) rests(ctx context.Context, op operation) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	inDoubt, isStuck := g.resting || g.unwritten >= maxFailures, g.stuck.Load() >= maxStuck
	if inDoubt && !isStuck && time.Since(g.probed) >= time.Second {
		g.probed = time.Now()
		probe := operation{name: rand.Text(), new: []byte("works"), ttl: lease, always: true}
		go g.swap(context.WithoutCancel(ctx), probe)
	}
	return g.resting && (!op.always || isStuck)
}

// do asks the store, for opLimit at most, whether the caller still waits or not.
func (g *guard) do(ctx context.Context, op operation, ended chan<- result) {
	var r result
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), opLimit)
	defer cancel()
	late := result{err: fmt.Errorf("the store took longer than %v", opLimit)}
	inTime := context.AfterFunc(own, func() { g.end(op, late, ended) })
	stuck := time.AfterFunc(2*opLimit, func() { g.stuck.Add(1); g.end(op, late, ended) })
	defer func() {
		if p := recover(); p != nil {
			r.err = fmt.Errorf("the store panicked: %v", p)
		}
		if inTime() {
			g.end(op, r, ended)
		}
		if !stuck.Stop() {
			g.stuck.Add(-1)
		}
	}()
	r.now, r.swapped, r.err = g.store.Swap(own, op.name, op.old, op.new, op.ttl)
}

// end takes the outcome of an operation into account, and hands it on. That one operation failed
// says nothing of the store if another succeeded meanwhile: on a busy machine, some are late. That
// every third does says that a part of the store fails: trouble grows, but never far, so that a
// store that works again is soon trusted.
func (g *guard) end(op operation, r result, ended chan<- result) {
	g.mu.Lock()
	defer g.mu.Unlock()
	ended <- r
	if r.err == nil {
		g.worked, g.failures, g.trouble = time.Now(), 0, max(0, g.trouble-1)
		if r.swapped && op.new != nil {
			g.unwritten = 0
		}
		if g.resting && op.always && g.unwritten == 0 {
			g.resting = false
			go g.logger.Info("clerk: the fleet's store answers again")
		}
		return
	}
	g.trouble, g.unwritten = min(g.trouble+2, maxTrouble+44), g.unwritten+1
	if !g.worked.After(op.began) {
		g.failures++
	}
	fails := g.failures >= maxFailures || g.unwritten >= maxFailures && op.always
	if !g.resting && (fails || g.stuck.Load() >= maxStuck || g.trouble > maxTrouble) {
		g.resting = true
		go g.logger.Warn("clerk: the fleet's store fails; each instance asks Clerk by itself",
			"error", r.err)
	}
}
