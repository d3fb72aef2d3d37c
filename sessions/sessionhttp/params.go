package sessionhttp

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/sessionid"
)

// Params returns what RefreshCookies needs to refresh the session of a request, for a service that makes the call itself. It does
// not ask whether the token has expired or whether the method is GET. With a verifying key it checks the token's signature.
//
// It fails when the request lacks one of the tokens, when the session token cannot be read, names no session or was signed by
// somebody else, and when the origin cannot be told. The error shows no token.
func (r *Refresher) Params(req *http.Request) (sessionID string, p sessions.RefreshParams, err error) {
	v := r.read(req, r.now())
	a, err := r.ask(req, &v)
	if err != nil {
		return "", sessions.RefreshParams{}, err
	}
	if err := r.verify(req.Context(), a.params.ExpiredToken); err != nil {
		return "", sessions.RefreshParams{}, refuse(reasonInvalidToken, err)
	}
	return a.sessionID, a.params, nil
}

// ask is a refresh that could be asked for.
type ask struct {
	sessionID string
	params    sessions.RefreshParams
}

// ask prepares the refresh for a request. Its errors are *refusal.
func (r *Refresher) ask(req *http.Request, v *visit) (ask, error) {
	expired, c, readable := v.token, v.claims, v.readable
	if expired == "" && v.bearer != "" {
		expired = v.bearer
		c, readable = decodeToken(expired)
	}
	switch {
	case expired == "":
		return ask{}, refuse(reasonNoToken, errors.New("the request has no session token"))
	case v.ownRefresh == "":
		return ask{}, refuse(reasonNoRefreshToken, fmt.Errorf("the request has no cookie %s", r.instance.ownRefresh))
	case !readable:
		return ask{}, refuse(reasonUndecodable, errors.New("the session token cannot be decoded"))
	case c.sessionID.kind != '"' || sessionid.Problem(c.sessionID.text) != "":
		return ask{}, refuse(reasonNoSessionID, errors.New("the session token has no sid claim that is a session id"))
	}
	origin, err := r.Origin(req)
	if err != nil {
		return ask{}, refuse(reasonOrigin, err)
	}
	a := ask{sessionID: c.sessionID.text, params: sessions.RefreshParams{
		ExpiredToken:    expired,
		RefreshToken:    v.ownRefresh,
		RequestOrigin:   origin,
		RequestHeaders:  requestHeaders(req),
		SuffixedCookies: v.suffixed,
	}}
	if r.clientIP != nil {
		a.params.RequestOriginatingIP = fromLatin1(r.clientIP(req))
	}
	return a, nil
}

// refusal is why no refresh can be asked for.
type refusal struct {
	reason string
	cause  error
}

func refuse(reason string, cause error) *refusal { return &refusal{reason: reason, cause: cause} }

func (e *refusal) Error() string {
	return "clerk: no refresh: " + strings.TrimPrefix(e.cause.Error(), "clerk: ") + " (" + e.reason + ")"
}

// Unwrap returns the cause.
func (e *refusal) Unwrap() error { return e.cause }
