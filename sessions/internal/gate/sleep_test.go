package gate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A turn that fell asleep for a place wakes when a silence ends that began meanwhile, also if the refused call does
// not come back.
func TestSilenceBeginsWhileFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g Gate
		call := fixed(time.Now().Add(30 * second))
		newTurn := func() *Turn { return &Turn{Operation: "a", MaxWait: time.Minute, Call: call} }
		var out []*Turn
		for range maxInFlight {
			turn := newTurn()
			if err := g.Enter(t.Context(), turn); err != nil {
				t.Fatal(err)
			}
			out = append(out, turn)
		}
		var wg sync.WaitGroup
		begin := time.Now()
		for range 3 {
			wg.Go(func() {
				turn := newTurn()
				if err := g.Enter(t.Context(), turn); err != nil || time.Since(begin) > 2*second {
					t.Errorf("%v after %v, want to leave when the silence of a second is over", err, time.Since(begin))
				} else {
					g.Leave(turn, true, 0)
				}
			})
		}
		synctest.Wait()
		g.Leave(out[0], true, second)
		for _, turn := range out[1:] {
			g.Leave(turn, true, 0)
		}
		wg.Wait()
	})
}

// schedule is a random load of a gate.
type schedule struct {
	*rand.Rand
	gate       Gate
	latency    time.Duration
	refused    float64 // of the requests
	operations int
	attempts   int
}

// call makes one call of the load, which may be refused, cancelled, or too late.
func (s *schedule) call() func() {
	at := s.N(3 * second)
	if s.IntN(2) == 0 {
		at = at.Truncate(second) // with others
	}
	ends := fixed(time.Now().Add(at + s.N(30*second)))
	turn := &Turn{Operation: fmt.Sprint(s.IntN(s.operations)), MaxWait: 20 * second, Call: ends, Unpaced: s.IntN(2) == 0}
	ctx, cancel := context.WithCancel(context.Background())
	if s.IntN(5) == 0 {
		time.AfterFunc(s.N(2*second), cancel)
	}
	type request struct{ takes, silence time.Duration }
	requests := make([]request, s.attempts)
	for i := range requests {
		requests[i].takes = s.latency/2 + s.N(s.latency)
		if s.Float64() < s.refused {
			requests[i].silence = second/5 + s.N(3*second)
		}
	}
	return func() {
		defer cancel()
		time.Sleep(at)
		for _, r := range requests {
			if s.gate.Enter(ctx, turn) != nil {
				return
			}
			time.Sleep(r.takes)
			s.gate.Leave(turn, true, r.silence)
			if r.silence == 0 {
				return
			}
		}
	}
}

// N returns a random duration below d.
func (s *schedule) N(d time.Duration) time.Duration { return time.Duration(s.Int64N(int64(d))) }

// At no time does a turn sleep that may leave.
func TestNobodySleepsWhoMayLeave(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			s := &schedule{Rand: rand.New(rand.NewPCG(seed, 3))}
			s.latency, s.refused = time.Millisecond+s.N(1500*time.Millisecond), []float64{0.005, 0.03, 0.2}[s.IntN(3)]
			s.operations, s.attempts = 1+s.IntN(4), 1+s.IntN(3)
			left := make(chan bool)
			var wg sync.WaitGroup
			for range 100 + s.IntN(600) {
				wg.Go(s.call())
			}
			go func() { wg.Wait(); close(left) }()
			for {
				select {
				case <-left:
					return
				case <-time.After(5 * time.Millisecond):
				}
				synctest.Wait()
				s.gate.mu.Lock()
				turn := s.gate.next(time.Now())
				s.gate.mu.Unlock()
				if turn != nil {
					t.Fatalf("seed %d: a turn of operation %s sleeps", seed, turn.Operation)
				}
			}
		})
	}
}

// An error of a context has its cause, and matches what the context says, also where the context ends meanwhile.
func TestContextErrorWhileItEnds(t *testing.T) {
	t.Parallel()
	cause := fmt.Errorf("the user went away")
	for range 20_000 {
		ctx, cancel := context.WithCancelCause(context.Background())
		go cancel(cause)
		for err := error(nil); err == nil; {
			if err = ContextError(ctx); err != nil && err.Error() != "context canceled: the user went away" {
				t.Fatal(err)
			}
		}
	}
}
