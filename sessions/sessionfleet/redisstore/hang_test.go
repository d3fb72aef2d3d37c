package redisstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/redisstore/internal/redistest"
)

func TestSwapEndsWithItsDeadline(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, redistest.Redis)
	store := newStore(t, newClient(t, s.Addr))
	if _, _, err := store.Swap(t.Context(), "name", nil, nil, time.Minute); err != nil {
		t.Fatal(err)
	}
	s.Pause()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	within(t, 50*time.Millisecond, "Swap", func() {
		if _, _, err := store.Swap(ctx, "name", nil, nil, time.Minute); err == nil {
			t.Error("Swap has an answer of a server that hangs")
		}
	})
}

func TestWaitEndsWithItsContextWhileRedisHangs(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, redistest.Redis)
	limiter := newLimiter(t, s.Addr, 100, time.Second)
	if err := limiter.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Pause()
	for range 12 { // more than may be asked at once
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		if err := limiter.Wait(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Wait: %v", err)
		}
		cancel()
	}
	within(t, 5*time.Millisecond, "one more", func() {
		if err := limiter.Wait(t.Context()); err != nil {
			t.Errorf("Wait: %v, want nil: Redis is known not to answer", err)
		}
	})
}

// panics is a hook that panics at every command.
type panics struct{ places }

func (p *panics) ProcessHook(redis.ProcessHook) redis.ProcessHook {
	return func(context.Context, redis.Cmder) error { panic("made up") }
}

func TestLimiterOutlivesAClientThatPanics(t *testing.T) {
	t.Parallel()
	if err := newLimiter(t, "127.0.0.1:1", 100, time.Second, &panics{}).Wait(t.Context()); err != nil {
		t.Errorf("Wait: %v", err)
	}
}
