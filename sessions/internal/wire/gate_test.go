package wire

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A gated test holds a gate, calls that go through it by name, and the order in which they are let through.
type gated struct {
	t    *testing.T
	link *cooled
	wg   sync.WaitGroup

	mu      sync.Mutex
	through []string
	waiting map[string]chan *http.Response // calls on the wire, by name
	errs    map[string]error
	ended   map[string]time.Duration // when a call's request ended, since the start
	start   time.Time
}

func newGated(t *testing.T) *gated {
	g := &gated{t: t, waiting: map[string]chan *http.Response{}, errs: map[string]error{}, ended: map[string]time.Duration{}, start: time.Now()}
	g.link = &cooled{gate: &Gate{}, next: g, maxWait: 30 * time.Second}
	return g
}

type nameKey struct{}

// Do is the wire: a request stays there until it is answered.
func (g *gated) Do(req *http.Request) (*http.Response, error) {
	name := req.Context().Value(nameKey{}).(string)
	answer := make(chan *http.Response)
	g.mu.Lock()
	g.through = append(g.through, name)
	g.waiting[name] = answer
	g.mu.Unlock()
	select {
	case resp := <-answer:
		return resp, nil
	case <-req.Context().Done():
		return nil, &LostError{Err: req.Context().Err()}
	}
}

// call sends a request of a call, and waits until it is on the wire, in the queue or over.
func (g *gated) call(ctx context.Context, name string) *Call {
	call := &Call{Context: context.WithValue(ctx, nameKey{}, name), Op: GetSession}
	g.again(call)
	return call
}

func (g *gated) again(call *Call) {
	name := call.Context.Value(nameKey{}).(string)
	g.wg.Go(func() {
		req, err := http.NewRequestWithContext(call, "GET", "https://api.clerk.com", nil)
		if err != nil {
			panic(err)
		}
		_, err = g.link.Do(req)
		g.mu.Lock()
		defer g.mu.Unlock()
		g.errs[name] = err
		g.ended[name] = time.Since(g.start)
	})
	synctest.Wait()
}

// answer answers a request that is on the wire.
func (g *gated) answer(name string, status int, headers ...string) {
	g.t.Helper()
	g.mu.Lock()
	wire := g.waiting[name]
	delete(g.waiting, name)
	g.mu.Unlock()
	if wire == nil {
		g.t.Fatalf("%s is not on the wire", name)
	}
	resp, _ := answered(status, "", headers...)(nil)
	wire <- resp
	synctest.Wait()
}

// fill puts as many requests on the wire as the gate lets through.
func (g *gated) fill() (names []string) {
	for i := range maxInFlight {
		names = append(names, fmt.Sprint("filler ", i))
		g.call(g.t.Context(), names[i])
	}
	g.through = nil
	return names
}

// wentThrough returns who was let through since the last time.
func (g *gated) wentThrough() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	names := g.through
	g.through = nil
	return names
}

func (g *gated) expect(when string, want ...string) {
	g.t.Helper()
	if got := g.wentThrough(); !slices.Equal(got, want) {
		g.t.Errorf("%s: %q went through, want %q", when, got, want)
	}
}

// rest answers everybody until nobody is left, and checks that nothing is held any more.
func (g *gated) rest() {
	g.t.Helper()
	for range 1000 {
		g.mu.Lock()
		names := []string{}
		for name := range g.waiting {
			names = append(names, name)
		}
		g.mu.Unlock()
		for _, name := range names {
			g.answer(name, 200)
		}
		time.Sleep(time.Second)
	}
	g.wg.Wait()
	checkIdle(g.t, g.link.gate)
}

func checkIdle(t *testing.T, g *Gate) {
	t.Helper()
	if n := g.inFlight.Load(); n != 0 {
		t.Errorf("%d requests count as in flight when none is", n)
	}
	if n := len(g.queue); n != 0 {
		t.Errorf("%d calls stand in the queue when none waits", n)
	}
}

