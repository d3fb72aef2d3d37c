package gate

import (
	"math"
	"testing"
	"testing/synctest"
	"time"
)

// The pace at the end of a script of what a server did, in requests a second; 0 is none.
func TestPace(t *testing.T) {
	t.Parallel()
	// load sends n calls a second and has them served at once.
	load := func(c *crowd, operation string, perSecond, n int) {
		for range n {
			c.come(c.t.Context(), func(t *Turn) { t.Unpaced = true }, operation)
			c.served(operation)
			c.after(second / time.Duration(perSecond))
		}
	}
	// refusal lets a call be refused and waits for the end of the silence.
	refusal := func(c *crowd, asked time.Duration) {
		c.calls("get refused")
		c.refused(asked, "get refused")
		c.after(asked)
	}
	for _, row := range []struct {
		name   string
		script func(c *crowd)
		want   float64
	}{
		{"nothing was refused", func(c *crowd) { load(c, "get", 100, 100) }, 0},
		{"another operation was refused", func(c *crowd) {
			c.calls("list")
			c.refused(second, "list")
			c.after(second)
		}, 0},
		{"nothing was served before: 10", func(c *crowd) { refusal(c, second) }, 10},
		{"what was served, the silence included", func(c *crowd) {
			load(c, "get", 100, 400)
			refusal(c, 6*second)
		}, 40},
		{"it doubles every second", func(c *crowd) {
			load(c, "get", 100, 400)
			refusal(c, 6*second)
			c.after(2 * second)
		}, 160},
		{"there is none beyond 1000", func(c *crowd) {
			load(c, "get", 100, 400)
			refusal(c, 6*second)
			c.after(5 * second)
		}, 0},
		{"nor an hour later", func(c *crowd) {
			refusal(c, second)
			c.after(time.Hour)
		}, 0},
		{"nor with no refusal for an hour", func(c *crowd) { c.after(time.Hour) }, 0},
		{"what was served before a second of rest does not count", func(c *crowd) {
			load(c, "get", 100, 400)
			c.after(second)
			load(c, "get", 20, 60)
			refusal(c, 3*second)
		}, 10},
		{"a refusal right after a silence changes nothing", func(c *crowd) {
			load(c, "get", 100, 400)
			refusal(c, 6*second)
			c.after(3*second - 1)
			refusal(c, 6*second)
		}, 40},
		{"a later one is learned from anew", func(c *crowd) {
			load(c, "get", 100, 400)
			refusal(c, 6*second)
			load(c, "get", 100, 900)
			refusal(c, second)
		}, 90},
		{"whatever was learned before", func(c *crowd) {
			for range 100 {
				refusal(c, second)
				c.after(second)
			}
			load(c, "get", 100, 500)
			refusal(c, 5*second)
		}, 50},
		{"nothing is learned if four times as many of those in flight were served", func(c *crowd) {
			names := c.many("get", 6)
			c.refused(second, names[2])
			c.served(names[0], names[1], names[3], names[4], names[5])
			c.after(second)
		}, 0},
		{"but if fewer were", func(c *crowd) {
			names := c.many("get", 6)
			c.refused(second, names[2], names[3])
			c.served(names[0], names[1], names[4], names[5])
			c.after(second)
		}, 10},
		{"what was learned before doubles meanwhile", func(c *crowd) {
			refusal(c, second)
			c.calls("get 1")
			c.after(second) // the pace is 20 by now
			c.calls("get 2", "get 3", "get refused 2")
			c.after(second / 4)
			c.refused(second, "get refused 2")
			c.served("get 1", "get 2", "get 3")
			c.after(second)
		}, 20},
		{"nothing is learned from a turn that is unpaced", func(c *crowd) {
			c.come(c.t.Context(), func(t *Turn) { t.Unpaced = true }, "get a")
			c.refused(second, "get a")
			c.after(second)
		}, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newCrowd(t)
				row.script(c)
				c.gate.mu.Lock()
				defer c.gate.mu.Unlock()
				if got := c.gate.lane("get").rateAt(time.Now()); math.Abs(got-row.want) > 0.01*row.want {
					t.Errorf("the pace is %.1f, want %.1f", got, row.want)
				}
			})
		})
	}
}

// When calls that waited for the end of a silence are let out.
func TestPaceOfTheQueue(t *testing.T) {
	t.Parallel()
	const paced = 10 // requests a second, where nothing was served
	for _, row := range []struct {
		name  string
		enter func(c *crowd) // three calls
		want  time.Duration  // from the end of the silence until all three are out
	}{
		{"at the pace", func(c *crowd) { c.calls("get 1", "get 2", "get 3") }, second/paced + 93303299},
		{"faster, where a deadline asks for it", func(c *crowd) {
			c.callsFor(second+30*time.Millisecond, "get 1", "get 2", "get 3")
		}, 20 * time.Millisecond},
		{"at once, where they keep to a limit that they know", func(c *crowd) {
			c.come(c.t.Context(), func(t *Turn) { t.Unpaced = true }, "get 1", "get 2", "get 3")
		}, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newCrowd(t)
				c.calls("get refused")
				c.refused(second, "get refused")
				row.enter(c)
				c.expect("during the silence", "get refused")
				c.after(second + row.want - 1) // a nanosecond before the last
				if c.outNow() == 3 {
					t.Error("all three are out a nanosecond earlier")
				}
				c.after(1)
				if n := c.outNow(); n != 3 {
					t.Errorf("%d are out, want all three", n)
				}
			})
		})
	}
}

// The latency that the gate counts with stays near what eight or nine of ten answers take, follows a server
// that becomes slow or quick again, and is not misled by answers that are lost early.
func TestLatency(t *testing.T) {
	t.Parallel()
	l := &lane{}
	l.learnLatency(time.Minute, false)
	if l.latency != 0 {
		t.Errorf("a lost answer alone taught a latency of %v", l.latency)
	}
	for i := range 2000 {
		l.learnLatency(time.Duration(i*7919%1000)*time.Millisecond, true)
	}
	if l.latency < 750*time.Millisecond || l.latency > 990*time.Millisecond {
		t.Errorf("of 0 to 1 s it learned %v", l.latency)
	}
	for range 500 {
		l.learnLatency(10*time.Millisecond, true)
	}
	if l.latency > 12*time.Millisecond {
		t.Errorf("of 10 ms it learned %v", l.latency)
	}
	for range 500 {
		l.learnLatency(time.Millisecond, false)
	}
	if l.latency < 9*time.Millisecond {
		t.Errorf("of early losses it learned %v", l.latency)
	}
	for range 64 {
		l.learnLatency(10*second, false)
	}
	if l.latency > 12*time.Millisecond {
		t.Errorf("of 64 calls that gave up after 10 s it learned %v", l.latency)
	}
	l.latency = 10 * second
	for range 100 {
		l.learnLatency(100*time.Millisecond, true)
	}
	if l.latency > second {
		t.Errorf("after 100 answers within 100 ms, 10 s became %v", l.latency)
	}
}
