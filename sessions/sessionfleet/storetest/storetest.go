// Package storetest has the tests that every sessionfleet.Store has to pass, and a Store in memory.
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, newStore(t))
//	}
package storetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet"
)

const (
	callers = 64               // who swap at the same time
	patient = 30 * time.Second // how long one test may wait for the store
	long    = time.Minute      // a time that no test waits for
)

// Run tests whether a store does what a sessionfleet.Fleet relies on, in subtests of t: values that
// are put, replaced, removed and read, that are empty, binary or 64 KiB long, and that expire;
// names; contexts that have ended; 64 callers at the same time. Run takes names that are new, so
// that the store may hold other things. It takes about a second.
func Run(t *testing.T, store sessionfleet.Store) {
	t.Helper()
	for name, test := range map[string]func(*subject){
		"nothing is there":                       nothingThere,
		"a value takes a free place":             takesFreePlace,
		"a value takes another's place":          takesPlace,
		"nothing changes where old differs":      oldDiffers,
		"a value is removed":                     removed,
		"an empty value is there":                emptyValue,
		"a value is binary and 64 KiB long":      binaryValue,
		"a value is the store's own copy":        ownCopy,
		"names differ by a letter's case":        namesDiffer,
		"a value expires":                        expires,
		"a swap starts the time anew":            expiresAnew,
		"a swap that failed leaves the time":     failedKeepsTime,
		"one of 64 callers gets the place":       oneWins,
		"one of 64 callers with equal bytes too": oneWinsEqual,
		"64 callers count to 64":                 counts,
		"a context that has ended":               endedContext,
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patient)
			defer cancel()
			test(&subject{t, ctx, store, "storetest-" + rand.Text()})
		})
	}
}

// subject is a store in one test, and a name that nobody else uses.
type subject struct {
	*testing.T
	ctx   context.Context
	store sessionfleet.Store
	name  string
}

// put swaps, and fails the test if the store does.
func (s *subject) put(name string, old, value []byte, ttl time.Duration) ([]byte, bool) {
	s.Helper()
	now, swapped, err := s.store.Swap(s.ctx, name, old, value, ttl)
	if err != nil {
		s.Errorf("Swap: %v", err)
	}
	return now, swapped
}

// swap swaps, and looks at what comes back.
func (s *subject) swap(old, value, wantNow []byte, wantSwapped bool) {
	s.Helper()
	now, swapped := s.put(s.name, old, value, long)
	if !same(now, wantNow) || swapped != wantSwapped {
		s.Errorf("Swap(%s → %s) = %s, %t; want %s, %t",
			show(old), show(value), show(now), swapped, show(wantNow), wantSwapped)
	}
}

// is reads, for which no time is given, and looks at what is there.
func (s *subject) is(want []byte) {
	s.Helper()
	if now, _ := s.put(s.name, nil, nil, 0); !same(now, want) {
		s.Errorf("there is %s, want %s", show(now), show(want))
	}
}

// same reports whether two values are the same; an empty value is not nothing.
func same(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) }

// show returns the start of a value for a message.
func show(value []byte) string {
	if value == nil {
		return "nothing"
	}
	return strconv.Quote(string(value[:min(len(value), 32)]))
}

var a, b, c = []byte("a"), []byte("b"), []byte("c")

func nothingThere(s *subject) {
	s.is(nil)
	s.swap(a, b, nil, false)
	s.swap(a, nil, nil, false)
	s.is(nil)
}

func takesFreePlace(s *subject) {
	s.swap(nil, a, a, true)
	s.is(a)
}

func takesPlace(s *subject) {
	s.swap(nil, a, a, true)
	s.swap(a, b, b, true)
	s.is(b)
	s.swap(b, b, b, true) // as one who renews a claim
	s.is(b)
}

func oldDiffers(s *subject) {
	s.swap(nil, a, a, true)
	s.swap(nil, b, a, false)
	s.swap(nil, a, a, false)
	s.swap(b, c, a, false)
	s.swap([]byte("aa"), c, a, false)
	s.swap([]byte{}, c, a, false)
	s.swap(b, nil, a, false)
	s.is(a)
}

func removed(s *subject) {
	s.swap(nil, a, a, true)
	s.swap(a, nil, nil, true)
	s.is(nil)
	s.swap(a, nil, nil, false)
	s.swap(nil, b, b, true)
}

func emptyValue(s *subject) {
	empty := []byte{}
	s.swap(nil, empty, empty, true)
	s.is(empty)
	s.swap(nil, a, empty, false)
	s.swap(empty, a, a, true)
	s.swap(a, empty, empty, true)
	s.swap(empty, nil, nil, true)
	s.is(nil)
}

