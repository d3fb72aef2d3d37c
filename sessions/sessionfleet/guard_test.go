package sessionfleet_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/storetest"
)

// atOnce is for a Clerk that takes no time.
func atOnce(int) time.Duration { return 0 }

// failsAtTimes fails each fourth read, and counts how often.
func failsAtTimes(failed *atomic.Int64) fault {
	reads := new(atomic.Int64)
	return func(op swap) ([]byte, bool, error) {
		if op.old == nil && op.new == nil && reads.Add(1)%4 == 0 {
			failed.Add(1)
			return nil, false, errDown
		}
		return works(op)
	}
}

// A process that finds what it needs in the store writes nothing. A failure now and then does not make the store rest.
func TestFailuresNowAndThen(t *testing.T) {
	t.Parallel()
	for name, apart := range map[string]time.Duration{"within a moment": 0, "a minute apart": time.Minute} {
		bubble(t, name, func(t *testing.T) {
			clerk, whole := &clerk{takes: atOnce}, storetest.NewMemory()
			hour := mintWith(sessions.TokenParams{ExpiresIn: time.Hour})
			if _, err := hour(t.Context(), newFleet(t, clerk, whole, secretKey)); err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			s, failed := &store{Store: whole, wrote: make(map[string][]byte)}, new(atomic.Int64)
			s.breaks(failsAtTimes(failed))
			reader := newFleet(t, clerk, s, secretKey, sessionfleet.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
			for range 48 {
				time.Sleep(apart)
				if a := <-begin(t.Context(), reader, hour); a.err != nil {
					t.Error(a.err)
				}
			}
			synctest.Wait()
			if asked(t, clerk, 13); failed.Load() != 12 || log.Len() > 0 {
				t.Errorf("%d reads failed, and the log is %q", failed.Load(), log.String())
			}
		})
	}
}

// Operations that fail in one and the same stall do not make the store rest for longer than the stall lasts.
func TestStallCountsOnce(t *testing.T) {
	t.Parallel()
	bubble(t, "of 260 ms", func(t *testing.T) {
		clerk, s := &clerk{takes: atOnce}, newStore()
		fleets := newFleets(t, 2, clerk, s)
		stall := make(chan struct{})
		s.breaks(func(op swap) ([]byte, bool, error) {
			select {
			case <-stall:
				return works(op)
			case <-op.ctx.Done():
				return nil, false, op.ctx.Err()
			}
		})
		var wg sync.WaitGroup
		for i := range 12 {
			wg.Go(func() { together(t.Context(), fleets[:1], handshakeOf(fmt.Sprint(i))) })
		}
		time.Sleep(260 * time.Millisecond)
		close(stall)
		wg.Wait()
		together(t.Context(), fleets[:1], handshakeOf("by itself, and the store is asked whether it works"))
		synctest.Wait()
		before := clerk.asked()
		same(t, append(together(t.Context(), fleets[:1], handshake), together(t.Context(), fleets[1:], handshake)...))
		asked(t, clerk, before+1)
	})
}

// Of a burst that meets a store which ignores contexts, few operations are stuck.
func TestStuckBurst(t *testing.T) {
	t.Parallel()
	bubble(t, "1,000 at once", func(t *testing.T) {
		clerk, s := &clerk{}, newStore()
		fleets := newFleets(t, 1, clerk, s)
		release := make(chan struct{})
		s.breaks(func(swap) ([]byte, bool, error) { <-release; return nil, false, errDown })
		for round := range 3 {
			var wg sync.WaitGroup
			for i := range 1000 {
				wg.Go(func() {
					a := together(t.Context(), fleets, handshakeOf(fmt.Sprint(round, i)))[0]
					if a.err != nil || a.took > 1500*time.Millisecond {
						t.Errorf("%v after %v", a.err, a.took)
					}
				})
			}
			wg.Wait()
		}
		if n := s.operations(); n > 2*48 { // the turns of the first, and of those who are next when these are given up
			t.Errorf("%d operations are stuck, want 96 at most", n)
		}
		close(release)
	})
}

// A burst of calls waits in turn for a store that works: each call is shared, and few operations are under way at once.
func TestBurst(t *testing.T) {
	t.Parallel()
	bubble(t, "200 at once at two instances", func(t *testing.T) {
		clerk, s := &clerk{}, newStore()
		fleets := newFleets(t, 2, clerk, s)
		now, most := new(atomic.Int64), new(atomic.Int64)
		s.breaks(func(op swap) ([]byte, bool, error) {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			defer now.Add(-1)
			return slow(20 * time.Millisecond)(op)
		})
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() { same(t, together(t.Context(), fleets, handshakeOf(fmt.Sprint(i)))) })
		}
		wg.Wait()
		if asked(t, clerk, 200); most.Load() > 2*(48+48) { // reads and claims, and the answers of as many
			t.Errorf("%d operations at once of two instances, want 192 at most", most.Load())
		}
	})
}

