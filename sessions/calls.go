package sessions

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"

	"github.com/clerk-sessions/clerk-sessions-go/gen"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/wire"
)

// List returns one page of the sessions that match params, newest first; All returns all of them.
// Name a user or a client: Clerk deprecated lists without either. If the page holds a session of
// another user or client than was asked for, the error matches ErrInvalidResponse.
//
// GET /sessions
func (c *Client) List(ctx context.Context, params ListParams) (*SessionList, error) {
	return do(ctx, c, wire.GetSessionList, params.check(), nil, params.read,
		func(api *gen.Client) (*http.Response, error) { return api.GetSessionList(ctx, params.query()) })
}

// Get returns the session with an id. ErrNotFound says that there is none.
//
// GET /sessions/{session_id}
func (c *Client) Get(ctx context.Context, sessionID string) (*Session, error) {
	return do(ctx, c, wire.GetSession, checkSessionID(sessionID), nil, asked(sessionID).read,
		func(api *gen.Client) (*http.Response, error) { return api.GetSession(ctx, sessionID) })
}

// Create starts a session for a user who has not signed in. It is meant for tests: Clerk refuses it
// for production instances. The request is not sent again once it may have reached Clerk; if its
// answer is lost, the error matches ErrOutcomeUnknown.
//
// POST /sessions
func (c *Client) Create(ctx context.Context, params CreateParams) (*Session, error) {
	return do(ctx, c, wire.CreateSession, params.check(), nil, asked("").read,
		func(api *gen.Client) (*http.Response, error) {
			return api.CreateSession(ctx, gen.CreateSessionRequest{
				UserID: params.UserID, ActiveOrganizationID: params.ActiveOrganizationID,
			})
		})
}

// Revoke ends a session and returns it: the session's user has to sign in again. Tokens that were
// minted before stay good until they expire. If the answer is a session that is still active, the
// error matches ErrInvalidResponse.
//
// POST /sessions/{session_id}/revoke
func (c *Client) Revoke(ctx context.Context, sessionID string) (*Session, error) {
	return do(ctx, c, wire.RevokeSession, checkSessionID(sessionID), nil, asked(sessionID).readRevoked,
		func(api *gen.Client) (*http.Response, error) { return api.RevokeSession(ctx, sessionID) })
}

// Verify returns the session that a session token belongs to, if the session is active. The request
// asks for API version 2024-10-01, see WithAPIVersion. Some day Clerk may answer it no longer: the
// error then matches ErrGone or ErrNotFound.
//
// POST /sessions/{session_id}/verify
//
// Deprecated: Clerk removed the endpoint in version 2025-04-10. Verify the token's signature
// instead, which needs no request.
func (c *Client) Verify(ctx context.Context, sessionID, token string) (*Session, error) {
	problem := cmp.Or(checkSessionID(sessionID), checkRequired("the token", token))
	secrets := func() []string { return []string{token} }
	return do(ctx, c, wire.VerifySession, problem, secrets, asked(sessionID).read,
		func(api *gen.Client) (*http.Response, error) {
			return api.VerifySession(ctx, sessionID, gen.VerifySessionRequest{Token: token})
		})
}

// GetToken mints a token of a session: a session token, or a token made from the JWT template that
// params name.
//
// POST /sessions/{session_id}/tokens
//
// POST /sessions/{session_id}/tokens/{template_name}
func (c *Client) GetToken(
	ctx context.Context, sessionID string, params TokenParams,
) (*Token, error) {
	problem := cmp.Or(checkSessionID(sessionID), params.check())
	return do(ctx, c, tokenOperation(params), problem, nil, readToken,
		func(api *gen.Client) (*http.Response, error) {
			template := params.Template
			body := gen.CreateTokenRequest{ExpiresInSeconds: int64(params.ExpiresIn.Seconds())}
			switch {
			case template == "" && params.ExpiresIn == 0: // no body at all
				return api.CreateSessionTokenWithBody(ctx, sessionID, mediaType, nil)
			case template == "":
				return api.CreateSessionToken(ctx, sessionID, body)
			case params.ExpiresIn == 0:
				return api.CreateSessionTokenFromTemplateWithBody(ctx, sessionID, template, mediaType, nil)
			}
			return api.CreateSessionTokenFromTemplate(ctx, sessionID, template, body)
		})
}

