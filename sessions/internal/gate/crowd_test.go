package gate

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"
)

// crowded lets n turns wait behind as many as may be out, and returns how long it takes for each until all are through.
func crowded(tb testing.TB, n int) time.Duration {
	call := fixed(time.Now().Add(time.Hour))
	var g Gate
	g.inFlight = maxInFlight
	var turns sync.WaitGroup
	began := time.Now()
	for range n {
		turns.Go(func() {
			turn := &Turn{Operation: "op", MaxWait: time.Minute, Call: call}
			if err := g.Enter(tb.Context(), turn); err != nil {
				tb.Error(err)
				return
			}
			g.Leave(turn, true, 0)
		})
	}
	for all := false; !all; runtime.Gosched() {
		g.mu.Lock()
		all = len(g.lane("op").paced) == n
		g.mu.Unlock()
	}
	first := &Turn{Operation: "op", Call: call, lane: g.lane("op"), sent: time.Now()}
	g.Leave(first, true, 0)
	turns.Wait()
	return time.Since(began) / time.Duration(n)
}

// silenced lets n turns come during a silence and give up, and returns how long it takes for each until all are gone.
func silenced(tb testing.TB, n int) time.Duration {
	call := fixed(time.Now().Add(time.Hour))
	var g Gate
	first := &Turn{Operation: "op", MaxWait: time.Minute, Call: call}
	if err := g.Enter(tb.Context(), first); err != nil {
		tb.Error(err)
	}
	g.Leave(first, true, 30*time.Second)
	ctx, giveUp := context.WithCancel(tb.Context())
	var turns sync.WaitGroup
	began := time.Now()
	for range n {
		turns.Go(func() { _ = g.Enter(ctx, &Turn{Operation: "op", MaxWait: time.Minute, Call: call}) })
	}
	for all := false; !all; runtime.Gosched() {
		g.mu.Lock()
		all = len(g.lane("op").paced) == n
		g.mu.Unlock()
	}
	giveUp()
	turns.Wait()
	return time.Since(began) / time.Duration(n)
}

// What a turn costs does not grow with those who wait: eight times as many take less than four times as long each.
// A look at all who wait, whenever a request comes, gives up or ends, would take eight times as long.
func TestManyWhoWaitCostNoMoreEach(t *testing.T) {
	for name, row := range map[string]struct {
		each func(testing.TB, int) time.Duration
		few  int
	}{
		"while as many are out as may be": {crowded, 1_000}, "during a silence": {silenced, 2_000},
	} {
		for attempt := range 10 { // the machine may be busy with something else
			few, many := row.each(t, row.few), row.each(t, 8*row.few)
			if many <= 4*few {
				break
			}
			if attempt == 9 {
				t.Errorf("%s: each of %d took %v, of eight times as many %v", name, row.few, few, many)
			}
		}
	}
}

// BenchmarkCrowd shows what a turn costs of n that come at once.
func BenchmarkCrowd(b *testing.B) {
	for _, n := range []int{100, 1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var each time.Duration
			for b.Loop() {
				each = crowded(b, n)
			}
			b.ReportMetric(float64(each.Nanoseconds()), "ns/turn")
		})
	}
}