func binaryValue(s *subject) {
	value := make([]byte, 64<<10)
	for i := range value {
		value[i] = byte((i ^ i>>8) & 0xff)
	}
	other := bytes.Clone(value)
	other[len(other)-1]++
	s.swap(nil, value, value, true)
	s.is(value)
	s.swap(other, a, value, false)
	s.swap(value, other, other, true)
	s.is(other)
}

func ownCopy(s *subject) {
	value := []byte("value")
	s.put(s.name, nil, value, long)
	value[0] = 'V'
	now, _ := s.put(s.name, nil, nil, long)
	if len(now) > 0 {
		now[0] = 'V'
	}
	s.is([]byte("value"))
}

func namesDiffer(s *subject) {
	names := []string{"Ab_-9", "aB_-9", "ab_-9", "Ab_-9A", "_Ab_-9", "Ab_-" + strings.Repeat("9", 60)}
	for _, name := range names {
		s.put(s.name+name, nil, []byte(name), long)
	}
	for _, name := range names {
		if now, _ := s.put(s.name+name, nil, nil, long); !same(now, []byte(name)) {
			s.Errorf("at %s there is %s", name, show(now))
		}
	}
}

// gone waits until nothing is there, and fails the test if that takes less than least since start:
// a caller's clock and the store's may differ by a millisecond.
func (s *subject) gone(start time.Time, least time.Duration) {
	s.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for s.ctx.Err() == nil && !s.Failed() {
		if now, _ := s.put(s.name, nil, nil, long); now == nil {
			if took := time.Since(start); took < least-2*time.Millisecond {
				s.Errorf("it expired after %v, want %v", took, least)
			}
			return
		}
		<-tick.C
	}
	s.Errorf("it has not expired after %v", time.Since(start))
}

const short = 200 * time.Millisecond

func expires(s *subject) {
	start := time.Now()
	s.put(s.name, nil, a, short)
	s.gone(start, short)
	s.swap(a, b, nil, false)
	s.swap(nil, b, b, true)
}

func expiresAnew(s *subject) {
	s.put(s.name, nil, a, long)
	start := time.Now()
	s.put(s.name, a, b, short)
	s.gone(start, short)

	s.put(s.name, nil, a, short)
	start = time.Now()
	if _, swapped := s.put(s.name, a, a, 2*short); swapped { // unless the store took too long
		s.gone(start, 2*short)
	}
}

func failedKeepsTime(s *subject) {
	start := time.Now()
	s.put(s.name, nil, a, short)
	s.put(s.name, nil, b, long)
	s.put(s.name, c, b, long)
	s.put(s.name, c, nil, long)
	s.put(s.name, nil, nil, long)
	s.gone(start, short)
}

// together runs fn for every caller at the same time.
func together(fn func(caller int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for caller := range callers {
		wg.Go(func() { <-start; fn(caller) })
	}
	close(start)
	wg.Wait()
}

func oneWins(s *subject) {
	var won atomic.Pointer[[]byte]
	seen := make([][]byte, callers)
	together(func(caller int) {
		value := []byte(strconv.Itoa(caller))
		now, swapped := s.put(s.name, nil, value, long)
		seen[caller] = now
		if swapped && won.Swap(&value) != nil {
			s.Error("two callers got the place")
		}
	})
	if won.Load() == nil {
		s.Fatal("nobody got the place")
	}
	for caller, now := range seen {
		if !same(now, *won.Load()) {
			s.Errorf("caller %d saw %s, want %s", caller, show(now), show(*won.Load()))
		}
	}
}

func oneWinsEqual(s *subject) {
	for round := range 30 {
		var won atomic.Int64
		together(func(int) {
			if _, swapped := s.put(s.name+strconv.Itoa(round), nil, a, long); swapped {
				won.Add(1)
			}
		})
		if won.Load() != 1 {
			s.Fatalf("%d callers with equal bytes got the place, want 1", won.Load())
		}
	}
}

func counts(s *subject) {
	together(func(int) {
		there, swapped := s.put(s.name, nil, []byte("1"), long)
		for !swapped && !s.Failed() && s.ctx.Err() == nil {
			n, err := strconv.Atoi(string(there))
			if err != nil {
				s.Errorf("there is %s, want a number", show(there))
				return
			}
			there, swapped = s.put(s.name, there, []byte(strconv.Itoa(n+1)), long)
		}
	})
	s.is([]byte(strconv.Itoa(callers)))
}

func endedContext(s *subject) {
	ended, cancel := context.WithCancel(s.ctx)
	cancel()
	if _, swapped, err := s.store.Swap(ended, s.name, nil, a, long); swapped || err == nil {
		s.Errorf("Swap with a context that has ended = %t, %v; want an error", swapped, err)
	}
	s.is(nil)
}
