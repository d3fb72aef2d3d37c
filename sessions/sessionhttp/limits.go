package sessionhttp

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

const (
	// How often something may happen at once, beside once a second: that one refresh token is sent,
	// where a refusal counts as another time; that one session is refreshed; and that it is refused,
	// whatever refresh tokens come with it.
	holderSends      = 10
	sessionRefreshes = 10
	sessionRefusals  = 180

	// How many exchanges in a row without an answer mean that Clerk is silent. It is then asked again
	// once a second.
	silentAfter = 8

	// Our own limit: no trouble of Clerk's, and anybody can bring it about.
	reasonLimited = "refresh-rate-limited"
	// The request's host is none. Clerk was not asked, but for the limits a guess is a guess.
	reasonOrigin = "invalid-request-origin"
)

// limits bound what strangers can make the service ask of Clerk. Nonces, which anybody can invent,
// get no more than half of the service's bound. The sessions that were refused too often share a
// quarter: whoever guesses, with an expired token that is really theirs or somebody else's, leaves
// the rest to everybody. Its user holds a lock.
type limits struct {
	service *rate.Limiter
	nonces  *rate.Limiter
	guesses *rate.Limiter
	counts  *simplelru.LRU[bound, *rate.Limiter]

	unanswered int       // exchanges in a row
	asked      time.Time // when Clerk was asked last
}

// bound is how often something may happen: burst times at once, beside once a second.
type bound struct {
	to    digest
	burst int
}

func newLimits(cfg *config) *limits {
	part := func(n int) *rate.Limiter {
		return rate.NewLimiter(rate.Limit(cfg.perSecond/float64(n)), (cfg.burst+n-1)/n)
	}
	l := &limits{service: part(1), nonces: part(2), guesses: part(4)}
	l.counts, _ = simplelru.NewLRU[bound, *rate.Limiter](maxRemembered, nil) // fails only below 1
	return l
}

// allow returns nil if Clerk may be asked now, and counts it.
func (l *limits) allow(x exchange, now time.Time) *problem {
	age := now.Sub(l.asked)
	switch {
	case l.unanswered >= silentAfter && 0 <= age && age < time.Second:
		return &problem{reasonFetch, true, errors.New("no answer from Clerk of late")}
	case l.isUsedUp(bound{x.holder, holderSends}, now),
		l.isUsedUp(bound{x.session, sessionRefreshes}, now),
		x.isNonce() && !l.nonces.AllowN(now, 1),
		l.isUsedUp(bound{x.session, sessionRefusals}, now) && !l.guesses.AllowN(now, 1),
		!l.service.AllowN(now, 1):
		return &problem{reasonLimited, true, errors.New("the limit is used up")}
	}
	l.count(bound{x.holder, holderSends}, now)
	l.asked = now
	return nil
}

// countResult takes into account what came of an exchange: whether Clerk has answered, and whether
// it has refused something or given cookies. A lost connection, and a call that the client held
// back by itself, say nothing.
func (l *limits) countResult(ctx context.Context, x exchange, p *problem, now time.Time) {
	switch {
	case p != nil && p.reason == reasonOrigin:
		l.asked = time.Time{} // the next request may ask
	case p == nil || p.reason != reasonFetch:
		l.unanswered = 0
	case ctx.Err() != nil && !errors.Is(p, sessions.ErrRateLimited):
		l.unanswered++
		l.asked = now
	}
	switch {
	case x.isNonce(): // it is used up
	case p == nil:
		l.count(bound{x.session, sessionRefreshes}, now)
	case !p.temporary:
		l.count(bound{x.holder, holderSends}, now)
		l.count(bound{x.session, sessionRefusals}, now)
	}
}

func (l *limits) count(b bound, now time.Time) {
	limiter, found := l.counts.Get(b)
	if !found {
		limiter = rate.NewLimiter(1, b.burst)
		l.counts.Add(b, limiter)
	}
	limiter.AllowN(now, 1)
}

func (l *limits) isUsedUp(b bound, now time.Time) bool {
	limiter, found := l.counts.Peek(b)
	return found && limiter.TokensAt(now) < 1
}
