// Package load_test puts loads on the client in fake time, beside a naive client: tests only.
package load_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

var (
	wholeLoads = flag.Bool("whole-loads", false, "let TestLoads' loads last 20 minutes each, not about 6000 calls")
	loadTable  = flag.String("load-table", "", "let TestLoads write its figures into this file, as Markdown")
	loadData   = flag.String("load-data", "", "let TestLoadData write the calls served a second into this file")
)

// A loadRow is a load, and what has to come of it. Shares of 0 promise nothing.
type loadRow struct {
	name     string
	load     load
	goodput  float64       // as a share of what naive reaches, in the last quarter too
	served   float64       // as a share of the calls
	refused  float64       // requests, as a share of naive's
	within   time.Duration // the last call is served
	patience time.Duration // MaxRetryAfter
}

var (
	usual       = [2]time.Duration{20 * time.Millisecond, 200 * time.Millisecond}
	retryAfters = []struct {
		name string
		says func(time.Duration) string
	}{
		{"in whole seconds", rounded},
		{"rounded down", roundedDown},
		{"absent", unsaid},
		{"constant 0", constant("0")},
		{"constant 1", constant("1")},
		{"constant 2", constant("2")},
		{"constant 5", constant("5")},
	}
)

// takenWindows are loads beside another process that takes whole windows of the limit. Periods, limits and rates
// are dealt out over the ways in which a server says Retry-After.
func takenWindows() (rows []loadRow) {
	for i, retryAfter := range retryAfters {
		for j, limit := range []struct {
			requests int
			scale    float64
		}{{1000, 1}, {100, 1}, {100, 0.1}} {
			every := []int{3, 4, 6}[(i+j)%3]
			rate := []float64{45, 50, 60, 70}[(i+j)%4] * limit.scale
			rows = append(rows, loadRow{
				name: fmt.Sprintf(
					"another process takes one window in %d of %d in 10 s, ours asks %v/s, Retry-After %s", every,
					limit.requests, rate, retryAfter.name,
				),
				load: load{
					admits: windows(limit.requests, 10*time.Second, every), retryAfter: retryAfter.says,
					latency: usual, rate: rate, deadline: 5 * time.Second,
				},
				goodput: 0.95, refused: 1,
			})
		}
	}
	return rows
}

// replicas are loads of several processes with one key, which ask for a share of the limit together.
func replicas() (rows []loadRow) {
	for _, share := range []struct{ asks, goodput, refused float64 }{
		{0.9, 0.97, 1}, {0.96, 0.97, 1}, {1.2, 0.92, 1.0 / 3},
	} {
		for _, n := range []int{2, 4, 10} {
			for _, limit := range []int{1000, 100} {
				rows = append(rows, loadRow{
					name: fmt.Sprintf("%d replicas ask for %.0f %% of %d in 10 s", n, 100*share.asks, limit),
					load: load{
						admits: windows(limit, 10*time.Second, 0), retryAfter: rounded, clients: n,
						latency: usual, rate: float64(limit) / 10 * share.asks, deadline: 5 * time.Second,
					},
					goodput: share.goodput, refused: share.refused,
				})
			}
		}
	}
	return rows
}

// tooMuch are loads of one process that asks for more than the limit.
func tooMuch() (rows []loadRow) {
	for _, asks := range []float64{1.2, 1.5} {
		for _, deadline := range []time.Duration{2 * time.Second, 5 * time.Second, 15 * time.Second} {
			for _, limit := range []int{1000, 100} {
				rows = append(rows, loadRow{
					name: fmt.Sprintf("demand is %v times a limit of %d in 10 s, deadline %v", asks, limit, deadline),
					load: load{
						admits: windows(limit, 10*time.Second, 0), retryAfter: rounded,
						latency: usual, rate: float64(limit) / 10 * asks, deadline: deadline,
					},
					goodput: 0.90,
				})
			}
		}
	}
	return rows
}

// slowClerk are loads without a limit that 64 requests in flight are too few for.
func slowClerk() (rows []loadRow) {
	const s = time.Second
	for _, latency := range [][2]time.Duration{{s, s}, {2 * s, 2 * s}, {s, 2 * s}} {
		for _, deadlines := range []float64{2, 3} {
			mean := (latency[0] + latency[1]) / 2
			rows = append(rows, loadRow{
				name: fmt.Sprintf(
					"Clerk takes %v to %v, deadline %v times that, demand is 1.2 times what 64 in flight can do",
					latency[0], latency[1], deadlines,
				),
				load: load{
					admits: anything, latency: latency,
					rate: 1.2 * 64 / mean.Seconds(), deadline: time.Duration(deadlines * float64(mean)),
				},
				served: 0.90 / 1.2,
			})
		}
	}
	return rows
}

// oddities are refusals that stand for no limit.
func oddities() (rows []loadRow) {
	for _, odd := range []struct{ silence, patience time.Duration }{
		{time.Second, 0}, {10 * time.Second, 0}, {30 * time.Second, time.Minute},
	} {
		rows = append(rows, loadRow{
			name: fmt.Sprintf("one odd 429 with Retry-After %v, then 200 calls at once, no limit", odd.silence),
			load: load{
				admits: anything, latency: usual, burst: 200,
				refuseFirst: rounded(odd.silence), retryAfter: rounded,
			},
			served: 1, within: odd.silence + 6*time.Second, patience: odd.patience,
		})
	}
	for _, poison := range []struct {
		every  time.Duration
		served float64
	}{{5 * time.Second, 0.95}, {time.Second, 0.95}} {
		rows = append(rows, loadRow{
			name: fmt.Sprintf("one id is always refused, once in %v, beside 50 good calls/s", poison.every),
			load: load{
				admits: anything, retryAfter: constant("1"), poison: poison.every,
				latency: usual, rate: 50, deadline: 5 * time.Second,
			},
			served: poison.served,
		})
	}
	return rows
}

