package sessions

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// Token is a signed JWT that stands for a session. It prints and logs without the JWT; encoded as
// JSON it is what Clerk answered.
type Token struct {
	JWT string
}

// maxUnix is the last second that has a four-digit year.
const maxUnix = 253402300799

// ExpiresAt returns when the token stops being good, by its exp claim, which is read without
// verifying the signature. It is false if there is no such claim.
func (t Token) ExpiresAt() (time.Time, bool) {
	exp, _ := t.life()
	return exp, !exp.IsZero()
}

// life returns the exp and iat claims of the token, in whole seconds, without verifying the
// signature. A claim that is missing, or is no time, is the zero time.
func (t Token) life() (exp, iat time.Time) {
	parts := strings.Split(t.JWT, ".")
	if len(parts) != 3 {
		return exp, iat
	}
	var claims map[string]any
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return exp, iat
	}
	return claimedTime(claims["exp"]), claimedTime(claims["iat"])
}

func claimedTime(claim any) time.Time {
	seconds, ok := claim.(float64)
	if !ok || seconds < 0 || seconds > maxUnix {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}

// goodUntil returns when a token that was received at a time stops being good; the zero time if the
// token does not say. By its iat and exp claims a token lives equally long on every clock; without
// iat, the clock here has to be right.
func (t Token) goodUntil(received time.Time) time.Time {
	exp, iat := t.life()
	if exp.IsZero() || iat.IsZero() {
		return exp
	}
	return received.Add(exp.Sub(iat))
}

// Format writes no JWT, for every verb.
func (t Token) Format(f fmt.State, _ rune) { fmt.Fprint(f, "sessions.Token{[redacted]}") }

// LogValue returns no JWT.
func (t Token) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(t)) }

// MarshalJSON returns the token as Clerk answered it, with the JWT.
func (t Token) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Object string `json:"object"`
		JWT    string `json:"jwt"`
	}{"token", t.JWT})
}

// Cookies is a new session token as the cookies to hand to the browser. It prints and logs without
// them; encoded as JSON it is what Clerk answered.
type Cookies struct {
	Directives []string // each the value of one Set-Cookie header
}

// AddTo adds every directive to h as a Set-Cookie header of its own, beside those that are there.
func (c Cookies) AddTo(h http.Header) {
	for _, directive := range c.Directives {
		h.Add("Set-Cookie", directive)
	}
}

// HTTPCookies returns the directives as http.ParseSetCookie reads them. AddTo hands them on
// unchanged and cannot fail: prefer it where the cookies go to the browser. An error says which
// directive could not be read, without showing it.
func (c Cookies) HTTPCookies() ([]*http.Cookie, error) {
	cookies := make([]*http.Cookie, len(c.Directives))
	for i, directive := range c.Directives {
		cookie, err := http.ParseSetCookie(directive)
		if err != nil {
			return nil, fmt.Errorf("clerk: cookie directive %d of %d: %w", i+1, len(c.Directives), err)
		}
		cookies[i] = cookie
	}
	return cookies, nil
}

// SessionToken returns the session token that the browser holds once it has followed every
// directive in order: the token of the cookie that was set last and that no later directive
// deletes, under the name "__session" or "__session_" and the instance's suffix. A directive
// deletes the cookie of its name, Domain and Path if it has no value, a Max-Age of 0 or less, or
// no Max-Age and an Expires in the past. The suffix is given without the underscore; with "" only
// the plain cookie counts.
func (c Cookies) SessionToken(suffix string) (Token, bool) {
	type identity struct{ name, domain, path string } // by which a browser tells cookies apart
	deleted := make(map[identity]bool)                // by a directive after this one
	for _, directive := range slices.Backward(c.Directives) {
		cookie, err := http.ParseSetCookie(directive)
		if err != nil || cookie.Name != "__session" &&
			(suffix == "" || cookie.Name != "__session_"+suffix) {
			continue
		}
		is := identity{cookie.Name, cookie.Domain, cmp.Or(cookie.Path, "/")}
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
	return json.Marshal(struct {
		Object  string   `json:"object"`
		Cookies []string `json:"cookies"`
	}{"cookies", c.Directives})
}
