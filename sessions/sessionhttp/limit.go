package sessionhttp

import (
	"errors"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

const (
	// What a service that cannot verify tokens asks Clerk for at most: half of the 1000 requests in 10 s of a production instance.
	unverifiedPerSecond = 50
	unverifiedBurst     = 500

	// What one session is refreshed at most. A browser needs one refresh a minute; who sends ever other refresh tokens or hosts
	// with the expired token of a session of their own gets no further than this.
	sessionPerSecond = 1
	sessionBurst     = 100
	maxSessions      = 4096
)

var errRate = errors.New("clerk: no refresh: the service's limit on refreshes is used up")

// limit bounds what a client can make the service ask Clerk for.
type limit struct {
	now     func() time.Time
	service *rate.Limiter // nil for none

	mu       sync.Mutex
	sessions *simplelru.LRU[key, *rate.Limiter]
}

func newLimit(cfg config) *limit {
	l := &limit{now: cfg.now}
	switch {
	case cfg.burst > 0:
		l.service = rate.NewLimiter(rate.Limit(cfg.perSecond), cfg.burst)
	case len(cfg.verifiers) == 0:
		l.service = rate.NewLimiter(unverifiedPerSecond, unverifiedBurst)
	}
	l.sessions, _ = simplelru.NewLRU[key, *rate.Limiter](maxSessions, nil) // it fails only on a size below 1
	return l
}

// allow reports whether a session may be refreshed now, and counts it.
func (l *limit) allow(session key) bool {
	now := l.now()
	return l.ofSession(session).AllowN(now, 1) && (l.service == nil || l.service.AllowN(now, 1))
}

func (l *limit) ofSession(session key) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	limiter, ok := l.sessions.Get(session)
	if !ok {
		limiter = rate.NewLimiter(sessionPerSecond, sessionBurst)
		l.sessions.Add(session, limiter)
	}
	return limiter
}
