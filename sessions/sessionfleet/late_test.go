package sessionfleet_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet"
)

// logged returns an instance, and how often it says that its store fails.
func logged(t *testing.T, c *clerk, s *store) (fleet *sessionfleet.Fleet, failures func() int) {
	t.Helper()
	var log bytes.Buffer
	fleet = newFleet(t, c, s, secretKey, sessionfleet.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	return fleet, func() int {
		synctest.Wait()
		return strings.Count(log.String(), "store fails")
	}
}

// isProbe reports whether an operation finds out whether the store works.
func isProbe(op swap) bool { return string(op.new) == "works" }

// isLate marks the context of a call whose operations are late.
type isLate struct{}

// On a busy machine, operations are late of which the store knows nothing. While more than twice as many succeed, the
// store does not rest for that.
func TestLateOnes(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]fault{
		"end with their context":                hangs,
		"end a little later than their context": func(op swap) ([]byte, bool, error) { <-op.ctx.Done(); return slowly(op) },
	} {
		bubble(t, name, func(t *testing.T) {
			s := newStore()
			fleet, failures := logged(t, &clerk{takes: atOnce}, s)
			s.breaks(func(op swap) ([]byte, bool, error) {
				if op.ctx.Value(isLate{}) != nil && !isProbe(op) {
					return late(op)
				}
				return works(op)
			})
			var wg sync.WaitGroup
			for i := range 40 {
				wg.Go(func() {
					for round := range 5 {
						begin(context.WithValue(t.Context(), isLate{}, true), fleet, handshakeOf(fmt.Sprint(i, round)))
						time.Sleep(time.Second)
					}
				})
			}
			for i := range 500 {
				<-begin(t.Context(), fleet, handshakeOf(fmt.Sprint(i)))
				time.Sleep(10 * time.Millisecond)
			}
			wg.Wait()
			time.Sleep(time.Second)
			if failures() != 0 {
				t.Error("the store rests, although it works")
			}
		})
	}
}

// slowly works 200 ms later, whether the context has ended or not.
func slowly(op swap) ([]byte, bool, error) {
	time.Sleep(200 * time.Millisecond)
	op.ctx = context.WithoutCancel(op.ctx)
	return works(op)
}

// A full engine answers reads; that it takes no writes makes the store rest all the same.
func TestReadsDoNotHideFailingWrites(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]fault{
		"full": isFull,
		"full, and says that it swapped when it read": func(op swap) ([]byte, bool, error) {
			now, swapped, err := isFull(op)
			return now, swapped || op.new == nil && err == nil, err
		},
	} {
		bubble(t, name, func(t *testing.T) {
			s := newStore()
			fleet, failures := logged(t, &clerk{takes: atOnce}, s)
			s.breaks(fault)
			for range 6 { // a read that succeeds and a write that fails, each time; the sixth finds out
				mint(t.Context(), fleet)
			}
			synctest.Wait()
			before := s.operations()
			for range 10 {
				mint(t.Context(), fleet)
			}
			if n := s.operations() - before; n != 0 || failures() != 1 {
				t.Errorf("the store was asked %d times, and was said to fail %d times", n, failures())
			}
		})
	}
	bubble(t, "full, and reads that began before end after it rests", func(t *testing.T) {
		s := newStore()
		fleet, failures := logged(t, &clerk{takes: atOnce}, s)
		s.breaks(func(op swap) ([]byte, bool, error) {
			if op.new == nil {
				time.Sleep(100 * time.Millisecond)
			}
			return isFull(op)
		})
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { mint(t.Context(), fleet) })
			time.Sleep(20 * time.Millisecond)
		}
		wg.Wait()
		before := s.operations()
		mint(t.Context(), fleet)
		if n := s.operations() - before; n != 0 || failures() != 1 {
			t.Errorf("the store was asked %d times, and was said to fail %d times", n, failures())
		}
	})
	bubble(t, "full, while a call waits for another instance", func(t *testing.T) {
		s := newStore()
		clerk := &clerk{takes: func(n int) time.Duration { return time.Hour * time.Duration(1/n) }} // the first call
		ctx, leave := context.WithCancel(t.Context())
		gone := begin(ctx, newFleet(t, clerk, s, secretKey), refresh)
		time.Sleep(time.Millisecond)
		fleet, failures := logged(t, clerk, s)
		waiter := begin(ctx, fleet, refresh) // finds the claim again and again, which writes nothing
		s.breaks(isFull)
		for range 7 {
			time.Sleep(100 * time.Millisecond)
			mint(t.Context(), fleet)
		}
		if failures() != 1 {
			t.Errorf("the store was said to fail %d times, want once", failures())
		}
		leave()
		<-gone
		<-waiter
	})
}

