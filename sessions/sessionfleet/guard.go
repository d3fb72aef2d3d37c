package sessionfleet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

const (
	opLimit     = 250 * time.Millisecond // how long an operation may take
	maxFailures = 5                      // since the last write, and the store rests
	maxStuck    = 8                      // operations that do not end with their context, as well
	probeEvery  = time.Second            // while the store rests
)

var errSlow = fmt.Errorf("the store took longer than %v", opLimit)

// guard stands between a Fleet and its Store, whatever the store does: a store that fails rests.
type guard struct {
	store  Store
	logger *slog.Logger

	mu       sync.Mutex
	failures int // since the last write that succeeded: a full engine can still read
	stuck    int // operations that have not ended although their time is over
	resting  bool
	probed   time.Time // or when the store began to rest
}

// operation is a Swap that reads if both values are nil.
type operation struct {
	name     string
	old, new []byte
	ttl      time.Duration
}

// result is what came of an operation.
type result struct {
	now     []byte
	swapped bool
	err     error
}

// swap asks the store, unless it rests. Now and then swap finds out, in the background, whether a
// store that rests works again.
func (g *guard) swap(ctx context.Context, op operation) result {
	g.mu.Lock()
	rests := g.resting
	if rests && g.stuck < maxStuck && time.Since(g.probed) >= probeEvery {
		g.probed = time.Now()
		go g.probe(context.WithoutCancel(ctx))
	}
	g.mu.Unlock()
	if rests {
		return result{err: errors.New("the store rests, because it failed")}
	}
	return g.do(ctx, op)
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

// do asks the store, for opLimit at most and no longer than ctx, and counts what comes of it. An
// operation that ctx has left goes on to its end or its limit: it may be what takes a claim back.
func (g *guard) do(ctx context.Context, op operation) result {
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), opLimit)
	ended := make(chan result, 1)
	inTime := context.AfterFunc(own, func() {
		g.count(errSlow, false, 1)
		ended <- result{err: errSlow}
	})
	go func() {
		var r result
		defer cancel()
		defer func() {
			if p := recover(); p != nil {
				r.err = fmt.Errorf("the store panicked: %v", p)
			}
			if !inTime() {
				g.count(nil, false, -1)
				return
			}
			g.count(r.err, r.swapped && op.new != nil, 0)
			ended <- r
		}()
		r.now, r.swapped, r.err = g.store.Swap(own, op.name, op.old, op.new, op.ttl)
	}()
	select {
	case r := <-ended:
		return r
	case <-ctx.Done():
		return result{err: context.Cause(ctx)}
	}
}

// count takes the outcome of an operation into account.
func (g *guard) count(err error, wrote bool, stuck int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stuck += stuck
	switch {
	case err != nil:
		g.failures++
	case wrote:
		g.failures = 0
	}
	if err != nil && !g.resting && (g.failures >= maxFailures || g.stuck >= maxStuck) {
		g.resting, g.probed = true, time.Now()
		go g.logger.Warn("clerk: the fleet's store fails; each instance asks Clerk by itself",
			"error", err)
	}
}

// probe writes to a store that rests, and wakes it if that succeeds.
func (g *guard) probe(ctx context.Context) {
	if r := g.do(ctx, operation{rand.Text(), nil, []byte(rand.Text()), lease}); r.err == nil {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.resting, g.failures = false, 0
		go g.logger.Info("clerk: the fleet's store answers again")
	}
}
