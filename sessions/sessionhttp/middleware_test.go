package sessionhttp_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

func TestRefreshes(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	in := site.expired()
	resp := site.get(t, func(req *http.Request) { req.Header["Cookie"][0] = "a=%zz \"; " + req.Header["Cookie"][0] + ";b" }, in.Cookies...)

	if got, want := site.outcome, (sessionhttp.Outcome{Status: sessionhttp.StatusRefreshed}); got != want {
		t.Fatalf("outcome %+v", got)
	}
	if n := site.refreshes(); n != 1 {
		t.Errorf("%d refreshes", n)
	}
	var names []string
	for _, cookie := range resp.Cookies() {
		names = append(names, cookie.Name)
	}
	if diff := cmp.Diff([]string{"__session", "__session" + suffix, "__client_uat", "__client_uat" + suffix}, names); diff != "" {
		t.Errorf("cookies set: want (-), got (+):\n%s", diff)
	}
	fresh := value(resp.Cookies(), "__session")
	if fresh == "" || fresh == in.SessionToken {
		t.Error("there is no new token")
	}
	if got := resp.Header.Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("Cache-Control: %q", got)
	}
	uat := value(in.Cookies, "__client_uat")
	want := `a=%zz "; __session=` + fresh + `; __session` + suffix + `=` + fresh + `; __client_uat=` + uat + `; __client_uat` + suffix + `=` + uat +
		`; __refresh` + suffix + `=` + in.RefreshToken
	for _, name := range []string{"__clerk_db_jwt", "__clerk_db_jwt" + suffix} {
		want += "; " + name + "=" + value(in.Cookies, name)
	}
	want += ";b"
	if diff := cmp.Diff([]string{want}, site.last(t).Header["Cookie"]); diff != "" {
		t.Errorf("the cookies that went on: want (-), got (+):\n%s", diff)
	}
	if errs := site.clerk.Violations(); len(errs) != 0 {
		t.Errorf("violations: %v", errs)
	}

	// The browser's next request needs nothing.
	site.get(t, nil, append(without(in.Cookies, "__session"), resp.Cookies()[:2]...)...)
	if site.outcome.Status != sessionhttp.StatusNotNeeded || site.refreshes() != 1 {
		t.Errorf("then: outcome %+v, %d refreshes", site.outcome, site.refreshes())
	}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	const minute = time.Minute // of a token's life
	type browser = sessionstest.SignIn
	setCookie := func(line string) func(*http.Request, browser) {
		return func(req *http.Request, in browser) {
			req.Header.Set("Cookie", strings.NewReplacer("{token}", in.SessionToken, "{refresh}", in.RefreshToken).Replace(line))
		}
	}
	method := func(name string) func(*http.Request, browser) {
		return func(req *http.Request, _ browser) { req.Method = name }
	}
	for _, row := range []struct {
		name   string
		after  time.Duration // since the sign-in
		edit   func(*http.Request, browser)
		status sessionhttp.Status
		reason string
	}{
		{"fresh", 0, nil, "not-needed", ""},
		{"just before its end", minute - time.Second, nil, "not-needed", ""},
		{"expired for 4 s", minute + 3900*time.Millisecond, nil, "not-needed", ""},
		{"expired for 6 s", minute + 6*time.Second, nil, "refreshed", ""},
		{"expired for a day", 24 * time.Hour, nil, "refreshed", ""},
		{"HEAD", 2 * minute, method(http.MethodHead), "not-eligible", "non-eligible-non-get"},
		{"POST", 2 * minute, method(http.MethodPost), "not-eligible", "non-eligible-non-get"},
		{"get in lower case", 2 * minute, method("get"), "not-eligible", "non-eligible-non-get"},
		{"POST, fresh", 0, method(http.MethodPost), "not-needed", ""},
		{"no cookies", 2 * minute, setCookie(""), "not-needed", "missing-session-token"},
		{"only the refresh cookie", 2 * minute, setCookie("__refresh" + suffix + "={refresh}"), "not-needed", "missing-session-token"},
		{"no token", 2 * minute, setCookie("__client_uat=1; __refresh" + suffix + "={refresh}"), "handshake-needed", "client-uat-but-no-session-token"},
		{"no uat", 2 * minute, setCookie("__session={token}; __refresh" + suffix + "={refresh}"), "handshake-needed", "session-token-but-no-client-uat"},
		{"signed out since", 2 * minute, setCookie("__session={token}; __client_uat=0; __refresh" + suffix + "={refresh}"), "handshake-needed", "session-token-but-no-client-uat"},
		{"signed in anew", 2 * minute, setCookie("__session={token}; __client_uat=4102444800; __refresh" + suffix + "={refresh}"), "handshake-needed", "session-token-iat-before-client-uat"},
		{"no refresh cookie", 2 * minute, setCookie("__session={token}; __client_uat=1"), "not-eligible", "non-eligible-no-refresh-cookie"},
		{"plain refresh cookie", 2 * minute, setCookie("__session={token}; __client_uat=1; __refresh={refresh}"), "not-eligible", "non-eligible-no-refresh-cookie"},
		{"junk for a token", 2 * minute, setCookie("__session=junk; __client_uat=1; __refresh" + suffix + "={refresh}"), "not-eligible", "expired-session-token-decode-failed"},
		{"plain cookies", 2 * minute, setCookie("__session={token}; __client_uat=1; __refresh" + suffix + "={refresh}"), "refreshed", ""},
		{"a wrong signature", 2 * minute, setCookie("__session={token}AAAA; __client_uat=1; __refresh" + suffix + "={refresh}"), "not-eligible", "invalid-session-token"},
		{"a bad host", 2 * minute, func(req *http.Request, _ browser) { req.Host = "a b" }, "not-eligible", "invalid-request-origin"},
		{"Basic", 2 * minute, func(req *http.Request, _ browser) { req.SetBasicAuth("a", "b") }, "refreshed", ""},
		{"junk in the header", 2 * minute, func(req *http.Request, _ browser) { req.Header.Set("Authorization", "Bearer junk") }, "not-eligible", "expired-session-token-decode-failed"},
		{"a wrong refresh token", 2 * minute, setCookie("__session={token}; __client_uat=1; __refresh" + suffix + "=wrong"), "handshake-needed", "refresh_token_invalid"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			site := newSite(t)
			in := site.clerk.SignIn("")
			site.clerk.Advance(row.after)
			var before http.Header
			resp := site.get(t, func(req *http.Request) {
				if row.edit != nil {
					row.edit(req, in)
				}
				before = req.Header.Clone()
			}, in.Cookies...)
			if got := site.outcome; got.Status != row.status || got.Reason != row.reason {
				t.Errorf("outcome %+v, want %s %q", got, row.status, row.reason)
			}
			if row.status == sessionhttp.StatusRefreshed {
				return
			}
			if diff := cmp.Diff(before, site.last(t).Header); diff != "" {
				t.Errorf("the request changed: before (-), after (+):\n%s", diff)
			}
			if diff := cmp.Diff([]string(nil), append(resp.Header["Set-Cookie"], resp.Header["Cache-Control"]...)); diff != "" {
				t.Errorf("the response changed: %s", diff)
			}
		})
	}
}

