package sessionhttp

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// What is remembered is bounded, and is forgotten when it no longer counts.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	s := newShared(&config{timeout: time.Second, perSecond: 1e9, burst: 1e9, now: func() time.Time { return now }})
	refused := func(context.Context) (cookieSet, *problem) { return cookieSet{}, refuse("x", "x") }
	ask := func(name string) {
		key := s.digest(name)
		_, _ = s.cookies(t.Context(), exchange{key: key, holder: key, session: s.digest("session", name), send: refused})
	}
	for n := range 2 * maxRemembered {
		ask(fmt.Sprint(n))
	}
	if got := s.remembered.Len(); got != maxRemembered {
		t.Errorf("%d answers are kept", got)
	}
	if got := s.limits.counts.Len(); got != maxRemembered {
		t.Errorf("%d counts are kept", got)
	}
	now = now.Add(rememberAnswer)
	s.recall(exchange{})
	if got := s.remembered.Len(); got != 0 {
		t.Errorf("%d answers are kept for too long", got)
	}
	ask("x")
	now = now.Add(-time.Hour) // the clock was set
	if _, ok := s.recall(exchange{key: s.digest("x")}); ok {
		t.Error("an answer from the future counts")
	}
}

func TestDigests(t *testing.T) {
	t.Parallel()
	cfg := &config{perSecond: 1, burst: 1, now: time.Now}
	s := newShared(cfg)
	one := s.digest("ab", "c")
	for _, texts := range [][]string{{"a", "bc"}, {"ab", "c", ""}, {"ab c"}, {`ab" "c`}} {
		if s.digest(texts...) == one {
			t.Errorf("%q has the digest of other texts", texts)
		}
	}
	if one != s.digest("ab", "c") || one == newShared(cfg).digest("ab", "c") {
		t.Error("a digest is not that of one Authenticator")
	}
}
