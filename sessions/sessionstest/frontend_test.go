package sessionstest_test

import (
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// newBrowser returns a client with a cookie jar, which follows no redirect.
func newBrowser(t testing.TB, s *sessionstest.Server) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := s.HTTPClient()
	browser.Jar = jar
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return browser
}

// visit sends a browser to a page of the Frontend API, and returns the answer without its body.
func visit(t testing.TB, s *sessionstest.Server, browser *http.Client, path string) *http.Response {
	t.Helper()
	resp, err := browser.Get(s.FrontendAPI + path)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp
}

// handshake is the query of a handshake for a service at target.
func handshake(target, more string) string {
	return "/v1/client/handshake?redirect_url=" + url.QueryEscape(target) + more
}

// signIn signs a browser in at the page, and returns the answer.
func signIn(t testing.TB, s *sessionstest.Server, browser *http.Client, form url.Values) *http.Response {
	t.Helper()
	resp, err := browser.PostForm(s.FrontendAPI+"/sign-in", form)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp
}

// location returns the address that an answer redirects to.
func location(t testing.TB, resp *http.Response, status int) *url.URL {
	t.Helper()
	u, err := resp.Location()
	if resp.StatusCode != status || err != nil {
		t.Fatalf("status %d, %v, want a redirect with %d", resp.StatusCode, err, status)
	}
	if got := resp.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q", got)
	}
	return u
}

// answerCookie returns a cookie that an answer sets.
func answerCookie(t testing.TB, resp *http.Response, name string) *http.Cookie {
	t.Helper()
	for _, cookie := range resp.Cookies() {
		if cookie.Name == name {
			return cookie
		}
	}
	t.Fatalf("%s is not set: %v", name, resp.Header["Set-Cookie"])
	return nil
}

// handshakeOf returns the directives in the token of a handshake.
func handshakeOf(t testing.TB, s *sessionstest.Server, token string) []string {
	t.Helper()
	var out []string
	said := claims(t, s, token)
	list, _ := said["handshake"].([]any)
	for _, directive := range list {
		out = append(out, directive.(string))
	}
	if said["exp"].(float64)-said["iat"].(float64) != 60 {
		t.Errorf("good from %v to %v, want a minute", said["iat"], said["exp"])
	}
	return out
}

// attributes returns directives by the names of their cookies, without values that differ from run to run.
func attributes(t testing.TB, directives []string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, directive := range directives {
		cookie, err := http.ParseSetCookie(directive)
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(directive, "; ")
		if cookie.Value == "" || cookie.Value == "0" {
			after = cookie.Value + "; " + after
		}
		out[cookie.Name] = after
	}
	return out
}

// sessionCookieOf returns the session token among directives.
func sessionCookieOf(t testing.TB, directives []string) string {
	t.Helper()
	for _, directive := range directives {
		if cookie, err := http.ParseSetCookie(directive); err == nil && cookie.Name == "__session" {
			return cookie.Value
		}
	}
	t.Fatalf("no session token in %v", directives)
	return ""
}

func TestHandshakeIsRefused(t *testing.T) {
	s := newServer()
	for name, row := range map[string]struct {
		query, code, param string
	}{
		"no address":        {"", "form_param_missing", "redirect_url"},
		"an empty address":  {"?redirect_url=", "form_param_missing", "redirect_url"},
		"a path":            {"?redirect_url=/a", "form_param_format_invalid", "redirect_url"},
		"no host":           {"?redirect_url=https:///a", "form_param_format_invalid", "redirect_url"},
		"a script":          {"?redirect_url=javascript:alert(1)", "form_param_format_invalid", "redirect_url"},
		"a broken address":  {"?redirect_url=http://%25zz", "form_param_format_invalid", "redirect_url"},
		"an unknown format": {"?redirect_url=http://localhost&format=jwt", "form_param_value_invalid", "format"},
	} {
		t.Run(name, func(t *testing.T) {
			resp, err := s.HTTPClient().Get(s.FrontendAPI + "/v1/client/handshake" + row.query)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			var body errorBody
			if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != 422 || body.Errors[0].Code != row.code || body.Errors[0].Meta["param_name"] != row.param {
				t.Errorf("answered %d %+v", resp.StatusCode, body)
			}
		})
	}
	wantError(t, post(t, s, "/client/handshake", ""), 405, "method_not_allowed")
	wantViolations(t, s, "POST /v1/client/handshake: the endpoint has no such method")
}

func TestFaultsOfTheFrontendAPI(t *testing.T) {
	s := newServer()
	s.Inject(sessionstest.Fault{Status: 503})
	s.Inject(sessionstest.Fault{Operation: "Handshake", Status: 500})
	s.Inject(sessionstest.Fault{Operation: "GetJWKS", Status: 429, RetryAfter: time.Second})
	browser := newBrowser(t, s)
	for _, path := range []string{handshake(app, ""), "/.well-known/jwks.json"} {
		if resp := visit(t, s, browser, path); resp.StatusCode != 500 && resp.StatusCode != 429 {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
		if resp := visit(t, s, browser, path); resp.StatusCode >= 400 {
			t.Errorf("%s: %d the second time", path, resp.StatusCode)
		}
	}
	if got := get(t, s, "/sessions"); got.status != 503 {
		t.Errorf("a fault of any operation hit the Frontend API: %d", got.status)
	}
	var names []string
	for _, call := range s.Calls() {
		names = append(names, call.Operation)
	}
	if diff := cmp.Diff([]string{"Handshake", "Handshake", "GetJWKS", "GetJWKS", "GetSessionList"}, names); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}
