package consumer

import (
	"context"
	"encoding"
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// The client.
var (
	_ func(string, ...sessions.Option) (*sessions.Client, error) = sessions.NewClient
	_ func(
		*sessions.Client, ...sessions.Option,
	) (*sessions.Client, error) = (*sessions.Client).With
	_ func() *http.Transport                           = sessions.NewTransport
	_ func(*sessions.Client)                           = (*sessions.Client).CloseIdleConnections
	_ func(*sessions.Client, fmt.State, rune)          = (*sessions.Client).Format
	_ func(*sessions.Client) slog.Value                = (*sessions.Client).LogValue
	_ func(context.Context) (sessions.Operation, bool) = sessions.OperationFromContext
	_ func(context.Context) int                        = sessions.AttemptFromContext
	_ func(
		*sessions.Client, context.Context, string,
	) (*sessions.Session, error) = (*sessions.Client).Get
	_ func(
		*sessions.Client, context.Context, string,
	) (*sessions.Session, error) = (*sessions.Client).Revoke
	//nolint:staticcheck // deprecated upstream, still promised
	_ func(
		*sessions.Client, context.Context, string, string,
	) (*sessions.Session, error) = (*sessions.Client).Verify

	_ func(
		*sessions.Client, context.Context, sessions.ListParams,
	) (*sessions.SessionList, error) = (*sessions.Client).List
	_ func(
		*sessions.Client, context.Context, sessions.ListParams,
	) iter.Seq2[sessions.Session, error] = (*sessions.Client).All
	_ func(
		*sessions.Client, context.Context, sessions.CreateParams,
	) (*sessions.Session, error) = (*sessions.Client).Create
	_ func(
		*sessions.Client, context.Context, sessions.RevokeAllParams,
	) (*sessions.RevokeAllResult, error) = (*sessions.Client).RevokeAll

	_ func(
		*sessions.Client, context.Context, string, sessions.TokenParams,
	) (*sessions.Token, error) = (*sessions.Client).GetToken
	_ func(
		*sessions.Client, context.Context, string, sessions.RefreshParams,
	) (*sessions.Token, error) = (*sessions.Client).RefreshToken
	_ func(
		*sessions.Client, context.Context, string, sessions.RefreshParams,
	) (*sessions.Cookies, error) = (*sessions.Client).RefreshCookies
	_ func(
		*sessions.Client, context.Context, string,
	) (*sessions.Cookies, error) = (*sessions.Client).HandshakeCookies
)

// The options.
var (
	_ func(string) sessions.Option               = sessions.WithBaseURL
	_ func() sessions.Option                     = sessions.WithInsecureHTTP
	_ func(*http.Client) sessions.Option         = sessions.WithHTTPClient
	_ func(string) sessions.Option               = sessions.WithAPIVersion
	_ func(string) sessions.Option               = sessions.WithUserAgent
	_ func(time.Duration) sessions.Option        = sessions.WithTimeout
	_ func(time.Duration) sessions.Option        = sessions.WithCallTimeout
	_ func(sessions.Limiter) sessions.Option     = sessions.WithLimiter
	_ func(sessions.RetryPolicy) sessions.Option = sessions.WithRetry
	_ func(*slog.Logger) sessions.Option         = sessions.WithLogger

	_ func(func(context.Context, sessions.Event)) sessions.Option = sessions.WithObserver

	_ func(sessions.Limiter, context.Context) error = sessions.Limiter.Wait
)

// The token cache.
var (
	_ func(
		sessions.TokenMinter, ...sessions.TokenCacheOption,
	) *sessions.TokenCache = sessions.NewTokenCache
	_ func(int) sessions.TokenCacheOption           = sessions.WithTokenCacheSize
	_ func(time.Duration) sessions.TokenCacheOption = sessions.WithTokenMargin
	_ func(*sessions.TokenCache, string)            = (*sessions.TokenCache).Forget

	_ func(
		*sessions.TokenCache, context.Context, string, sessions.TokenParams,
	) (*sessions.Token, error) = (*sessions.TokenCache).GetToken
	_ func(
		sessions.TokenMinter, context.Context, string, sessions.TokenParams,
	) (*sessions.Token, error) = sessions.TokenMinter.GetToken

	_ sessions.TokenMinter = (*sessions.Client)(nil)
	_ sessions.TokenMinter = (*sessions.TokenCache)(nil)
	_ sessions.TokenMinter = minter(nil)
)

// A minter is what a service's test would put in a client's place: TokenMinter must not grow.
type minter func(context.Context, string, sessions.TokenParams) (*sessions.Token, error)

func (m minter) GetToken(ctx context.Context, id string,
	params sessions.TokenParams,
) (*sessions.Token, error) {
	return m(ctx, id, params)
}

// Tokens, cookies and refresh parameters print, log and encode as their methods say.
var (
	_ func(sessions.Token) (time.Time, bool)                = sessions.Token.ExpiresAt
	_ func(sessions.Token, fmt.State, rune)                 = sessions.Token.Format
	_ func(sessions.Token) slog.Value                       = sessions.Token.LogValue
	_ func(sessions.Token) ([]byte, error)                  = sessions.Token.MarshalJSON
	_ func(sessions.Cookies, http.Header)                   = sessions.Cookies.AddTo
	_ func(sessions.Cookies) ([]*http.Cookie, error)        = sessions.Cookies.HTTPCookies
	_ func(sessions.Cookies, string) (sessions.Token, bool) = sessions.Cookies.SessionToken
	_ func(sessions.Cookies, fmt.State, rune)               = sessions.Cookies.Format
	_ func(sessions.Cookies) slog.Value                     = sessions.Cookies.LogValue
	_ func(sessions.Cookies) ([]byte, error)                = sessions.Cookies.MarshalJSON
	_ func(sessions.RefreshParams, fmt.State, rune)         = sessions.RefreshParams.Format
	_ func(sessions.RefreshParams) slog.Value               = sessions.RefreshParams.LogValue
	_ func(sessions.RefreshParams) ([]byte, error)          = sessions.RefreshParams.MarshalText
	_ func(sessions.Status) bool                            = sessions.Status.IsKnown

	_ []fmt.Formatter = []fmt.Formatter{
		sessions.Client{},
		sessions.Token{},
		sessions.Cookies{},
		sessions.RefreshParams{},
		&sessions.Error{},
	}
	_ []slog.LogValuer = []slog.LogValuer{
		sessions.Client{},
		sessions.Token{},
		sessions.Cookies{},
		sessions.RefreshParams{},
		&sessions.Error{},
	}
	_ []json.Marshaler       = []json.Marshaler{sessions.Token{}, sessions.Cookies{}}
	_ encoding.TextMarshaler = sessions.RefreshParams{}
)

// Errors.
var (
	_ func(*sessions.Error) string           = (*sessions.Error).Error
	_ func(*sessions.Error, fmt.State, rune) = (*sessions.Error).Format
	_ func(*sessions.Error, string) bool     = (*sessions.Error).HasCode
	_ func(*sessions.Error, error) bool      = (*sessions.Error).Is
	_ func(*sessions.Error) slog.Value       = (*sessions.Error).LogValue
	_ func(*sessions.Error) error            = (*sessions.Error).Unwrap
	_ error                                  = (*sessions.Error)(nil)
)

func _() {
	is[error](&sessions.ErrInvalidParams)
	is[error](&sessions.ErrBadRequest)
	is[error](&sessions.ErrUnauthorized)
	is[error](&sessions.ErrForbidden)
	is[error](&sessions.ErrNotFound)
	is[error](&sessions.ErrGone)
	is[error](&sessions.ErrUnprocessable)
	is[error](&sessions.ErrRateLimited)
	is[error](&sessions.ErrServer)
	is[error](&sessions.ErrInvalidResponse)
	is[error](&sessions.ErrOutcomeUnknown)
}

// The constants, some of them constants without a type.
const (
	_ string = sessions.DefaultBaseURL
	_ string = sessions.DefaultAPIVersion

	_ sessions.Status = sessions.StatusAbandoned
	_ sessions.Status = sessions.StatusActive
	_ sessions.Status = sessions.StatusEnded
	_ sessions.Status = sessions.StatusExpired
	_ sessions.Status = sessions.StatusPending
	_ sessions.Status = sessions.StatusRemoved
	_ sessions.Status = sessions.StatusReplaced
	_ sessions.Status = sessions.StatusRevoked

	_ = string(sessions.StatusActive)
)

func _(
	list sessions.ListParams, create sessions.CreateParams, token sessions.TokenParams,
	refresh sessions.RefreshParams,
	revokeAll sessions.RevokeAllParams, retry sessions.RetryPolicy, event sessions.Event,
) {
	is[string](&event.Operation)
	is[int](&event.Attempts)
	is[time.Duration](&event.Wait)
	is[bool](&event.HeldBack)
	is[string](&event.Cache)

	is[string](&list.ClientID)
	is[string](&list.UserID)
	is[sessions.Status](&list.Status)
	is[int](&list.Limit)
	is[int](&list.Offset)

	is[string](&create.UserID)
	is[string](&create.ActiveOrganizationID)

	is[string](&token.Template)
	is[time.Duration](&token.ExpiresIn)

	is[string](&refresh.ExpiredToken)
	is[string](&refresh.RefreshToken)
	is[string](&refresh.RequestOrigin)
	is[string](&refresh.RequestOriginatingIP)
	is[http.Header](&refresh.RequestHeaders)
	is[bool](&refresh.SuffixedCookies)

	is[string](&revokeAll.UserID)
	is[string](&revokeAll.ClientID)
	is[[]sessions.Status](&revokeAll.Statuses)
	is[[]string](&revokeAll.Except)
	is[int](&revokeAll.Concurrency)

	is[int](&retry.MaxAttempts)
	is[time.Duration](&retry.BaseDelay)
	is[time.Duration](&retry.MaxDelay)
	is[time.Duration](&retry.MaxRetryAfter)
}

func _(
	session sessions.Session, activity sessions.Activity, task sessions.Task,
	list sessions.SessionList,
	revoked sessions.RevokeAllResult, failure sessions.RevokeFailure, token sessions.Token,
	cookies sessions.Cookies,
) {
	is[string](&session.ID)
	is[string](&session.ClientID)
	is[string](&session.UserID)
	is[sessions.Status](&session.Status)
	is[string](&session.LastActiveOrganizationID)
	is[*sessions.Activity](&session.LatestActivity)
	is[map[string]any](&session.Actor)
	is[[]sessions.Task](&session.Tasks)
	is[time.Time](&session.LastActiveAt)
	is[time.Time](&session.ExpireAt)
	is[time.Time](&session.AbandonAt)
	is[time.Time](&session.CreatedAt)
	is[time.Time](&session.UpdatedAt)

	is[string](&activity.ID)
	is[string](&activity.DeviceType)
	is[string](&activity.BrowserName)
	is[string](&activity.BrowserVersion)
	is[string](&activity.IPAddress)
	is[string](&activity.City)
	is[string](&activity.Country)
	is[bool](&activity.IsMobile)

	is[string](&task.Key)

	is[[]sessions.Session](&list.Data)
	is[int](&list.TotalCount)

	is[[]sessions.Session](&revoked.Revoked)
	is[[]sessions.RevokeFailure](&revoked.Failed)
	is[string](&failure.SessionID)
	is[error](&failure.Err)

	is[string](&token.JWT)
	is[[]string](&cookies.Directives)
}

func _(e *sessions.Error, detail sessions.ErrorDetail, op sessions.Operation) {
	is[string](&e.Operation)
	is[int](&e.StatusCode)
	is[[]sessions.ErrorDetail](&e.Details)
	is[string](&e.TraceID)
	is[time.Duration](&e.RetryAfter)
	is[int](&e.Attempts)
	is[string](&e.Body)

	is[string](&detail.Code)
	is[string](&detail.Message)
	is[string](&detail.LongMessage)
	is[map[string]any](&detail.Meta)

	is[string](&op.Name)
	is[string](&op.Method)
	is[string](&op.PathTemplate)
}
