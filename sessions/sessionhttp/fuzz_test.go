package sessionhttp

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// trusting is a signature check that everything passes, so that fuzzing gets behind it.
func trusting(cfg *config) error {
	cfg.checks = []signatureCheck{func(context.Context, *jwt) *problem { return nil }}
	return nil
}

func fuzzed(f *testing.F, opts ...Option) *Authenticator {
	f.Helper()
	a, err := New(unasked{}, "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k", opts...)
	if err != nil {
		f.Fatal(err)
	}
	return a
}

// encodeToken returns a token without a signature to speak of.
func encodeToken(header, payload string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(header)) + "." + encode([]byte(payload)) + ".AAAA"
}

// Whatever a Cookie header holds, reading it does no harm, what is sent on is valid UTF-8, and replacing cookies
// changes those alone.
func FuzzCookieHeader(f *testing.F) {
	token := encodeToken(`{"alg":"RS256"}`, `{"iss":"https://clerk.example.com","sub":"user_1","sid":"sess_1","exp":1}`)
	for _, seed := range []string{
		"", ";", "=", "__session", "__session=", "__session==x",
		"a=1; __session=" + token + "; __client_uat=1; __refresh_naoXFJnI=rt",
		"__session_naoXFJnI=" + token + "; __client_uat_naoXFJnI=0x10; __refresh_naoXFJnI=%22%C3%A9%zz",
		"__session=\"x\"; __session=y", "\t__session \t=\t x \t;", "__refresh_naoXFJnI=caf\xe9%C3\xa9",
		"__client_uat=-99999999999999999999999", "__clerk_handshake_nonce=n; __clerk_redirect_count=2.5",
	} {
		f.Add(seed)
	}
	a := fuzzed(f, trusting)
	f.Fuzz(func(t *testing.T, line string) {
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		req.Header["Cookie"] = []string{line}
		req.Header.Set("Sec-Fetch-Dest", "document")
		token := a.Token(req)
		_, p, err := a.Params(req)
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
		a.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(httptest.NewRecorder(), req)

		changed := replaceCookies(
			[]string{line},
			[]directive{{name: "__session", value: "fresh"}, {name: "__client_uat", deletes: true}},
		)
		after, before := a.instance.readCookies(http.Header{"Cookie": changed}), a.instance.readCookies(req.Header)
		if _, found := after["__client_uat"]; after["__session"] != "fresh" || found {
			t.Errorf("%q became %q", line, changed)
		}
		for name, value := range before {
			if name != "__session" && name != "__client_uat" && after[name] != value {
				t.Errorf("%q became %q, and %s with it", line, changed, name)
			}
		}
	})
}

// Whatever a token holds, decoding and verifying it does no harm, and who is signed in has a user id.
func FuzzToken(f *testing.F) {
	for _, seed := range []struct{ header, payload string }{
		{`{"alg":"RS256"}`, `{"iss":"https://clerk.example.com","sub":"user_1","sid":"sess_1","exp":4102444800,"iat":1}`},
		{`{}`, `{"exp":1e999,"iat":"12","sid":null,"iss":[]}`},
		{`[]`, `null`},
		{`{}`, `{"exp":1,"exp":"2","\u0065xp":3}`},
		{`{"alg":["RS256"],"cat":{}}`, "{\"sid\":\"\xff\"}"},
		{`{`, `{}"`},
		{``, ``},
	} {
		f.Add(seed.header, seed.payload, "AAAA", true)
	}
	f.Add("e30", "e30=", "A\n", false)
	f.Add("e31", "..", "", false)
	a := fuzzed(f, trusting)
	f.Fuzz(func(t *testing.T, header, payload, signature string, encode bool) {
		text := header + "." + payload + "." + signature
		if encode {
			text = encodeToken(header, payload)
		}
		token := decodeJWT(text)
		if !token.readable && (token.claims != nil || token.signed != "" || token.header != nil) {
			t.Errorf("%q: something of an undecodable token: %+v", text, token)
		}
		if p := a.verify(t.Context(), &token); p == nil {
			auth := a.authOf(&token)
			if auth.UserID == "" || !utf8.ValidString(auth.UserID) || strings.HasPrefix(auth.UserID, "mch_") {
				t.Errorf("%q: %+v", text, auth)
			}
		} else if p.reason == "" || p.Error() == "" {
			t.Errorf("%q: %+v", text, p)
		}
	})
}

