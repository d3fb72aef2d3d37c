package sessionhttp

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// visit is a request as this package reads it, before anything is verified.
type visit struct {
	req     *http.Request
	start   time.Time         // by the machine's clock, for what the request may wait
	cookies map[string]string // by their names

	suffix string  // of the cookies that count: the instance's, or ""
	token  jwt     // the session token of these cookies
	uat    float64 // their client_uat; 0 = signed out, or unknown
	header jwt     // the token of the Authorization header

	refreshToken string // the instance's own: the plain cookie never counts

	isPage bool // a browser asks by GET for something that it is about to show
}

// read reads a request.
func (a *Authenticator) read(req *http.Request) *visit {
	v := &visit{
		req:     req,
		start:   time.Now(),
		cookies: a.instance.readCookies(req.Header),
		header:  decodeJWT(bearerToken(req.Header)),
		isPage:  req.Method == http.MethodGet && showsPage(req.Header),
	}
	v.token = decodeJWT(v.cookies[sessionCookie])
	own := v.token
	if text := v.cookies[sessionCookie+a.instance.suffix]; text != own.text {
		own = decodeJWT(text)
	}
	if a.usesSuffixed(v.cookies, &v.token, &own) {
		v.token, v.suffix = own, a.instance.suffix
	}
	v.uat = parseInt(v.cookies[clientUATCookie+v.suffix])
	v.refreshToken = v.cookies[refreshCookie+a.instance.suffix]
	return v
}

// usesSuffixed reports whether the cookies with the instance's suffix are the ones that count. The
// first rule that matches decides.
func (a *Authenticator) usesSuffixed(cookies map[string]string, plain, own *jwt) bool {
	issuer, _ := plain.claims["iss"].(string)
	uat, ownUAT := cookies[clientUATCookie], cookies[clientUATCookie+a.instance.suffix]
	switch {
	case plain.text != "" && isFalsy(plain.claims["iss"]):
		return false
	case plain.text != "" && schemes.ReplaceAllString(issuer, "") != a.instance.frontendAPI:
		return true // the plain cookies are another instance's
	case ownUAT == "":
		return false
	case ownUAT != "0" && uat != "0":
		return !(plain.issuedAt() > own.issuedAt()) // NaN is not later than anything
	case ownUAT == "0":
		return uat == "0"
	}
	exp, found := own.claims["exp"] // the plain cookies are signed out
	return a.instance.production || !found || !(toNumber(exp) <= float64(a.now().Unix()))
}

// schemes are no part of an issuer.
var schemes = regexp.MustCompile(`(?i)https?://`)

// bearerToken returns the token of the Authorization header: its one word, or the word after
// "Bearer ".
func bearerToken(h http.Header) string {
	line := fromLatin1(strings.Trim(strings.Join(h["Authorization"], ", "), " \t"))
	words := strings.SplitN(line, " ", 3)
	switch {
	case len(words) == 1 || words[1] == "":
		return words[0]
	case words[0] == "Bearer":
		return words[1]
	}
	return ""
}

// showsPage reports whether a browser is about to show what it asks for.
func showsPage(h http.Header) bool {
	destination := h.Get("Sec-Fetch-Dest")
	return destination == "document" || destination == "iframe" ||
		destination == "" && strings.HasPrefix(h.Get("Accept"), "text/html")
}

// parameter returns a parameter of the query, decoded; the first of a name counts.
func (v *visit) parameter(name string) (value string, found bool) {
	for pair := range strings.SplitSeq(v.req.URL.RawQuery, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if parameterText(key) == name {
			return parameterText(value), true
		}
	}
	return "", false
}

// hasAnswer reports whether the request carries a handshake's answer, wherever.
func (v *visit) hasAnswer() bool {
	token, _ := v.parameter(answerToken)
	nonce, _ := v.parameter(answerNonce)
	return v.cookies[answerToken]+v.cookies[answerNonce]+token+nonce != ""
}

// wait returns the context of what a request may wait for. It ends with WithTimeout or with the
// request's own deadline, but not when the visitor leaves: a refresh that was cut off may have used
// up a refresh token which the browser will come back with.
func (a *Authenticator) wait(v *visit) (context.Context, context.CancelFunc) {
	end := v.start.Add(a.timeout)
	if deadline, ok := v.req.Context().Deadline(); ok && deadline.Before(end) {
		end = deadline
	}
	return context.WithDeadline(context.WithoutCancel(v.req.Context()), end)
}
