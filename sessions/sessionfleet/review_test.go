package sessionfleet_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"reflect"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet"
)

// slowHandler is a log handler whose pipe is full: a record takes a minute.
type slowHandler struct{ slog.Handler }

func (slowHandler) Handle(context.Context, slog.Record) error { time.Sleep(time.Minute); return nil }

// A log handler that blocks holds no call up.
func TestSlowLogger(t *testing.T) {
	t.Parallel()
	bubble(t, "of a store that fails", func(t *testing.T) {
		s := newStore()
		s.breaks(isDown)
		logger := slog.New(slowHandler{slog.NewTextHandler(io.Discard, nil)})
		fleet := newFleet(t, &clerk{}, s, secretKey, sessionfleet.WithLogger(logger))
		for i := range 10 {
			if a := <-begin(t.Context(), fleet, mint); a.err != nil || a.took > time.Second {
				t.Errorf("call %d: %v after %v", i, a.err, a.took)
			}
		}
		time.Sleep(time.Minute)
	})
}

// A deadline in another century is no deadline that is over.
func TestFarDeadline(t *testing.T) {
	t.Parallel()
	bubble(t, "in 150 years", func(t *testing.T) {
		clerk := &clerk{}
		ctx, cancel := context.WithDeadline(t.Context(), time.Now().AddDate(150, 0, 0))
		defer cancel()
		same(t, together(ctx, newFleets(t, 8, clerk, newStore()), refresh))
		asked(t, clerk, 1)
	})
}

// A refusal of an instance whose clock is wrong does not take the place of the good answer that the others use.
func TestWrongClockLeavesAnswer(t *testing.T) {
	t.Parallel()
	bubble(t, "20 s ahead", func(t *testing.T) {
		clerk := &clerk{once: true}
		fleets := newFleets(t, 3, clerk, newStore())
		good := <-begin(t.Context(), fleets[0], refresh)
		fleets[1].SetClock(func() time.Time { return time.Now().Add(20 * time.Second) })
		if a := <-begin(t.Context(), fleets[1], refresh); !errors.Is(a.err, sessions.ErrUnauthorized) {
			t.Errorf("the instance with the wrong clock got %v", a.err)
		}
		same(t, []answer{good, <-begin(t.Context(), fleets[2], refresh)})
		asked(t, clerk, 2)
	})
}

// What an instance with the oldest key alone forgets, one with three keys does not find with the second.
func TestForgetAfterTwoRotations(t *testing.T) {
	t.Parallel()
	bubble(t, "three keys", func(t *testing.T) {
		clerk, s := &clerk{}, newStore()
		one := newFleet(t, clerk, s, "sk_test_1")
		two := newFleet(t, clerk, s, "sk_test_2", sessionfleet.WithOldSecretKeys("sk_test_1"))
		three := newFleet(t, clerk, s, "sk_test_3", sessionfleet.WithOldSecretKeys("sk_test_2", "sk_test_1"))
		same(t, append(together(t.Context(), []*sessionfleet.Fleet{two}, mint), <-begin(t.Context(), three, mint)))
		if err := one.Forget(t.Context(), "sess_1"); err != nil {
			t.Error(err)
		}
		mint(t.Context(), three)
		asked(t, clerk, 2)
		mint(t.Context(), two)
		same(t, together(t.Context(), []*sessionfleet.Fleet{two, two}, mint))
		asked(t, clerk, 3)
	})
}

// A store that answers 10 MB where a generation should be costs a call no time to speak of.
func TestHugeGeneration(t *testing.T) {
	s, huge := newStore(), make([]byte, 10<<20)
	s.breaks(func(op swap) ([]byte, bool, error) {
		if op.old == nil && op.new == nil {
			return huge, false, nil
		}
		return works(op)
	})
	clerk := &clerk{takes: func(int) time.Duration { return 0 }}
	fleet := newFleet(t, clerk, s, secretKey)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	mint(t.Context(), fleet)
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("a call allocated %d bytes", n)
	}
}