// Whatever the payload of a handshake's token is, its cookies are Clerk's own, without a control character, and the
// session token
// among them is verified.
func FuzzHandshakePayload(f *testing.F) {
	good := encodeToken(`{"alg":"RS256"}`, `{"sub":"user_1","sid":"sess_1","exp":4102444800}`)
	for _, seed := range []string{
		`{"handshake":["__session=` + good + `; Path=/"]}`,
		`{"handshake":["__session=` + good + `","__session_naoXFJnI=; Max-Age=0","__client_uat=0; Domain=evil.test"]}`,
		`{"handshake":["x=1\r\nEvil: 1","__session=` + good + `"]}`, `{"handshake":[5,null,{}]}`, `{"handshake":[]}`,
		`{"handshake":null}`, `{"handshake":"__session"}`, `{"exp":1,"handshake":["__session=x"]}`, `[]`, ``,
		`{"handshake":[" __session = ` + good + `","__clerk_db_jwt=x","evil=1","=","__session"]}`,
	} {
		f.Add(seed)
	}
	a := fuzzed(f, trusting)
	f.Fuzz(func(t *testing.T, payload string) {
		set, p := a.takeToken(t.Context(), encodeToken(`{"alg":"RS256"}`, payload))
		checkSet(t, a, set, p)
	})
}

// Whatever Clerk answers for a nonce or a refresh, the same holds.
func FuzzDirectives(f *testing.F) {
	good := encodeToken(`{"alg":"RS256"}`, `{"sub":"user_1","sid":"sess_1","exp":4102444800}`)
	f.Add("__session="+good, "__client_uat=1; Path=/", "")
	f.Add(
		"__session="+good+"=; Max-Age=-1",
		"__session_naoXFJnI="+good+"; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
		"sess_1",
	)
	f.Add("__session", "=", "sess_1")
	f.Add("a=b\r\nc: d", "\x00", "")
	f.Add("__session=x; Domain=evil.test", "__refresh_naoXFJnI=rt; HttpOnly", "sess_2")
	a := fuzzed(f, trusting)
	f.Fuzz(func(t *testing.T, one, two, sessionID string) {
		set, p := a.acceptCookies(t.Context(), &sessions.Cookies{Directives: []string{one, two}}, nil, sessionID)
		if sessionID == "" {
			checkSet(t, a, set, p)
		}
		if p == nil && sessionID != "" {
			token := decodeJWT(set.token)
			if token.claim("sid") != sessionID || len(set.directives) != 2 {
				t.Errorf("%q, %q, %q: %+v", one, two, sessionID, set)
			}
		}
	})
}

// checkSet fails the test unless a set of cookies may go to a browser.
func checkSet(t *testing.T, a *Authenticator, set cookieSet, p *problem) {
	t.Helper()
	if p != nil {
		if set.token != "" || set.directives != nil {
			t.Errorf("%v, and yet %+v", p, set)
		}
		return
	}
	for _, d := range set.directives {
		if !a.instance.isOwn(d.name) || strings.ContainsFunc(d.text, unicode.IsControl) {
			t.Errorf("%q goes to the browser", d.text)
		}
	}
	token := decodeJWT(set.token)
	if bad := a.verify(t.Context(), &token); set.token != "" && bad != nil {
		t.Errorf("%q is not verified: %v", set.token, bad)
	}
	if len(set.directives) == 0 {
		t.Error("no cookies")
	}
}

// Whatever a request says of its host, an origin is a scheme and a host, and its own normal form; and whatever its
// target is, the
// browser comes back to that origin.
func FuzzOrigin(f *testing.F) {
	for _, seed := range []string{
		"", "app.example.com", "APP.example.com:443", "a@b:80", "[::1]:3000", "[fe80::1%25x]", "bücher.example",
		"xn--bcher-kva.example",
		"a b", "a%2fb", "203.0.113.9", "0x7f.1", "a..b", ".", "a:b:c", "ａ．example", "a.example/x?y#z",
		"\u202e.example", "a\x00b",
	} {
		f.Add(seed, seed, "https", "/"+seed)
	}
	f.Add("a.example", "b.example, c", "wss", "//evil.test/?__clerk_handshake=x&y")
	f.Add("a.example", "", " HTTPS , http", "/\\evil.test")
	wary, trusting := fuzzed(f, trusting), fuzzed(f, trusting, WithTrustedProxy())
	f.Fuzz(func(t *testing.T, host, forwardedHost, forwardedProto, target string) {
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		req.Host, req.RequestURI = host, target
		req.Header["X-Forwarded-Host"] = []string{forwardedHost}
		req.Header["X-Forwarded-Proto"] = []string{forwardedProto}
		for _, a := range []*Authenticator{wary, trusting} {
			origin, err := a.Origin(req)
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
			if back := a.cleanURL(&visit{req: req}); !strings.HasPrefix(back, origin+"/") {
				t.Errorf("%q: back to %q", target, back)
			}
		}
	})
}
