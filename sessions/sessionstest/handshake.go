package sessionstest

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// maxHandshakeToken is how many bytes of token a handshake that asks for a nonce still gets.
	maxHandshakeToken = 2 << 10

	// handshakeLifetime is how long the token of a handshake, and the cookie with it, is good for.
	handshakeLifetime = time.Minute
)

// serveHandshake sends a browser back to where it came from, with the cookies that the service
// there has to set: in a token, or behind a nonce that GetHandshakePayload takes. A production
// instance puts the token or the nonce into a cookie, a development instance into the query.
func (s *Server) serveHandshake(w http.ResponseWriter, x *exchange) {
	query := x.request.URL.Query()
	target, refused := redirectTarget(query)
	format := query.Get("format")
	if refused == nil && format != "" && format != "token" && format != "nonce" {
		refused = badParameter("format", "form_param_value_invalid", "is invalid",
			`format has to be "token" or "nonce".`)
	}
	if refused != nil {
		refused.answer(x.trace).send(w)
		return
	}
	cookies := s.cookiesFor(origin(target))
	b, known := s.browserOfHandshake(x.request)
	if !known && !s.production {
		b = s.browsers.add(s.newBrowser())
	}
	list := s.handshakeCookies(b, cookies, origin(target), x.now)
	name, value := s.handshakeAnswer(list, format, x.now)
	if s.production {
		http.SetCookie(w, cookies.shared(name, value, int(handshakeLifetime.Seconds())))
	} else {
		http.SetCookie(w, s.clientCookie(x.request, b))
		addQuery(target, name, value)
	}
	redirect(w, target, http.StatusTemporaryRedirect)
}

// browserOfHandshake returns the browser that sends a handshake. A development instance knows it by
// the dev browser in the query, a production instance by the Frontend API's own cookie.
func (s *Server) browserOfHandshake(r *http.Request) (browser, bool) {
	if !s.production {
		return s.browsers.get(r.URL.Query().Get(devBrowserCookie))
	}
	return s.browserOfCookie(r)
}

// browserOfCookie returns the browser that the Frontend API's own cookie names.
func (s *Server) browserOfCookie(r *http.Request) (browser, bool) {
	cookie, err := r.Cookie(clientCookie)
	if err != nil {
		return browser{}, false
	}
	return s.browsers.get(cookie.Value)
}

// clientCookie returns the Frontend API's own cookie for a browser.
func (s *Server) clientCookie(r *http.Request, b browser) *http.Cookie {
	m := cookieMaker{secure: r.TLS != nil}
	return m.shared(clientCookie, b.token, yearOfSeconds)
}

// handshakeCookies returns the directives that bring a service's cookies up to date.
func (s *Server) handshakeCookies(b browser, m cookieMaker, origin string, now time.Time) []string {
	var cookies []*http.Cookie
	if s.production { // the service must not meet the answer's cookie again
		for _, name := range []string{handshakeCookie, handshakeNonceCookie} {
			cookies = append(cookies, m.shared(name, "", -1))
		}
	} else {
		cookies = append(cookies, m.devBrowser(b.token)...)
	}
	r, ok := s.store.update(b.sessionID, now, func(session *Session) {
		session.LastActiveAt, session.UpdatedAt = onWire(now), onWire(now)
	})
	if !ok || !r.live() {
		return directives(append(cookies, m.signedOut()...))
	}
	token := s.tokens.mint(tokenRequest{record: r, id: s.newID("jti"), origin: origin}, now)
	cookies = append(cookies, m.signedIn(r.Session, token, true, now)...)
	return directives(append(cookies, m.refresh(r.Session, r.refreshToken, now)))
}

// handshakeAnswer returns the parameter or cookie that carries directives to a service.
func (s *Server) handshakeAnswer(list []string, format string, now time.Time) (name, value string) {
	token := s.tokens.sign(map[string]any{
		"handshake": list,
		"iss":       issuer,
		"iat":       now.Unix(),
		"exp":       now.Add(handshakeLifetime).Unix(),
	}, "")
	if format != "nonce" || len(token) <= maxHandshakeToken {
		return handshakeCookie, token
	}
	nonce := s.newID("nonce")
	s.browsers.keep(nonce, list, now)
	return handshakeNonceCookie, nonce
}

// directives returns cookies as values of Set-Cookie headers.
func directives(cookies []*http.Cookie) []string {
	var out []string
	for _, cookie := range cookies {
		out = append(out, cookie.String())
	}
	return out
}

// redirectTarget returns the address that a request asks to be redirected to.
func redirectTarget(query url.Values) (*url.URL, *refusal) {
	const name = "redirect_url"
	if query.Get(name) == "" {
		return nil, badParameter(name, "form_param_missing", "is missing",
			"redirect_url has to be the address to go back to.")
	}
	target, err := url.Parse(query.Get(name))
	if err != nil || target.Scheme != "http" && target.Scheme != "https" || target.Host == "" {
		return nil, badParameter(name, "form_param_format_invalid", "is invalid",
			"redirect_url has to be an absolute http or https address.")
	}
	return target, nil
}

// origin returns the origin of an address.
func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// addQuery adds a parameter to an address, and leaves the bytes of the others alone.
func addQuery(u *url.URL, name, value string) {
	u.RawQuery = strings.TrimPrefix(u.RawQuery+"&"+name+"="+url.QueryEscape(value), "&")
}

// redirect sends a browser to an address, in an answer that nothing may keep.
func redirect(w http.ResponseWriter, target *url.URL, status int) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Location", target.String())
	w.WriteHeader(status)
}