// A write that finds out whether the store works, and is late, says nothing if other writes succeeded meanwhile.
func TestLateProbe(t *testing.T) {
	t.Parallel()
	for name, others := range map[string]fault{"other writes succeed": works, "other writes fail": isFull} {
		bubble(t, name, func(t *testing.T) {
			s, mended := newStore(), new(atomic.Bool)
			fleet, failures := logged(t, &clerk{takes: atOnce}, s)
			s.breaks(func(op swap) ([]byte, bool, error) {
				switch {
				case isProbe(op):
					return hangs(op)
				case mended.Load():
					return others(op)
				}
				return isFull(op)
			})
			for range 5 {
				mint(t.Context(), fleet)
			}
			mended.Store(true)
			<-begin(t.Context(), fleet, handshake)
			time.Sleep(opLimit)
			if rests := failures() > 0; rests != (name == "other writes fail") {
				t.Errorf("it rests: %v", rests)
			}
		})
	}
}

// Reads that wait for their turn and succeed do not hide that writes hang: what finds out waits for no turn.
func TestWritesHangBehindAQueue(t *testing.T) {
	t.Parallel()
	bubble(t, "500 mints a second", func(t *testing.T) {
		s, hanging := newStore(), new(atomic.Bool)
		fleet, failures := logged(t, &clerk{takes: atOnce}, s)
		s.breaks(func(op swap) ([]byte, bool, error) {
			if hanging.Load() && op.new != nil {
				return hangs(op)
			}
			return slow(200 * time.Millisecond)(op)
		})
		var wg sync.WaitGroup
		for i := range 3000 {
			hanging.Store(i >= 1500) // from when on a second is enough
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				a := <-begin(ctx, fleet, mintWith(sessions.TokenParams{Template: fmt.Sprint(i)}))
				if a.err != nil || i >= 2000 && a.took > 0 {
					t.Errorf("call %d: %v after %v", i, a.err, a.took)
				}
			})
			time.Sleep(2 * time.Millisecond)
		}
		if wg.Wait(); failures() != 1 {
			t.Errorf("the store was said to fail %d times, want once", failures())
		}
		time.Sleep(time.Second)
	})
}

// The waits of one call leave time to ask Clerk, however slow the store is, and however many calls come.
func TestWaitsLeaveTimeForClerk(t *testing.T) {
	t.Parallel()
	for _, away := range []time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 240 * time.Millisecond} {
		bubble(t, fmt.Sprintf("%v away, 200 mints a second", away), func(t *testing.T) {
			s := newStore()
			fleet := newFleet(t, &clerk{takes: func(int) time.Duration { return 800 * time.Millisecond }}, s, secretKey)
			s.breaks(slow(away))
			var wg sync.WaitGroup
			for i := range 1000 {
				wg.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
					defer cancel()
					if a := <-begin(ctx, fleet, mintWith(sessions.TokenParams{Template: fmt.Sprint(i)})); a.err != nil {
						t.Errorf("call %d: %v after %v", i, a.err, a.took)
					}
				})
				time.Sleep(5 * time.Millisecond)
			}
			wg.Wait()
			time.Sleep(time.Second)
		})
	}
}
