package sessionfleet_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet"
)

// opLimit is how long an operation may take.
const opLimit = 250 * time.Millisecond

// fault is a way in which a store fails.
type fault = func(swap) ([]byte, bool, error)

func works(s swap) ([]byte, bool, error) { return s.whole.Swap(s.ctx, s.name, s.old, s.new, s.ttl) }

func isDown(swap) ([]byte, bool, error) { return nil, false, errDown }

func hangs(s swap) ([]byte, bool, error) { <-s.ctx.Done(); return nil, false, s.ctx.Err() }

// isFull refuses writes; what would write nothing works.
func isFull(s swap) ([]byte, bool, error) {
	there, _, err := s.whole.Swap(s.ctx, s.name, nil, nil, s.ttl)
	if s.new != nil && (s.old == nil) == (there == nil) && bytes.Equal(s.old, there) {
		return nil, false, errors.New("out of memory")
	}
	return there, false, err
}

// slow works after a while.
func slow(d time.Duration) fault {
	return func(s swap) ([]byte, bool, error) {
		select {
		case <-time.After(d):
			return works(s)
		case <-s.ctx.Done():
			return nil, false, s.ctx.Err()
		}
	}
}

// faults returns the ways in which a store fails, each with how long a call of a second may take then. A store that
// blocks does so until release.
func faults(release <-chan struct{}) map[string]struct {
	fault fault
	most  time.Duration
} {
	var mu sync.Mutex
	var firstClaim []byte
	type row = struct {
		fault fault
		most  time.Duration
	}
	return map[string]row{
		"down":        {isDown, 1100 * time.Millisecond},
		"hung":        {hangs, 1500 * time.Millisecond},
		"full":        {isFull, 1200 * time.Millisecond},
		"300 ms away": {slow(300 * time.Millisecond), 1500 * time.Millisecond},
		"50 ms away":  {slow(50 * time.Millisecond), 1400 * time.Millisecond},
		"panics":      {func(swap) ([]byte, bool, error) { panic("at the store") }, 1100 * time.Millisecond},
		"ends goroutines": {
			func(swap) ([]byte, bool, error) { runtime.Goexit(); return nil, false, nil }, 1200 * time.Millisecond,
		},
		"blocks for ever": {func(swap) ([]byte, bool, error) { <-release; return nil, false, nil }, 1500 * time.Millisecond},
		"forgets":         {func(s swap) ([]byte, bool, error) { return s.new, s.new != nil, nil }, 1100 * time.Millisecond},
		"is always empty": {func(swap) ([]byte, bool, error) { return nil, false, nil }, 1200 * time.Millisecond},
		"answers garbage": {
			func(swap) ([]byte, bool, error) { return []byte(rand.Text()), false, nil }, 1200 * time.Millisecond,
		},
		"answers the new value and did not swap": {
			func(s swap) ([]byte, bool, error) { return s.new, false, nil }, 1200 * time.Millisecond,
		},
		"answers an error beside a value": {
			func(s swap) ([]byte, bool, error) { now, ok, _ := works(s); return now, ok, errDown }, 1200 * time.Millisecond,
		},
		"answers the first claim for ever": {func(s swap) ([]byte, bool, error) {
			mu.Lock()
			defer mu.Unlock()
			if s.new == nil {
				return nil, false, nil
			}
			if firstClaim == nil {
				firstClaim = s.new
				return s.new, true, nil
			}
			return firstClaim, false, nil
		}, 4350 * time.Millisecond}, // three quarters of the time until the deadline, and a second
	}
}

// Whatever a store does, every call is answered, nearly as if there were no store, and Clerk is not asked more often
// than without one. When the store works again, the instances share again.
func TestFaults(t *testing.T) {
	t.Parallel()
	for name := range faults(nil) {
		bubble(t, name, func(t *testing.T) {
			release := make(chan struct{})
			row := faults(release)[name]
			clerk, s := &clerk{}, newStore()
			fleets := newFleets(t, 8, clerk, s)
			s.breaks(row.fault)
			for round := 1; round <= 3; round++ {
				for _, c := range []call{refresh, handshake, mint} {
					before := clerk.asked()
					ctx, cancel := context.WithTimeout(t.Context(), 4400*time.Millisecond)
					for i, a := range together(ctx, fleets, c) {
						if a.err != nil || a.took > row.most {
							t.Errorf("round %d, instance %d: %v after %v, want %v at most", round, i, a.err, a.took, row.most)
						}
					}
					cancel()
					if n := clerk.asked() - before; n > len(fleets) {
						t.Errorf("round %d: Clerk was asked %d times by %d instances", round, n, len(fleets))
					}
				}
				time.Sleep(11 * time.Second)
			}
			s.breaks(nil)
			close(release)
			time.Sleep(2 * time.Second)
			together(t.Context(), fleets, mint) // after which each has found out
			time.Sleep(2 * time.Minute)
			before := clerk.asked()
			same(t, together(t.Context(), fleets, refresh))
			same(t, together(t.Context(), fleets, handshake))
			same(t, together(t.Context(), fleets, mint))
			if n := clerk.asked() - before; n != 3 {
				t.Errorf("Clerk was asked %d times with the store back, want 3", n)
			}
		})
	}
}

