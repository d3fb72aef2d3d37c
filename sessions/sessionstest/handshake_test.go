package sessionstest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

const (
	app          = "https://app.example.test"
	productionS  = "_mygDvuFt" // the suffix of a production instance's cookies
	developmentS = "_6tQWJVae"
)

// TestHandshakeInDevelopment is the first visit of a browser, its sign-in, and its sign-out.
func TestHandshakeInDevelopment(t *testing.T) {
	s := newServer()
	browser := newBrowser(t, s)

	target := location(t, visit(t, s, browser, handshake(app+"/a%20b?x=%20&flag#top", "")), 307)
	token := target.Query().Get("__clerk_handshake")
	if want := app + "/a%20b?x=%20&flag&__clerk_handshake=" + token + "#top"; target.String() != want {
		t.Errorf("sent to %s, want %s", target, want)
	}
	out := map[string]string{
		"__session":                "; Path=/; Max-Age=0; Secure; SameSite=Lax",
		"__session" + developmentS: "; Path=/; Max-Age=0; Secure; SameSite=Lax",
		"__refresh" + developmentS: "; Path=/; Max-Age=0; Secure; SameSite=Lax",
		"__client_uat":             "0; Path=/; Max-Age=31536000; Secure; SameSite=Lax",
		"__client_uat_6tQWJVae":    "0; Path=/; Max-Age=31536000; Secure; SameSite=Lax",
		"__clerk_db_jwt":           "Path=/; Max-Age=31536000; Secure; SameSite=Lax",
		"__clerk_db_jwt_6tQWJVae":  "Path=/; Max-Age=31536000; Secure; SameSite=Lax",
	}
	first := handshakeOf(t, s, token)
	if diff := cmp.Diff(out, attributes(t, first)); diff != "" {
		t.Errorf("the first visit (-want +got):\n%s", diff)
	}
	devBrowser, err := http.ParseSetCookie(first[0])
	if err != nil {
		t.Fatal(err)
	}

	form := url.Values{"user_id": {"user_1"}, "redirect_url": {app + "/?a=b"}}
	want := app + "/?a=b&__clerk_db_jwt=" + devBrowser.Value
	if got := location(t, signIn(t, s, browser, form), 303).String(); got != want {
		t.Errorf("signed in and sent to %s, want %s", got, want)
	}

	target = location(t, visit(t, s, browser, handshake(app, "&__clerk_db_jwt="+devBrowser.Value)), 307)
	directives := handshakeOf(t, s, target.Query().Get("__clerk_handshake"))
	in := map[string]string{
		"__session":               "Path=/; Max-Age=604800; Secure; SameSite=Lax",
		"__session_6tQWJVae":      "Path=/; Max-Age=604800; Secure; SameSite=Lax",
		"__client_uat":            "Path=/; Max-Age=604800; Secure; SameSite=Lax",
		"__client_uat_6tQWJVae":   "Path=/; Max-Age=604800; Secure; SameSite=Lax",
		"__refresh_6tQWJVae":      "Path=/; Max-Age=604800; HttpOnly; Secure; SameSite=Lax",
		"__clerk_db_jwt":          "Path=/; Max-Age=31536000; Secure; SameSite=Lax",
		"__clerk_db_jwt_6tQWJVae": "Path=/; Max-Age=31536000; Secure; SameSite=Lax",
	}
	for i := range directives {
		directives[i] = strings.Replace(directives[i], "Expires=Mon, 30 Nov 2026 12:00:00 GMT; ", "", 1)
	}
	if diff := cmp.Diff(in, attributes(t, directives)); diff != "" {
		t.Errorf("after the sign-in (-want +got):\n%s", diff)
	}
	session := sessionCookieOf(t, directives)
	said := claims(t, s, session)
	if said["sub"] != "user_1" || said["azp"] != app || said["sts"] != "active" {
		t.Errorf("the token says %v", said)
	}

	decode[any](t, post(t, s, "/sessions/"+said["sid"].(string)+"/revoke", ""))
	target = location(t, visit(t, s, browser, handshake(app, "&__clerk_db_jwt="+devBrowser.Value)), 307)
	if diff := cmp.Diff(out, attributes(t, handshakeOf(t, s, target.Query().Get("__clerk_handshake")))); diff != "" {
		t.Errorf("after the sign-out (-want +got):\n%s", diff)
	}
	wantViolations(t, s)
}

