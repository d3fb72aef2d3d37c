//go:build unix

package redisstore_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/redisstore"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/redisstore/internal/redistest"
)

// records is a log that several goroutines write.
type records struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (r *records) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.Write(p)
}

func (r *records) has(text string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Count(r.b.String(), text)
}

// busy is what a time may be over on a machine that does other things too.
const busy = 750 * time.Millisecond

// within fails the test if fn takes longer than limit, and much longer.
func within(t *testing.T, limit time.Duration, what string, fn func()) {
	t.Helper()
	start := time.Now()
	fn()
	if took := time.Since(start); took > limit+busy {
		t.Errorf("%s took %v, want %v", what, took, limit)
	} else {
		t.Logf("%s took %v", what, took)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	config := func(name, value string) func(*testing.T, *redistest.Server, *redis.Client) {
		return func(t *testing.T, _ *redistest.Server, admin *redis.Client) {
			if err := admin.ConfigSet(t.Context(), name, value).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	type server = func(*testing.T, *redistest.Server, *redis.Client)
	for name, row := range map[string]struct {
		fail, heal server
		change     func(*redis.Options) // of the client
		why        string               // of the errors, and of the Limiter's record
		reads      bool                 // although it fails
		keeps      bool                 // what was there
	}{
		"killed, and restarted empty": {
			fail: func(_ *testing.T, s *redistest.Server, _ *redis.Client) { s.Kill() },
			heal: func(_ *testing.T, s *redistest.Server, _ *redis.Client) { s.Restart() },
			why:  "connection refused",
		},
		"hangs": {
			fail:  func(_ *testing.T, s *redistest.Server, _ *redis.Client) { s.Pause() },
			heal:  func(_ *testing.T, s *redistest.Server, _ *redis.Client) { s.Resume() },
			keeps: true,
		},
		"hangs, with a client of go-redis's defaults": {
			fail:   func(_ *testing.T, s *redistest.Server, _ *redis.Client) { s.Pause() },
			heal:   func(_ *testing.T, s *redistest.Server, _ *redis.Client) { s.Resume() },
			change: func(o *redis.Options) { *o = redis.Options{Addr: o.Addr} },
			keeps:  true,
		},
		"has no memory left": {
			fail: config("maxmemory", "1"), heal: config("maxmemory", "0"),
			why: "OOM", reads: true, keeps: true,
		},
		"is a replica now": {
			fail: func(t *testing.T, _ *redistest.Server, admin *redis.Client) {
				admin.ReplicaOf(t.Context(), "127.0.0.1", "1")
			},
			heal: func(t *testing.T, _ *redistest.Server, admin *redis.Client) {
				admin.ReplicaOf(t.Context(), "NO", "ONE")
			},
			why: "READONLY", reads: true, keeps: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := redistest.Start(t, redistest.Redis)
			admin, log := newClient(t, s.Addr), &records{}
			change := row.change
			if change == nil {
				change = func(*redis.Options) {}
			}
			store := newStore(t, newClient(t, s.Addr, change),
				redisstore.WithLogger(slog.New(slog.NewTextHandler(log, nil))))
			limiter, err := store.Limiter(secretKey, 10_000, time.Second)
			if err != nil {
				t.Fatal(err)
			}
			swap := func(old, next []byte) ([]byte, error) {
				ctx, cancel := context.WithTimeout(t.Context(), 250*time.Millisecond)
				defer cancel()
				now, _, err := store.Swap(ctx, "name", old, next, time.Minute)
				return now, err
			}
			wait := func() {
				if err := limiter.Wait(t.Context()); err != nil {
					t.Errorf("Wait: %v, want nil whatever Redis does", err)
				}
			}
			hold := func() error { return limiter.Hold(t.Context(), time.Millisecond) }
			if _, err := swap(nil, []byte("a")); err != nil {
				t.Fatal(err)
			}
			wait()

			row.fail(t, s, admin)
			if row.change == nil {
				within(t, 250*time.Millisecond, "a write", func() {
					if _, err := swap([]byte("a"), []byte("b")); err == nil || !strings.Contains(err.Error(), row.why) {
						t.Errorf("a write: %v, want an error with %q", err, row.why)
					}
				})
				if now, err := swap(nil, nil); (err == nil) != row.reads || row.reads && string(now) != "a" {
					t.Errorf("a read: %q, %v", now, err)
				}
			}
			within(t, 250*time.Millisecond, "the first requests", func() {
				var wg sync.WaitGroup
				for range 50 {
					wg.Go(wait)
				}
				wg.Wait()
			})
			within(t, 5*time.Millisecond, "100 more", func() {
				for range 100 {
					wait()
				}
			})
			within(t, 5*time.Millisecond, "Hold", func() {
				if hold() == nil {
					t.Error("Hold says that Redis was told")
				}
			})

			row.heal(t, s, admin)
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			for start := time.Now(); log.has("answers again") == 0; <-tick.C {
				if wait(); time.Since(start) > 20*time.Second {
					t.Fatal("the Limiter does not find out that Redis answers again")
				}
			}
			if err := hold(); err != nil {
				t.Errorf("Hold: %v", err)
			}
			now, err := swap(nil, nil)
			if err != nil || (now != nil) != row.keeps { // a write that was given up may have come about
				t.Errorf("a read after all: %q, %v", now, err)
			}
			if _, err := swap(now, []byte("c")); err != nil {
				t.Errorf("a write after all: %v", err)
			}
			if log.has("level=WARN") != 1 || log.has("level=INFO") != 1 || log.has(row.why) == 0 {
				t.Errorf("the log is not a record of each, with %q:\n%s", row.why, &log.b)
			}
		})
	}
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, redistest.Redis, "--requirepass", "made-up")
	for name, row := range map[string]struct{ password, why string }{
		"none":  {"", "NOAUTH"},
		"wrong": {"another", "WRONGPASS"},
	} {
		t.Run(name, func(t *testing.T) {
			store := newStore(t, newClient(t, s.Addr, func(o *redis.Options) { o.Password = row.password }))
			_, _, err := store.Swap(t.Context(), "name", nil, nil, time.Minute)
			if err == nil || !strings.Contains(err.Error(), row.why) {
				t.Errorf("Swap: %v, want %s", err, row.why)
			}
			limiter, err := store.Limiter(secretKey, 100, time.Second)
			if err != nil {
				t.Fatal(err)
			}
			within(t, 250*time.Millisecond, "Wait", func() { err = limiter.Wait(t.Context()) })
			if err != nil {
				t.Errorf("Wait: %v", err)
			}
		})
	}
}
