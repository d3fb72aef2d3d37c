// Package flight lets callers who want the same thing at the same time share one call.
package flight

import (
	"context"
	"errors"
	"sync"
)

// ErrLeft says that a caller's context ended before the call did.
var ErrLeft = errors.New("flight: the caller's context ended")

var errNoResult = errors.New("flight: the call ended without a result")

// Group runs at most one call a key at a time and gives its result to everyone who asked meanwhile. Unlike x/sync/singleflight it
// ends a call whose last caller has gone, and no caller's cancellation reaches the others. The zero value is ready to use.
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

	waiting int // under the group's lock
	cancel  context.CancelFunc
}

// Do returns the result of the running call of key, or else of fn; ErrLeft if ctx ends before there is one. The context of fn has
// the values of the first caller's and ends when every caller's has ended. What fn is given tells whether Forget was called for the
// key meanwhile.
func (g *Group[K, V]) Do(ctx context.Context, key K, fn func(ctx context.Context, forgotten func() bool) (V, error)) (V, error) {
	if ctx.Err() != nil {
		return *new(V), ErrLeft
	}
	g.mu.Lock()
	c := g.calls[key]
	if c == nil {
		c = g.start(ctx, key, fn)
	}
	c.waiting++
	g.mu.Unlock()

	select {
	case <-c.done:
	case <-ctx.Done():
		g.leave(key, c)
		return *new(V), ErrLeft
	}
	if c.panicked != nil {
		panic(c.panicked)
	}
	return c.value, c.err
}

// start runs fn on its own. The lock is held.
func (g *Group[K, V]) start(ctx context.Context, key K, fn func(context.Context, func() bool) (V, error)) *call[V] {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c := &call[V]{done: make(chan struct{}), cancel: cancel, err: errNoResult} // which stays if fn ends its goroutine
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
func (g *Group[K, V]) leave(key K, c *call[V]) {
	g.mu.Lock()
	c.waiting--
	last := c.waiting == 0
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
