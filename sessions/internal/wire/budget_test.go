package wire

import (
	"strings"
	"sync"
	"testing"
)

// The script of a client's life: each step is the outcome of a request, and what is left of the budget then.
func TestBudget(t *testing.T) {
	t.Parallel()
	type step struct {
		outcome string // "success", or "retry": a failure that asks for one
		times   int
		granted bool // the retries were
		left    int32
	}
	for _, row := range []struct {
		name  string
		steps []step
	}{
		{"a full budget stays full", []step{{"success", 1000, false, 100}}},
		{"ten retries empty it", []step{{"retry", 10, true, 0}, {"retry", 1000, false, 0}}},
		{"a retry costs ten successes", []step{{"retry", 10, true, 0}, {"success", 9, false, 9}, {"retry", 1, false, 9}, {"success", 1, false, 10}, {"retry", 1, true, 0}}},
		{"what is refused costs nothing", []step{{"retry", 9, true, 10}, {"success", 5, false, 15}, {"retry", 1, true, 5}, {"retry", 3, false, 5}}},
		{"it fills up to the brim", []step{{"retry", 10, true, 0}, {"success", 100, false, 100}, {"success", 1, false, 100}, {"retry", 10, true, 0}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var b Budget
			for i, step := range row.steps {
				for range step.times {
					switch step.outcome {
					case "success":
						b.refill()
					case "retry":
						if granted := b.withdraw(); granted != step.granted {
							t.Fatalf("step %d: granted %v, want %v", i, granted, step.granted)
						}
					}
				}
				if left := budgetSize - b.spent.Load(); left != step.left {
					t.Fatalf("step %d: %d left, want %d", i, left, step.left)
				}
			}
		})
	}
}

func TestBudgetIsExactUnderLoad(t *testing.T) {
	t.Parallel()
	var b Budget
	var wg sync.WaitGroup
	grants := make(chan struct{}, 1000)
	for range 100 {
		wg.Go(func() {
			for range 10 {
				if b.withdraw() {
					grants <- struct{}{}
				}
			}
		})
	}
	wg.Wait()
	if len(grants) != budgetSize/retryCost {
		t.Errorf("%d retries were granted at once, want %d", len(grants), budgetSize/retryCost)
	}
	for range 100 {
		wg.Go(func() {
			for range 10 {
				b.refill()
			}
		})
	}
	wg.Wait()
	if spent := b.spent.Load(); spent != 0 {
		t.Errorf("%d are spent after 1000 successes, want 0", spent)
	}
}

// The documented bound: in an outage a client sends at most ten requests more than it has calls.
func TestBudgetInAnOutage(t *testing.T) {
	t.Parallel()
	server := &script{acts: []act{answered(503, strings.Repeat("x", 100))}}
	cfg := defaults(server)
	cfg.Retry.BaseDelay = 1
	link := NewChain(cfg)
	const calls = 1000
	for range calls {
		if answer := send(t, link, GetSession); answer.Status() != 503 {
			t.Fatal(answer.Status(), answer.Err)
		}
	}
	if n := server.requests(); n != calls+budgetSize/retryCost {
		t.Errorf("%d requests for %d calls, want %d", n, calls, calls+budgetSize/retryCost)
	}
}