// Who leaves before the store is asked leaves no claim behind; who has a claim and leaves takes it back in turn.
func TestLeavesBeforeItsTurn(t *testing.T) {
	t.Parallel()
	bubble(t, "behind operations that take long", func(t *testing.T) {
		clerk, s := &clerk{}, newStore()
		fleets := newFleets(t, 2, clerk, s)
		ctx, leave := context.WithCancel(t.Context())
		holder := begin(ctx, fleets[0], refresh)
		time.Sleep(10 * time.Millisecond)
		s.breaks(slow(200 * time.Millisecond))
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() { together(t.Context(), fleets[:1], handshakeOf(fmt.Sprint(i))) })
		}
		synctest.Wait()
		gone := begin(ctx, fleets[0], mint)
		synctest.Wait()
		leave()
		for _, a := range []answer{<-gone, <-holder} {
			if !errors.Is(a.err, context.Canceled) {
				t.Errorf("who left got %v", a.err)
			}
		}
		s.breaks(nil)
		wg.Wait()
		for _, c := range []call{refresh, mint} {
			if a := <-begin(t.Context(), fleets[1], c); a.err != nil || a.took > time.Second {
				t.Errorf("%v after %v, want no wait for who has left", a.err, a.took)
			}
		}
	})
}

// A sign-out does not wait for its turn for long, where the store takes nearly as long as it may.
func TestRevokeBehindABurst(t *testing.T) {
	t.Parallel()
	bubble(t, "500 before it", func(t *testing.T) {
		s := newStore()
		fleets := newFleets(t, 1, &clerk{takes: atOnce}, s)
		s.breaks(slow(240 * time.Millisecond))
		var wg sync.WaitGroup
		for i := range 500 {
			wg.Go(func() { together(t.Context(), fleets, handshakeOf(fmt.Sprint(i))) })
		}
		synctest.Wait()
		start := time.Now()
		if _, err := fleets[0].Revoke(t.Context(), "sess_1"); err != nil || time.Since(start) > 2*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		wg.Wait()
	})
}

// A sign-out reaches the other instances although a burst of calls was before it at a store that works, but is slow.
func TestForgetBehindABurst(t *testing.T) {
	t.Parallel()
	bubble(t, "500 before it", func(t *testing.T) {
		s := newStore()
		fleets := newFleets(t, 2, &clerk{takes: atOnce}, s)
		hour := mintWith(sessions.TokenParams{ExpiresIn: time.Hour})
		before := <-begin(t.Context(), fleets[1], hour)
		s.breaks(slow(200 * time.Millisecond))
		var wg sync.WaitGroup
		for i := range 500 {
			wg.Go(func() { together(t.Context(), fleets[:1], handshakeOf(fmt.Sprint(i))) })
		}
		time.Sleep(time.Millisecond)
		if _, err := fleets[0].Revoke(t.Context(), "sess_1"); err != nil {
			t.Error(err)
		}
		wg.Wait()
		s.breaks(nil)
		time.Sleep(time.Minute)
		if after := <-begin(t.Context(), fleets[1], hour); after.text == before.text {
			t.Error("a minute after the session was revoked, the token of before is handed out")
		}
	})
}

// A store that works, but is slow, costs a call no more than its operations take, however many calls come.
func TestSlowStoreUnderLoad(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		each, most time.Duration
	}{
		"50 ms away": {50 * time.Millisecond, 500 * time.Millisecond}, "240 ms away": {240 * time.Millisecond, time.Second},
	} {
		bubble(t, name, func(t *testing.T) {
			clerk, s := &clerk{takes: func(int) time.Duration { return 20 * time.Millisecond }}, newStore()
			fleets := newFleets(t, 1, clerk, s)
			s.breaks(slow(row.each))
			var wg sync.WaitGroup
			for i := range 2000 { // 200 a second
				wg.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
					defer cancel()
					if a := together(ctx, fleets, handshakeOf(fmt.Sprint(i)))[0]; a.err != nil || a.took > row.most {
						t.Errorf("%v after %v", a.err, a.took)
					}
				})
				time.Sleep(5 * time.Millisecond)
			}
			wg.Wait()
			time.Sleep(time.Minute) // what goes on in the background ends
		})
	}
}
