// Package flight lets callers who want the same thing at the same time share one call.
package flight

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrLeft says that a caller's context ended before the call did.
var ErrLeft = errors.New("flight: the caller's context ended")

var errNoResult = errors.New("flight: the call ended without a result")

// Group runs at most one call a key at a time and gives its result to everyone who asked meanwhile.
// Unlike x/sync/singleflight it ends a call whose last caller has gone, and no caller's cancellation
// reaches the others. The zero value is ready to use.
type Group[K comparable, V any] struct {
	mu    sync.Mutex
	calls map[K]*call[V]
}

type call[V any] struct {
	done      chan struct{} // closed when the fields below are set
	value     V
	err       error
	panicked  any
	forgotten bool // under the group's lock

	waiting map[*context.Context]bool // the callers' contexts, under the group's lock
	cancel  context.CancelFunc
}

type deadlineKey struct{}

// Deadline returns until when an answer is of use to somebody: the deadline of ctx or, if ctx is that
// of a shared call and it is earlier, the latest deadline of the callers who wait for the call. The
// context of a shared call has no Deadline of its own since callers may still come who wait longer,
// and a Deadline must not move: context.WithTimeout sets no timer below an earlier Deadline.
func Deadline(ctx context.Context) (time.Time, bool) {
	own, bounded := ctx.Deadline()
	latest, shared := ctx.Value(deadlineKey{}).(func() (time.Time, bool))
	if shared {
		if last, ok := latest(); ok && (!bounded || last.Before(own)) {
			return last, true
		}
	}
	return own, bounded
}

// latest returns the latest deadline of the callers who wait; false if a caller has none. The lock is
// held.
func (c *call[V]) latest() (last time.Time, bounded bool) {
	for ctx := range c.waiting {
		deadline, ok := (*ctx).Deadline()
		if !ok {
			return time.Time{}, false
		}
		if deadline.After(last) {
			last = deadline
		}
	}
	return last, len(c.waiting) > 0
}

// Do returns the result of the running call of key, or else of fn; ErrLeft if ctx ends before there
// is a result. The context of fn has the values of the first caller's, ends when every caller's has
// ended, and tells Deadline until when callers wait. The function that fn is given tells whether
// Forget was called for the key meanwhile.
func (g *Group[K, V]) Do(
	ctx context.Context, key K, fn func(ctx context.Context, forgotten func() bool) (V, error),
) (V, error) {
	if ctx.Err() != nil {
		return *new(V), ErrLeft
	}
	g.mu.Lock()
	c := g.calls[key]
	if c == nil {
		c = g.start(ctx, key, fn)
	}
	c.waiting[&ctx] = true
	g.mu.Unlock()

	select {
	case <-c.done:
	case <-ctx.Done():
		g.leave(key, c, &ctx)
		return *new(V), ErrLeft
	}
	if c.panicked != nil {
		panic(c.panicked)
	}
	return c.value, c.err
}

// start runs fn on its own. The lock is held.
func (g *Group[K, V]) start(
	ctx context.Context, key K, fn func(context.Context, func() bool) (V, error),
) *call[V] {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c := &call[V]{
		done:    make(chan struct{}),
		err:     errNoResult, // which stays if fn ends its goroutine
		waiting: make(map[*context.Context]bool, 1),
		cancel:  cancel,
	}
	ctx = context.WithValue(ctx, deadlineKey{}, func() (time.Time, bool) {
		g.mu.Lock()
		defer g.mu.Unlock()
		return c.latest()
	})
	if g.calls == nil {
		g.calls = make(map[K]*call[V])
	}
	g.calls[key] = c
	forgotten := func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return c.forgotten
	}
	go func() {
		defer func() {
			c.panicked = recover() // it belongs to the callers, whose servers may recover from it
			cancel()
			g.mu.Lock()
			g.drop(key, c)
			g.mu.Unlock()
			close(c.done)
		}()
		c.value, c.err = fn(ctx, forgotten)
	}()
	return c
}

// leave takes one caller's interest away, and ends the call if it was the last.
func (g *Group[K, V]) leave(key K, c *call[V], ctx *context.Context) {
	g.mu.Lock()
	delete(c.waiting, ctx)
	last := len(c.waiting) == 0
	if last {
		g.drop(key, c) // who comes now must not get a cancelled call
	}
	g.mu.Unlock()
	if last {
		c.cancel()
		<-c.done
	}
}

// Forget makes later callers of every matching key start a call of their own, and marks the running ones.
func (g *Group[K, V]) Forget(match func(K) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for key, c := range g.calls {
		if match(key) {
			c.forgotten = true
			delete(g.calls, key)
		}
	}
}

func (g *Group[K, V]) drop(key K, c *call[V]) {
	if g.calls[key] == c {
		delete(g.calls, key)
	}
}
