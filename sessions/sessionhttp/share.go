package sessionhttp

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/flight"
)

const (
	rememberFor   = 10 * time.Second // how long a result or a terminal refusal is reused
	maxRemembered = 4096             // how many are kept, the youngest
	lingerFor     = time.Second      // how long a refresh goes on that nobody waits for any more
)

// shared is what requests share: the refreshes that are on their way, the answers that are remembered, and the limits.
type shared struct {
	client CookieRefresher
	keys   keyMaker
	now    func() time.Time
	limit  *limit
	flight flight.Group[key, answer]

	mu      sync.Mutex
	answers *simplelru.LRU[key, remembered]
}

// answer is what came of a refresh.
type answer struct {
	outcome Outcome
	cookies *sessions.Cookies // nil unless refreshed
	token   string            // the new one
}

type remembered struct {
	answer answer
	at     time.Time
}

func newShared(c CookieRefresher, cfg config) *shared {
	s := &shared{client: c, keys: newKeyMaker(), now: cfg.now, limit: newLimit(cfg)}
	s.answers, _ = simplelru.NewLRU[key, remembered](maxRemembered, nil) // it fails only on a size below 1
	return s
}

// do returns what comes of a refresh: what is remembered of it, or what the one that is on its way brings, or what try brings. A
// visitor who leaves does not end it for the others.
func (s *shared) do(ctx context.Context, k key, try func(context.Context) answer) answer {
	if a, ok := s.recall(k); ok {
		return a
	}
	ctx, done := lingering(ctx)
	defer done()
	a, err := s.flight.Do(ctx, k, func(ctx context.Context, _ func() bool) (answer, error) {
		if a, ok := s.recall(k); ok { // of one that landed just now
			return a, nil
		}
		a := try(ctx)
		s.remember(k, a)
		return a, nil
	})
	if err != nil {
		return answer{outcome: Outcome{Status: StatusUnavailable, Reason: reasonFetch, Err: context.Cause(ctx)}}
	}
	return a
}

// lingering returns a context that ends a little after ctx: who clicks on before the page is there comes back with the same refresh
// token, which a refresh that was cut off may have used up.
func lingering(ctx context.Context) (context.Context, func()) {
	longer, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	timer := time.AfterFunc(math.MaxInt64, func() { cancel(context.Cause(ctx)) })
	stop := context.AfterFunc(ctx, func() { timer.Reset(lingerFor) })
	return longer, func() {
		stop()
		timer.Stop()
		cancel(context.Canceled)
	}
}

// recall returns a remembered answer.
func (s *shared) recall(k key) (answer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgetOld()
	kept, ok := s.answers.Peek(k) // not Get: the order stays that of age
	return kept.answer, ok
}

// remember keeps an answer that another try would not better: a success, which may have used up the refresh token, and a terminal
// refusal.
func (s *shared) remember(k key, a answer) {
	switch {
	case a.outcome.Status == StatusRefreshed:
	case a.outcome.Status == StatusHandshakeNeeded:
	case a.outcome.Status == StatusUnavailable && errors.Is(a.outcome.Err, errBadAnswer):
	default:
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers.Add(k, remembered{answer: a, at: s.now()})
}

// forgetOld drops what is too old, and what a clock that was set back would keep for too long. The lock is held.
func (s *shared) forgetOld() {
	now := s.now()
	for {
		k, oldest, ok := s.answers.GetOldest()
		age := now.Sub(oldest.at)
		if !ok || 0 <= age && age < rememberFor {
			return
		}
		s.answers.Remove(k)
	}
}
