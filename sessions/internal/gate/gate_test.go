package gate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const second = time.Second

// A crowd is calls at a gate, by name. The part of a name before a space is the operation.
type crowd struct {
	t    *testing.T
	gate Gate

	mu    sync.Mutex
	out   []string // who was let out since the last look
	turns map[string]*Turn
	errs  map[string]error
}

func newCrowd(t *testing.T) *crowd {
	return &crowd{t: t, turns: map[string]*Turn{}, errs: map[string]error{}}
}

// come brings calls to the gate, one after the other, and changes their turns first.
func (c *crowd) come(ctx context.Context, change func(*Turn), names ...string) {
	for _, name := range names {
		c.mu.Lock()
		turn := c.turns[name]
		if turn == nil {
			turn = &Turn{MaxWait: 10 * second}
			_, _ = fmt.Sscan(name, &turn.Operation)
			c.turns[name] = turn
		}
		c.mu.Unlock()
		if change != nil {
			change(turn)
		}
		go func() {
			deadline := time.Now().Add(1000 * time.Hour)
			if own, ok := ctx.Deadline(); ok {
				deadline = own
			}
			turn.Call = fixed(deadline)
			err := c.gate.Enter(ctx, turn)
			c.mu.Lock()
			defer c.mu.Unlock()
			c.errs[name] = err
			if err == nil {
				c.out = append(c.out, name)
			}
		}()
		synctest.Wait()
	}
}

func (c *crowd) calls(names ...string) { c.come(c.t.Context(), nil, names...) }

// callsFor brings calls that have a deadline.
func (c *crowd) callsFor(d time.Duration, names ...string) {
	ctx, cancel := context.WithTimeout(c.t.Context(), d)
	c.t.Cleanup(cancel)
	c.come(ctx, nil, names...)
}

// many brings n calls of an operation and returns their names.
func (c *crowd) many(operation string, n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprint(operation, " ", i))
	}
	c.calls(names...)
	return names
}

func (c *crowd) served(names ...string) {
	for _, name := range names {
		c.gate.Leave(c.turns[name], true, 0)
		synctest.Wait()
	}
}

// fixed is a call whose deadline does not move.
type fixed time.Time

func (f fixed) EndsBy() time.Time { return time.Time(f) }

func (c *crowd) refused(asked time.Duration, names ...string) {
	for _, name := range names {
		c.gate.Leave(c.turns[name], true, asked)
		synctest.Wait()
	}
}

func (c *crowd) after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// outNow returns how many were let out since the last look.
func (c *crowd) outNow() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.out)
}

// expect checks who was let out since the last look.
func (c *crowd) expect(when string, want ...string) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Equal(c.out, want) {
		c.t.Errorf("%s: %q were let out, want %q", when, c.out, want)
	}
	c.out = nil
}

// expectHeld checks that a call was turned away, and what it is told.
func (c *crowd) expectHeld(name, text string, matches ...error) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.errs[name]
	if err == nil || err.Error() != text {
		c.t.Errorf("%s got %v, want %s", name, err, text)
	}
	for _, target := range matches {
		if !errors.Is(err, target) {
			c.t.Errorf("%s got %v, want a match of %v", name, err, target)
		}
	}
	if len(matches) == 0 && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		c.t.Errorf("%s got %v, which matches a context's error", name, err)
	}
}

