package consumer

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

type (
	authenticator = sessionhttp.Authenticator
	authOption    = sessionhttp.Option
)

var _ func(
	sessionhttp.Backend, string, ...authOption,
) (*authenticator, error) = sessionhttp.New

var (
	_ func(*authenticator, http.Handler) http.Handler                = (*authenticator).Middleware
	_ func(*authenticator, http.Handler) http.Handler                = (*authenticator).Require
	_ func(*authenticator, *http.Request) string                     = (*authenticator).Token
	_ func(*authenticator, *http.Request) (string, error)            = (*authenticator).Origin
	_ func(*authenticator, http.ResponseWriter, *http.Request) error = (*authenticator).SignOut
	_ func(context.Context) (sessionhttp.Auth, bool)                 = sessionhttp.FromContext
	_ func(sessionhttp.Auth) slog.Value                              = sessionhttp.Auth.LogValue
	_ func(sessionhttp.Auth) ([]byte, error)                         = sessionhttp.Auth.MarshalJSON
	_ func(
		*authenticator, *http.Request,
	) (string, sessions.RefreshParams, error) = (*authenticator).Params
)

var (
	_ sessionhttp.Backend = (*sessions.Client)(nil)
	_ sessionhttp.Backend = standIn{}
)

// standIn is what a service's test would put in a client's place: Backend must not grow.
type standIn struct{}

func (standIn) RefreshCookies(
	context.Context, string, sessions.RefreshParams,
) (*sessions.Cookies, error) {
	return nil, sessions.ErrServer
}

func (standIn) HandshakeCookies(context.Context, string) (*sessions.Cookies, error) {
	return nil, sessions.ErrServer
}

func (standIn) Revoke(context.Context, string) (*sessions.Session, error) {
	return nil, sessions.ErrServer
}

var (
	_ func([]byte) authOption                              = sessionhttp.WithJWTKey
	_ func(func(context.Context, string) error) authOption = sessionhttp.WithVerifier
	_ func(string) authOption                              = sessionhttp.WithFrontendAPI
	_ func(...string) authOption                           = sessionhttp.WithAuthorizedParties
	_ func(time.Duration) authOption                       = sessionhttp.WithClockSkew
	_ func(time.Duration) authOption                       = sessionhttp.WithTimeout
	_ func(time.Duration) authOption                       = sessionhttp.WithOutageGrace
	_ func() authOption                                    = sessionhttp.WithoutHandshake
	_ func() authOption                                    = sessionhttp.WithPendingSessions
	_ func(string) authOption                              = sessionhttp.WithSignInURL
	_ func(
		func(*http.Request, sessionhttp.Auth, time.Duration),
	) authOption = sessionhttp.WithObserver
)

var (
	_ func() authOption                           = sessionhttp.WithTrustedProxy
	_ func(string) authOption                     = sessionhttp.WithOrigin
	_ func(func(*http.Request) string) authOption = sessionhttp.WithClientIP
	_ func(func() time.Time) authOption           = sessionhttp.WithClock
	_ func(float64, int) authOption               = sessionhttp.WithRefreshRate
	_ func(...string) authOption                  = sessionhttp.WithRefreshMethods
)

func _(auth sessionhttp.Auth, backend sessionhttp.Backend) {
	is[bool](&auth.SignedIn)
	is[string](&auth.UserID)
	is[string](&auth.SessionID)
	is[sessions.Token](&auth.Token)
	is[map[string]any](&auth.Claims)
	is[bool](&auth.Refreshed)
	is[string](&auth.Reason)
	is[bool](&auth.Pending)
	is[bool](&auth.Temporary)
	is[error](&auth.Err)

	_, _, _ = backend.RefreshCookies, backend.HandshakeCookies, backend.Revoke
}
