package sessions

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/clerk-sessions/clerk-sessions-go/gen"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/minted"
)

// Token is a signed JWT that stands for a session. It prints and logs without the JWT; encoded as
// JSON, it is what Clerk answered, with the JWT.
type Token struct {
	JWT string
}

// ExpiresAt returns when the token expires, by its claim exp. The signature is not verified. The
// second result is false if the token has no such claim.
func (t Token) ExpiresAt() (time.Time, bool) {
	exp, _ := minted.Life(t.JWT)
	return exp, !exp.IsZero()
}

// Format writes no JWT, for every verb.
func (t Token) Format(f fmt.State, _ rune) { fmt.Fprint(f, "sessions.Token{[redacted]}") }

// LogValue returns no JWT.
func (t Token) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(t)) }

// MarshalJSON returns the token as Clerk answered it, with the JWT.
func (t Token) MarshalJSON() ([]byte, error) {
	return json.Marshal(gen.Token{Object: gen.TokenObjectToken, JWT: t.JWT})
}

// Cookies is a new session token in the form of cookies for the browser. It prints and logs without
// the cookies; encoded as JSON, it is what Clerk answered, with the cookies.
type Cookies struct {
	Directives []string // the values of Set-Cookie headers, in the order to send them in
}

// AddTo adds a Set-Cookie header to h for every directive, and leaves the headers in h as they are.
func (c Cookies) AddTo(h http.Header) {
	for _, directive := range c.Directives {
		h.Add("Set-Cookie", directive)
	}
}

// HTTPCookies returns the directives as http.ParseSetCookie reads them. Where the cookies only go
// to the browser, prefer AddTo, which sends them unchanged and cannot fail. The error says which
// directive could not be read, without showing it.
func (c Cookies) HTTPCookies() ([]*http.Cookie, error) {
	cookies := make([]*http.Cookie, len(c.Directives))
	for i, directive := range c.Directives {
		var err error
		if cookies[i], err = http.ParseSetCookie(directive); err != nil {
			return nil, fmt.Errorf("clerk: cookie directive %d of %d: %w", i+1, len(c.Directives), err)
		}
	}
	return cookies, nil
}

// SessionToken returns the session token that the browser holds once it has followed every
// directive in order, and whether there is one: the token of the cookie that was set last and that
// no later directive deletes. The cookie's name is "__session", or "__session_" and the suffix of
// the Clerk instance. The suffix is given without the underscore; with "" only the plain name
// counts. A directive deletes the cookie of its name, Domain and Path if it has no value, a Max-Age
// of 0 or less, or no Max-Age and an Expires in the past.
func (c Cookies) SessionToken(suffix string) (Token, bool) {
	type identity struct{ name, domain, path string } // by which a browser tells cookies apart
	deleted := make(map[identity]bool)                // by a directive after this one
	for _, directive := range slices.Backward(c.Directives) {
		cookie, err := http.ParseSetCookie(directive)
		if err != nil || cookie.Name != "__session" &&
			(suffix == "" || cookie.Name != "__session_"+suffix) {
			continue
		}
		domain := strings.ToLower(strings.TrimPrefix(cookie.Domain, "."))
		is := identity{cookie.Name, domain, cmp.Or(cookie.Path, "/")}
		if !deletes(cookie) && !deleted[is] {
			return Token{JWT: cookie.Value}, true
		}
		deleted[is] = true
	}
	return Token{}, false
}

// deletes reports whether a browser that gets a cookie is left without a token of its name.
func deletes(cookie *http.Cookie) bool {
	expired := cookie.MaxAge == 0 && !cookie.Expires.IsZero() && !cookie.Expires.After(time.Now())
	return cookie.Value == "" || cookie.MaxAge < 0 || expired
}

// Format writes no cookie, for every verb.
func (c Cookies) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "sessions.Cookies{%d directives, [redacted]}", len(c.Directives))
}

// LogValue returns no cookie.
func (c Cookies) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// MarshalJSON returns the cookies as Clerk answered them.
func (c Cookies) MarshalJSON() ([]byte, error) {
	return json.Marshal(gen.Cookies{Object: gen.CookiesObjectCookies, Cookies: c.Directives})
}
