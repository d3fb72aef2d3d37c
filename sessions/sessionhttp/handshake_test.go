package sessionhttp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/publicsuffix"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

// The browser comes back to the address that it asked for, to the byte but for Clerk's parameters.
func TestTheBrowserComesBackToItsAddress(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"/p?q=what?&__clerk_synced=1": "/p?q=what?",
		"/p?__clerk_synced=1&q=what?": "/p?q=what?",
		"/p??":                        "/p??",
		"/p?":                         "/p",
		"/p?__clerk_synced=1":         "/p",
		"/p?a=%zz&b=+;c&":             "/p?a=%zz&b=+;c&",
	} {
		s := newService(t, noBackend{})
		req := newPage(t, "__client_uat=1000")
		req.RequestURI = target
		location, err := url.Parse(s.serve(req).Header.Get("Location"))
		if got := location.Query().Get("redirect_url"); got != "https://app.example.com"+want || err != nil {
			t.Errorf("%s: back to %s, %v", target, got, err)
		}
	}
}

// A browser is not sent through the handshake from an address that is too long to come back to.
func TestLongAddresses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, target string
		redirected   bool
	}{
		{"8 KiB", "/" + strings.Repeat("a", 8<<10-1), true},
		{"more", "/" + strings.Repeat("a", 8<<10), false},
		{"1 MiB", "/?" + strings.Repeat("%ff", 340_000), false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, noBackend{})
			req := newPage(t, "__client_uat=1000")
			req.RequestURI = row.target
			resp := s.serve(req)
			if redirected := resp.Header.Get("Location") != ""; redirected != row.redirected {
				t.Errorf("status %d", resp.StatusCode)
			}
			if s.auth.SignedIn || s.auth.Reason != "client-uat-but-no-session-token" || (s.auth.Err == nil) != row.redirected {
				t.Errorf("%+v", s.auth)
			}
		})
	}
}

// Without the handshake, no browser is redirected, and no answer is taken: neither out of a cookie nor out of a query.
func TestWithoutHandshake(t *testing.T) {
	t.Parallel()
	for _, key := range []string{liveKey, testKey} {
		for name, cookie := range map[string]string{
			"the cookies contradict each other": "__client_uat=1000",
			"a nonce":                           "__client_uat=1000; __clerk_handshake_nonce=n",
			"a token": "__client_uat=1000; __clerk_handshake=" +
				sign(t, tokenSpec{Payload: `{"handshake":["__session=` + freshToken(t, "sess_1", start) + `"]}`}),
		} {
			var auth sessionhttp.Auth
			a := newAuthenticator(t, noBackend{}, key, sessionhttp.WithoutHandshake(),
				sessionhttp.WithJWTKey(officialKeys().pem), sessionhttp.WithClock(func() time.Time { return start }),
				sessionhttp.WithObserver(func(_ *http.Request, decided sessionhttp.Auth, _ time.Duration) { auth = decided }))
			s := &service{Handler: a.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))}
			resp := s.serve(newPage(t, cookie, func(req *http.Request) { req.URL.RawQuery = "__clerk_handshake_nonce=n" }))
			if resp.StatusCode != http.StatusOK || len(resp.Cookies()) != 0 || auth.SignedIn || auth.Reason == "" {
				t.Errorf("%s, %s: status %d, %+v", key, name, resp.StatusCode, auth)
			}
		}
	}
}

// A nonce of Clerk's alphabet and length is asked for, once; any other is not.
func TestNonces(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		nonce string
		asked int64
	}{
		"one character":        {"n", 1},
		"every character":      {"AZaz09_.~-", 1},
		"512 bytes":            {strings.Repeat("n", 512), 1},
		"513 bytes":            {strings.Repeat("n", 513), 0},
		"a megabyte":           {strings.Repeat("n", 1<<20), 0},
		"none":                 {"", 0},
		"a blank":              {"a b", 0},
		"a slash":              {"../a", 0},
		"another parameter":    {"a&b=c", 0},
		"an encoded parameter": {"a%26b%3Dc", 0},
		"an encoded line":      {"a%0D%0Ab", 0},
		"a line at its end":    {"a%0A", 0},
		"a quote":              {`"a"`, 0},
		"beyond ASCII":         {"é", 0},
		"no UTF-8":             {"\xff", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &backend{handshake: func(context.Context, string) (*sessions.Cookies, error) {
				return nil, sessions.ErrNotFound
			}}
			s := newService(t, b)
			for range 3 { // a nonce that is used up is remembered
				resp := s.serve(newPage(t, "__clerk_handshake_nonce="+row.nonce))
				if resp.StatusCode != http.StatusOK || len(resp.Cookies()) != 0 || s.auth.SignedIn {
					t.Errorf("status %d, %+v", resp.StatusCode, s.auth)
				}
			}
			if got := b.nonces.Load(); got != row.asked {
				t.Errorf("Clerk was asked %d times, want %d", got, row.asked)
			}
		})
	}
}

