package sessionstest

import (
	"fmt"
	"sync/atomic"
	"time"
)

// clock is a source of time that can be moved on.
type clock struct {
	base   func() time.Time
	offset atomic.Int64 // nanoseconds
}

// Now returns the server's time, which sessions and tokens live by.
func (s *Server) Now() time.Time {
	return s.clock.base().Add(time.Duration(s.clock.offset.Load()))
}

// Advance moves the server's clock on by d: tokens expire, sessions lapse and rate limits recover.
// It does not shorten the delay of a Fault. Time does not run backwards: a negative d panics.
func (s *Server) Advance(d time.Duration) {
	if d < 0 {
		panic(fmt.Sprintf("sessionstest: Advance(%v): time does not run backwards", d))
	}
	s.clock.offset.Add(int64(d))
}
