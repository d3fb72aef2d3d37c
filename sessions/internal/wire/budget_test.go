package wire

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// The script of a client's life: each step is what happens so many times, and what is left of the
// budget then.
func TestBudget(t *testing.T) {
	t.Parallel()
	type step struct {
		// "success", "retry" (granted), "no retry" (refused), "unsent" (a retry given back), "second" (passes)
		what  string
		times int
		left  float64
	}
	for _, row := range []struct {
		name  string
		steps []step
	}{
		{"a full budget stays full", []step{{"success", 1000, 64}, {"second", 1000, 64}}},
		{"64 retries empty it", []step{{"retry", 64, 0}, {"no retry", 1000, 0}}},
		{
			"ten successes give a retry",
			[]step{{"retry", 64, 0}, {"success", 9, 0.9}, {"no retry", 1, 0.9}, {"success", 1, 1}, {"retry", 1, 0}},
		},
		{"a retry that was not sent is given back", []step{{"retry", 64, 0}, {"unsent", 1, 1}, {"retry", 1, 0}}},
		{
			"time fills it in a minute",
			[]step{{"retry", 64, 0}, {"second", 30, 32}, {"retry", 32, 0}, {"second", 60, 64}, {"retry", 64, 0}},
		},
		{
			"it fills up to the brim",
			[]step{{"retry", 64, 0}, {"success", 10_000, 64}, {"retry", 64, 0}, {"second", 600, 64}},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var b Budget
				for i, step := range row.steps {
					for range step.times {
						switch step.what {
						case "success":
							b.spend(-perSuccess)
						case "unsent":
							b.spend(-1)
						case "second":
							time.Sleep(time.Second)
						default:
							if granted := b.spend(1); granted != (step.what == "retry") {
								t.Fatalf("step %d: granted %v", i, granted)
							}
						}
					}
					b.spend(0)
					if left := budgetSize - b.spent; left < step.left-0.001 || left > step.left+0.001 {
						t.Fatalf("step %d: %.3f left, want %.3f", i, left, step.left)
					}
				}
			})
		})
	}
}

func TestBudgetIsExactUnderLoad(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b Budget
		var wg sync.WaitGroup
		var granted atomic.Int32
		for range 100 {
			wg.Go(func() {
				for range 10 {
					if b.spend(1) {
						granted.Add(1)
					}
				}
			})
		}
		wg.Wait()
		if n := granted.Load(); n != budgetSize {
			t.Errorf("%d retries were granted at once, want %v", n, budgetSize)
		}
	})
}

// The documented bound: N calls send at most 1.1 N + 64 requests, and 64 more a minute.
func TestBudgetInAnOutage(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		every time.Duration // between two calls
		serve int           // of so many requests one is answered well; 0 for none
		most  int           // requests for 1000 calls
	}{
		{"an outage", time.Microsecond, 0, 1064},
		{"an outage of ten minutes", 600 * time.Millisecond, 0, 1064 + 640},
		{"one request in three is served", time.Microsecond, 3, 1164},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := &script{}
				for i := range max(1, row.serve) {
					server.acts = append(server.acts, answered(503, ""))
					if i > 0 && i == row.serve-1 {
						server.acts[i] = answered(200, "{}")
					}
				}
				server.repeat = true
				cfg := defaults(server)
				cfg.Retry.BaseDelay = 1
				link := NewChain(cfg)
				const calls = 1000
				for range calls {
					send(t, link, GetSession)
					time.Sleep(row.every)
				}
				if n := server.requests(); n > row.most || n < calls+64 {
					t.Errorf("%d requests for %d calls, want %d to %d", n, calls, calls+64, row.most)
				}
			})
		})
	}
}
