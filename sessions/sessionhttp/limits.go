package sessionhttp

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

const (
	// What a service asks Clerk for at most, unless WithRefreshRate says otherwise: half of the 1000
	// requests in 10 s that Clerk grants a production instance.
	defaultPerSecond = 50
	defaultBurst     = 500

	// How many refusals are forgiven at once, beside one a second: of one refresh token, and of one
	// session, whatever refresh tokens come with it.
	holderRefusals  = 5
	sessionRefusals = 100

	// How many exchanges in a row without an answer mean that Clerk is silent, and how often it is
	// then asked again.
	silentAfter = 8
	probeEvery  = time.Second

	// Our own limit: no trouble of Clerk's, and anybody can bring it about.
	reasonLimited = "refresh-rate-limited"
)

// limits bound what strangers can make the service ask of Clerk. A session that was refused often,
// and nonces, which anybody can invent, share half of the service's bound: whoever guesses, with an
// expired token that is really theirs or somebody else's, leaves the other half to everybody.
type limits struct {
	mu       sync.Mutex
	service  *rate.Limiter
	guesses  *rate.Limiter
	refusals *simplelru.LRU[digest, *rate.Limiter]

	unanswered int       // exchanges in a row
	asked      time.Time // when Clerk was asked last
}

func newLimits(cfg *config) *limits {
	l := &limits{
		service: rate.NewLimiter(rate.Limit(cfg.perSecond), cfg.burst),
		guesses: rate.NewLimiter(rate.Limit(cfg.perSecond/2), (cfg.burst+1)/2),
	}
	l.refusals, _ = simplelru.NewLRU[digest, *rate.Limiter](maxRemembered, nil) // fails only below 1
	return l
}

// allow returns nil if Clerk may be asked now, and counts it.
func (l *limits) allow(x exchange, now time.Time) *problem {
	l.mu.Lock()
	defer l.mu.Unlock()
	isGuess := x.session == digest{} || l.isUsedUp(x.session, now)
	age := now.Sub(l.asked)
	switch {
	case l.unanswered >= silentAfter && 0 <= age && age < probeEvery:
		return &problem{reasonFetch, true, errors.New("no answer from Clerk of late")}
	case l.isUsedUp(x.holder, now), isGuess && !l.guesses.AllowN(now, 1), !l.service.AllowN(now, 1):
		return &problem{reasonLimited, true, errors.New("the limit is used up")}
	}
	l.asked = now
	return nil
}

// countRefusal counts that Clerk has refused something.
func (l *limits) countRefusal(x exchange, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for d, forgiven := range map[digest]int{x.holder: holderRefusals, x.session: sessionRefusals} {
		limiter, found := l.refusals.Get(d)
		if !found {
			limiter = rate.NewLimiter(1, forgiven)
			l.refusals.Add(d, limiter)
		}
		limiter.AllowN(now, 1)
	}
}

func (l *limits) isUsedUp(d digest, now time.Time) bool {
	limiter, found := l.refusals.Peek(d)
	return found && limiter.TokensAt(now) < 1
}

// countAnswer takes into account whether Clerk has answered. A lost connection, and a call that the
// client held back by itself, say nothing.
func (l *limits) countAnswer(ctx context.Context, p *problem, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case p == nil || p.reason != reasonFetch && p.reason != reasonOrigin:
		l.unanswered = 0
	case p.reason == reasonFetch && ctx.Err() != nil && !errors.Is(p, sessions.ErrRateLimited):
		l.unanswered++
		l.asked = now
	}
}

// isSilent reports whether Clerk is known not to answer.
func (l *limits) isSilent() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.unanswered >= silentAfter
}
