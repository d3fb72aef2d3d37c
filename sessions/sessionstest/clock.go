package sessionstest

import (
	"fmt"
	"math"
	"sync/atomic"
	"time"
)

// clock is a source of time that can be moved on.
type clock struct {
	base   func() time.Time
	offset atomic.Int64 // nanoseconds
}

// Now returns the server's time, by which sessions, tokens and the rate limit go.
func (s *Server) Now() time.Time {
	return s.clock.base().Add(time.Duration(s.clock.offset.Load()))
}

// Advance moves the server's clock on by d: tokens and sessions expire, and rate limits recover. It
// does not shorten the Delay of a Fault, nor what a client waits for after a 429: these go by real
// time or, in a synctest bubble, by the bubble's. Advance panics if d is negative, or if it would
// move the clock on by more than 292 years in all.
func (s *Server) Advance(d time.Duration) {
	if err := s.TryAdvance(d); err != nil {
		panic(err.Error())
	}
}

// TryAdvance does what Advance does, and returns an error where Advance panics.
func (s *Server) TryAdvance(d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("sessionstest: Advance(%v): time does not run backwards", d)
	}
	for {
		offset := s.clock.offset.Load()
		if offset > math.MaxInt64-int64(d) {
			return fmt.Errorf("sessionstest: Advance(%v): the clock cannot be moved on as far", d)
		}
		if s.clock.offset.CompareAndSwap(offset, offset+int64(d)) {
			return nil
		}
	}
}
