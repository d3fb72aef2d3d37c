package sessionhttp

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/sessionid"
)

// refresh gets new cookies for a request whose token has expired, and is good but for that.
//
// POST /sessions/{session_id}/refresh
func (a *Authenticator) refresh(ctx context.Context, v *visit) (cookieSet, *problem) {
	if p := a.eligible(v); p != nil {
		return cookieSet{}, p
	}
	params, p := a.params(ctx, v)
	if p != nil {
		return cookieSet{}, p
	}
	s, sessionID, name := a.shared, v.token.claim("sid"), a.nameOrigin(v.req)
	return s.cookies(ctx, exchange{
		key: s.digest(append(name[:], sessionID, params.RefreshToken, params.ExpiredToken,
			v.suffix, "refresh")...),
		holder:  s.digest("holder", sessionID, params.RefreshToken),
		session: s.digest("session", sessionID),
		send: func(ctx context.Context) (cookieSet, *problem) {
			origin, err := name.origin()
			if p, isBad := errors.AsType[*problem](err); isBad {
				return cookieSet{}, p
			}
			params.RequestOrigin = origin
			cookies, err := a.backend.RefreshCookies(ctx, sessionID, params)
			return a.acceptCookies(ctx, cookies, err, sessionID)
		},
	})
}

const noRefreshCookie = "there is no refresh cookie of the instance"

// eligible returns nil if a request's session may be refreshed, whatever its tokens are.
func (a *Authenticator) eligible(v *visit) *problem {
	isOther := v.token.text == "" ||
		v.token.readable && v.token.claim("sid") != v.header.claim("sid")
	switch {
	case !slices.Contains(a.methods, v.req.Method):
		return refuse("non-eligible-non-get", "a "+v.req.Method+" is not refreshed")
	case v.refreshToken == "":
		return refuse("non-eligible-no-refresh-cookie", noRefreshCookie)
	case v.hasAnswer():
		return refuse("non-eligible-handshake-answer", "there is a handshake's answer")
	case v.req.Header.Get("Upgrade") != "":
		return refuse("non-eligible-upgrade", "the connection is to be upgraded")
	case v.header.text != "" && isOther:
		return refuse("non-eligible-other-session", "the header's session is not the cookies'")
	}
	return nil
}

// refreshable returns nil if a request's cookies hold what a refresh needs. The session token in
// them is verified, whatever its age: it may be the header's token that was verified before.
func (a *Authenticator) refreshable(ctx context.Context, v *visit) *problem {
	switch {
	case v.token.text == "":
		return refuse("missing-session-token", "there is no session token in the cookies")
	case v.refreshToken == "":
		return refuse("missing-refresh-token", noRefreshCookie)
	case !v.token.readable:
		return refuse("expired-session-token-decode-failed", "the session token is no JWT")
	case !sessionid.Valid(v.token.claim("sid")):
		return refuse("expired-session-token-missing-sid-claim", "its sid is no session id")
	case len(v.token.text) > 8<<10, len(v.refreshToken) > 4<<10: // a browser's cookie has 4 KiB
		return refuse("non-eligible-too-long", "a token is too long")
	}
	if p := a.verifySignature(ctx, &v.token); p != nil {
		return &problem{reasonBadToken, p.temporary, p}
	}
	return nil
}

// params returns what Clerk is told of a request beside its origin, if its cookies hold what a
// refresh needs.
func (a *Authenticator) params(ctx context.Context, v *visit) (sessions.RefreshParams, *problem) {
	if p := a.refreshable(ctx, v); p != nil {
		return sessions.RefreshParams{}, p
	}
	p := sessions.RefreshParams{
		ExpiredToken:    v.token.text,
		RefreshToken:    v.refreshToken,
		RequestHeaders:  requestHeaders(v.req),
		SuffixedCookies: v.suffix != "",
	}
	ip := a.clientIP(v.req)
	if addr, err := netip.ParseAddr(ip); err == nil && addr.Zone() == "" {
		p.RequestOriginatingIP = ip
	}
	return p, nil
}

// Params returns the session of a request and what RefreshCookies needs to refresh it, for a
// service that makes the call itself. The token's signature is checked, for which the instance's
// keys may be fetched; neither the token's age nor the request's method matters.
//
// Params fails if the request's cookies lack a session token or a refresh token, if the session
// token cannot be read, names no session or was not signed by the instance, if the tokens are
// longer than a browser's cookies can be, and if Origin fails. The error shows no token.
func (a *Authenticator) Params(
	req *http.Request,
) (sessionID string, p sessions.RefreshParams, err error) {
	v := a.read(req)
	ctx, cancel := a.wait(v)
	defer cancel()
	p, failed := a.params(ctx, v)
	if failed != nil {
		return "", p, failed
	}
	if p.RequestOrigin, err = a.Origin(req); err != nil {
		return "", sessions.RefreshParams{}, err
	}
	return v.token.claim("sid"), p, nil
}

const (
	maxHeaders = 16 << 10 // bytes of request headers that are sent to Clerk, as JSON
	maxHeader  = 2 << 10  // bytes of one of them, where all would be too much
)

// shortList names the headers that are sent where all would be too much.
var shortList = []string{
	"User-Agent", "Accept-Language", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host",
	"X-Forwarded-Port", "X-Forwarded-Proto", "X-Real-Ip",
}

// requestHeaders returns the headers of a request as the official SDK sends them on: every name in
// lower case, its values in one text, the Host among them. Of a request with too many, only the
// short list and the cookies' names are sent.
func requestHeaders(req *http.Request) http.Header {
	size, h := encodedSize(req.Host), req.Header
	for name, values := range req.Header {
		size += encodedSize(name) + encodedSize(strings.Join(values, ", ")) + len(":[],")
		if size > maxHeaders {
			h = shortHeaders(h)
			break
		}
	}
	headers := make(http.Header, len(h)+1)
	for name, values := range h {
		if len(values) == 0 {
			continue
		}
		separator := ", "
		if name == "Cookie" {
			separator = "; "
		}
		name = strings.ToLower(fromLatin1(name)) // two may become one
		values = append(headers[name], fromLatin1(strings.Join(values, separator)))
		headers[name] = []string{strings.Join(values, separator)}
	}
	if req.Host != "" && encodedSize(req.Host) <= maxHeader {
		headers["host"] = []string{fromLatin1(req.Host)}
	}
	return headers
}

// encodedSize returns how many bytes of JSON a header's text becomes, at least maxHeaders for one
// that is too long: JSON writes some characters in six.
func encodedSize(text string) int {
	encoded, _ := json.Marshal(fromLatin1(text[:min(len(text), maxHeaders)])) // a text never fails
	return len(encoded)
}

// shortHeaders returns the short list, and the cookies without their values.
func shortHeaders(h http.Header) http.Header {
	short := http.Header{}
	for _, name := range shortList {
		if value := strings.Join(h[name], ", "); value != "" && encodedSize(value) <= maxHeader {
			short[name] = []string{value}
		}
	}
	var names strings.Builder
	size := 0
	for pair := range strings.SplitSeq(strings.Join(h["Cookie"], ";"), ";") {
		name, _, found := cutPair(pair)
		if !found {
			continue
		}
		if size += encodedSize(name) + 1; size > maxHeader {
			break
		}
		names.WriteString(name + "=; ")
	}
	short["Cookie"] = []string{strings.TrimRight(names.String(), "; ")}
	return short
}
