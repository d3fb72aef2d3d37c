package flight_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/flight"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errRefused = errors.New("refused")

// A group whose calls take a second each, and count.
type slowGroup struct {
	flight.Group[string, int]
	started, cancelled atomic.Int64
	err                error
}

// do asks for a key; the value is the number of the call that made it.
func (g *slowGroup) do(ctx context.Context, key string) (int, error) {
	return g.Do(ctx, key, func(ctx context.Context, _ func() bool) (int, error) {
		n := g.started.Add(1)
		select {
		case <-ctx.Done():
			g.cancelled.Add(1)
			return 0, ctx.Err()
		case <-time.After(time.Second):
			return int(n), g.err
		}
	})
}

// A caller comes at a time, asks for a key, and leaves at a time unless that is 0.
type caller struct {
	key           string
	comes, leaves time.Duration
	want          int // the number of the call whose value it gets; 0 = ErrLeft
}

func TestDo(t *testing.T) {
	const ms = time.Millisecond
	for _, row := range []struct {
		name      string
		callers   []caller
		cancelled int64 // calls whose context ended before they did
	}{
		{"one", []caller{{key: "a", want: 1}}, 0},
		{"two at once share a call", []caller{{key: "a", want: 1}, {key: "a", comes: 1, want: 1}}, 0},
		{"late comers share it too", []caller{{key: "a", want: 1}, {key: "a", comes: 999 * ms, want: 1}}, 0},
		{
			"who comes after it ended starts another",
			[]caller{{key: "a", want: 1}, {key: "a", comes: 1001 * ms, want: 2}},
			0,
		},
		{"another key is another call", []caller{{key: "a", want: 1}, {key: "b", comes: 1, want: 2}}, 0},
		{
			"the first leaves, and the second still gets it",
			[]caller{{key: "a", leaves: 500 * ms}, {key: "a", comes: 100 * ms, want: 1}},
			0,
		},
		{
			"the second leaves, and the first still gets it",
			[]caller{{key: "a", want: 1}, {key: "a", comes: 100 * ms, leaves: 500 * ms}},
			0,
		},
		{"the only one leaves", []caller{{key: "a", leaves: 500 * ms}}, 1},
		{
			"all leave, one by one",
			[]caller{
				{key: "a", leaves: 500 * ms},
				{key: "a", comes: 1, leaves: 400 * ms},
				{key: "a", comes: 2, leaves: 600 * ms},
			},
			1,
		},
		{
			"who comes after all have left starts another",
			[]caller{{key: "a", leaves: 500 * ms}, {key: "a", comes: 501 * ms, want: 2}},
			1,
		},
		{
			"a call that all have left touches no other key",
			[]caller{{key: "a", leaves: 500 * ms}, {key: "b", comes: 1, want: 2}},
			1,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var group slowGroup
				var running sync.WaitGroup
				for i, c := range row.callers {
					running.Go(func() {
						time.Sleep(c.comes)
						ctx := t.Context()
						if c.leaves > 0 {
							var cancel context.CancelFunc
							ctx, cancel = context.WithTimeout(ctx, c.leaves-c.comes)
							defer cancel()
						}
						got, err := group.do(ctx, c.key)
						if got != c.want || errors.Is(err, flight.ErrLeft) != (c.want == 0) {
							t.Errorf("caller %d got the value of call %d, %v; want that of %d", i, got, err, c.want)
						}
					})
				}
				running.Wait()
				if got := group.cancelled.Load(); got != row.cancelled {
					t.Errorf("%d calls were cancelled, want %d", got, row.cancelled)
				}
			})
		})
	}
}

// An error reaches everyone who waits, and is not kept for those who come later.
func TestDoErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		group := slowGroup{err: errRefused}
		var running sync.WaitGroup
		for range 3 {
			running.Go(func() {
				if _, err := group.do(t.Context(), "a"); !errors.Is(err, errRefused) {
					t.Errorf("got error %v, want %v", err, errRefused)
				}
			})
		}
		running.Wait()
		group.err = nil
		if got, err := group.do(t.Context(), "a"); got != 2 || err != nil {
			t.Errorf("later: got %d, %v; want 2", got, err)
		}
	})
}

// The context of a call has the first caller's values, and neither its deadline nor its cancellation.
func TestDoContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), key{}, "first"), time.Hour)
		defer cancel()
		var group flight.Group[string, struct{}]
		_, _ = group.Do(ctx, "a", func(ctx context.Context, _ func() bool) (struct{}, error) {
			if got := ctx.Value(key{}); got != "first" {
				t.Errorf("the call's context has the value %v", got)
			}
			if _, ok := ctx.Deadline(); ok {
				t.Error("the call's context has the caller's deadline")
			}
			return struct{}{}, nil
		})
	})
}

