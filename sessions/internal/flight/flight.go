// Package flight lets callers who want the same thing at the same time share one call.
package flight

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"
)

// ErrLeft says that a caller's context ended before the call did.
var ErrLeft = errors.New("flight: the caller's context ended")

var errNoResult = errors.New("flight: the call ended without a result")

// Group runs at most one call a key at a time and gives its result to everyone who asked meanwhile.
// Unlike x/sync/singleflight it ends a call whose last caller has gone, and no caller's
// cancellation reaches the others. The zero value is ready to use.
type Group[K comparable, V any] struct {
	mu    sync.Mutex
	calls map[K]*call[V]
}

// Func makes one call for every caller of a key. Its context has the values of the first caller's,
// ends when every caller's has ended, and tells Deadline until when callers wait. The function
// forgotten tells whether Forget was called for the key meanwhile, or every caller has left.
type Func[V any] func(ctx context.Context, forgotten func() bool) (V, error)

type call[V any] struct {
	done     chan struct{} // closed when the next three fields are set
	value    V
	err      error
	panicked any

	// Under the group's lock:
	waiting int
	endless int       // callers without a deadline who wait
	latest  time.Time // the latest deadline of the other callers

	cancel context.CancelCauseFunc
}

type deadlineKey struct{}

// Deadline returns until when an answer is of use to somebody: the deadline of ctx or, if ctx is
// the context of a shared call, the latest deadline of the call's callers, whichever comes first.
// The context of a shared call has no Deadline of its own: callers may still come who wait longer,
// and a context's deadline must not move.
func Deadline(ctx context.Context) (time.Time, bool) {
	own, bounded := ctx.Deadline()
	if latest, shared := ctx.Value(deadlineKey{}).(func() (time.Time, bool)); shared {
		if last, ok := latest(); ok && (!bounded || last.Before(own)) {
			return last, true
		}
	}
	return own, bounded
}

// Do returns the result of the running call of key, or else of fn; ErrLeft if ctx ends before
// there is a result, beside the error of a call that ended because its last caller left.
func (g *Group[K, V]) Do(ctx context.Context, key K, fn Func[V]) (V, error) {
	if ctx.Err() != nil {
		return *new(V), ErrLeft
	}
	g.mu.Lock()
	c := g.calls[key]
	if c == nil || c.waiting == 0 { // a call that everybody has left is cancelled
		c = g.start(ctx, key, fn)
	}
	c.waiting++
	if deadline, ok := ctx.Deadline(); !ok {
		c.endless++
	} else if deadline.After(c.latest) {
		c.latest = deadline
	}
	g.mu.Unlock()

	select {
	case <-c.done:
	case <-ctx.Done():
		if !g.leave(ctx, c) {
			return *new(V), ErrLeft
		}
		<-c.done
		if c.err != nil {
			return c.value, fmt.Errorf("%w: %w", ErrLeft, c.err)
		}
	}
	if c.panicked != nil {
		panic(c.panicked)
	}
	return c.value, c.err
}

// start runs fn on its own. The lock is held.
func (g *Group[K, V]) start(ctx context.Context, key K, fn Func[V]) *call[V] {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	// The error stays if fn ends its goroutine.
	c := &call[V]{done: make(chan struct{}), cancel: cancel, err: errNoResult}
	ctx = context.WithValue(ctx, deadlineKey{}, func() (time.Time, bool) {
		g.mu.Lock()
		defer g.mu.Unlock()
		return c.latest, c.endless == 0 && !c.latest.IsZero()
	})
	forgotten := func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.calls[key] != c || c.waiting == 0
	}
	if g.calls == nil {
		g.calls = make(map[K]*call[V])
	}
	g.calls[key] = c
	go func() {
		defer func() {
			c.panicked = recover() // it belongs to the callers, whose servers may recover from it
			cancel(nil)
			g.mu.Lock()
			if g.calls[key] == c {
				delete(g.calls, key)
			}
			g.mu.Unlock()
			close(c.done)
		}()
		c.value, c.err = fn(ctx, forgotten)
	}()
	return c
}

// leave takes one caller's interest away, and reports whether it was the last: then the call is
// cancelled.
func (g *Group[K, V]) leave(ctx context.Context, c *call[V]) (last bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c.waiting--
	if _, ok := ctx.Deadline(); !ok {
		c.endless--
	}
	if c.waiting == 0 {
		c.cancel(context.Cause(ctx))
	}
	return c.waiting == 0
}

// Forget makes later callers of every matching key start a call of their own, and the running calls
// of the key learn that they are forgotten.
func (g *Group[K, V]) Forget(match func(K) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	maps.DeleteFunc(g.calls, func(key K, _ *call[V]) bool { return match(key) })
}