func tokenOperation(params TokenParams) *wire.Operation {
	if params.Template == "" {
		return wire.CreateSessionToken
	}
	return wire.CreateSessionTokenFromTemplate
}

// RefreshToken trades an expired session token and the browser's refresh token for a new session
// token. ErrUnauthorized means that the browser has to go through Clerk's handshake. The request is
// not sent again once it may have reached Clerk; if its answer is lost, the error matches
// ErrOutcomeUnknown, and the refresh token may be used up.
//
// POST /sessions/{session_id}/refresh
func (c *Client) RefreshToken(
	ctx context.Context, sessionID string, params RefreshParams,
) (*Token, error) {
	return refresh(ctx, c, sessionID, &params, gen.RefreshSessionRequestFormatToken, readToken)
}

// RefreshCookies does what RefreshToken does, and returns the new session token as cookies for the
// browser. The errors are those of RefreshToken.
//
// POST /sessions/{session_id}/refresh
func (c *Client) RefreshCookies(
	ctx context.Context, sessionID string, params RefreshParams,
) (*Cookies, error) {
	return refresh(ctx, c, sessionID, &params, gen.RefreshSessionRequestFormatCookie, readCookies)
}

// refresh asks for the answer in a format; read refuses an answer in another one. The body, which
// is as long as the browser's headers, is encoded when the request is sent: a call that waits for
// its turn holds its parameters alone.
func refresh[G, T any](ctx context.Context, c *Client, sessionID string, params *RefreshParams,
	format gen.RefreshSessionRequestFormat, read func(*G) (*T, error),
) (*T, error) {
	problem := cmp.Or(checkSessionID(sessionID), params.check())
	query := &gen.RefreshSessionParams{SuffixedCookies: nonZero(params.SuffixedCookies)}
	return do(ctx, c, wire.RefreshSession, problem, params.secrets, read,
		func(api *gen.Client) (*http.Response, error) {
			encode := func(_ context.Context, req *http.Request) error {
				req.GetBody = func() (io.ReadCloser, error) {
					text, err := json.Marshal(params.body(format)) //nolint:gosec // Clerk is to have it
					return io.NopCloser(bytes.NewReader(text)), err
				}
				return nil
			}
			return api.RefreshSessionWithBody(ctx, sessionID, query, mediaType, nil, encode)
		})
}

// HandshakeCookies returns the cookies that Clerk has for a browser which comes back from Clerk's
// handshake. The browser brings the nonce, as the cookie or the query's parameter
// __clerk_handshake_nonce. A nonce works once: ErrNotFound means that it is used up or unknown. The
// request is not sent again once it may have reached Clerk; if its answer is lost, the error
// matches ErrOutcomeUnknown, and the nonce may be used up.
//
// GET /clients/handshake_payload
func (c *Client) HandshakeCookies(ctx context.Context, nonce string) (*Cookies, error) {
	secrets := func() []string { return []string{nonce} }
	return do(ctx, c, wire.GetHandshakePayload, checkNonce(nonce), secrets, readHandshake,
		func(api *gen.Client) (*http.Response, error) {
			return api.GetHandshakePayload(ctx, &gen.GetHandshakePayloadParams{Nonce: nonce})
		})
}

// OperationFromContext returns the operation that a request belongs to, by the request's context.
// It is for an http.RoundTripper, see WithHTTPClient, that traces or counts requests. The second
// result is false for a request that this package has not sent.
func OperationFromContext(ctx context.Context) (Operation, bool) {
	op := cmp.Or(wire.OperationFrom(ctx), &wire.Operation{})
	return Operation{op.Name, op.Method, op.PathTemplate}, op.Name != ""
}

// AttemptFromContext returns the number of a request within its call, by the request's context: 1
// for the first request, 2 for the first that is sent again. It is for an http.RoundTripper, see
// WithHTTPClient, and is 0 for a request that this package has not sent.
func AttemptFromContext(ctx context.Context) int { return wire.AttemptFrom(ctx) }

// Operation is one of Clerk's endpoints. It holds no ids, so that spans and metrics can be named
// after it.
type Operation struct {
	Name         string // the operationId: "GetSession"
	Method       string // "GET"
	PathTemplate string // below the base URL: "/sessions/{session_id}"
}