// A context that has ended already starts nothing.
func TestDoAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var group slowGroup
		for range 100 {
			if _, err := group.do(ctx, "a"); !errors.Is(err, flight.ErrLeft) {
				t.Fatalf("got error %v, want %v", err, flight.ErrLeft)
			}
		}
		if n := group.started.Load(); n != 0 {
			t.Errorf("%d calls were started", n)
		}
	})
}

func TestForget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var group flight.Group[string, int]
		var started atomic.Int64
		do := func(key string, wantValue int, wantForgotten bool) {
			got, err := group.Do(t.Context(), key, func(_ context.Context, forgotten func() bool) (int, error) {
				n := started.Add(1)
				time.Sleep(time.Second)
				if got := forgotten(); got != wantForgotten {
					t.Errorf("call %d for %s: forgotten is %t", n, key, got)
				}
				return int(n), nil
			})
			if got != wantValue || err != nil {
				t.Errorf("%s: got %d, %v; want %d", key, got, err, wantValue)
			}
		}
		var running sync.WaitGroup
		start := func(key string, wantValue int, wantForgotten bool) {
			running.Go(func() { do(key, wantValue, wantForgotten) })
			synctest.Wait()
		}
		start("a", 1, true)
		start("a", 1, true) // it waits with the first
		start("b", 2, false)
		group.Forget(func(key string) bool { return key == "a" })
		start("a", 3, false) // it must not get what was forgotten
		start("a", 3, false)
		start("b", 2, false)
		running.Wait()
		if n := started.Load(); n != 3 {
			t.Errorf("%d calls were made, want 3", n)
		}
		group.Forget(func(string) bool { return true }) // nothing runs any more
	})
}

// The end of a call that was forgotten does not take its successor's place away.
func TestForgottenCallEnds(t *testing.T) {
	for _, end := range []string{"by itself", "because its caller leaves"} {
		t.Run(end, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var group slowGroup
				var running sync.WaitGroup
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				running.Go(func() { _, _ = group.do(ctx, "a") })
				time.Sleep(600 * time.Millisecond)
				group.Forget(func(string) bool { return true })
				running.Go(func() { _, _ = group.do(t.Context(), "a") })
				synctest.Wait()
				if end == "because its caller leaves" {
					cancel()
				}
				time.Sleep(500 * time.Millisecond)
				got, err := group.do(t.Context(), "a")
				if got != 2 || err != nil {
					t.Errorf("got %d, %v; want the value of the second call", got, err)
				}
				running.Wait()
			})
		})
	}
}

// A panic of a call reaches everyone who waits for it, in their own goroutines, and the key can be used again.
func TestPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var group flight.Group[string, int]
		var mu sync.Mutex
		var recovered []any
		var running sync.WaitGroup
		for range 3 {
			running.Go(func() {
				defer func() {
					mu.Lock()
					defer mu.Unlock()
					recovered = append(recovered, recover())
				}()
				_, _ = group.Do(t.Context(), "a", func(context.Context, func() bool) (int, error) {
					time.Sleep(time.Second)
					panic("no luck")
				})
			})
		}
		running.Wait()
		if !slices.Equal(recovered, []any{"no luck", "no luck", "no luck"}) {
			t.Errorf("recovered %v", recovered)
		}
		got, err := group.Do(t.Context(), "a", func(context.Context, func() bool) (int, error) { return 7, nil })
		if got != 7 || err != nil {
			t.Errorf("afterwards: got %d, %v", got, err)
		}
	})
}

// A call that ends its goroutine, as t.FailNow does, is not taken for one that succeeded.
func TestGoexit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var group flight.Group[string, int]
		succeeded := false
		var running sync.WaitGroup
		running.Go(func() {
			defer func() { _ = recover() }() // a panic would do as well as an error
			_, err := group.Do(t.Context(), "a", func(context.Context, func() bool) (int, error) {
				runtime.Goexit()
				return 1, nil
			})
			succeeded = err == nil
		})
		running.Wait()
		if succeeded {
			t.Error("Do returned no error")
		}
	})
}

// When Do has returned to the last caller, the call has ended: there is no goroutine, whatever the call does about its
// context.
func TestLastCallerWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var group flight.Group[string, int]
		ended := false
		got, err := group.Do(ctx, "a", func(context.Context, func() bool) (int, error) {
			time.Sleep(3 * time.Second)
			ended = true
			return 1, nil
		})
		if got != 1 || err != nil || !ended {
			t.Errorf("got %d, %v, ended %t; want the result after the end", got, err, ended)
		}
	})
}

