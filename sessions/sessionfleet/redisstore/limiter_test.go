//go:build unix

package redisstore_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/redisstore"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/redisstore/internal/redistest"
)

const secretKey = "sk_test_made_up_for_limits"

// newLimiter returns the Limiter of one more instance, with a client of its own.
func newLimiter(t *testing.T, addr string, requests int, per time.Duration, hooks ...hook) *redisstore.Limiter {
	t.Helper()
	c := newClient(t, addr)
	for _, h := range hooks {
		c.AddHook(h)
	}
	l, err := newStore(t, c).Limiter(secretKey, requests, per)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// hook is a go-redis hook that wraps what sends a command.
type hook func(next redis.ProcessHook) redis.ProcessHook

func (h hook) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h hook) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return h(next) }

func (h hook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// places notes the places which the server gave, by the server's clock.
type places struct {
	mu sync.Mutex
	at []time.Time
}

func (p *places) note(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if script, ok := cmd.(*redis.Cmd); ok && err == nil {
			if answer, err := script.Int64Slice(); err == nil && len(answer) == 3 && answer[2] == 1 {
				p.mu.Lock()
				p.at = append(p.at, time.UnixMicro(answer[1]))
				p.mu.Unlock()
			}
		}
		return err
	}
}

func TestLimiterKeepsTheLimitOfAllInstances(t *testing.T) {
	t.Parallel()
	const requests, per, instances, lasts = 100, time.Second, 8, 1500 * time.Millisecond
	server := redistest.Start(t, redistest.Redis)
	booked := &places{}
	limiters := make([]*redisstore.Limiter, instances)
	for i := range limiters {
		limiters[i] = newLimiter(t, server.Addr, requests, per, booked.note)
	}
	ctx, cancel := context.WithTimeout(t.Context(), lasts)
	defer cancel()
	var sent atomic.Int64
	var wg sync.WaitGroup
	for _, l := range limiters {
		for range 2 { // callers of each instance
			wg.Go(func() {
				for l.Wait(ctx) == nil {
					sent.Add(1)
				}
			})
		}
	}
	wg.Wait()

	slices.SortFunc(booked.at, time.Time.Compare)
	for i := range booked.at[min(requests, len(booked.at)):] {
		if window := booked.at[i+requests].Sub(booked.at[i]); window < per {
			t.Errorf("%d requests had places within %v", requests+1, window)
		}
	}
	if n := sent.Load(); n > int64(len(booked.at)) || n < int64(float64(requests)*lasts.Seconds()*0.85) {
		t.Errorf("%d requests were sent in %v, with %d places; want 85 %% of the limit of %d in %v",
			n, lasts, len(booked.at), requests, per)
	} else {
		t.Logf("%d requests in %v, with %d places", n, lasts, len(booked.at))
	}
}

func TestLimiterWaitsForItsPlace(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.Redis)
	booked := &places{}
	l := newLimiter(t, server.Addr, 11, time.Second, booked.note) // one at once, then one in 101 ms
	for range 3 {
		if err := l.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if early := time.Until(booked.at[len(booked.at)-1]); early > 0 { // the server's clock is this host's
			t.Errorf("a request goes out %v before its place", early)
		}
	}
	if took := booked.at[2].Sub(booked.at[0]); took < 202*time.Millisecond {
		t.Errorf("3 requests have places within %v, want 202 ms", took)
	}
}

func TestLimiterBooksOnePlaceAtATime(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.Redis)
	bulk, page := newLimiter(t, server.Addr, 100, time.Second), newLimiter(t, server.Addr, 100, time.Second)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	var sent atomic.Int64
	started := make(chan struct{})
	for range 300 { // 3.2 s of work
		wg.Go(func() {
			if bulk.Wait(ctx) == nil && sent.Add(1) == 20 { // more than go out at once
				close(started)
			}
		})
	}
	<-started
	start := time.Now()
	if err := page.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("a page waited %v behind another instance's bulk job, want some 20 ms", took)
	}
}

func TestLimiterEndsWithItsContext(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.Redis)
	booked := &places{}
	l := newLimiter(t, server.Addr, 2, time.Hour, booked.note)
	if err := l.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	near, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	start := time.Now()
	if err := l.Wait(near); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 10*time.Second {
		t.Errorf("a place after the deadline: %v after %v, want DeadlineExceeded at once", err, time.Since(start))
	}
	waiting, cancel := context.WithCancel(t.Context())
	first, second := make(chan error), make(chan error) // the second waits for the first one's turn
	go func() { first <- l.Wait(waiting) }()
	go func() { second <- l.Wait(waiting) }()
	time.AfterFunc(100*time.Millisecond, cancel)
	for _, c := range []chan error{first, second} {
		if err := <-c; !errors.Is(err, context.Canceled) {
			t.Errorf("Wait while its context ends: %v, want Canceled", err)
		}
	}
	if err := l.Wait(waiting); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait with a context that has ended: %v, want Canceled", err)
	}
	if n := len(booked.at); n != 2 {
		t.Errorf("%d places are taken, want 2: the first, and the one that was waited for", n)
	}
}

func TestLimiterHold(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.Redis)
	told, other := newLimiter(t, server.Addr, 1000, time.Second), newLimiter(t, server.Addr, 1000, time.Second)
	start := time.Now()
	for _, d := range []time.Duration{300 * time.Millisecond, 50 * time.Millisecond, 0, -time.Hour} {
		if err := told.Hold(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	if err := other.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took < 300*time.Millisecond || took > 3*time.Second {
		t.Errorf("another instance waited %v, want 300 ms", took)
	}
}