// An answer of Clerk's with more cookies than anybody needs is not handed on.
func TestLargeAnswers(t *testing.T) {
	t.Parallel()
	fresh := freshToken(t, "sess_1", start)
	list := func(count, size int) []string {
		directives := []string{"__session=" + fresh + "; Path=/", "__client_uat=1000; Path=/"}
		for n := range count - 2 {
			name := fmt.Sprintf("__clerk_%d=", n)
			directives = append(directives, name+strings.Repeat("x", size-len(name)))
		}
		return directives
	}
	for _, row := range []struct {
		name       string
		directives []string
		accepted   bool
	}{
		{"100 directives", list(100, 20), true},
		{"101 directives", list(101, 20), false},
		{"2,001 directives of 600 bytes", list(2001, 600), false},
		{"60 KiB", list(62, 1<<10), true},
		{"more than 64 KiB", list(66, 1<<10), false},
		{"one of more than 64 KiB", list(3, 64<<10), false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			answer := func() (*sessions.Cookies, error) { return &sessions.Cookies{Directives: row.directives}, nil }
			s := newService(t, &backend{
				handshake: func(context.Context, string) (*sessions.Cookies, error) { return answer() },
				refresh: func(context.Context, string, sessions.RefreshParams) (*sessions.Cookies, error) {
					return answer()
				},
			})
			for _, cookie := range []string{
				"__clerk_handshake_nonce=n", cookieLine(oldToken(t, "sess_1", start), "rt"),
			} {
				resp := s.serve(newPage(t, cookie, func(req *http.Request) { req.Header.Set("Accept", "text/html") }))
				handedOn := len(resp.Header["Set-Cookie"]) == len(row.directives)
				if s.auth.SignedIn != row.accepted || handedOn != row.accepted {
					t.Errorf("%d cookies, %+v", len(resp.Header["Set-Cookie"]), s.auth)
				}
			}
		})
	}
}

// A request that brings a handshake's answer goes on with the new cookies, and without what a cache would answer.
func TestRequestWithAnAnswer(t *testing.T) {
	t.Parallel()
	fresh := freshToken(t, "sess_1", start)
	directives := []string{"__session=" + fresh + "; Path=/", "__client_uat=1000; Path=/"}
	answer := sign(t, tokenSpec{Payload: fmt.Sprintf(`{"handshake":[%q,%q]}`, directives[0], directives[1])})
	for _, name := range []string{"__clerk_handshake_nonce=n", "__clerk_handshake=" + answer} {
		s := newService(t, &backend{handshake: func(context.Context, string) (*sessions.Cookies, error) {
			return &sessions.Cookies{Directives: directives}, nil
		}})
		resp := s.serve(newPage(t, name, func(req *http.Request) {
			for _, name := range []string{"If-None-Match", "If-Modified-Since", "If-Range", "Range", "X-Other"} {
				req.Header.Set(name, "x")
			}
		}))
		want := http.Header{
			"Cookie":  {name + "; __session=" + fresh + "; __client_uat=1000"},
			"X-Other": {"x"}, "Sec-Fetch-Dest": {"document"},
		}
		if diff := cmp.Diff(want, s.served.Header); diff != "" {
			t.Errorf("the request that went on: want (-), got (+):\n%s", diff)
		}
		if diff := cmp.Diff(directives, resp.Header["Set-Cookie"]); diff != "" || !s.auth.SignedIn {
			t.Errorf("%+v, cookies: want (-), got (+):\n%s", s.auth, diff)
		}
	}
}

// A cookie for another domain reaches the browser as Clerk wrote it, which drops it: the next page is signed out.
func TestBrowserDropsCookiesOfAnotherDomain(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		domain string
		kept   bool
	}{{"evil.test", false}, {"evil.example.com", false}, {"com", false}, {"example.com", true}, {"", true}} {
		t.Run(row.domain, func(t *testing.T) {
			t.Parallel()
			s := newService(t, &backend{handshake: func(context.Context, string) (*sessions.Cookies, error) {
				attributes := "; Path=/; Domain=" + row.domain
				return &sessions.Cookies{Directives: []string{
					"__session=" + freshToken(t, "sess_1", start) + attributes, "__client_uat=1000" + attributes,
				}}, nil
			}})
			jar, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
			if err != nil {
				t.Fatal(err)
			}
			req := newPage(t, "__clerk_handshake_nonce=n")
			resp := s.serve(req)
			if resp.StatusCode != http.StatusOK || resp.Header.Get("Location") != "" {
				t.Errorf("status %d, %v", resp.StatusCode, resp.Header)
			}
			jar.SetCookies(req.URL, resp.Cookies())
			next := newPage(t, "")
			for _, cookie := range jar.Cookies(next.URL) {
				next.AddCookie(cookie)
			}
			if s.serve(next); s.auth.SignedIn != row.kept {
				t.Errorf("the next page: %+v", s.auth)
			}
		})
	}
}

// Why an answer was not taken shows beside what then stood in the way of a refresh.
func TestWhyAnAnswerWasNotTaken(t *testing.T) {
	t.Parallel()
	s := newService(t, &backend{handshake: func(context.Context, string) (*sessions.Cookies, error) {
		return nil, sessions.ErrNotFound
	}})
	cookies := cookieLine(oldToken(t, "sess_1", start), "rt") + "; __clerk_handshake_nonce=used"
	s.serve(newPage(t, cookies+"; __clerk_redirect_count=3"))
	for _, why := range []string{"there is a handshake's answer", "not found"} {
		if !errors.Is(s.auth.Err, sessions.ErrNotFound) || !strings.Contains(fmt.Sprint(s.auth.Err), why) {
			t.Errorf("%+v does not say %q", s.auth, why)
		}
	}
}