func TestGate(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		test func(c *crowd)
	}{
		{"64 of all operations are out at once, and those who wait go in the order in which they came", func(c *crowd) {
			gets, lists := c.many("get", 32), c.many("list", 32)
			c.expect("at first", append(gets, lists...)...)
			c.calls("get a", "list b", "revoke c")
			c.expect("while 64 are out")
			c.served(lists[5])
			c.expect("when one is served", "get a")
			c.gate.Leave(c.turns["get a"], false, 0)
			synctest.Wait()
			c.calls("list d")
			c.expect("when one is lost", "list b")
			c.served(gets...)
			c.expect("when 32 are served", "revoke c", "list d")
		}},
		{"a refusal silences its operation for as long as it asks, and no other", func(c *crowd) {
			c.calls("revoke a")
			c.refused(3*second, "revoke a")
			c.calls("revoke b", "get c")
			c.expect("during the silence", "revoke a", "get c")
			if got := c.gate.Silence("revoke"); got != 3*second {
				c.t.Errorf("the silence is %v, want 3s", got)
			}
			c.after(3*second - 1)
			c.expect("a nanosecond before its end")
			c.after(1)
			c.expect("at its end", "revoke b")
		}},
		{"refusals of those in flight lengthen a silence and never shorten it", func(c *crowd) {
			c.calls("get a", "get b", "get c")
			c.refused(2*second, "get a")
			c.after(second)
			c.refused(3*second, "get b")
			c.refused(second, "get c")
			if got := c.gate.Silence("get"); got != 3*second {
				c.t.Errorf("the silence is %v, want 3s", got)
			}
		}},
		{"a silence longer than MaxWait turns a call away and is no shorter for it", func(c *crowd) {
			c.calls("get a")
			c.come(c.t.Context(), func(t *Turn) { t.MaxWait = second }, "get impatient")
			c.refused(5*second, "get impatient")
			c.come(c.t.Context(), func(t *Turn) { t.MaxWait = 5*second - 1 }, "get b")
			c.expectHeld("get b", "not sent: waited 0s for its turn after a 429, which asks for 5s more")
			c.calls("get c")
			c.after(5*second - 1)
			c.expect("a nanosecond before its end", "get a", "get impatient")
			c.after(1)
			c.expect("at its end", "get c")
		}},
		{"a deadline before the end of the silence turns a call away at once", func(c *crowd) {
			c.calls("get a")
			c.refused(5*second, "get a")
			c.callsFor(5*second-1, "get b")
			c.expectHeld("get b", "not sent: waited 0s for its turn after a 429, which asks for 5s more")
			c.callsFor(5*second+1, "get c")
			c.after(5 * second)
			c.expect("at its end", "get a", "get c")
		}},
		{"those who wait already are told of a silence at once", func(c *crowd) {
			names := c.many("get", 64)
			c.calls("get patient")
			c.callsFor(3*second, "get hasty")
			c.calls("get another")
			c.after(second)
			c.refused(5*second, names[0])
			c.expectHeld("get hasty", "not sent: waited 1s for its turn after a 429, which asks for 5s more")
		}},
		{"a refused call keeps its place once, and goes behind the others when it is refused again", func(c *crowd) {
			c.calls("get a", "get b")
			c.refused(second, "get a", "get b")
			c.calls("get c", "get d", "get b", "get a")
			c.after(second)
			c.expect("first", "get a", "get b", "get a")
			c.refused(second, "get a")
			c.calls("get a")
			c.after(10 * second)
			c.expect("then", "get b", "get c", "get d", "get a")
		}},
		{"no call is sent that would be answered too late, and the next takes its turn", func(c *crowd) {
			names := c.many("get", 64)
			c.after(second)
			c.served(names[0])
			c.calls("get filler")
			c.callsFor(1500*time.Millisecond, "get late")
			c.callsFor(3*second, "get timely")
			c.after(600 * time.Millisecond)
			c.served(names[1])
			c.expect("when a place is free", append(names, "get filler", "get timely")...)
			c.expectHeld("get late", "not sent: waited 600ms for its turn")
		}},
		{"a call that need not wait is sent however little time it has", func(c *crowd) {
			c.calls("get a")
			c.after(second)
			c.served("get a")
			c.callsFor(1, "get b")
			c.expect("at once", "get a", "get b")
		}},
		{"a call whose context ends leaves the queue, wherever it stands", func(c *crowd) {
			names := c.many("get", 64)
			reason := errors.New("the user went away")
			ctx, cancel := context.WithCancelCause(c.t.Context())
			c.calls("get a")
			c.come(ctx, nil, "get b")
			c.calls("get c")
			c.after(second)
			cancel(reason)
			synctest.Wait()
			c.expectHeld("get b", "not sent: waited 1s for its turn: context canceled: the user went away",
				context.Canceled, reason)
			c.served(names[0], names[1])
			c.expect("who is left", append(names, "get a", "get c")...)
		}},
		{"the next goes when the head is canceled during a silence", func(c *crowd) {
			c.calls("get a")
			c.refused(2*second, "get a")
			ctx, cancel := context.WithCancel(c.t.Context())
			c.come(ctx, nil, "get b")
			c.calls("get c")
			cancel()
			synctest.Wait()
			c.expectHeld("get b",
				"not sent: waited 0s for its turn after a 429, which asks for 2s more: context canceled",
				context.Canceled)
			c.after(2 * second)
			c.expect("at its end", "get a", "get c")
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { row.test(newCrowd(t)) })
		})
	}
}