func TestGate(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		test func(g *gated)
	}{
		{"no more than 64 are on the wire, and those who wait go in the order in which they came", func(g *gated) {
			fillers := g.fill()
			for _, name := range []string{"a", "b", "c"} {
				g.call(g.t.Context(), name)
			}
			g.expect("while 64 are on the wire")
			g.answer(fillers[40], 200)
			g.expect("when one is answered", "a")
			g.answer("a", 500)
			g.expect("when another one is", "b")
			g.answer(fillers[3], 404)
			g.expect("and another", "c")
		}},
		{"who comes while others wait waits behind them", func(g *gated) {
			fillers := g.fill()
			g.call(g.t.Context(), "a")
			g.answer(fillers[0], 200)
			g.call(g.t.Context(), "b")
			g.expect("64 again", "a")
			g.answer("a", 200)
			g.expect("then", "b")
		}},
		{"a lost answer gives the place on too", func(g *gated) {
			ctx, cancel := context.WithCancel(g.t.Context())
			for i := range maxInFlight {
				g.call(ctx, fmt.Sprint("filler ", i))
			}
			g.call(g.t.Context(), "a")
			g.wentThrough()
			cancel()
			synctest.Wait()
			g.expect("when all are canceled", "a")
			g.waiting = map[string]chan *http.Response{"a": g.waiting["a"]}
		}},
		{"a refused call keeps its place", func(g *gated) {
			first := g.call(g.t.Context(), "first")
			g.call(g.t.Context(), "second")
			third := g.call(g.t.Context(), "third")
			g.answer("third", 429, "Retry-After: 1")
			g.answer("first", 429, "Retry-After: 1")
			g.call(g.t.Context(), "fourth")
			g.call(g.t.Context(), "fifth")
			g.again(third)
			g.again(first)
			g.wentThrough()
			time.Sleep(time.Second)
			synctest.Wait()
			g.expect("when the silence ends", "first")
			time.Sleep(time.Minute)
			synctest.Wait()
			g.expect("a minute later", "third", "fourth", "fifth")
		}},
		{"a 429 shuts the gate for as long as it asks", func(g *gated) {
			g.call(g.t.Context(), "a")
			g.answer("a", 429, "Retry-After: 3")
			g.call(g.t.Context(), "b")
			g.wentThrough()
			time.Sleep(3*time.Second - 1)
			synctest.Wait()
			g.expect("a nanosecond before")
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			g.expect("then", "b")
		}},
		{"a second 429 lengthens the silence of those who wait, and never shortens it", func(g *gated) {
			for _, name := range []string{"a", "b", "c"} {
				g.call(g.t.Context(), name)
			}
			g.answer("a", 429, "Retry-After: 2")
			g.call(g.t.Context(), "d")
			time.Sleep(time.Second)
			g.answer("b", 429, "Retry-After: 3")
			g.answer("c", 429, "Retry-After: 1")
			g.wentThrough()
			time.Sleep(3*time.Second - 1)
			synctest.Wait()
			g.expect("a nanosecond before")
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			g.expect("then", "d")
		}},
		{"those who wait are let out paced", func(g *gated) {
			for i := range 10 {
				g.call(g.t.Context(), fmt.Sprint("early ", i))
			}
			for i := range 9 {
				g.answer(fmt.Sprint("early ", i), 200)
			}
			g.answer("early 9", 429, "Retry-After: 1")
			for i := range 8 {
				g.call(g.t.Context(), fmt.Sprint("late ", i))
			}
			g.wentThrough()
			time.Sleep(time.Second)
			synctest.Wait()
			g.expect("when the silence ends", "late 0")
			time.Sleep(time.Second / 9)
			synctest.Wait()
			g.expect("a ninth of a second later", "late 1")
			time.Sleep(time.Minute)
			synctest.Wait()
			g.expect("then", "late 2", "late 3", "late 4", "late 5", "late 6", "late 7")
		}},
		{"a paced call does not pass the 64 on the wire", func(g *gated) {
			fillers := g.fill()
			g.answer(fillers[0], 429, "Retry-After: 1")
			g.call(g.t.Context(), "a")
			g.call(g.t.Context(), "b")
			time.Sleep(10 * time.Second)
			synctest.Wait()
			g.expect("long after the silence", "a")
			g.answer("a", 200)
			g.expect("when one is answered", "b")
		}},
		{"who cannot wait for the end of the silence is turned away at once", func(g *gated) {
			g.call(g.t.Context(), "a")
			g.answer("a", 429, "Retry-After: 5")
			time.Sleep(time.Second)
			ctx, cancel := context.WithTimeout(g.t.Context(), 4*time.Second-1)
			defer cancel()
			g.call(ctx, "b")
			g.checkTurnedAway("b", 4*time.Second, time.Second)
		}},
		{"who waits already is turned away when the silence becomes known", func(g *gated) {
			fillers := g.fill()
			ctx, cancel := context.WithTimeout(g.t.Context(), 3*time.Second)
			defer cancel()
			g.call(g.t.Context(), "patient")
			g.call(ctx, "hasty")
			time.Sleep(time.Second)
			g.answer(fillers[0], 429, "Retry-After: 5")
			g.checkTurnedAway("hasty", 5*time.Second, time.Second)
			g.wentThrough()
			time.Sleep(5 * time.Second)
			synctest.Wait()
			g.expect("when the silence ends", "patient")
		}},
		{"and when a silence is lengthened", func(g *gated) {
			g.call(g.t.Context(), "a")
			g.call(g.t.Context(), "b")
			g.answer("a", 429, "Retry-After: 1")
			ctx, cancel := context.WithTimeout(g.t.Context(), 3*time.Second)
			defer cancel()
			g.call(ctx, "c")
			g.answer("b", 429, "Retry-After: 7")
			g.checkTurnedAway("c", 7*time.Second, 0)
		}},
		{"a silence that ends right at the deadline is waited for", func(g *gated) {
			g.call(g.t.Context(), "a")
			g.answer("a", 429, "Retry-After: 5")
			ctx, cancel := context.WithTimeout(g.t.Context(), 5*time.Second+1)
			defer cancel()
			g.call(ctx, "b")
			g.wentThrough()
			time.Sleep(5 * time.Second)
			synctest.Wait()
			g.expect("then", "b")
			g.answer("b", 200)
		}},
		{"a silence longer than a call's own MaxRetryAfter turns it away", func(g *gated) {
			g.call(g.t.Context(), "a")
			g.answer("a", 429, "Retry-After: 5")
			g.link.maxWait = 5*time.Second - 1
			g.call(g.t.Context(), "b")
			g.checkTurnedAway("b", 5*time.Second, 0)
			g.link.maxWait = 5 * time.Second
			g.call(g.t.Context(), "c")
			g.wentThrough()
			time.Sleep(5 * time.Second)
			synctest.Wait()
			g.expect("who may wait for it", "c")
		}},
		{"the silence is at most as long as the MaxRetryAfter of who was refused", func(g *gated) {
			g.call(g.t.Context(), "a")
			g.answer("a", 429, "Retry-After: 3600")
			g.call(g.t.Context(), "b")
			g.wentThrough()
			time.Sleep(30 * time.Second)
			synctest.Wait()
			g.expect("after 30 s", "b")
		}},
		{"nobody is turned away by a guess: a long queue is waited out to the deadline", func(g *gated) {
			g.call(g.t.Context(), "a")
			g.answer("a", 429, "Retry-After: 1") // nothing was served: one a second from then on
			ctx, cancel := context.WithTimeout(g.t.Context(), 2500*time.Millisecond)
			defer cancel()
			for i := range 40 {
				g.call(ctx, fmt.Sprint("waiter ", i))
			}
			g.wentThrough()
			time.Sleep(2500 * time.Millisecond)
			synctest.Wait()
			if n := len(g.wentThrough()); n < 2 {
				t := g.t
				t.Errorf("%d of 40 were let through before the deadline", n)
			}
			err := g.errs["waiter 39"]
			if lost, ok := errors.AsType[*LostError](err); !ok || !lost.Unsent || !errors.Is(err, context.DeadlineExceeded) {
				g.t.Errorf("the last got %v, want an unsent *LostError that matches context.DeadlineExceeded", err)
			}
			if at := g.ended["waiter 39"]; at != 2500*time.Millisecond {
				g.t.Errorf("the last was given up after %v", at)
			}
			g.waiting = map[string]chan *http.Response{}
		}},
		{"a canceled call leaves the queue, wherever it stands", func(g *gated) {
			fillers := g.fill()
			cancels := map[string]context.CancelCauseFunc{}
			for _, name := range []string{"a", "b", "c", "d", "e"} {
				ctx, cancel := context.WithCancelCause(g.t.Context())
				cancels[name] = cancel
				g.call(ctx, name)
			}
			reason := errors.New("the user went away")
			for _, name := range []string{"a", "c", "e"} { // the head, the middle, the tail
				cancels[name](reason)
				synctest.Wait()
				err := g.errs[name]
				if lost, ok := errors.AsType[*LostError](err); !ok || !lost.Unsent || !errors.Is(err, context.Canceled) || !errors.Is(err, reason) {
					g.t.Errorf("%s got %v, want an unsent *LostError that matches context.Canceled and its cause", name, err)
				}
			}
			g.answer(fillers[0], 200)
			g.answer(fillers[1], 200)
			g.expect("who is left", "b", "d")
			cancels["b"](nil)
			cancels["d"](nil)
			synctest.Wait()
			delete(g.waiting, "b")
			delete(g.waiting, "d")
		}},
		{"the next in the queue goes when the head is canceled during the silence", func(g *gated) {
			g.call(g.t.Context(), "a")
			g.answer("a", 429, "Retry-After: 2")
			ctx, cancel := context.WithCancel(g.t.Context())
			g.call(ctx, "b")
			g.call(g.t.Context(), "c")
			cancel()
			synctest.Wait()
			g.wentThrough()
			time.Sleep(2 * time.Second)
			synctest.Wait()
			g.expect("when the silence ends", "c")
		}},
		{"a minute after the silence nothing is paced any more", func(g *gated) {
			g.call(g.t.Context(), "a")
			g.answer("a", 429, "Retry-After: 1")
			time.Sleep(61 * time.Second)
			for i := range 20 {
				g.call(g.t.Context(), fmt.Sprint("late ", i))
			}
			if n := len(g.wentThrough()); n != 21 {
				g.t.Errorf("%d went through at once, want 21", n)
			}
			if g.link.gate.busy.Load() {
				g.t.Error("newcomers still queue")
			}
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := newGated(t)
				row.test(g)
				g.rest()
			})
		})
	}
}

