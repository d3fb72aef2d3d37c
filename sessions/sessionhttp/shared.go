package sessionhttp

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/flight"
)

const (
	// rememberAnswer is for how long an answer of Clerk's serves the stragglers of a page: a refresh
	// token or a nonce is used up by then. rememberTrouble is for how long trouble with Clerk spares
	// a page's other requests the wait.
	rememberAnswer  = 10 * time.Second
	rememberTrouble = time.Second

	maxRemembered = 4096

	reasonSignedOut = "session-signed-out"
)

// exchange is one thing to ask of Clerk, on behalf of every request that needs the same.
type exchange struct {
	key     digest // equal for requests that need the same
	holder  digest // whose failures count together: a session and a refresh token, or a nonce
	session digest // zero for a nonce, which anybody can invent
	send    func(ctx context.Context) (cookieSet, *problem)
}

// isNonce reports whether an exchange is of a handshake's nonce.
func (x *exchange) isNonce() bool { return x.session == digest{} }

// result is what came of an exchange.
type result struct {
	set   cookieSet
	p     *problem
	until time.Time // it is remembered
}

// shared is what the requests of an Authenticator share: the exchanges that are under way, what
// came of those just before, and what bounds them.
type shared struct {
	timeout time.Duration
	now     func() time.Time
	secret  [sha256.Size]byte // of the digests
	flight  flight.Group[digest, result]

	mu         sync.Mutex
	limits     *limits
	remembered *simplelru.LRU[digest, result]
	ended      *simplelru.LRU[digest, time.Time] // when sessions were last refused or signed out
}

func newShared(cfg *config) *shared {
	s := &shared{timeout: cfg.timeout, now: cfg.now, limits: newLimits(cfg)}
	_, _ = rand.Read(s.secret[:])                                          // it never fails
	s.remembered, _ = simplelru.NewLRU[digest, result](maxRemembered, nil) // it fails only below 1
	s.ended, _ = simplelru.NewLRU[digest, time.Time](maxRemembered, nil)
	return s
}

// digest stands for a secret, such as a token, without showing it.
type digest [sha256.Size]byte

// digest returns the digest of texts.
func (s *shared) digest(texts ...string) digest {
	return sha256.Sum256(fmt.Appendf(nil, "%x %q", s.secret, texts))
}

// cookies returns the result of an exchange: a result that is remembered, else that of an equal
// exchange which is under way, else its own. It waits no longer than ctx.
func (s *shared) cookies(ctx context.Context, x exchange) (cookieSet, *problem) {
	r, err := s.flight.Do(ctx, x.key, func(ctx context.Context, _ func() bool) (result, error) {
		if r, ok := s.recall(x); ok {
			return r, nil
		}
		return s.send(ctx, x), nil
	})
	if err != nil || ctx.Err() != nil && r.p != nil && r.p.reason == reasonFetch {
		return cookieSet{}, &problem{reasonFetch, true, cmp.Or(ctx.Err(), err)} // not of who left last
	}
	if p := s.signedOut(x.session); p != nil { // meanwhile
		return cookieSet{}, p
	}
	return r.set, r.p
}

// send asks Clerk, unless something forbids to, and remembers what comes of it.
func (s *shared) send(ctx context.Context, x exchange) (r result) {
	s.mu.Lock()
	r.p = s.limits.allow(x, s.now())
	s.mu.Unlock()
	if r.p != nil {
		return r
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	r.set, r.p = x.send(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.limits.countResult(ctx, x, r.p, now)
	key, lasts := x.key, rememberAnswer
	switch {
	case r.p != nil && r.p.temporary:
		key, lasts = x.holder, rememberTrouble
	case r.p != nil && r.p.reason != reasonOrigin:
		s.ended.Add(x.session, now)
	}
	r.until = now.Add(lasts)
	s.remembered.Add(key, r)
	return r
}

// end makes the exchanges of a session that was signed out fail, so that no straggler of a page
// brings its cookies back.
func (s *shared) end(sessionID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	session, p := s.digest("session", sessionID), refuse(reasonSignedOut, "it was signed out")
	until := s.now().Add(rememberAnswer + s.timeout) // longer than what is still under way
	s.remembered.Add(session, result{p: p, until: until})
	s.ended.Add(session, s.now())
}

// signedOut returns a problem if a session was signed out just before.
func (s *shared) signedOut(session digest) *problem {
	r, _ := s.recall(exchange{session: session})
	return r.p
}

// isOutage reports whether it is because of Clerk or the network that a session was not refreshed,
// which was neither refused nor signed out after its token was issued.
func (s *shared) isOutage(p *problem, t *jwt) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	isDown := p.temporary && p.reason != reasonLimited ||
		strings.HasPrefix(p.reason, "non-eligible-") && s.limits.unanswered >= silentAfter
	ended, found := s.ended.Peek(s.digest("session", t.claim("sid")))
	return isDown && (!found || t.issuedAt() > float64(ended.Unix())) // NaN is not later
}

// recall returns what is remembered of an exchange: that its session was signed out, what came of
// it, or trouble that its holder has just had. It forgets what is too old, and what a clock that
// was set back would keep for too long.
func (s *shared) recall(x exchange) (result, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	counts := func(r result) bool {
		return now.Before(r.until) && !r.until.After(now.Add(rememberAnswer+s.timeout))
	}
	for _, r, ok := s.remembered.GetOldest(); ok && !counts(r); _, r, ok = s.remembered.GetOldest() {
		s.remembered.RemoveOldest()
	}
	for _, key := range []digest{x.session, x.key, x.holder} {
		if r, ok := s.remembered.Peek(key); ok && counts(r) { // not Get: the order stays that of age
			return r, true
		}
	}
	return result{}, false
}
