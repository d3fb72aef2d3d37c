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
