package sessionhttp

import (
	"context"
	"errors"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// Status is what became of the session token of a request.
type Status string

// The statuses that an Outcome can have.
const (
	StatusNotNeeded       Status = "not-needed"       // there is no session, or its token is still good
	StatusNotEligible     Status = "not-eligible"     // the token has expired, or cannot be read, and the request may not refresh it
	StatusRefreshed       Status = "refreshed"        // the request goes on with a new token, and the response sets the cookies
	StatusHandshakeNeeded Status = "handshake-needed" // only the browser's handshake with Clerk can tell, or mend, the session's state
	StatusUnavailable     Status = "unavailable"      // Clerk could not be asked or gave no good answer: nothing changes, a later request may do better
)

// Outcome is what the middleware did about a request.
type Outcome struct {
	Status Status
	// Reason says why, in the words of the official JavaScript SDK where it has some, or is Clerk's own error code; "" where there
	// is nothing to say. The package's documentation lists them.
	Reason string
	// Err is what went wrong, if something did: an *sessions.Error where Clerk was asked. It shows no token and no cookie.
	Err error
}

// OutcomeFromContext returns what the middleware did about the request with this context; false if it was not asked.
func OutcomeFromContext(ctx context.Context) (Outcome, bool) {
	holder, ok := ctx.Value(outcomeKey{}).(*outcomeContext)
	if !ok {
		return Outcome{}, false
	}
	return holder.outcome, true
}

type outcomeKey struct{}

// outcomeContext is a request's context with the outcome in it, in one allocation.
type outcomeContext struct {
	context.Context
	outcome Outcome
}

// Value returns the context itself under the package's key.
func (c *outcomeContext) Value(key any) any {
	if key == (outcomeKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// The reasons. Those above the blank line are the official SDK's.
const (
	reasonNoToken        = "missing-session-token"
	reasonNoRefreshToken = "missing-refresh-token"
	reasonUndecodable    = "expired-session-token-decode-failed"
	reasonNoSessionID    = "expired-session-token-missing-sid-claim"
	reasonNotGet         = "non-eligible-non-get"
	reasonNoCookie       = "non-eligible-no-refresh-cookie"
	reasonFetch          = "fetch-error"
	reasonAnswer         = "unexpected-bapi-error"
	reasonInvalidToken   = "invalid-session-token"
	reasonOlderThanUAT   = "session-token-iat-before-client-uat"
	reasonNoUAT          = "session-token-but-no-client-uat"
	reasonNoTokenButUAT  = "client-uat-but-no-session-token" //nolint:gosec // these are reasons, not credentials

	reasonOrigin = "invalid-request-origin"
	reasonRate   = "refresh-rate-limited"
)

// failure returns the outcome of a refresh that Clerk refused, or that did not come to an answer.
func failure(err error) Outcome {
	out := Outcome{Status: StatusUnavailable, Reason: reasonFetch, Err: err}
	for _, terminal := range []error{sessions.ErrUnauthorized, sessions.ErrForbidden, sessions.ErrNotFound, sessions.ErrUnprocessable} {
		if errors.Is(err, terminal) {
			out.Status, out.Reason = StatusHandshakeNeeded, reasonAnswer
		}
	}
	if e, ok := errors.AsType[*sessions.Error](err); ok {
		switch {
		case len(e.Details) > 0 && e.Details[0].Code != "":
			out.Reason = e.Details[0].Code
		case e.StatusCode != 0:
			out.Reason = reasonAnswer
		}
	}
	return out
}
