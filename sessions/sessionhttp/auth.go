package sessionhttp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// Auth is who sends a request, as far as it is known. It prints, logs and encodes as JSON without
// the token. The zero Auth is nobody.
type Auth struct {
	SignedIn  bool
	UserID    string         // of the verified token; "" unless SignedIn or Pending
	SessionID string         // of the verified token; "" also if the token names no session
	Token     sessions.Token // the verified token; empty unless SignedIn or Pending
	Claims    map[string]any // the payload of the verified token; numbers are float64
	Refreshed bool           // the request's token had expired, and was replaced by a new one
	// Reason says why the sender is not signed in, or what was wrong although SignedIn is true, mostly
	// in the words of the JavaScript SDK; "" if nothing was. The package's documentation lists the
	// reasons.
	Reason string
	// Pending means that the token is good, but the user has tasks to do, such as choosing an
	// organization. SignedIn is then false, unless WithPendingSessions is given.
	Pending bool
	// Temporary means that Clerk could not be asked: the visitor may well be signed in. Answer 503
	// rather than "sign in".
	Temporary bool
	// Err is what went wrong, or nil. Where a refresh or a nonce failed at Clerk, errors.As finds a
	// *sessions.Error. Err shows no token and no cookie.
	Err error
}

// LogValue returns everything but the token.
func (a Auth) LogValue() slog.Value { return slog.StringValue(fmt.Sprintf("%+v", a)) }

// MarshalJSON returns everything but the token, under the names of the fields, and Err as its text.
func (a Auth) MarshalJSON() ([]byte, error) {
	type fields Auth
	shown := struct {
		fields
		Token *struct{} `json:",omitempty"` // in place of the token
		Err   string    `json:",omitempty"`
	}{fields: fields(a)}
	if a.Err != nil {
		shown.Err = a.Err.Error()
	}
	return json.Marshal(shown)
}

// authKey is the key of an *Auth in a context: of a pointer, %#v does not print the token.
type authKey struct{}

// FromContext returns who sends the request with this context. The second result is false if the
// request did not pass the Middleware.
func FromContext(ctx context.Context) (Auth, bool) {
	auth, ok := ctx.Value(authKey{}).(*Auth)
	if !ok {
		return Auth{}, false
	}
	return *auth, true
}

// The reasons that occur in several places. The package's documentation lists all of them.
const (
	reasonUnreadable = "token-invalid"
	reasonForeign    = "token-type-mismatch"
	reasonSignature  = "token-invalid-signature"
	reasonClaims     = "token-verification-failed"
	reasonExpired    = "token-expired"
	reasonEarly      = "session-token-nbf"
	reasonFuture     = "session-token-iat-in-the-future"
	reasonUnknownKey = "jwk-kid-mismatch"
	reasonNoKeys     = "jwk-remote-failed-to-load"
	reasonFetch      = "fetch-error"
	reasonSDK        = "unexpected-sdk-error"
	reasonBadToken   = "invalid-session-token"
)

// problem is why a request is not signed in, or why something that it brought is of no use. Its
// text shows no token, and what it wraps is not printed.
type problem struct {
	reason    string
	temporary bool // Clerk or its keys could not be asked: a later request may do better
	cause     error
}

// refuse is a problem that another request would meet again.
func refuse(reason, text string) *problem { return &problem{reason, false, errors.New(text)} }

// Error returns the cause and the reason.
func (p *problem) Error() string {
	return "clerk: " + strings.TrimPrefix(p.cause.Error(), "clerk: ") + " (" + p.reason + ")"
}

// Unwrap returns the cause.
func (p *problem) Unwrap() error { return p.cause }

// refusals are the errors by which Clerk says that asking again will not help.
var refusals = []error{
	sessions.ErrBadRequest, sessions.ErrUnauthorized, sessions.ErrForbidden, sessions.ErrNotFound,
	sessions.ErrGone, sessions.ErrUnprocessable, sessions.ErrInvalidResponse,
}

// newFailure returns what an error of a call to Clerk stands for: a refusal, or temporary trouble
// such as a rate limit, an outage or a lost connection.
func newFailure(err error) *problem {
	e, isAnswer := errors.AsType[*sessions.Error](err)
	isAnswer = isAnswer && e.StatusCode != 0
	isRefusal := isAnswer && e.StatusCode/100 == 4 && e.StatusCode != http.StatusTooManyRequests ||
		slices.ContainsFunc(refusals, func(refusal error) bool { return errors.Is(err, refusal) })
	p := &problem{reasonFetch, !isRefusal, err}
	switch {
	case isAnswer && len(e.Details) > 0 && e.Details[0].Code != "" && len(e.Details[0].Code) <= 100:
		p.reason = e.Details[0].Code
	case isAnswer && e.StatusCode/100 == 2 && isRefusal:
		p.reason = reasonSDK
	case isAnswer || isRefusal:
		p.reason = "unexpected-bapi-error"
	}
	return p
}
