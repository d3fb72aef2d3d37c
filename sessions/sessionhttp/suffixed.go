package sessionhttp

import (
	"math"
	"net/http"
	"strings"
	"time"
)

// SessionToken returns the session token in the cookies of a request, "" if there is none, and whether the cookies that count are
// those with the instance's suffix. Nothing about the token has been verified.
func (r *Refresher) SessionToken(req *http.Request) (token string, suffixed bool) {
	v := r.read(req, r.now())
	return v.token, v.suffixed
}

// visit is a request as this package sees it.
type visit struct {
	jar
	suffixed bool    // the cookies with the instance's suffix are the ones that count
	token    string  // the cookie token
	claims   claims  // of it
	readable bool    // it could be decoded
	uat      float64 // when the browser's client last signed in or out; 0 = signed out, or unknown
	bearer   string  // the token of the Authorization header
}

// read reads a request and chooses between the plain and the suffixed cookies.
func (r *Refresher) read(req *http.Request, now time.Time) visit {
	v := visit{jar: r.instance.readCookies(req.Header), bearer: bearerToken(req.Header)}
	plain, own := decodeLazily(v.session), decodeLazily(v.ownSession)
	if v.session == v.ownSession {
		own = plain // the usual case: one token under both names
	}
	v.suffixed = r.instance.usesSuffixed(&v.jar, plain, own, now)
	used, uat := plain, v.clientUAT
	if v.suffixed {
		used, uat = own, v.ownClientUAT
	}
	v.token, v.uat = used.token, leadingInt(uat)
	if v.token != "" {
		v.claims, v.readable = used.read()
	}
	return v
}

// lazyToken is a token that is decoded when somebody asks, and once.
type lazyToken struct {
	token    string
	done     bool
	claims   claims
	readable bool
}

func decodeLazily(token string) *lazyToken { return &lazyToken{token: token} }

func (t *lazyToken) read() (claims, bool) {
	if !t.done {
		t.claims, t.readable = decodeToken(t.token)
		t.done = true
	}
	return t.claims, t.readable
}

// usesSuffixed decides whether the cookies with the instance's suffix are the ones that count. The first rule that matches does.
func (i *instance) usesSuffixed(j *jar, plain, own *lazyToken, now time.Time) bool {
	if plain.token != "" {
		c, ok := plain.read()
		if !ok || c.issuer.falsy() {
			return false
		}
		if c.issuer.kind != '"' || withoutSchemes(c.issuer.text) != i.frontendAPI {
			return true // the plain cookies are another instance's
		}
	}
	if j.ownClientUAT == "" && own.token == "" {
		return false
	}
	signedOut, ownSignedOut := j.clientUAT == "0", j.ownClientUAT == "0"
	switch {
	case !ownSignedOut && !signedOut && issuedAt(plain) > issuedAt(own):
		return false
	case ownSignedOut && !signedOut:
		return false
	case !i.production && !ownSignedOut && signedOut && expired(own, now):
		return false
	case j.ownClientUAT == "" && own.token != "":
		return false
	}
	return true
}

// issuedAt returns the iat of a token, 0 for what cannot be read.
func issuedAt(t *lazyToken) float64 {
	if t.token == "" {
		return 0
	}
	c, ok := t.read()
	if !ok {
		return 0
	}
	return c.issuedAt.asNumber(0)
}

// expired reports whether a token has reached its exp, in whole seconds.
func expired(t *lazyToken, now time.Time) bool {
	if t.token == "" {
		return false
	}
	c, ok := t.read()
	return ok && c.expiry.asNumber(math.NaN()) <= float64(now.Unix())
}

// withoutSchemes removes every "http://" and "https://", in any case.
func withoutSchemes(issuer string) string {
	rest, found := strings.CutPrefix(issuer, "https://")
	if found && !strings.Contains(rest, "://") {
		return rest // what an issuer looks like
	}
	var b strings.Builder
	for issuer != "" {
		n := schemeLength(issuer)
		if n == 0 {
			n = 1
			b.WriteByte(issuer[0])
		}
		issuer = issuer[n:]
	}
	return b.String()
}

// schemeLength returns the length of the "http://" or "https://" that a text starts with, 0 for neither.
func schemeLength(text string) int {
	for _, scheme := range []string{"http://", "https://"} {
		if len(text) >= len(scheme) && strings.EqualFold(text[:len(scheme)], scheme) {
			return len(scheme)
		}
	}
	return 0
}

// bearerToken returns the token of the Authorization header: one word, or what follows "Bearer ".
func bearerToken(h http.Header) string {
	values := h["Authorization"]
	if len(values) == 0 {
		return ""
	}
	scheme, rest, _ := strings.Cut(fromLatin1(trimBlanks(strings.Join(values, ", "))), " ")
	token, _, _ := strings.Cut(rest, " ")
	switch {
	case token == "":
		return scheme
	case scheme == "Bearer":
		return token
	}
	return ""
}
