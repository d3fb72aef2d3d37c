package sessionhttp

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// What is remembered is bounded, and does not stay for longer than it counts.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	s := newShared(nil, config{now: func() time.Time { return now }})
	terminal := func(context.Context) answer { return answer{outcome: failure(sessions.ErrUnauthorized)} }
	for n := range 3 * maxRemembered {
		k := s.keys.key(fmt.Sprint(n))
		s.do(t.Context(), k, terminal)
		s.limit.allow(k)
	}
	if got := s.answers.Len(); got != maxRemembered {
		t.Errorf("%d answers are kept", got)
	}
	if got := s.limit.sessions.Len(); got != maxSessions {
		t.Errorf("%d sessions are kept", got)
	}
	now = now.Add(rememberFor)
	s.recall(key{})
	if got := s.answers.Len(); got != 0 {
		t.Errorf("%d answers are kept for too long", got)
	}

	k := s.keys.key("x")
	s.do(t.Context(), k, terminal)
	now = now.Add(-time.Hour) // the clock was set
	if _, ok := s.recall(k); ok {
		t.Error("an answer from the future counts")
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	m := newKeyMaker()
	one := m.key("ab", "c")
	if one == m.key("a", "bc") || one == m.key("ab", "c", "") {
		t.Error("keys do not tell their parts apart")
	}
	if again := m.key("ab", "c"); again != one {
		t.Error("a key is not always the same")
	}
	if newKeyMaker().key("ab", "c") == one {
		t.Error("everybody's keys are the same")
	}
}

// A refresh that lands between a look at what is remembered and the wait for what is on its way is not made twice.
func TestLandedJustNow(t *testing.T) {
	t.Parallel()
	s := newShared(nil, config{now: time.Now})
	k := s.keys.key("x")
	landed := answer{outcome: Outcome{Status: StatusRefreshed}, token: "fresh"}
	ctx := &watchedContext{Context: t.Context(), watch: func() { s.remember(k, landed) }}
	got := s.do(ctx, k, func(context.Context) answer {
		t.Error("made twice")
		return answer{}
	})
	if got.token != "fresh" {
		t.Errorf("got %+v", got.outcome)
	}
}

// watchedContext calls watch when somebody begins to wait for its end.
type watchedContext struct {
	context.Context
	watch func()
}

func (c *watchedContext) Done() <-chan struct{} {
	c.watch()
	return c.Context.Done()
}