// In real time, with callers that give up at any moment: everybody comes to an end, no more than
// 64 are out, and nothing stays behind.
func TestGateUnderStress(t *testing.T) {
	t.Parallel()
	for _, refusedOf := range []int64{0, 1500} { // one of so many
		t.Run(fmt.Sprint("refused: one of ", refusedOf), func(t *testing.T) {
			t.Parallel()
			var gate Gate
			var out, most, sent atomic.Int64
			var callers sync.WaitGroup
			for range 200 {
				callers.Go(func() {
					for range 30 {
						ctx, cancel := context.WithCancel(t.Context())
						if rand.IntN(3) == 0 {
							callers.Go(func() {
								for range rand.IntN(50) {
									runtime.Gosched()
								}
								cancel()
							})
						}
						turn := &Turn{
							Operation: fmt.Sprint(rand.IntN(3)), MaxWait: time.Minute,
							Call: fixed(time.Now().Add(time.Hour)),
						}
						if err := gate.Enter(ctx, turn); err == nil {
							n := out.Add(1)
							for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
							}
							runtime.Gosched()
							out.Add(-1)
							silence := time.Duration(0)
							if n := sent.Add(1); refusedOf != 0 && n%refusedOf == 0 {
								silence = second / 5
							}
							gate.Leave(turn, true, silence)
						} else if !errors.Is(err, context.Canceled) {
							t.Errorf("got %v", err)
						}
						cancel()
					}
				})
			}
			callers.Wait()
			if n := most.Load(); n > maxInFlight {
				t.Errorf("%d were out at once", n)
			}
			gate.mu.Lock()
			defer gate.mu.Unlock()
			for _, lane := range gate.lanes {
				if waiting := len(lane.paced) + len(lane.unpaced); waiting != 0 {
					t.Errorf("%d still wait for %s", waiting, lane.operation)
				}
			}
			if gate.inFlight != 0 {
				t.Errorf("%d count as in flight", gate.inFlight)
			}
			t.Logf("%d were let out, %d at once", sent.Load(), most.Load())
		})
	}
}

// spread lets 40 calls wait for the end of a silence of 2 s, and returns how long the pace spreads them. meanwhile runs
// during the silence, with what brings further calls to the gate, each with a deadline.
func spread(t *testing.T, meanwhile func(enter func(context.Context, time.Duration))) (took time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate
		enter := func(ctx context.Context, within time.Duration) (*Turn, error) {
			turn := &Turn{Operation: "op", MaxWait: time.Minute, Call: fixed(time.Now().Add(within))}
			return turn, g.Enter(ctx, turn)
		}
		first, _ := enter(t.Context(), time.Minute)
		g.Leave(first, true, 2*second)
		began := time.Now().Add(2 * second)
		var turns sync.WaitGroup
		for range 40 {
			turns.Go(func() {
				turn, err := enter(t.Context(), time.Minute)
				if err != nil {
					t.Error(err)
					return
				}
				time.Sleep(50 * time.Millisecond)
				g.Leave(turn, true, 0)
			})
		}
		synctest.Wait()
		meanwhile(func(ctx context.Context, within time.Duration) {
			if _, err := enter(ctx, within); err == nil {
				t.Error("a call that had to go was let out")
			}
		})
		turns.Wait()
		took = time.Since(began)
	})
	return took
}

