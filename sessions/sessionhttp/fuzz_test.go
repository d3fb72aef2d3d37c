package sessionhttp

import (
	"encoding/base64"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func fuzzRefresher(f *testing.F, opts ...Option) *Refresher {
	f.Helper()
	r, err := NewRefresher(nobody{}, "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k", opts...)
	if err != nil {
		f.Fatal(err)
	}
	return r
}

type nobody struct{ CookieRefresher }

// Whatever a Cookie header holds, reading it does no harm, what is sent on is valid UTF-8, and rewriting it changes only what it
// says.
func FuzzCookieHeader(f *testing.F) {
	const token = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2NsZXJrLmV4YW1wbGUuY29tIiwic2lkIjoic2Vzc18xIiwiZXhwIjoxfQ.AAAA"
	for _, seed := range []string{
		"", ";", "=", "__session", "__session=", "__session==x", "a=1; __session=" + token + "; __client_uat=1; __refresh_naoXFJnI=rt",
		"__session_naoXFJnI=" + token + "; __client_uat_naoXFJnI=0x10; __refresh_naoXFJnI=%22%C3%A9%zz", "__session=\"x\"; __session=y",
		"\t__session \t=\t x \t;", "__refresh_naoXFJnI=caf\xe9%C3\xa9", "__client_uat=-99999999999999999999999",
	} {
		f.Add(seed)
	}
	r := fuzzRefresher(f)
	names := []string{r.instance.session, r.instance.ownSession}
	f.Fuzz(func(t *testing.T, line string) {
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		req.Header["Cookie"] = []string{line}
		token, _ := r.SessionToken(req)
		_, p, err := r.Params(req)
		if err == nil && (p.ExpiredToken != token || p.RefreshToken == "") {
			t.Errorf("%q: %q is not what is sent, or there is no refresh token", line, token)
		}
		texts := []string{token, p.ExpiredToken, p.RefreshToken}
		for _, values := range p.RequestHeaders {
			texts = append(texts, values...)
		}
		for _, text := range texts {
			if !utf8.ValidString(text) {
				t.Errorf("%q: %q is not valid UTF-8", line, text)
			}
		}
		changed := replaceCookies([]string{line}, names, "fresh")
		after := r.instance.readCookies(http.Header{"Cookie": changed})
		before := r.instance.readCookies(req.Header)
		if after.session != "fresh" || after.ownSession != "fresh" {
			t.Errorf("%q became %q", line, changed)
		}
		after.session, after.ownSession = before.session, before.ownSession
		if after != before {
			t.Errorf("%q became %q, and other cookies with it", line, changed)
		}
	})
}

// Whatever a token holds, decoding it does no harm, and what comes of it can be judged.
func FuzzTokenDecode(f *testing.F) {
	for _, seed := range []struct{ header, payload string }{
		{`{"alg":"RS256"}`, `{"iss":"https://clerk.example.com","sid":"sess_1","exp":1,"iat":1,"nbf":1}`},
		{`{}`, `{"exp":1e999,"iat":"12","sid":null,"iss":[]}`},
		{`[]`, `null`},
		{`{}`, `{"exp":1,"exp":"2","\u0065xp":3}`},
		{`{}`, "{\"sid\":\"\xff\"}"},
		{`{`, `{`},
		{`{}`, `{"exp":1}"`},
		{`{}`, `{"exp":1}{}`},
		{`{}`, `{"exp":1`},
		{``, ``},
	} {
		f.Add(seed.header, seed.payload, "AAAA", true)
	}
	f.Add("e30", "e30=", "A\n", false)
	f.Add("e31", "..", "", false)
	r := fuzzRefresher(f)
	f.Fuzz(func(t *testing.T, header, payload, signature string, encode bool) {
		if encode {
			header, payload = base64.RawURLEncoding.EncodeToString([]byte(header)), base64.RawURLEncoding.EncodeToString([]byte(payload))
		}
		token := header + "." + payload + "." + signature
		c, ok := decodeToken(token)
		if !ok && c != (claims{}) {
			t.Errorf("%q: claims of an undecodable token: %+v", token, c)
		}
		if ok && strings.Count(token, ".") != 2 {
			t.Errorf("%q: decoded with %d dots", token, strings.Count(token, "."))
		}
		for _, claim := range []claim{c.issuer, c.issuedAt, c.expiry, c.notBefore, c.sessionID} {
			_ = claim.asNumber(math.NaN())
			_ = claim.falsy()
			if !utf8.ValidString(claim.text) {
				t.Errorf("%q: %q is not valid UTF-8", token, claim.text)
			}
		}
		_ = withoutSchemes(c.issuer.text)
		v := visit{token: token, claims: c, readable: ok, uat: 1, jar: jar{ownRefresh: "x"}}
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		if _, expired := judge(req, &v, time.Unix(1_700_000_000, 0)); expired && c.expiry.number > 1_699_999_995 {
			t.Errorf("%q: taken for expired", token)
		}
		if a, err := r.ask(req, &v); err == nil && (strings.Trim(a.sessionID, ".") == "" || strings.ContainsAny(a.sessionID, "/?#%\\ \r\n")) {
			t.Errorf("%q: a refresh of the session %q", token, a.sessionID)
		}
	})
}

// Whatever a request says of its host, an origin is a scheme and a host, and its own normal form.
func FuzzOrigin(f *testing.F) {
	for _, seed := range []string{
		"", "app.example.com", "APP.example.com:443", "a@b:80", "[::1]:3000", "[fe80::1%25x]", "bücher.example", "xn--bcher-kva.example", "a b", "a%2fb", "203.0.113.9", "0x7f.1", "a..b", ".", "a:b:c",
		"ａ．example", "a.example/x?y#z", "\u202e.example", "a\x00b",
	} {
		f.Add(seed, seed, "https")
	}
	f.Add("a.example", "b.example, c", "wss")
	f.Add("a.example", "", " HTTPS , http")
	wary, trusting := fuzzRefresher(f), fuzzRefresher(f, WithTrustedProxy())
	f.Fuzz(func(t *testing.T, host, forwardedHost, forwardedProto string) {
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		req.Host = host
		req.Header["X-Forwarded-Host"] = []string{forwardedHost}
		req.Header["X-Forwarded-Proto"] = []string{forwardedProto}
		for _, r := range []*Refresher{wary, trusting} {
			origin, err := r.Origin(req)
			if err != nil {
				if origin != "" {
					t.Errorf("%q beside %v", origin, err)
				}
				continue
			}
			u, err := url.Parse(origin)
			if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Scheme+"://"+u.Host != origin {
				t.Errorf("%q, %q, %q: the origin %q is not one: %v", host, forwardedHost, forwardedProto, origin, err)
				continue
			}
			if again, err := buildOrigin(u.Scheme, u.Host); again != origin || err != nil {
				t.Errorf("the normal form of %q is %q, %v", origin, again, err)
			}
		}
	})
}
