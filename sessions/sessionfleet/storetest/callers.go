package storetest

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
)

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
