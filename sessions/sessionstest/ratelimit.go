package sessionstest

import (
	"fmt"
	"sync"
	"time"
)

// limiter counts requests in windows of time that follow one another; the first request after a
// window starts the next.
type limiter struct {
	mu       sync.Mutex
	requests int
	per      time.Duration // 0: no limit
	start    time.Time
	used     int
}

// LimitRate makes the server answer at most that many requests in each stretch of time that is per
// long by the server's clock; the first request after a stretch starts the next. The requests
// beyond are answered with 429, and a Retry-After in whole seconds. Requests with a wrong key,
// requests that a Fault answers and requests to the Frontend API do not count. A new server has no
// limit; Clerk allows 1000 requests in 10 s in production, and 100 in development.
//
// LimitRate(0, 0) lifts the limit. LimitRate panics unless both numbers are positive or both are 0.
func (s *Server) LimitRate(requests int, per time.Duration) {
	if err := s.TryLimitRate(requests, per); err != nil {
		panic(err.Error())
	}
}

// TryLimitRate does what LimitRate does, and returns an error where LimitRate panics.
func (s *Server) TryLimitRate(requests int, per time.Duration) error {
	lifted := requests == 0 && per == 0
	if !lifted && (requests <= 0 || per <= 0) {
		return fmt.Errorf("sessionstest: LimitRate(%d, %v): needs positive numbers", requests, per)
	}
	s.limiter.mu.Lock()
	defer s.limiter.mu.Unlock()
	s.limiter.requests, s.limiter.per, s.limiter.used = requests, per, 0
	return nil
}

// RateLimit returns the numbers of the last LimitRate, zeros if there is no limit.
func (s *Server) RateLimit() (requests int, per time.Duration) {
	s.limiter.mu.Lock()
	defer s.limiter.mu.Unlock()
	return s.limiter.requests, s.limiter.per
}

// admit counts a request, or refuses it with the seconds until there is room for one.
func (l *limiter) admit(now time.Time) *refusal {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.per == 0 {
		return nil
	}
	if l.used == 0 || now.Sub(l.start) >= l.per {
		l.start, l.used = now, 0
	}
	if l.used >= l.requests {
		return tooManyRequests(wholeSeconds(l.per - now.Sub(l.start)))
	}
	l.used++
	return nil
}

// wholeSeconds returns d in seconds, rounded up.
func wholeSeconds(d time.Duration) int {
	seconds := int(d / time.Second)
	if d%time.Second > 0 {
		seconds++
	}
	return seconds
}
