//go:build unix

package redisstore_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/redisstore"
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
	ignores := newClient(t, s.Addr, func(o *redis.Options) { *o = redis.Options{Addr: o.Addr} })
	limiter, err := newStore(t, ignores).Limiter(secretKey, 100, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if err := limiter.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Pause()
	ended := 0
	within(t, 250*time.Millisecond, "12 calls, more than may be asked at once,", func() {
		for range 12 {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
			if err := limiter.Wait(ctx); errors.Is(err, context.DeadlineExceeded) {
				ended++
			} else if err != nil {
				t.Errorf("Wait: %v", err)
			}
			cancel()
		}
	})
	if ended < 2 {
		t.Errorf("%d calls ended with their context, want those before Redis is known not to answer", ended)
	}
	within(t, 5*time.Millisecond, "one more", func() {
		if err := limiter.Wait(t.Context()); err != nil {
			t.Errorf("Wait: %v, want nil: Redis is known not to answer", err)
		}
	})
}

func TestLimiterForgives(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, redistest.Redis)
	left := 3
	for name, row := range map[string]struct {
		disturb hook
		wait    time.Duration // of the first call's context
	}{
		"failures that pass": {func(next redis.ProcessHook) redis.ProcessHook {
			return func(ctx context.Context, cmd redis.Cmder) error {
				if left--; left >= 0 {
					cmd.SetErr(io.EOF)
					return io.EOF
				}
				return next(ctx, cmd)
			}
		}, time.Minute},
		"a caller with less patience": {func(next redis.ProcessHook) redis.ProcessHook {
			return func(ctx context.Context, cmd redis.Cmder) error {
				select {
				case <-time.After(50 * time.Millisecond):
					return next(ctx, cmd)
				case <-ctx.Done():
					cmd.SetErr(ctx.Err())
					return ctx.Err()
				}
			}
		}, 5 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			c, log := newClient(t, s.Addr), &records{}
			c.AddHook(row.disturb)
			store := newStore(t, c, redisstore.WithLogger(slog.New(slog.NewTextHandler(log, nil))))
			limiter, err := store.Limiter(secretKey, 100, time.Second)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), row.wait)
			defer cancel()
			limiter.Wait(ctx)
			if err := limiter.Wait(t.Context()); err != nil {
				t.Errorf("Wait: %v", err)
			}
			if log.has("level") != 0 {
				t.Errorf("Redis is said not to answer:\n%s", &log.b)
			}
		})
	}
}

func TestLimiterOutlivesAClientThatPanics(t *testing.T) {
	t.Parallel()
	panics := func(redis.ProcessHook) redis.ProcessHook {
		return func(context.Context, redis.Cmder) error { panic("made up") }
	}
	if err := newLimiter(t, "127.0.0.1:1", 100, time.Second, panics).Wait(t.Context()); err != nil {
		t.Errorf("Wait: %v", err)
	}
}