// checkTurnedAway checks that a call ended without being sent, and when.
func (g *gated) checkTurnedAway(name string, left, at time.Duration) {
	g.t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	cool, ok := errors.AsType[*CoolDownError](g.errs[name])
	if !ok || cool.Left != left {
		g.t.Errorf("%s got %v, want a *CoolDownError with %v left", name, g.errs[name], left)
	}
	if g.ended[name] != at {
		g.t.Errorf("%s was turned away after %v, want %v", name, g.ended[name], at)
	}
	if slices.Contains(g.through, name) {
		g.t.Errorf("%s was sent", name)
	}
}

// A transport that panics does not take its place with it: net/http's servers recover from panics, and the client has to go on.
func TestPanicGivesThePlaceBack(t *testing.T) {
	t.Parallel()
	cfg := defaults(transport(func(*http.Request) (*http.Response, error) { panic("a bug in somebody's transport") }))
	link := NewChain(cfg)
	for range 3 {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic does not reach the caller")
				}
			}()
			_, _ = send(t, link, &Call{Context: t.Context(), Op: GetSession})
		}()
	}
	checkIdle(t, cfg.Gate)
}

// In real time, with callers that give up at any moment: everybody comes to an end, no more than 64 are on the wire, and
// nothing stays behind.
func TestGateUnderStress(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		refused int // one of so many is refused; 0 = none
	}{
		{"no refusals", 0},
		{"refusals", 1500}, // each makes the pace slower: a few are enough
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			gate := &Gate{}
			var onWire, most, sent atomic.Int64
			wire := linkFunc(func(req *http.Request) (*http.Response, error) {
				n := onWire.Add(1)
				defer onWire.Add(-1)
				for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
				}
				for range rand.IntN(20) {
					runtime.Gosched()
				}
				if n := sent.Add(1); row.refused != 0 && n%int64(row.refused) == 0 {
					return answered(429, "", "Retry-After: 0")(req)
				}
				return answered(200, "")(req)
			})
			link := &cooled{next: wire, gate: gate, maxWait: time.Second}
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			var wg sync.WaitGroup
			for range 200 {
				wg.Go(func() {
					for range 30 {
						if ctx.Err() != nil {
							return
						}
						callCtx, cancelCall := context.WithCancel(ctx)
						giveUp := rand.IntN(3) == 0
						if giveUp {
							wg.Go(func() {
								for range rand.IntN(50) {
									runtime.Gosched()
								}
								cancelCall()
							})
						}
						req, err := http.NewRequestWithContext(&Call{Context: callCtx, Op: GetSession}, "GET", "https://api.clerk.com", nil)
						if err != nil {
							panic(err)
						}
						if _, err := link.Do(req); err != nil && !(giveUp && errors.Is(err, context.Canceled)) {
							t.Errorf("got %v", err)
						}
						cancelCall()
					}
				})
			}
			wg.Wait()
			if ctx.Err() != nil {
				t.Errorf("not everybody came to an end: %d requests, %d in the queue, %d in flight", sent.Load(), len(gate.queue), gate.inFlight.Load())
			}
			if n := most.Load(); n > maxInFlight {
				t.Errorf("%d requests were on the wire at once", n)
			}
			checkIdle(t, gate)
			t.Logf("%d requests, %d at once", sent.Load(), most.Load())
		})
	}
}

type linkFunc func(*http.Request) (*http.Response, error)

func (f linkFunc) Do(req *http.Request) (*http.Response, error) { return f(req) }

// The open gate costs neither a lock nor an allocation.
func TestOpenGateAllocatesNothing(t *testing.T) {
	var gate Gate
	call := &Call{Context: t.Context(), Op: GetSession}
	resp := &http.Response{StatusCode: 200}
	gate.mu.Lock() // whoever takes it waits for ever
	defer gate.mu.Unlock()
	if n := testing.AllocsPerRun(100, func() {
		if err := gate.enter(call, time.Second); err != nil {
			t.Fatal(err)
		}
		gate.leave(call, resp, time.Second)
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
