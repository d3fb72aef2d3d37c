package wire

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/gate"
)

// What an answer means to the next request of the same operation, which comes at once.
func TestGated(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		act   act
		waits time.Duration
	}{
		{"200", answered(200, "{}"), 0},
		{"503 with Retry-After", answered(503, "", "Retry-After: 5"), 0},
		{"404", answered(404, ""), 0},
		{"429", answered(429, ""), time.Second},
		{"429 with junk", answered(429, "", "Retry-After: soon"), time.Second},
		{"429 with seconds", answered(429, "", "Retry-After: 5"), 5 * time.Second},
		{"429 with 0", answered(429, "", "Retry-After: 0"), 200 * time.Millisecond},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg := defaults(transport(row.act))
				cfg.Retry.MaxAttempts = 1
				link := NewChain(cfg)
				send(t, link, GetSession)
				start := time.Now()
				send(t, link, CreateSession)
				if waited := time.Since(start); waited != 0 {
					t.Errorf("another operation waited for %v", waited)
				}
				send(t, link, GetSession)
				if waited := time.Since(start); waited != row.waits {
					t.Errorf("it waited for %v, want %v", waited, row.waits)
				}
			})
		})
	}
}

// A transport that panics does not take its place with it: net/http's servers recover from panics, and the client has
// to go on.
func TestPanicGivesThePlaceBack(t *testing.T) {
	t.Parallel()
	cfg := defaults(transport(func(*http.Request) (*http.Response, error) { panic("a bug in somebody's transport") }))
	link := NewChain(cfg)
	for range 100 { // more than there are places: the last ones would wait for ever
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic does not reach the caller")
				}
			}()
			send(t, link, GetSession)
		}()
	}
}

// A call that does not have to wait costs no allocation at the gate.
func TestOpenGateAllocatesNothing(t *testing.T) {
	var g gate.Gate
	call := &Call{Deadline: time.Now().Add(time.Minute), ctx: t.Context()}
	turn := &gate.Turn{Operation: "GetSession", Call: call}
	if n := testing.AllocsPerRun(100, func() {
		if err := g.Enter(t.Context(), turn); err != nil {
			t.Fatal(err)
		}
		g.Leave(turn, true, 0)
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// A limiter allows so many requests a second, refuses for a reason, and notes what it is asked and told.
type limiter struct {
	every   time.Duration
	refusal error
	waits   atomic.Int32
	held    []time.Duration
}

func (l *limiter) Wait(ctx context.Context) error {
	l.waits.Add(1)
	if l.refusal != nil {
		return l.refusal
	}
	return sleep(ctx, l.every)
}

// A holding limiter is told of a 429.
type holding struct{ limiter }

func (l *holding) Hold(_ context.Context, d time.Duration) error {
	l.held = append(l.held, d)
	return errors.New("the store is down")
}

// Every attempt waits for the limiter, and no more than that: a call that a silence turns away does not.
func TestLimiter(t *testing.T) {
	t.Parallel()
	refusal := errors.New("too much")
	for _, row := range []struct {
		name     string
		limiter  *limiter
		acts     []act
		deadline time.Duration // of the second call
		waits    int           // for the limiter, of both calls
		requests int
		held     []time.Duration
		end      error // what the second call's answer matches; nil for an answer
	}{
		{
			"every attempt waits", &limiter{every: time.Second},
			[]act{answered(503, ""), answered(200, "{}")},
			time.Hour, 3, 3, nil, nil,
		},
		{
			"a refusal is not sent", &limiter{refusal: refusal},
			[]act{answered(200, "{}")},
			time.Hour, 2, 0,
			nil, refusal,
		},
		{
			"a 429 is told", &limiter{},
			[]act{answered(429, "", "Retry-After: 7"), answered(200, "{}")},
			time.Hour, 3, 3,
			[]time.Duration{7 * time.Second},
			nil,
		},
		{
			"a 429 that asks for more than a minute is a minute", &limiter{},
			[]act{answered(429, "", "Retry-After: 3600")},
			time.Second, 1, 1,
			[]time.Duration{time.Minute},
			nil,
		},
		{
			"a deadline before the limiter allows it", &limiter{every: time.Second},
			[]act{answered(200, "{}")},
			time.Second / 2, 2, 1, nil, context.DeadlineExceeded,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := &script{acts: row.acts}
				l := &holding{limiter{every: row.limiter.every, refusal: row.limiter.refusal}}
				cfg := defaults(server)
				cfg.Limiter = l
				link := NewChain(cfg)
				send(t, link, GetSession)
				ctx, cancel := context.WithTimeout(t.Context(), row.deadline)
				defer cancel()
				answer := sendIn(ctx, t, link, GetSession)
				if int(l.waits.Load()) != row.waits || server.requests() != row.requests {
					t.Errorf("%d waits and %d requests, want %d and %d", l.waits.Load(), server.requests(),
						row.waits, row.requests)
				}
				if diff := cmp.Diff(row.held, l.held); diff != "" {
					t.Errorf("told, want (-), got (+):\n%s", diff)
				}
				if row.end != nil && (!errors.Is(answer.Err, row.end) || !answer.HeldBack || !answer.Unsent) {
					t.Errorf("got %+v, want a request that was held back: %v", answer, row.end)
				}
			})
		})
	}
}

// Who waits for the limiter holds no place: the other calls go on.
func TestLimiterHoldsNoPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &script{acts: []act{answered(200, "{}")}}
		cfg := defaults(server)
		free := NewChain(cfg)
		cfg.Limiter = &limiter{every: time.Minute}
		limited := NewChain(cfg) // a copy of the client, with a limit
		for range 100 {
			go send(t, limited, GetSession)
		}
		synctest.Wait()
		start := time.Now()
		if send(t, free, GetSession); time.Since(start) != 0 || server.requests() != 1 {
			t.Errorf("it took %v, and %d requests were sent, want 0s and 1", time.Since(start), server.requests())
		}
	})
}