// The last caller who leaves learns how the call ended, and the call why he left.
func TestLastCallerLearns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var group flight.Group[string, int]
		_, err := group.Do(ctx, "a", func(ctx context.Context, _ func() bool) (int, error) {
			<-ctx.Done()
			return 0, fmt.Errorf("%w: %w", errRefused, context.Cause(ctx))
		})
		for _, want := range []error{flight.ErrLeft, errRefused, context.DeadlineExceeded} {
			if !errors.Is(err, want) {
				t.Errorf("got %v, want a match of %v", err, want)
			}
		}
	})
}

// Who comes while a call that everybody has left still ends gets a call of its own.
func TestAfterEverybodyLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		var group flight.Group[string, int]
		end := make(chan struct{})
		go func() {
			_, _ = group.Do(ctx, "a", func(context.Context, func() bool) (int, error) { <-end; return 1, nil })
		}()
		synctest.Wait()
		leave()
		synctest.Wait()
		go func() { defer close(end); synctest.Wait() }()
		got, err := group.Do(t.Context(), "a", func(context.Context, func() bool) (int, error) { return 2, nil })
		if got != 2 || err != nil {
			t.Errorf("got %d, %v; want the result of a call of its own", got, err)
		}
	})
}

// Who has no deadline and leaves makes no call endless for the others.
func TestEndlessCallerLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		endless, leave := context.WithCancel(t.Context())
		limited, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		minute, _ := limited.Deadline()
		var group flight.Group[string, int]
		call := func(ctx context.Context, _ func() bool) (int, error) {
			if got, ok := flight.Deadline(ctx); ok {
				t.Errorf("while the endless caller waits, the deadline is %v", got)
			}
			time.Sleep(2 * time.Second)
			if got, ok := flight.Deadline(ctx); !ok || !got.Equal(minute) {
				t.Errorf("when he has left, the deadline is %v, %v, want %v", got, ok, minute)
			}
			return 1, nil
		}
		time.AfterFunc(time.Second, leave)
		var running sync.WaitGroup
		running.Go(func() { _, _ = group.Do(endless, "a", call) })
		synctest.Wait()
		if got, err := group.Do(limited, "a", call); got != 1 || err != nil {
			t.Errorf("got %d, %v, want 1", got, err)
		}
		running.Wait()
	})
}

// Deadline says until when somebody waits for a call, whoever comes and goes meanwhile.
func TestDeadline(t *testing.T) {
	t.Parallel()
	const none = -1
	for _, row := range []struct {
		name    string
		callers []time.Duration // the deadlines of those who wait, from the start; 0 for none
		want    time.Duration
	}{
		{"one", []time.Duration{time.Second}, time.Second},
		{"one without", []time.Duration{0}, none},
		{"the latest of two", []time.Duration{2 * time.Second, time.Second}, 2 * time.Second},
		{"a later one joins", []time.Duration{time.Second, 3 * time.Second}, 3 * time.Second},
		{"one without joins", []time.Duration{time.Second, 0}, none},
		{"who is left, once the others have gone", []time.Duration{time.Millisecond, time.Second}, time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var group flight.Group[string, int]
				var running sync.WaitGroup
				for _, d := range row.callers {
					running.Go(func() {
						ctx := t.Context()
						if d > 0 {
							limited, cancel := context.WithTimeout(ctx, d)
							defer cancel()
							ctx = limited
						}
						_, _ = group.Do(ctx, "a", func(ctx context.Context, _ func() bool) (int, error) {
							time.Sleep(10 * time.Millisecond)
							got, ok := flight.Deadline(ctx)
							if _, fixed := ctx.Deadline(); fixed {
								t.Error("the context has a deadline that cannot move")
							}
							if want := row.want != none; ok != want || ok && got.Sub(start) != row.want {
								t.Errorf("got %v, %v, want %v", got.Sub(start), ok, row.want)
							}
							return 0, nil
						})
					})
					synctest.Wait()
				}
				running.Wait()
			})
		})
	}
}

// Of a context that belongs to no call, Deadline is the context's; of one inside a call, the earlier.
func TestDeadlineInside(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	hour, _ := ctx.Deadline()
	if got, ok := flight.Deadline(ctx); !ok || !got.Equal(hour) {
		t.Errorf("outside: got %v, %v, want %v", got, ok, hour)
	}
	var group flight.Group[string, int]
	_, _ = group.Do(ctx, "a", func(shared context.Context, _ func() bool) (int, error) {
		for _, row := range []struct {
			d    time.Duration
			want time.Duration // from the hour
		}{{2 * time.Hour, 0}, {time.Minute, -59 * time.Minute}} {
			inner, cancel := context.WithDeadline(shared, hour.Add(row.d-time.Hour))
			defer cancel()
			if got, ok := flight.Deadline(inner); !ok || got.Sub(hour) != row.want {
				t.Errorf("a deadline in %v: got %v, %v, want %v", row.d, got.Sub(hour), ok, row.want)
			}
		}
		return 0, nil
	})
}
