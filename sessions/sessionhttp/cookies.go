package sessionhttp

import (
	"context"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// readCookies reads Clerk's cookies in the Cookie headers as the official SDK does, which is not as
// net/http does: nothing is dropped, and the first cookie of a name wins. An empty cookie is
// absent.
func (i *instance) readCookies(h http.Header) map[string]string {
	cookies := map[string]string{}
	for pair := range strings.SplitSeq(strings.Join(h["Cookie"], ";"), ";") {
		if pair == "" { // as in a megabyte of semicolons
			continue
		}
		if name, value, found := cutPair(pair); found && i.isOwn(name) {
			if _, seen := cookies[name]; !seen {
				cookies[name] = cookieValue(value)
			}
		}
	}
	return cookies
}

// replaceCookies returns the Cookie header of a browser that was given directives: cookies that are
// set have the new value, deleted ones are gone. The others stay as they are, to the byte.
func replaceCookies(lines []string, directives []directive) []string {
	changed := make(map[string]directive, len(directives)) // the last of a name counts
	for _, d := range directives {
		changed[d.name] = d
	}
	var pairs []string
	for pair := range strings.SplitSeq(strings.Join(lines, ";"), ";") {
		name, _, _ := cutPair(pair)
		pair = strings.Trim(pair, " ")
		if _, found := changed[name]; !found && pair != "" {
			pairs = append(pairs, pair)
		}
	}
	for _, d := range directives {
		if d = changed[d.name]; d.name != "" && !d.deletes {
			pairs = append(pairs, d.name+"="+d.value)
		}
		delete(changed, d.name)
	}
	return []string{strings.Join(pairs, "; ")}
}

// cookieSet is what Clerk wants a browser to hold, checked.
type cookieSet struct {
	directives []directive
	token      string // the session token among them, verified; "": the browser is signed out
}

// directive is the value of one Set-Cookie header.
type directive struct {
	text        string // as Clerk wrote it
	name, value string
	deletes     bool // the browser drops its cookie of that name
}

// parseDirective reads a directive as browsers do. It fails on a control character, which net/http
// would turn into a blank, and on one without a name.
func parseDirective(text string, now time.Time) (directive, bool) {
	pair, _, _ := strings.Cut(text, ";")
	name, value, found := cutPair(pair)
	if !found || name == "" || strings.ContainsFunc(text, unicode.IsControl) {
		return directive{}, false
	}
	value, _, _ = strings.Cut(value, "=")
	d := directive{text: text, name: name, value: value, deletes: value == ""}
	if cookie, err := http.ParseSetCookie(text); err == nil {
		expired := cookie.MaxAge == 0 && !cookie.Expires.IsZero() && !cookie.Expires.After(now)
		d.deletes = d.deletes || cookie.MaxAge < 0 || expired
	}
	return d, true
}

// isOwn reports whether a cookie is one of Clerk's, and if it has an instance's suffix then this
// instance's.
func (i *instance) isOwn(name string) bool {
	switch strings.TrimSuffix(name, i.suffix) {
	case sessionCookie, refreshCookie, clientUATCookie:
		return true
	}
	return strings.HasPrefix(name, "__clerk_")
}

// How many cookies an answer of Clerk's may have, and how many bytes they may have together.
const (
	maxDirectives = 100
	maxAnswer     = 64 << 10
)

// acceptCookies checks what Clerk answered: every directive, and every session token in them. The
// last token that is set counts. The answer to a refresh is about a session, and all its cookies go
// to the browser; of a handshake's answer, only the cookies that are Clerk's do.
func (a *Authenticator) acceptCookies(
	ctx context.Context, cookies *sessions.Cookies, err error, sessionID string,
) (cookieSet, *problem) {
	switch {
	case err != nil:
		return cookieSet{}, newFailure(err)
	case cookies == nil, len(cookies.Directives) > maxDirectives,
		len(strings.Join(cookies.Directives, "")) > maxAnswer:
		return cookieSet{}, refuse(reasonSDK, "there is no answer, or too many cookies are in it")
	}
	var set cookieSet
	for _, text := range cookies.Directives {
		d, ok := parseDirective(text, a.now())
		if !ok {
			return cookieSet{}, refuse(reasonSDK, "a new cookie has no name, or a control character")
		}
		if sessionID == "" && !a.instance.isOwn(d.name) {
			continue
		}
		set.directives = append(set.directives, d)
		if d.deletes || strings.TrimSuffix(d.name, a.instance.suffix) != sessionCookie {
			continue
		}
		token := decodeJWT(d.value)
		if p := a.verify(ctx, &token); p != nil {
			return cookieSet{}, &problem{reasonBadToken, p.temporary, p}
		}
		if sessionID != "" && token.claim("sid") != sessionID {
			return cookieSet{}, refuse(reasonBadToken, "the new token is another session's")
		}
		set.token = d.value
	}
	switch {
	case len(set.directives) == 0:
		return cookieSet{}, refuse(reasonSDK, "there is no cookie in the answer")
	case sessionID != "" && set.token == "":
		return cookieSet{}, refuse(reasonBadToken, "none of the new cookies is a session token")
	}
	return set, nil
}
