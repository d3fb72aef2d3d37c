package sessionhttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// CookieRefresher trades an expired session token for cookies with a new one, by POST /sessions/{session_id}/refresh: a
// *sessions.Client, or what stands for one in a test.
type CookieRefresher interface {
	RefreshCookies(ctx context.Context, sessionID string, p sessions.RefreshParams) (*sessions.Cookies, error)
}

// Refresher refreshes the expired sessions of the browsers that a service serves. It is safe for concurrent use and holds no
// goroutine; make one for each Clerk instance, since what it remembers is its own. It prints without what it remembers.
type Refresher struct {
	instance     *instance
	verifiers    []verifier
	trustedProxy bool
	origin       string // "" = that of the request
	clientIP     func(*http.Request) string
	handshake    bool
	now          func() time.Time
	shared       *shared
}

// NewRefresher returns a Refresher for the instance with a publishable key, "pk_live_…" or "pk_test_…". Everything that is wrong
// with the key and the options comes joined in one error.
func NewRefresher(c CookieRefresher, publishableKey string, opts ...Option) (*Refresher, error) {
	var errs []error
	if c == nil {
		errs = append(errs, errors.New("clerk: NewRefresher needs a client"))
	}
	instance, err := parsePublishableKey(publishableKey)
	errs = append(errs, err)
	cfg := config{now: time.Now}
	for i, opt := range opts {
		if opt == nil {
			errs = append(errs, fmt.Errorf("clerk: option %d is nil", i+1))
			continue
		}
		errs = append(errs, opt(&cfg))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &Refresher{
		instance:     instance,
		verifiers:    cfg.verifiers,
		trustedProxy: cfg.trustedProxy,
		origin:       cfg.origin,
		clientIP:     cfg.clientIP,
		handshake:    cfg.handshake,
		now:          cfg.now,
		shared:       newShared(c, cfg),
	}, nil
}

// Format writes which instance the Refresher is for, for every verb.
func (r *Refresher) Format(f fmt.State, _ rune) {
	if r == nil {
		_, _ = io.WriteString(f, "<nil>")
		return
	}
	_, _ = fmt.Fprintf(f, "sessionhttp.Refresher{%s}", r.instance.frontendAPI)
}
