package sessionhttp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// maxTarget is how many bytes the path and the query of an address may have that a browser comes
// back to from the handshake. Encoded, it is three times as long at most.
const maxTarget = 8 << 10

// askBrowser signs a request out, or sends its browser through the handshake with Clerk's Frontend
// API: if the request is for a page with an address that is not too long, the handshake is on, and
// the browser was not sent there three times within the last ten seconds.
func (a *Authenticator) askBrowser(v *visit, reason string, p *problem) decision {
	d := notSignedIn(reason, p)
	redirects := textToNumber(v.cookies[redirectsCookie])
	if math.IsNaN(redirects) {
		redirects = 0
	}
	if !a.handshake || !v.isPage || redirects < 0 || redirects >= 3 {
		return d
	}
	origin, err := a.Origin(v.req)
	if err == nil && len(target(v.req)) > maxTarget {
		err = errors.New("clerk: the address is too long to come back to")
	}
	if err != nil {
		d.auth.Err = err
		return d
	}
	d.directives = []directive{{text: fmt.Sprintf(
		"%s=%v; Path=/; Max-Age=10; HttpOnly; SameSite=Lax", redirectsCookie, redirects+1)}}
	d.location = a.handshakeURL(v, origin, reason)
	return d
}

// handshakeURL returns where the handshake begins, GET https://<frontend-api>/v1/client/handshake.
// The session token is not sent there, where it would end up in logs.
func (a *Authenticator) handshakeURL(v *visit, origin, reason string) string {
	back := origin + withoutParameters(target(v.req), isClerkParameter)
	address := fmt.Sprintf("%s/v1/client/handshake?redirect_url=%s&__clerk_api_version=%s"+
		"&suffixed_cookies=%t&__clerk_hs_reason=%s&format=nonce", a.frontendAPI,
		url.QueryEscape(back), sessions.DefaultAPIVersion, v.suffix != "", url.QueryEscape(reason))
	if browser := v.devBrowser(); browser != "" && !a.instance.production {
		address += "&" + devBrowser + "=" + url.QueryEscape(browser)
	}
	return address
}

// devBrowser returns the token by which a development instance knows a browser.
func (v *visit) devBrowser() string {
	inQuery, _ := v.parameter(devBrowser)
	return cmp.Or(inQuery, v.cookies[devBrowser+v.suffix])
}

// cleanURL returns the address of a request without the handshake's answer; "" if it has none.
func (a *Authenticator) cleanURL(v *visit) string {
	origin, err := a.Origin(v.req)
	if err != nil {
		return ""
	}
	return origin + withoutParameters(target(v.req), func(name string) bool {
		return slices.Contains([]string{answerToken, answerNonce, devBrowser, "__clerk_help"}, name)
	})
}

// isClerkParameter reports whether a query's parameter is Clerk's.
func isClerkParameter(name string) bool {
	return strings.HasPrefix(name, "__clerk_") || name == "__dev_session"
}

// target returns the path and the query of a request as the browser sent them. It starts with a
// slash, so that what is joined to an origin stays at that origin.
func target(req *http.Request) string {
	if strings.HasPrefix(req.RequestURI, "/") { // what a router made of the URL does not matter
		return req.RequestURI
	}
	u := url.URL{Path: req.URL.Path, RawPath: req.URL.RawPath, RawQuery: req.URL.RawQuery}
	return "/" + strings.TrimPrefix(u.RequestURI(), "/")
}

// withoutParameters returns a target without some parameters of its query. The others stay as they
// are, to the byte.
func withoutParameters(target string, drop func(name string) bool) string {
	path, query, _ := strings.Cut(target, "?")
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if !drop(parameterText(name)) {
			kept = append(kept, pair)
		}
	}
	if query = strings.Join(kept, "&"); query != "" {
		path += "?" + query
	}
	return path
}

// answer is the outcome of a handshake, as the browser brings it: the cookies in a signed token, or
// a nonce that Clerk gives the cookies for.
type answer struct {
	name, text string // of the cookie or the parameter
	inQuery    bool
}

// findAnswer returns the handshake's answer in a request; a nonce hides a token. Nothing binds an
// answer to the browser that asked for it: with a link that holds one, somebody could sign a
// visitor in as themselves. So in production, where Clerk sets cookies, only these count.
func (a *Authenticator) findAnswer(v *visit) (answer, bool) {
	for _, name := range []string{answerNonce, answerToken} {
		found := answer{name, v.cookies[name], false}
		if text, _ := v.parameter(name); text != "" && !a.instance.production {
			found = answer{name, text, true}
		}
		if found.text != "" {
			return found, true
		}
	}
	return answer{}, false
}

// takeNonce gets the cookies for a nonce.
//
// GET /clients/handshake_payload
func (a *Authenticator) takeNonce(ctx context.Context, nonce string) (cookieSet, *problem) {
	if !nonces.MatchString(nonce) {
		return cookieSet{}, refuse("invalid-handshake-nonce", "no nonce has such characters")
	}
	key := a.shared.digest("nonce", nonce)
	return a.shared.cookies(ctx, exchange{
		key: key, holder: key,
		send: func(ctx context.Context) (cookieSet, *problem) {
			cookies, err := a.backend.HandshakeCookies(ctx, nonce)
			return a.acceptCookies(ctx, cookies, err, "")
		},
	})
}

// nonces are what a nonce can look like.
var nonces = regexp.MustCompile(`^[A-Za-z0-9_.~-]{1,512}$`)

// takeToken reads the cookies in a handshake's token. A customer's JWT template, which the same key
// signs, can hold any claim: its category tells it from a handshake's.
func (a *Authenticator) takeToken(ctx context.Context, text string) (cookieSet, *problem) {
	t := decodeJWT(text)
	if p := cmp.Or(a.verifySignature(ctx, &t), a.verifyTimes(&t, false)); p != nil {
		return cookieSet{}, p
	}
	list, _ := t.claims["handshake"].([]any)
	cookies := &sessions.Cookies{Directives: make([]string, len(list))}
	for i, member := range list {
		cookies.Directives[i], _ = member.(string) // what is no text is refused as ""
	}
	return a.acceptCookies(ctx, cookies, nil, "")
}