func TestAuthorizationHeader(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, header, want string }{
		{"Bearer", "Bearer {token}", "Bearer {fresh}"},
		{"one word", "{token}", "{fresh}"},
		{"another scheme", "bearer {token}", "bearer {token}"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			site := newSite(t)
			in := site.expired()
			cookies := without(in.Cookies, "__session")
			if strings.HasPrefix(row.name, "another") {
				cookies = in.Cookies
			}
			var original *http.Request
			resp := site.get(t, func(req *http.Request) {
				req.Header.Set("Authorization", strings.ReplaceAll(row.header, "{token}", in.SessionToken))
				original = req
			}, cookies...)
			fresh := value(resp.Cookies(), "__session")
			if site.outcome.Status != sessionhttp.StatusRefreshed {
				t.Fatalf("outcome %+v", site.outcome)
			}
			want := strings.NewReplacer("{token}", in.SessionToken, "{fresh}", fresh).Replace(row.want)
			if got := site.last(t).Header.Get("Authorization"); got != want {
				t.Errorf("went on with %.20q…", got)
			}
			if got, err := site.last(t).Cookie("__session"); err != nil || got.Value != fresh {
				t.Errorf("the cookie that went on: %v, %v", got, err)
			}
			if got := original.Header.Get("Authorization"); strings.Contains(got, fresh) {
				t.Error("the request of the server was changed")
			}
		})
	}
}

func TestOutcomeOutside(t *testing.T) {
	t.Parallel()
	if got, ok := sessionhttp.OutcomeFromContext(t.Context()); ok || got != (sessionhttp.Outcome{}) {
		t.Errorf("an outcome without the middleware: %+v", got)
	}
}