// notTunedTo are loads that the gate was not designed by.
func notTunedTo() (rows []loadRow) {
	const ms = time.Millisecond
	for _, server := range []struct {
		name   string
		admits func() admits
		rate   float64 // requests a second that it admits
	}{
		{"a sliding window of 1000 in 10 s", sliding(1000, 10*time.Second), 100},
		{"a bucket of 1000, 100 a second", bucket(1000, 100), 100},
		{"windows of 600 in a minute", windows(600, time.Minute, 0), 10},
		{"windows of 1000 in 10 s, of which others take a part", partlyTaken(1000, 10*time.Second), 50},
	} {
		for _, latency := range [][2]time.Duration{{5 * ms, 10 * ms}, {200 * ms, 500 * ms}} {
			goodput := 0.90
			if *wholeLoads && strings.HasPrefix(server.name, "a sliding") {
				goodput = 0.85 // it is free again after milliseconds, and says a second
			}
			rows = append(rows, loadRow{
				name: fmt.Sprintf("%s, latency %v to %v, demand is 1.1 times that",
					server.name, latency[0], latency[1]),
				load: load{
					admits: server.admits, retryAfter: rounded, latency: latency,
					rate: 1.1 * server.rate, deadline: 5 * time.Second,
				},
				goodput: goodput, refused: 1,
			})
		}
	}
	return rows
}

// First, do no harm: under none of these loads are fewer calls served than by a client that waits for Retry-After
// by itself.
func TestLoads(t *testing.T) {
	t.Parallel()
	table := []string{"| load | served, ours | naive | refused, ours | naive |", "|---|---:|---:|---:|---:|"}
	var mu sync.Mutex
	t.Cleanup(func() {
		if *loadTable == "" || t.Failed() {
			return
		}
		slices.Sort(table[2:])
		if err := os.WriteFile(*loadTable, []byte(strings.Join(table, "\n")+"\n"), 0o600); err != nil {
			t.Error(err)
		}
	})
	rows := slices.Concat(takenWindows(), replicas(), tooMuch(), slowClerk(), oddities(), notTunedTo())
	for i, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			if (withRaceDetector || testing.Short()) && i%4 != 0 {
				t.Skip("in short tests, and with the race detector, every fourth load is enough")
			}
			t.Parallel()
			row.load.seed = 2
			if row.load.rate > 0 {
				row.load.length = 20 * time.Minute
				if calls := row.load.length.Seconds() * row.load.rate; calls > 6000 && !*wholeLoads {
					row.load.length = time.Duration(6000 / row.load.rate * float64(time.Second))
				}
			}
			patient := sessions.WithRetry(sessions.RetryPolicy{MaxRetryAfter: row.patience})
			we := row.load.run(t, ours(patient, sessions.WithCallTimeout(2*time.Minute)))
			they := row.load.run(t, naive)
			row.check(t, we, they)
			mu.Lock()
			defer mu.Unlock()
			table = append(table, fmt.Sprintf("| %s | %.1f %% | %.1f %% | %d | %d |",
				row.name, 100*we.goodput(), 100*they.goodput(), we.refused, they.refused))
		})
	}
}

func (row loadRow) check(t *testing.T, we, they *figures) {
	t.Logf("ours served %.1f %%, %d requests refused, the last call after %.1f s; naive: %.1f %%, %d, %.1f s",
		100*we.goodput(), we.refused, we.last.Seconds(), 100*they.goodput(), they.refused, they.last.Seconds())
	if got := we.goodput(); got < row.served {
		t.Errorf("served %.1f %% of the calls, want %.1f %% at least", 100*got, 100*row.served)
	}
	if got := float64(we.served) / float64(they.served); got < row.goodput {
		t.Errorf("served %.3f of what naive serves, want %.2f at least", got, row.goodput)
	}
	ourQuarter, theirQuarter := we.lastQuarter(row.load.length), they.lastQuarter(row.load.length)
	if got := float64(ourQuarter) / float64(theirQuarter); got < row.goodput {
		t.Errorf("in the last quarter, served %.3f of what naive serves, want %.2f at least", got, row.goodput)
	}
	if most := row.refused * float64(they.refused); row.refused > 0 && float64(we.refused) > most {
		t.Errorf("%d requests were refused, want %.0f at most", we.refused, most)
	}
	if row.within > 0 && we.last > row.within {
		t.Errorf("the last call was served after %v, want %v at most", we.last, row.within)
	}
}

// TestLoadData writes the data of a plot: calls served a second while another process takes one window in four.
func TestLoadData(t *testing.T) {
	if *loadData == "" {
		t.Skip("make plots-data asks for it")
	}
	taken := load{
		admits: windows(1000, 10*time.Second, 4), retryAfter: rounded, latency: usual,
		rate: 50, deadline: 5 * time.Second, length: 20 * time.Minute, seed: 2,
	}
	we, they := taken.run(t, ours()), taken.run(t, naive)
	var csv strings.Builder
	csv.WriteString("second,ours,naive\n")
	for second := range int(taken.length / time.Second) {
		fmt.Fprintf(&csv, "%d,%d,%d\n", second, we.bySecond[second], they.bySecond[second])
	}
	if err := os.WriteFile(*loadData, []byte(csv.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}