// A nil context is the client's business: whatever the client says, nothing panics.
func TestRevokeWithoutContext(t *testing.T) {
	fleet := newFleet(t, &clerk{}, newStore(), secretKey)
	if _, err := fleet.Revoke(nil, "sess_1"); err != nil { //nolint:staticcheck // nil is what is tested
		t.Error(err)
	}
}

// hedged asks two instances, and takes the first answer.
type hedged []*sessionfleet.Fleet

func (h hedged) GetToken(ctx context.Context, id string, p sessions.TokenParams) (*sessions.Token, error) {
	tokens := make(chan *sessions.Token, len(h))
	for _, fleet := range h {
		go func() {
			token, _ := fleet.GetToken(ctx, id, p)
			tokens <- token
		}()
	}
	return <-tokens, nil
}

// A minter between a TokenCache and Fleets may ask several at a time.
func TestHedgedMinter(t *testing.T) {
	t.Parallel()
	bubble(t, "of two", func(t *testing.T) {
		clerk, s := &clerk{takes: func(int) time.Duration { return 0 }}, newStore()
		fleets := newFleets(t, 3, clerk, s)
		mint(t.Context(), fleets[0])
		cache := sessions.NewTokenCache(hedged(fleets[1:]))
		if _, err := cache.GetToken(t.Context(), "sess_1", sessions.TokenParams{}); err != nil {
			t.Error(err)
		}
		asked(t, clerk, 1)
	})
}

// A field that the parameters may get one day makes another call as well, unless it is named here.
func TestEveryFieldNamesACall(t *testing.T) {
	t.Parallel()
	set := func(t *testing.T, field reflect.Value) {
		switch field.Kind() {
		case reflect.String:
			field.SetString("other")
		case reflect.Bool:
			field.SetBool(true)
		case reflect.Int64:
			field.SetInt(int64(time.Hour))
		default:
			t.Fatalf("no other value is known of a %v", field.Type())
		}
	}
	differ := func(t *testing.T, one, other call) {
		clerk := &clerk{}
		fleet := newFleet(t, clerk, newStore(), secretKey)
		for _, c := range []call{one, other} {
			if _, err := c(t.Context(), fleet); err != nil {
				t.Error(err)
			}
		}
		asked(t, clerk, 2)
	}
	for field := range reflect.TypeFor[sessions.TokenParams]().Fields() {
		bubble(t, "token: "+field.Name, func(t *testing.T) {
			var p sessions.TokenParams
			set(t, reflect.ValueOf(&p).Elem().FieldByIndex(field.Index))
			differ(t, mint, mintWith(p))
		})
	}
	for field := range reflect.TypeFor[sessions.RefreshParams]().Fields() {
		if field.Name == "RequestHeaders" || field.Name == "RequestOriginatingIP" {
			continue // the parallel requests of a page differ in these
		}
		bubble(t, "refresh: "+field.Name, func(t *testing.T) {
			var p sessions.RefreshParams
			set(t, reflect.ValueOf(&p).Elem().FieldByIndex(field.Index))
			differ(t, refreshWith(sessions.RefreshParams{}), refreshWith(p))
		})
	}
}

// late is a client that is paused before it sends.
type late struct {
	*clerk
	pause time.Duration
}

func (l late) RefreshCookies(ctx context.Context, id string, p sessions.RefreshParams) (*sessions.Cookies, error) {
	time.Sleep(l.pause)
	return l.clerk.RefreshCookies(ctx, id, p)
}

// A holder that has lost its lease and is refused, because the next holder's call was first, gets what that one gets.
func TestLostLeaseRefused(t *testing.T) {
	t.Parallel()
	bubble(t, "paused before it sends", func(t *testing.T) {
		clerk := &clerk{once: true, takes: firstTakes(2*time.Second, 50*time.Millisecond)}
		off, s := new(atomic.Bool), newStore()
		paused := begin(t.Context(), newFleet(t, late{clerk, 2 * time.Second}, cut{s, off}, secretKey), refresh)
		synctest.Wait()
		off.Store(true)
		next := begin(t.Context(), newFleet(t, clerk, s, secretKey), refresh)
		time.Sleep(1900 * time.Millisecond)
		off.Store(false)
		same(t, []answer{<-next, <-paused})
	})
}
