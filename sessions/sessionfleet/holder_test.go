package sessionfleet_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet"
)

// firstTakes is for a Clerk that takes d for the first call, and then less for others.
func firstTakes(d, then time.Duration) func(int) time.Duration {
	return func(n int) time.Duration {
		if n == 1 {
			return d
		}
		return then
	}
}

// A holder that takes long is waited for as long as it lives.
func TestSlowHolder(t *testing.T) {
	t.Parallel()
	bubble(t, "for 20 s", func(t *testing.T) {
		clerk := &clerk{takes: firstTakes(20*time.Second, 0)}
		same(t, together(t.Context(), newFleets(t, 8, clerk, newStore()), refresh))
		asked(t, clerk, 1)
	})
}

// cut is a Store that one instance loses at some time: a process that was killed or paused does nothing any more.
type cut struct {
	sessionfleet.Store
	off *atomic.Bool
}

func (c cut) Swap(ctx context.Context, name string, old, value []byte, ttl time.Duration) ([]byte, bool, error) {
	if c.off.Load() {
		<-ctx.Done()
		return nil, false, ctx.Err()
	}
	return c.Store.Swap(ctx, name, old, value, ttl)
}

// A holder that is killed keeps the others waiting until its lease is over; then one of them asks.
func TestKilledHolder(t *testing.T) {
	t.Parallel()
	bubble(t, "in mid-call", func(t *testing.T) {
		clerk := &clerk{takes: firstTakes(time.Hour, 50*time.Millisecond)}
		off, s := new(atomic.Bool), newStore()
		ctx, kill := context.WithCancel(t.Context())
		holder := begin(ctx, newFleet(t, clerk, cut{s, off}, secretKey), refresh)
		synctest.Wait()
		off.Store(true)
		answers := together(t.Context(), newFleets(t, 7, clerk, s), refresh)
		same(t, answers)
		asked(t, clerk, 2)
		for i, a := range answers {
			if a.took > 1750*time.Millisecond { // a lease, two polls and a call
				t.Errorf("instance %d waited for %v", i, a.took)
			}
		}
		kill()
		<-holder
		time.Sleep(time.Second)
	})
}

// A holder that was paused for 5 s beyond its lease has lost it. What it was answered is good, and is not in the way of
// the other's answer.
func TestPausedHolder(t *testing.T) {
	t.Parallel()
	bubble(t, "and a token that works twice", func(t *testing.T) {
		clerk := &clerk{takes: firstTakes(6500*time.Millisecond, 50*time.Millisecond)}
		off, s := new(atomic.Bool), newStore()
		paused := newFleet(t, clerk, cut{s, off}, secretKey)
		holder := begin(t.Context(), paused, refresh)
		synctest.Wait()
		off.Store(true)
		same(t, together(t.Context(), newFleets(t, 7, clerk, s), refresh))
		asked(t, clerk, 2)
		time.Sleep(4 * time.Second)
		off.Store(false)
		if a := <-holder; a.err != nil || a.text != "__session=sess_1.1; Path=/" {
			t.Errorf("the holder got %q, %v", a.text, a.err)
		}
		text, err := refresh(t.Context(), newFleet(t, clerk, s, secretKey))
		if err != nil || text != "__session=sess_1.2; Path=/" {
			t.Errorf("later instances get %q, %v; want the answer that was there first", text, err)
		}
		asked(t, clerk, 2)
	})
	bubble(t, "and a token that works once", func(t *testing.T) {
		clerk := &clerk{once: true, takes: firstTakes(3*time.Second, 2*time.Second)}
		off, s := new(atomic.Bool), newStore()
		paused := newFleet(t, clerk, cut{s, off}, secretKey)
		holder := begin(t.Context(), paused, refresh)
		synctest.Wait()
		off.Store(true)
		other := begin(t.Context(), newFleet(t, clerk, s, secretKey), refresh) // asks after 1.5 s, and is refused at 3.5 s
		time.Sleep(2900 * time.Millisecond)
		off.Store(false)
		good := <-holder
		same(t, []answer{good, <-other}) // the refusal gives way to the answer that the holder got meanwhile
		same(t, []answer{good, together(t.Context(), newFleets(t, 1, clerk, s), refresh)[0]})
		asked(t, clerk, 2)
	})
	bubble(t, "which comes after the refusal", func(t *testing.T) {
		clerk := &clerk{once: true, takes: firstTakes(5*time.Second, 50*time.Millisecond)}
		off, s := new(atomic.Bool), newStore()
		paused := newFleet(t, clerk, cut{s, off}, secretKey)
		holder := begin(t.Context(), paused, refresh)
		synctest.Wait()
		off.Store(true)
		other := <-begin(t.Context(), newFleet(t, clerk, s, secretKey), refresh)
		if !errors.Is(other.err, sessions.ErrUnauthorized) {
			t.Errorf("the second call got %v", other.err)
		}
		time.Sleep(2 * time.Second)
		off.Store(false)
		good := <-holder
		same(t, []answer{good, together(t.Context(), newFleets(t, 1, clerk, s), refresh)[0]})
		asked(t, clerk, 2)
	})
}

