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

// LimitRate makes the server answer at most that many requests in every stretch of its own time,
// and each further request with 429 and a Retry-After in whole seconds. Requests with a wrong key
// and those that an injected Fault answers do not count. Clerk allows 1000 requests in 10 seconds
// in production and 100 in development; a new server has no limit. It panics unless both are
// positive.
func (s *Server) LimitRate(requests int, per time.Duration) {
	if requests <= 0 || per <= 0 {
		panic(fmt.Sprintf("sessionstest: LimitRate(%d, %v): needs positive numbers", requests, per))
	}
	s.limiter.mu.Lock()
	defer s.limiter.mu.Unlock()
	s.limiter.requests, s.limiter.per, s.limiter.used = requests, per, 0
}

// admit counts a request, or returns in how many seconds there will be room for one.
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
func wholeSeconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
