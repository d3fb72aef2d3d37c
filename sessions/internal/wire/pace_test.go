package wire

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// The script of a limited server: what happens at which time, and what the pace is then.
func TestPace(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	type step struct {
		at      time.Duration // since the start
		what    string        // "serve", "refuse", "refuse late" (a request that left before the last refusal), "release", "look"
		n       int           // how often
		silence time.Duration // that a refusal asks for
		rate    float64       // after it; 0 = nothing is paced
		wait    time.Duration // until the next request may leave
	}
	for _, row := range []struct {
		name  string
		steps []step
	}{
		{"while nothing is refused, nothing is paced", []step{
			{0, "serve", 1000, 0, 0, 0},
			{100 * ms, "release", 1000, 0, 0, 0},
		}},
		{"the first rate is what was served, spread over that time and the silence", []step{
			{0, "serve", 25, 0, 0, 0},
			{200 * ms, "serve", 25, 0, 0, 0},
			{250 * ms, "refuse", 1, time.Second, 40, time.Second},
		}},
		{"requests leave at the rate", []step{
			{0, "serve", 40, 0, 0, 0},
			{0, "refuse", 1, time.Second, 40, time.Second},
			{500 * ms, "look", 1, 0, 40, 500 * ms},
			{1000 * ms, "look", 1, 0, 40, 0},
			{1000 * ms, "release", 1, 0, 40, 25 * ms},
		}},
		{"the rate doubles with each silence's length", []step{
			{0, "serve", 40, 0, 0, 0},
			{0, "refuse", 1, time.Second, 40, time.Second},
			{2000 * ms, "look", 1, 0, 80, 0},
			{2000 * ms, "release", 1, 0, 80, 12500 * time.Microsecond},
			{3000 * ms, "look", 1, 0, 160, 0},
		}},
		{"a longer silence makes it double more slowly", []step{
			{0, "serve", 1000, 0, 0, 0},
			{0, "refuse", 1, 10 * time.Second, 100, 10 * time.Second},
			{20 * time.Second, "look", 1, 0, 200, 0},
			{30 * time.Second, "look", 1, 0, 400, 0},
		}},
		{"a shorter one makes it double once a second", []step{
			{0, "serve", 20, 0, 0, 0},
			{0, "refuse", 1, 100 * ms, 200, 100 * ms},
			{1100 * ms, "look", 1, 0, 400, 0},
		}},
		{"a refusal of a paced request: under that rate from then on", []step{
			{0, "serve", 40, 0, 0, 0},
			{0, "refuse", 1, time.Second, 40, time.Second},
			{3000 * ms, "refuse", 1, time.Second, 120, time.Second}, // 160 was too fast
			{5000 * ms, "look", 1, 0, 126, 0},                       // 5 % more
		}},
		{"refusals of requests that left before teach nothing, and lengthen the silence", []step{
			{0, "serve", 40, 0, 0, 0},
			{0, "refuse", 1, time.Second, 40, time.Second},
			{10 * ms, "refuse late", 63, time.Second, 40, time.Second},
			{20 * ms, "refuse late", 1, 500 * ms, 40, 990 * ms},
			{30 * ms, "refuse late", 1, 0, 40, 980 * ms},
		}},
		{"refusals without end: never slower than one a second", []step{
			{0, "serve", 3, 0, 0, 0},
			{0, "refuse", 1, time.Second, 3, time.Second},
			{1000 * ms, "refuse", 1, time.Second, 2.25, time.Second},
			{2000 * ms, "refuse", 10, time.Second, 1, time.Second},
		}},
		{"a server that refuses everything from the start", []step{
			{0, "refuse", 1, time.Second, 1, time.Second},
			{1000 * ms, "release", 1, 0, 1, time.Second},
		}},
		{"a refusal that asks for no silence", []step{
			{0, "serve", 50, 0, 0, 0},
			{500 * ms, "serve", 50, 0, 0, 0},
			{1000 * ms, "refuse", 1, 0, 100, 0},
			{1000 * ms, "release", 1, 0, 100, 10 * ms},
		}},
		{"a minute after the silence the gate stands open again", []step{
			{0, "serve", 40, 0, 0, 0},
			{0, "refuse", 1, time.Second, 40, time.Second},
			{61*time.Second - 1, "look", 1, 0, 40 * math.Exp2(60), 0},
			{61 * time.Second, "look", 1, 0, 0, 0},
			{61 * time.Second, "release", 100, 0, 0, 0},
		}},
		{"and what is learned then is learned anew", []step{
			{0, "serve", 40, 0, 0, 0},
			{0, "refuse", 1, time.Second, 40, time.Second},
			{100 * time.Second, "serve", 10, 0, 0, 0},
			{100 * time.Second, "refuse", 1, time.Second, 10, time.Second},
		}},
		{"what was served before a pause does not count", []step{
			{0, "serve", 1000, 0, 0, 0},
			{10 * time.Second, "serve", 40, 0, 0, 0},
			{10 * time.Second, "refuse", 1, time.Second, 40, time.Second},
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			start := time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)
			var p pace
			var open openCount
			var lastEpisode int64
			for i, step := range row.steps {
				now := start.Add(step.at)
				for range step.n {
					switch step.what {
					case "serve":
						open.add(now)
					case "refuse":
						p.refused(now, lastEpisode, step.silence, &open)
						lastEpisode = p.episode
					case "refuse late":
						p.refused(now, lastEpisode-1, step.silence, &open)
					case "release":
						p.release(now)
					}
				}
				rate := 0.0
				if p.holds(now) {
					rate = p.rateAt(now)
				}
				if math.Abs(rate-step.rate) > step.rate/1e6 {
					t.Errorf("step %d: %v a second, want %v", i, rate, step.rate)
				}
				if wait := p.untilNext(now); (wait - step.wait).Abs() > time.Microsecond {
					t.Errorf("step %d: the next may leave in %v, want %v", i, wait, step.wait)
				}
			}
		})
	}
}

// Whatever was served and whatever is asked for, requests keep leaving: at least one a second, and not all at once.
func TestPaceIsNeverZeroNorEndless(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)
	for _, served := range []int{0, 1, 50, 100_000} {
		for _, took := range []time.Duration{0, 1, time.Second, -time.Hour} {
			for _, silence := range []time.Duration{0, 1, time.Second, time.Hour, math.MaxInt64} {
				t.Run(fmt.Sprintf("%d served in %v, silence %v", served, took, silence), func(t *testing.T) {
					t.Parallel()
					var p pace
					var open openCount
					for range served {
						open.add(start)
					}
					now := start.Add(took)
					p.refused(now, 0, silence, &open)
					for range 20 {
						if rate := p.rateAt(now); !(rate >= 1) || math.IsInf(rate, 0) {
							t.Fatalf("%v a second", rate)
						}
						now = now.Add(p.untilNext(now))
						p.release(now)
						if wait := p.untilNext(now); wait < 0 || wait > time.Second {
							t.Fatalf("the next may leave in %v", wait)
						}
						p.refused(now, p.episode, min(silence, time.Minute), &open)
					}
				})
			}
		}
	}
}
