package sessionhttp_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

func TestHandshake(t *testing.T) {
	t.Parallel()
	header := func(name, value string) func(*http.Request) {
		return func(req *http.Request) { req.Header.Set(name, value) }
	}
	for _, row := range []struct {
		name     string
		fault    sessionstest.Fault
		edit     func(*http.Request)
		redirect bool
	}{
		{"401", sessionstest.Fault{Status: 401}, nil, true},
		{"404", sessionstest.Fault{Status: 404}, nil, true},
		{"429", sessionstest.Fault{Status: 429, Times: 3}, nil, false},
		{"500", sessionstest.Fault{Status: 500}, nil, false},
		{"a lost answer", sessionstest.Fault{Drop: true}, nil, false},
		{"a document", sessionstest.Fault{Status: 401}, header("Sec-Fetch-Dest", "document"), true},
		{"a document of any type", sessionstest.Fault{Status: 401}, func(req *http.Request) {
			req.Header.Set("Sec-Fetch-Dest", "document")
			req.Header.Set("Accept", "*/*")
		}, true},
		{"an iframe", sessionstest.Fault{Status: 401}, header("Sec-Fetch-Dest", "iframe"), true},
		{"a fetch", sessionstest.Fault{Status: 401}, header("Sec-Fetch-Dest", "empty"), false},
		{"an image", sessionstest.Fault{Status: 401}, header("Sec-Fetch-Dest", "image"), false},
		{"JSON", sessionstest.Fault{Status: 401}, header("Accept", "application/json, text/html"), false},
		{"no Accept", sessionstest.Fault{Status: 401}, func(req *http.Request) { req.Header.Del("Accept") }, false},
		{"POST", sessionstest.Fault{}, func(req *http.Request) { req.Method = http.MethodPost }, false},
		{"signed in anew, POST", sessionstest.Fault{}, func(req *http.Request) {
			req.Method = http.MethodPost
			req.Header.Set("Cookie", "__client_uat=1")
		}, false},
		{"signed in elsewhere", sessionstest.Fault{}, header("Cookie", "__client_uat=1"), true},
		{"no refresh cookie", sessionstest.Fault{}, func(req *http.Request) {
			cookies := without(req.Cookies(), "__refresh")
			req.Header.Del("Cookie")
			for _, cookie := range cookies {
				req.AddCookie(cookie)
			}
		}, false},
		{"a bad host", sessionstest.Fault{}, func(req *http.Request) { req.Header.Set("Cookie", "__client_uat=1"); req.Host = "a b" }, false},
		{"twice before", sessionstest.Fault{Status: 401}, func(req *http.Request) { req.AddCookie(&http.Cookie{Name: "__clerk_redirect_count", Value: "2"}) }, true},
		{"three times before", sessionstest.Fault{Status: 401}, func(req *http.Request) { req.AddCookie(&http.Cookie{Name: "__clerk_redirect_count", Value: "3"}) }, false},
		{"more often than can be", sessionstest.Fault{Status: 401}, func(req *http.Request) {
			req.AddCookie(&http.Cookie{Name: "__clerk_redirect_count", Value: strings.Repeat("9", 400)})
		}, false},
		{"less often than can be", sessionstest.Fault{Status: 401}, func(req *http.Request) { req.AddCookie(&http.Cookie{Name: "__clerk_redirect_count", Value: "-5"}) }, false},
		{"back from the handshake", sessionstest.Fault{Status: 401}, func(req *http.Request) { req.URL.RawQuery = "__clerk_handshake=x" }, false},
		{"back with a nonce", sessionstest.Fault{Status: 401}, func(req *http.Request) { req.URL.RawQuery = "__clerk_handshake_nonce=x" }, false},
		{"back with a cookie", sessionstest.Fault{Status: 401}, func(req *http.Request) { req.AddCookie(&http.Cookie{Name: "__clerk_handshake", Value: "x"}) }, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			site := newSite(t, sessionhttp.WithHandshake())
			in := site.expired()
			if row.fault != (sessionstest.Fault{}) {
				site.clerk.Inject(row.fault)
			}
			resp := site.get(t, row.edit, in.Cookies...)
			if !row.redirect {
				if resp.StatusCode != http.StatusOK || len(site.served) != 1 || resp.Header.Get("Location") != "" {
					t.Errorf("status %d, served %d times", resp.StatusCode, len(site.served))
				}
				return
			}
			if resp.StatusCode != http.StatusTemporaryRedirect || len(site.served) != 0 {
				t.Errorf("status %d, served %d times", resp.StatusCode, len(site.served))
			}
			if got := resp.Header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("Cache-Control: %q", got)
			}
			where, _, _ := strings.Cut(resp.Header.Get("Location"), "?")
			if where != "https://clerk.example.test/v1/client/handshake" {
				t.Errorf("Location: %s", where)
			}
		})
	}
}

func TestHandshakeURL(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, target, want string }{
		{"plain", "/page?x=1&y=a%20b", "https://app.example.com/page?x=1&y=a%20b"},
		{"escapes", "/a%2Fb;c", "https://app.example.com/a%2Fb;c"},
		{"two slashes", "//evil.example/", "https://app.example.com//evil.example/"},
		{"whole URL", "https://app.example.com/page", "https://app.example.com/page"},
		{"no path", "https://app.example.com", "https://app.example.com/"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			site := newSite(t, sessionhttp.WithHandshake())
			resp := site.get(t, func(req *http.Request) {
				made := httptest.NewRequest(http.MethodGet, row.target, nil)
				req.RequestURI = row.target
				req.URL = made.URL
			}, &http.Cookie{Name: "__client_uat" + suffix, Value: "1"})
			location, err := url.Parse(resp.Header.Get("Location"))
			if err != nil {
				t.Fatal(err)
			}
			want := url.Values{
				"redirect_url":        {row.want},
				"suffixed_cookies":    {"true"},
				"__clerk_api_version": {"2026-05-12"},
				"__clerk_hs_reason":   {"client-uat-but-no-session-token"},
			}
			if diff := cmp.Diff(want, location.Query()); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
			if got, want := resp.Header.Get("Set-Cookie"), "__clerk_redirect_count=1; Path=/; Max-Age=10; HttpOnly; SameSite=Lax"; got != want {
				t.Errorf("Set-Cookie: %s", got)
			}
		})
	}
}

// A Frontend API that sends everybody straight back: the page is served in the end.
func TestNoRedirectLoop(t *testing.T) {
	t.Parallel()
	site := newSite(t, sessionhttp.WithHandshake())
	in := site.expired()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	page := &url.URL{Scheme: "https", Host: "app.example.com", Path: "/page"}
	site.clerk.Inject(sessionstest.Fault{Status: 401, Times: 100})
	jar.SetCookies(page, in.Cookies)
	redirects := 0
	for {
		resp := site.get(t, func(req *http.Request) { req.URL = page }, jar.Cookies(page)...)
		if resp.StatusCode == http.StatusOK {
			break
		}
		jar.SetCookies(page, resp.Cookies())
		if redirects++; redirects > 10 {
			t.Fatal("a loop")
		}
	}
	if n := site.refreshes(); redirects != 3 || n != 1 {
		t.Errorf("%d redirects, %d calls", redirects, n)
	}
}