// A store that goes down, hangs or is restarted empty in the middle of a call costs a few calls at most, and no answer.
func TestFaultsInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		fault fault
		lasts time.Duration
		calls int // at most
	}{
		{"down and back", isDown, 300 * time.Millisecond, 8},
		{"down for good", isDown, time.Hour, 8},
		{"hung for a moment", hangs, 200 * time.Millisecond, 1},
		{"hung", hangs, time.Hour, 8},
		{"full", isFull, time.Hour, 1}, // whoever waits can read the claim, and the answer cannot be written
	} {
		bubble(t, row.name, func(t *testing.T) {
			clerk, s := &clerk{}, newStore()
			fleets := newFleets(t, 8, clerk, s)
			done := make(chan []answer)
			go func() { done <- together(t.Context(), fleets, refresh) }()
			time.Sleep(500 * time.Millisecond)
			s.breaks(row.fault)
			time.Sleep(row.lasts)
			s.breaks(nil)
			for i, a := range <-done {
				if a.err != nil || a.took > 4*time.Second {
					t.Errorf("instance %d: %v after %v", i, a.err, a.took)
				}
			}
			if n := clerk.asked(); n > row.calls && row.name != "full" {
				t.Errorf("Clerk was asked %d times, want %d at most", n, row.calls)
			}
		})
	}
	bubble(t, "restarted empty", func(t *testing.T) {
		clerk := &clerk{}
		first, second := newStore(), newStore()
		s := newStore()
		s.breaks(func(op swap) ([]byte, bool, error) { op.whole = first; return works(op) })
		fleets := newFleets(t, 8, clerk, s)
		done := make(chan []answer)
		go func() { done <- together(t.Context(), fleets, refresh) }()
		time.Sleep(300 * time.Millisecond)
		s.breaks(func(op swap) ([]byte, bool, error) { op.whole = second; return works(op) })
		answers := <-done
		for i, a := range answers {
			if a.err != nil || a.took > 1500*time.Millisecond {
				t.Errorf("instance %d: %v after %v", i, a.err, a.took)
			}
		}
		asked(t, clerk, 2)
	})
}

// A store that fails rests: calls do not touch it, and once a second a write finds out. Each change is logged once.
func TestStoreRests(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		fault fault
	}{{"down", isDown}, {"full", isFull}, {"hung", hangs}} {
		bubble(t, row.name, func(t *testing.T) {
			var log bytes.Buffer
			clerk, s := &clerk{takes: func(int) time.Duration { return 0 }}, newStore()
			logger := slog.New(slog.NewTextHandler(&log, nil))
			fleet := newFleet(t, clerk, s, secretKey, sessionfleet.WithLogger(logger))
			s.breaks(row.fault)
			for i := range 5 { // without the store, or with what it can still read
				if a := <-begin(t.Context(), fleet, handshakeOf(fmt.Sprint(i))); a.err != nil {
					t.Error(a.err)
				}
			}
			synctest.Wait() // for the first probe
			resting := s.operations()
			for range 100 {
				time.Sleep(100 * time.Millisecond)
				if a := <-begin(t.Context(), fleet, mint); a.err != nil || a.took > 0 {
					t.Errorf("with a store that rests: %v after %v", a.err, a.took)
				}
			}
			if probes := s.operations() - resting; probes < 8 || probes > 10 {
				t.Errorf("%d operations in 10 s of rest, want one a second", probes)
			}
			synctest.Wait() // for the last probe
			s.breaks(nil)
			time.Sleep(time.Second)
			together(t.Context(), []*sessionfleet.Fleet{fleet}, mint)
			synctest.Wait()
			before := clerk.asked()
			together(t.Context(), []*sessionfleet.Fleet{fleet, fleet}, mint)
			together(t.Context(), []*sessionfleet.Fleet{fleet}, mint)
			asked(t, clerk, before+1)
			if lines := strings.Split(strings.TrimSpace(log.String()), "\n"); len(lines) != 2 ||
				!strings.Contains(lines[0], "level=WARN") || !strings.Contains(lines[1], "answers again") {
				t.Errorf("the log is\n%s", log.String())
			}
		})
	}
}