// A refusal of one who asked beside the holder does not take the place of the holder's claim, nor of its answer.
func TestRefusalLeavesClaim(t *testing.T) {
	t.Parallel()
	bubble(t, "of one without patience", func(t *testing.T) {
		clerk := &clerk{once: true, takes: firstTakes(5*time.Second, 50*time.Millisecond)}
		fleets := newFleets(t, 4, clerk, newStore())
		holder := begin(t.Context(), fleets[0], refresh)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if a := <-begin(ctx, fleets[1], refresh); !errors.Is(a.err, sessions.ErrUnauthorized) {
			t.Errorf("the second call got %v", a.err)
		}
		waiting := begin(t.Context(), fleets[2], refresh)
		good := <-holder
		same(t, []answer{good, <-waiting, <-begin(t.Context(), fleets[3], refresh)})
		asked(t, clerk, 2)
	})
}

var errDown = errors.New("the store is down")

// A caller who goes takes the claim back: the next one asks at once.
func TestCallerGone(t *testing.T) {
	t.Parallel()
	bubble(t, "while Clerk is asked", func(t *testing.T) {
		clerk := &clerk{takes: firstTakes(time.Hour, 50*time.Millisecond)}
		fleets := newFleets(t, 3, clerk, newStore())
		ctx, leave := context.WithCancel(t.Context())
		gone := begin(ctx, fleets[0], refresh)
		time.Sleep(20 * time.Millisecond)
		leave()
		if a := <-gone; !errors.Is(a.err, context.Canceled) || a.took != 20*time.Millisecond {
			t.Errorf("it got %v after %v", a.err, a.took)
		}
		answers := together(t.Context(), fleets[1:], refresh)
		same(t, answers)
		asked(t, clerk, 2)
		for i, a := range answers {
			if a.took > 200*time.Millisecond {
				t.Errorf("instance %d waited for %v", i, a.took)
			}
		}
	})
	bubble(t, "while it waits for another", func(t *testing.T) {
		clerk := &clerk{}
		fleets := newFleets(t, 2, clerk, newStore())
		holder := begin(t.Context(), fleets[0], refresh)
		synctest.Wait()
		ctx, leave := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer leave()
		if a := <-begin(ctx, fleets[1], handshakeOf("other")); a.err == nil {
			t.Error("a call of a second has ended in half of it")
		}
		ctx, leave = context.WithCancel(t.Context())
		gone := begin(ctx, fleets[1], refresh)
		time.Sleep(100 * time.Millisecond)
		leave()
		if a := <-gone; !errors.Is(a.err, context.Canceled) || a.took > 100*time.Millisecond {
			t.Errorf("it got %v after %v", a.err, a.took)
		}
		if a := <-holder; a.err != nil {
			t.Errorf("the holder got %v", a.err)
		}
		asked(t, clerk, 2)
	})
	bubble(t, "who has gone before", func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		leave()
		clerk, s := &clerk{}, newStore()
		if a := <-begin(ctx, newFleet(t, clerk, s, secretKey), mint); !errors.Is(a.err, context.Canceled) {
			t.Errorf("it got %v", a.err)
		}
		if asked(t, clerk, 0); s.operations() != 0 {
			t.Errorf("the store was asked %d times", s.operations())
		}
	})
}

func handshakeOf(nonce string) call {
	return func(ctx context.Context, f *sessionfleet.Fleet) (string, error) {
		return first(f.HandshakeCookies(ctx, nonce))
	}
}

// A caller with a deadline that waits for a holder keeps time to ask Clerk.
func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	bubble(t, "a holder takes too long", func(t *testing.T) {
		clerk := &clerk{takes: firstTakes(time.Minute, 300*time.Millisecond)}
		fleets := newFleets(t, 2, clerk, newStore())
		ctx, leave := context.WithCancel(t.Context())
		holder := begin(ctx, fleets[0], refresh)
		synctest.Wait()
		short, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if a := <-begin(short, fleets[1], refresh); a.err != nil || a.took != 1800*time.Millisecond {
			t.Errorf("%v after %v", a.err, a.took)
		}
		asked(t, clerk, 2)
		leave()
		<-holder
	})
}

// A client that panics does not keep the claim.
func TestClientPanics(t *testing.T) {
	t.Parallel()
	bubble(t, "and the claim is taken back", func(t *testing.T) {
		clerk := &clerk{takes: func(int) time.Duration { return 0 }, fails: func(n int) error {
			if n == 1 {
				panic("at the client")
			}
			return nil
		}}
		fleets := newFleets(t, 2, clerk, newStore())
		func() {
			defer func() {
				if r := recover(); r != "at the client" {
					t.Errorf("the panic is %v", r)
				}
			}()
			refresh(t.Context(), fleets[0])
		}()
		if a := <-begin(t.Context(), fleets[1], refresh); a.err != nil || a.took > 0 {
			t.Errorf("%v after %v", a.err, a.took)
		}
	})
}