// TestHandshakeInProduction answers in a cookie that the service's domain shares.
func TestHandshakeInProduction(t *testing.T) {
	s := newServer(sessionstest.WithProduction())
	browser := newBrowser(t, s)

	resp := visit(t, s, browser, handshake(app+"/?x=1", ""))
	if got := location(t, resp, 307).String(); got != app+"/?x=1" {
		t.Errorf("sent to %s", got)
	}
	answer := answerCookie(t, resp, "__clerk_handshake")
	if answer.Domain != "example.test" || answer.MaxAge != 60 || !answer.Secure || !answer.HttpOnly {
		t.Errorf("the answer is %v", answer)
	}
	out := map[string]string{
		"__clerk_handshake":          "; Path=/; Domain=example.test; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
		"__clerk_handshake_nonce":    "; Path=/; Domain=example.test; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
		"__session":                  "; Path=/; Max-Age=0; Secure; SameSite=Lax",
		"__session" + productionS:    "; Path=/; Max-Age=0; Secure; SameSite=Lax",
		"__refresh" + productionS:    "; Path=/; Max-Age=0; Secure; SameSite=Lax",
		"__client_uat":               "0; Path=/; Domain=example.test; Max-Age=31536000; Secure; SameSite=Lax",
		"__client_uat" + productionS: "0; Path=/; Domain=example.test; Max-Age=31536000; Secure; SameSite=Lax",
	}
	if diff := cmp.Diff(out, attributes(t, handshakeOf(t, s, answer.Value))); diff != "" {
		t.Errorf("the first visit (-want +got):\n%s", diff)
	}

	resp = signIn(t, s, browser, url.Values{"user_id": {"user_1"}, "redirect_url": {app + "/?a=b"}})
	if got := location(t, resp, 303).String(); got != app+"/?a=b" {
		t.Errorf("signed in and sent to %s", got)
	}
	for _, name := range []string{"__client_uat", "__client_uat" + productionS} {
		if got := answerCookie(t, resp, name); got.Domain != "example.test" || got.Value != "1795435200" {
			t.Errorf("%s is %v", name, got)
		}
	}

	answer = answerCookie(t, visit(t, s, browser, handshake(app, "")), "__clerk_handshake")
	if said := claims(t, s, sessionCookieOf(t, handshakeOf(t, s, answer.Value))); said["sub"] != "user_1" {
		t.Errorf("the token says %v", said)
	}
	wantViolations(t, s)
}

// TestHandshakeOfSignIn takes the browser that SignIn returns.
func TestHandshakeOfSignIn(t *testing.T) {
	for name, opts := range map[string][]sessionstest.Option{
		"development": nil, "production": {sessionstest.WithProduction()},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(opts...)
			in := s.SignIn("user_1")
			path, known := handshake("http://127.0.0.1:8080/", ""), ""
			browser := newBrowser(t, s)
			frontend, err := url.Parse(s.FrontendAPI)
			if err != nil {
				t.Fatal(err)
			}
			browser.Jar.SetCookies(frontend, in.Cookies)
			for _, cookie := range in.Cookies {
				if cookie.Name == "__clerk_db_jwt" {
					known = "&__clerk_db_jwt=" + cookie.Value
				}
			}
			resp := visit(t, s, browser, path+known)
			token := location(t, resp, 307).Query().Get("__clerk_handshake")
			if token == "" {
				token = answerCookie(t, resp, "__clerk_handshake").Value
			}
			if said := claims(t, s, sessionCookieOf(t, handshakeOf(t, s, token))); said["sid"] != in.SessionID {
				t.Errorf("the token says %v, want session %s", said, in.SessionID)
			}
		})
	}
}