// Operations that do not end with their context are few: the store rests until some have ended.
func TestStuckOperations(t *testing.T) {
	t.Parallel()
	bubble(t, "a store that blocks for ever", func(t *testing.T) {
		clerk, s := &clerk{}, newStore()
		fleet := newFleet(t, clerk, s, secretKey)
		release := make(chan struct{})
		s.breaks(func(swap) ([]byte, bool, error) { <-release; return nil, false, errDown })
		for range 60 {
			time.Sleep(time.Second)
			together(t.Context(), []*sessionfleet.Fleet{fleet}, mint)
		}
		if n := s.operations(); n != 8 {
			t.Errorf("%d operations are stuck, want 8", n)
		}
		s.breaks(nil)
		close(release)
		time.Sleep(2 * time.Second)
		together(t.Context(), []*sessionfleet.Fleet{fleet}, mint)
		together(t.Context(), []*sessionfleet.Fleet{fleet}, mint)
		before := clerk.asked()
		together(t.Context(), []*sessionfleet.Fleet{fleet}, mint)
		asked(t, clerk, before)
	})
}

// They count although other operations succeed.
func TestStuckReads(t *testing.T) {
	t.Parallel()
	bubble(t, "a store whose reads block for ever", func(t *testing.T) {
		clerk, s := &clerk{}, newStore()
		fleets := newFleets(t, 1, clerk, s)
		release, blocked := make(chan struct{}), new(atomic.Int64)
		s.breaks(func(op swap) ([]byte, bool, error) {
			if op.old == nil && op.new == nil {
				blocked.Add(1)
				<-release
			}
			return works(op)
		})
		for i := range 60 {
			time.Sleep(time.Second)
			together(t.Context(), fleets, mint)
			together(t.Context(), fleets, handshakeOf(fmt.Sprint(i)))
		}
		if n := blocked.Load(); n != 8 {
			t.Errorf("%d operations are stuck, want 8", n)
		}
		close(release)
	})
}

// A caller with a short deadline is answered although the store hangs.
func TestShortDeadlineOfHungStore(t *testing.T) {
	t.Parallel()
	bubble(t, "100 ms", func(t *testing.T) {
		clerk, s := &clerk{takes: func(int) time.Duration { return 10 * time.Millisecond }}, newStore()
		s.breaks(hangs)
		fleet := newFleet(t, clerk, s, secretKey)
		for range 20 {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			if a := <-begin(ctx, fleet, mint); a.err != nil {
				t.Errorf("%v after %v", a.err, a.took)
			}
			cancel()
		}
		time.Sleep(opLimit)
		if n := s.operations(); n > 8 {
			t.Errorf("the store was asked %d times; callers who leave early must not hide that it hangs", n)
		}
	})
}

// A holder's caller does not wait for a store that hangs once its context has ended.
func TestGoneCallerOfHungStore(t *testing.T) {
	t.Parallel()
	bubble(t, "in mid-call", func(t *testing.T) {
		clerk, s := &clerk{takes: func(int) time.Duration { return time.Hour }}, newStore()
		ctx, leave := context.WithCancel(t.Context())
		gone := begin(ctx, newFleet(t, clerk, s, secretKey), refresh)
		time.Sleep(550 * time.Millisecond) // a renewal is under way
		s.breaks(hangs)
		time.Sleep(500 * time.Millisecond)
		leave()
		if a := <-gone; a.took != 1050*time.Millisecond {
			t.Errorf("the caller left after 1.05 s, and the call ended after %v", a.took)
		}
		time.Sleep(opLimit)
	})
}

// A sign-out reaches the store also if the store failed when it was asked last, and each of the keys by itself.
func TestForgetAfterFailures(t *testing.T) {
	t.Parallel()
	hour := mintWith(sessions.TokenParams{ExpiresIn: time.Hour})
	for name, breaks := range map[string]func(t *testing.T, s *store, admin *sessionfleet.Fleet){
		"a week ago": func(t *testing.T, s *store, admin *sessionfleet.Fleet) {
			s.breaks(isDown)
			for range 6 {
				mint(t.Context(), admin)
			}
			s.breaks(nil)
			time.Sleep(7 * 24 * time.Hour)
		},
		"for the first key": func(_ *testing.T, s *store, _ *sessionfleet.Fleet) {
			swaps := new(atomic.Int64)
			s.breaks(func(op swap) ([]byte, bool, error) {
				if swaps.Add(1) == 1 {
					return isDown(op)
				}
				return works(op)
			})
		},
	} {
		bubble(t, name, func(t *testing.T) {
			clerk, s := &clerk{takes: atOnce}, newStore()
			web := newFleet(t, clerk, s, secretKey)
			admin := newFleet(t, clerk, s, "sk_test_new", sessionfleet.WithOldSecretKeys(secretKey))
			breaks(t, s, admin)
			before := <-begin(t.Context(), web, hour)
			if _, err := admin.Revoke(t.Context(), "sess_1"); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Minute)
			if after := <-begin(t.Context(), web, hour); after.text == before.text {
				t.Error("a minute after the session was revoked, the token of before is handed out")
			}
		})
	}
}
