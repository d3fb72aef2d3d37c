package consumer

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

var (
	_ func(
		sessionhttp.CookieRefresher, string, ...sessionhttp.Option,
	) (*sessionhttp.Refresher, error) = sessionhttp.NewRefresher

	_ func(*sessionhttp.Refresher, http.Handler) http.Handler = (*sessionhttp.Refresher).Middleware
	_ func(
		*sessionhttp.Refresher, *http.Request,
	) (string, sessions.RefreshParams, error) = (*sessionhttp.Refresher).Params
	_ func(
		*sessionhttp.Refresher, *http.Request,
	) (string, bool) = (*sessionhttp.Refresher).SessionToken
	_ func(
		*sessionhttp.Refresher, *http.Request,
	) (string, error) = (*sessionhttp.Refresher).Origin
	_ func(*sessionhttp.Refresher, fmt.State, rune)     = (*sessionhttp.Refresher).Format
	_ fmt.Formatter                                     = (*sessionhttp.Refresher)(nil)
	_ func(context.Context) (sessionhttp.Outcome, bool) = sessionhttp.OutcomeFromContext

	_ func(
		sessionhttp.CookieRefresher, context.Context, string, sessions.RefreshParams,
	) (*sessions.Cookies, error) = sessionhttp.CookieRefresher.RefreshCookies

	_ sessionhttp.CookieRefresher = (*sessions.Client)(nil)
	_ sessionhttp.CookieRefresher = cookieRefresher(nil)
)

// A cookieRefresher is what a service's test would put in a client's place: CookieRefresher must
// not grow.
type cookieRefresher func(
	context.Context, string, sessions.RefreshParams,
) (*sessions.Cookies, error)

func (f cookieRefresher) RefreshCookies(ctx context.Context, id string,
	params sessions.RefreshParams,
) (*sessions.Cookies, error) {
	return f(ctx, id, params)
}

var (
	_ func([]byte) sessionhttp.Option                              = sessionhttp.WithJWTKey
	_ func(func(context.Context, string) error) sessionhttp.Option = sessionhttp.WithVerifier
	_ func() sessionhttp.Option                                    = sessionhttp.WithTrustedProxy
	_ func(string) sessionhttp.Option                              = sessionhttp.WithOrigin
	_ func(func(*http.Request) string) sessionhttp.Option          = sessionhttp.WithClientIP
	_ func() sessionhttp.Option                                    = sessionhttp.WithHandshake
	_ func(func() time.Time) sessionhttp.Option                    = sessionhttp.WithClock
	_ func(float64, int) sessionhttp.Option                        = sessionhttp.WithRefreshRate
)

const (
	_ sessionhttp.Status = sessionhttp.StatusNotNeeded
	_ sessionhttp.Status = sessionhttp.StatusNotEligible
	_ sessionhttp.Status = sessionhttp.StatusRefreshed
	_ sessionhttp.Status = sessionhttp.StatusHandshakeNeeded
	_ sessionhttp.Status = sessionhttp.StatusUnavailable

	_ = string(sessionhttp.StatusRefreshed)
)

func _(outcome sessionhttp.Outcome) {
	is[sessionhttp.Status](&outcome.Status)
	is[string](&outcome.Reason)
	is[error](&outcome.Err)
}
