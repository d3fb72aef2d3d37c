package sessionstest

import (
	"crypto/sha1" //nolint:gosec // Clerk's cookie suffix is made with SHA-1
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	sessionCookie        = "__session"
	clientUATCookie      = "__client_uat"
	refreshCookie        = "__refresh"
	devBrowserCookie     = "__clerk_db_jwt"          // in development: also a parameter of the query
	handshakeCookie      = "__clerk_handshake"       // likewise
	handshakeNonceCookie = "__clerk_handshake_nonce" // likewise
	clientCookie         = "__client"                // the Frontend API's own

	// yearOfSeconds is the Max-Age of cookies that outlive a session.
	yearOfSeconds = 365 * 24 * 60 * 60
)

// cookieSuffix returns the ending that sets the cookies of the instance with this publishable key
// apart from the cookies of other instances.
func cookieSuffix(publishableKey string) string {
	sum := sha1.Sum([]byte(publishableKey)) //nolint:gosec // Clerk's cookie suffix is made with SHA-1
	return "_" + base64.URLEncoding.EncodeToString(sum[:])[:8]
}

// cookieMaker makes the cookies of an instance for one origin.
type cookieMaker struct {
	suffix string
	secure bool   // for https
	domain string // that a cookie shares with the Frontend API; "" where there is none
}

// cookiesFor returns a maker of cookies for an origin, such as "https://app.example.test". Only a
// production instance shares cookies with its Frontend API, below one domain.
func (s *Server) cookiesFor(origin string) cookieMaker {
	m := cookieMaker{suffix: cookieSuffix(s.PublishableKey)}
	u, err := url.Parse(origin)
	if err != nil {
		return m
	}
	m.secure = strings.EqualFold(u.Scheme, "https")
	host := strings.ToLower(u.Hostname())
	if s.production && (host == domain || strings.HasSuffix(host, "."+domain)) {
		m.domain = domain
	}
	return m
}

// names returns a cookie's plain name and, with suffixed, its suffixed name.
func (m cookieMaker) names(name string, suffixed bool) []string {
	if !suffixed {
		return []string{name}
	}
	return []string{name, name + m.suffix}
}

// signedIn returns the cookies that tell a browser of its session: the token and the time of the
// sign-in, each under its plain name and, with suffixed, under the suffixed name too. The cookies
// are not HttpOnly, since the page's scripts read them.
func (m cookieMaker) signedIn(
	x Session, token string, suffixed bool, now time.Time,
) []*http.Cookie {
	var cookies []*http.Cookie
	for _, name := range m.names(sessionCookie, suffixed) {
		cookies = append(cookies, m.untilExpiry(x, name, token, now))
	}
	return append(cookies, m.signInTime(x, suffixed, now)...)
}

// signInTime returns the cookies with the time of the sign-in, in seconds.
func (m cookieMaker) signInTime(x Session, suffixed bool, now time.Time) []*http.Cookie {
	var cookies []*http.Cookie
	for _, name := range m.names(clientUATCookie, suffixed) {
		//nolint:gosec // Secure follows the origin, as at Clerk
		cookie := m.untilExpiry(x, name, strconv.FormatInt(x.CreatedAt.Unix(), 10), now)
		cookie.Domain = m.domain
		cookies = append(cookies, cookie)
	}
	return cookies
}

// refresh returns the cookie with a refresh token, which has only a suffixed name.
func (m cookieMaker) refresh(x Session, token string, now time.Time) *http.Cookie {
	//nolint:gosec // Secure follows the origin, as at Clerk
	cookie := m.untilExpiry(x, refreshCookie+m.suffix, token, now)
	cookie.HttpOnly = true
	return cookie
}

// devBrowser returns the cookies by which a development instance knows a browser.
func (m cookieMaker) devBrowser(token string) []*http.Cookie {
	var cookies []*http.Cookie
	for _, name := range m.names(devBrowserCookie, true) {
		cookies = append(cookies, m.plain(name, token, yearOfSeconds))
	}
	return cookies
}

// signedOut returns the cookies that sign a browser out.
func (m cookieMaker) signedOut() []*http.Cookie {
	var cookies []*http.Cookie
	for _, name := range append(m.names(sessionCookie, true), refreshCookie+m.suffix) {
		cookies = append(cookies, m.plain(name, "", -1))
	}
	for _, name := range m.names(clientUATCookie, true) {
		//nolint:gosec // Secure follows the origin, as at Clerk
		cookie := m.plain(name, "0", yearOfSeconds)
		cookie.Domain = m.domain
		cookies = append(cookies, cookie)
	}
	return cookies
}

// shared returns a cookie that the Frontend API and the origin both get, where they can.
func (m cookieMaker) shared(name, value string, maxAge int) *http.Cookie {
	//nolint:gosec // Secure follows the origin, as at Clerk
	cookie := m.plain(name, value, maxAge)
	cookie.Domain, cookie.HttpOnly = m.domain, true
	return cookie
}

// untilExpiry returns a cookie that lasts as long as the session.
func (m cookieMaker) untilExpiry(x Session, name, value string, now time.Time) *http.Cookie {
	//nolint:gosec // Secure follows the origin, as at Clerk
	cookie := m.plain(name, value, int(x.ExpireAt.Sub(now).Seconds()))
	cookie.Expires = x.ExpireAt.Truncate(time.Second)
	return cookie
}

// plain returns a cookie for maxAge seconds; a negative maxAge deletes the cookie.
func (m cookieMaker) plain(name, value string, maxAge int) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure follows the origin, as at Clerk
		Name:     name,
		Value:    value,
		Path:     "/",
		MaxAge:   maxAge,
		Secure:   m.secure,
		SameSite: http.SameSiteLaxMode,
	}
}