// A call that is turned away does not hasten the others, nor do calls that gave up.
func TestTheGoneLeaveThePace(t *testing.T) {
	t.Parallel()
	usual := spread(t, func(func(context.Context, time.Duration)) {})
	for name, meanwhile := range map[string]func(enter func(context.Context, time.Duration)){
		"turned away": func(enter func(context.Context, time.Duration)) { enter(context.Background(), second) },
		"given up": func(enter func(context.Context, time.Duration)) {
			ctx, cancel := context.WithCancel(context.Background())
			var gone sync.WaitGroup
			for range 10_000 {
				gone.Go(func() { enter(ctx, time.Minute) })
			}
			synctest.Wait()
			cancel()
			gone.Wait()
		},
	} {
		if took := spread(t, meanwhile); took != usual {
			t.Errorf("%s: the others leave within %v, want %v", name, took, usual)
		}
	}
}

// A call whose context ends while it waits is told why the context ended.
func TestCauseOfTheEnd(t *testing.T) {
	t.Parallel()
	mine, wraps := errors.New("the page's time is up"), fmt.Errorf("shutting down: %w", context.Canceled)
	for name, row := range map[string]struct {
		cause   error
		matches error
		end     func(cause error) (context.Context, func())
	}{
		"a deadline's cause": {mine, context.DeadlineExceeded, func(cause error) (context.Context, func()) {
			ctx, cancel := context.WithTimeoutCause(context.Background(), second, cause)
			return ctx, func() { time.Sleep(second); synctest.Wait(); cancel() }
		}},
		"a cause": {mine, context.Canceled, func(cause error) (context.Context, func()) {
			ctx, cancel := context.WithCancelCause(context.Background())
			return ctx, func() { cancel(cause) }
		}},
		"a cause that matches Canceled": {wraps, context.Canceled, func(cause error) (context.Context, func()) {
			ctx, cancel := context.WithCancelCause(context.Background())
			return ctx, func() { cancel(cause) }
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCrowd(t)
				c.many("get", maxInFlight)
				ctx, end := row.end(row.cause)
				c.come(ctx, nil, "get late")
				end()
				synctest.Wait()
				if err := c.errs["get late"]; !errors.Is(err, row.cause) || !errors.Is(err, row.matches) {
					t.Errorf("got %v, want a match of %v and of %v", err, row.cause, row.matches)
				}
			})
		})
	}
}

// Who comes after the only one who waited has given up does not wait longer for that.
func TestAfterTheOnlyOneGaveUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t)
		c.calls("op a")
		c.refused(2*second, "op a")
		c.expect("at first", "op a")
		ctx, giveUp := context.WithCancel(t.Context())
		c.come(ctx, nil, "op b")
		c.after(second)
		giveUp()
		synctest.Wait()
		c.calls("op c")
		c.after(second)
		c.expect("after the silence", "op c")
	})
}

// Turns without a pace do not push those that have one ahead of themselves.
func TestUnpacedTurnsLeaveThePace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t)
		c.calls("op first")
		c.refused(second, "op first")
		c.calls("op paced 1", "op paced 2")
		c.after(second) // the silence is over, and the pace at its least, ten a second
		unpaced := func(turn *Turn) { turn.Unpaced = true }
		for i := range 20 {
			c.come(t.Context(), unpaced, fmt.Sprint("op unpaced ", i))
			c.after(10 * time.Millisecond)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if !slices.Contains(c.out, "op paced 2") {
			t.Errorf("%q were let out", c.out)
		}
	})
}
