package sessionhttp_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

// What a token has to be to sign somebody in, in the cookies and in the header alike.
func TestVerification(t *testing.T) {
	t.Parallel()
	payload := func(changes map[string]any) string {
		text, err := json.Marshal(claims("sess_1", start.Add(-5*time.Second), changes))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	with := func(name string, value any) string {
		return token(t, claims("sess_1", start, map[string]any{name: value}))
	}
	header := func(text string) string { return sign(t, tokenSpec{Payload: payload(nil), Header: &text}) }
	good := header(`{"alg":"RS256","typ":"JWT"}`)
	parts := strings.Split(good, ".")
	others := base64.RawURLEncoding.EncodeToString([]byte(payload(map[string]any{"sub": "user_evil"})))
	parties := sessionhttp.WithAuthorizedParties("https://app.example.com", "https://other.example.com")
	minute := sessionhttp.WithClockSkew(time.Minute)
	nbfNull := sign(t, tokenSpec{Payload: strings.Replace(payload(nil), `"nbf":1699999985`, `"nbf":null`, 1)})
	at := func(d time.Duration) int64 { return start.Add(d).Unix() }
	for _, row := range []struct {
		name, token, reason string // "" is signed in
		opts                []sessionhttp.Option
	}{
		{"good", good, "", nil},
		{"padded", good + "==", "", nil},
		{"no type", header(`{"alg":"RS256"}`), "", nil},
		{"category session", header(`{"alg":"RS256","cat":"cl_B7d4PD111AAA"}`), "", nil},
		{"category of a template", header(`{"alg":"RS256","cat":"cl_B7d4PD222AAA"}`), "token-type-mismatch", nil},
		{"category a number", header(`{"alg":"RS256","cat":5}`), "token-type-mismatch", nil},
		{"an access token", header(`{"alg":"RS256","typ":"at+jwt"}`), "token-type-mismatch", nil},
		{"another type", header(`{"alg":"RS256","typ":"jwt"}`), "token-invalid", nil},
		{"a critical extension", header(`{"alg":"RS256","crit":["b64"],"b64":false}`), "token-invalid", nil},
		{"alg none", header(`{"alg":"none"}`), "token-invalid-algorithm", nil},
		{"alg HS256", header(`{"alg":"HS256"}`), "token-invalid-algorithm", nil},
		{"alg RS512", header(`{"alg":"RS512"}`), "token-invalid-algorithm", nil},
		{"alg a list", header(`{"alg":["RS256"]}`), "token-invalid-algorithm", nil},
		{"no alg", header(`{}`), "token-invalid-algorithm", nil},
		{
			"PS256 by another name", signAs(t, `{"alg":"RS256"}`, payload(nil), "", "", true),
			"token-invalid-signature", nil,
		},
		{
			"HMAC by the key", signAs(t, `{"alg":"RS256"}`, payload(nil), "hmac", "", false),
			"token-invalid-signature", nil,
		},
		{"another key", sign(t, tokenSpec{Payload: payload(nil), Key: "other"}), "token-invalid-signature", nil},
		{"no signature", parts[0] + "." + parts[1] + ".", "token-invalid-signature", nil},
		{"other claims", parts[0] + "." + others + "." + parts[2], "token-invalid-signature", nil},
		{"cut short", good[:len(good)-1], "token-invalid", nil},
		{"two parts", parts[0] + "." + parts[1], "token-invalid", nil},
		{"four parts", good + ".AAAA", "token-invalid", nil},
		{"a line break", parts[0] + ".%0A" + parts[1] + "." + parts[2], "token-invalid", nil},
		{"two documents", sign(t, tokenSpec{Payload: payload(nil) + "{}"}), "token-invalid", nil},
		{"no sub", with("sub", nil), "token-verification-failed", nil},
		{"sub a number", with("sub", 5), "token-verification-failed", nil},
		{"sub empty", with("sub", ""), "token-verification-failed", nil},
		{"a machine", with("sub", "mch_1"), "token-type-mismatch", nil},
		{"no sid", with("sid", nil), "", nil},
		{"no exp", with("exp", nil), "token-verification-failed", nil},
		{"exp text", with("exp", "4102444800"), "token-verification-failed", nil},
		{"expired 4 s ago", with("exp", at(-4*time.Second)), "", nil},
		{"expired 5 s ago", with("exp", at(-5*time.Second)), expiredNoCookie, nil},
		{
			"expired 5 s ago, no skew", with("exp", at(0)), expiredNoCookie,
			[]sessionhttp.Option{sessionhttp.WithClockSkew(0)},
		},
		{"expired 5 s ago, more skew", with("exp", at(-5*time.Second)), "", []sessionhttp.Option{minute}},
		{"good in 5 s", with("nbf", at(5*time.Second)), "", nil},
		{"good in 6 s", with("nbf", at(6*time.Second)), "session-token-nbf", nil},
		{"nbf null", nbfNull, "token-verification-failed", nil},
		{"issued in 5 s", with("iat", at(5*time.Second)), "", nil},
		{"issued in 6 s", with("iat", at(6*time.Second)), "session-token-iat-in-the-future", nil},
		{"no iat", with("iat", nil), "", nil},
		{"azp", with("azp", "https://other.example.com"), "", []sessionhttp.Option{parties}},
		{
			"another azp", with("azp", "https://evil.test"), "token-invalid-authorized-parties",
			[]sessionhttp.Option{parties},
		},
		{"another azp that nobody asks for", with("azp", "https://evil.test"), "", nil},
		{"azp missing", with("azp", nil), "", []sessionhttp.Option{parties}},
		{"azp empty", with("azp", ""), "", []sessionhttp.Option{parties}},
		{"azp a number", with("azp", 5), "token-invalid-authorized-parties", []sessionhttp.Option{parties}},
		{"active", with("sts", "active"), "", nil},
		{"no sts", with("sts", nil), "", nil},
		{"pending", with("sts", "pending"), "session-pending", nil},
	} {
		for _, carrier := range []string{"cookies", "header"} {
			t.Run(row.name+"/"+carrier, func(t *testing.T) {
				t.Parallel()
				s := newService(t, noBackend{}, row.opts...)
				cookie := "__session=" + row.token + "; __client_uat=1000"
				s.serve(newPage(t, cookie, func(req *http.Request) {
					req.Header.Set("Sec-Fetch-Dest", "empty")
					if carrier == "header" {
						req.Header.Del("Cookie")
						req.Header.Set("Authorization", "Bearer "+row.token)
					}
				}))
				if s.auth.SignedIn != (row.reason == "") || s.auth.Reason != row.reason {
					t.Errorf("%+v, want %q", s.auth, row.reason)
				}
				known := s.auth.SignedIn || s.auth.Pending
				if known != (s.auth.UserID == "user_sess_1") || known != (s.auth.Token.JWT != "") ||
					known != (s.auth.Claims != nil) {
					t.Errorf("%+v", s.auth)
				}
			})
		}
	}
}

func TestPendingSessions(t *testing.T) {
	t.Parallel()
	line := "__session=" + token(t, claims("sess_1", start, map[string]any{"sts": "pending"})) + "; __client_uat=1000"
	for _, row := range []struct {
		name     string
		opts     []sessionhttp.Option
		signedIn bool
	}{
		{"usual", nil, false},
		{"signed in by the service", []sessionhttp.Option{sessionhttp.WithPendingSessions()}, true},
	} {
		s := newService(t, noBackend{}, row.opts...)
		s.serve(newPage(t, line))
		a := s.auth
		if a.SignedIn != row.signedIn || !a.Pending || a.UserID != "user_sess_1" || a.SessionID != "sess_1" {
			t.Errorf("%s: %+v", row.name, a)
		}
	}
}

// A verifier that cannot tell in time, as its keys could not be had, signs nobody out.
func TestVerifierThatCannotTell(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name      string
		verify    func(ctx context.Context, token string) error
		temporary bool
		reason    string
	}{
		{"waits for too long", func(ctx context.Context, _ string) error {
			<-ctx.Done()
			return errors.New("no keys: " + ctx.Err().Error())
		}, true, "jwk-remote-failed-to-load"},
		{"gives up earlier", func(context.Context, string) error {
			return fmt.Errorf("no keys: %w", context.DeadlineExceeded)
		}, true, "jwk-remote-failed-to-load"},
		{"is cut off", func(context.Context, string) error {
			return fmt.Errorf("no keys: %w", context.Canceled)
		}, true, "jwk-remote-failed-to-load"},
		{"refuses", func(context.Context, string) error { return errors.New("bad") }, false, "token-invalid-signature"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, noBackend{}, sessionhttp.WithTimeout(50*time.Millisecond),
				sessionhttp.WithVerifier(row.verify))
			resp := s.serve(newPage(t, cookieLine(freshToken(t, "sess_1", start), "rt")))
			if s.auth.SignedIn || s.auth.Temporary != row.temporary || s.auth.Reason != row.reason ||
				s.auth.Err == nil || resp.StatusCode != http.StatusOK || len(resp.Cookies()) != 0 {
				t.Errorf("status %d, %+v", resp.StatusCode, s.auth)
			}
		})
	}
}

// Which tokens a verifier is asked about, and how often, is as its documentation says.
func TestWhatAVerifierIsAsked(t *testing.T) {
	t.Parallel()
	old, fresh := oldToken(t, "sess_1", start), freshToken(t, "sess_1", start)
	answer := sign(t, tokenSpec{Payload: fmt.Sprintf(`{"handshake":["__session=%s; Path=/"]}`, fresh)})
	names := map[string]string{old: "old", fresh: "fresh", answer: "answer"}
	for _, row := range []struct {
		name, cookie string
		want         []string
	}{
		{"nobody", "", nil},
		{"signed in", cookieLine(fresh, "rt"), []string{"fresh"}},
		{"refreshed", cookieLine(old, "rt"), []string{"old", "old", "fresh", "fresh"}}, // plain, and with the suffix
		{"without a refresh token", cookieLine(old, ""), []string{"old"}},
		{"a handshake's token", "__clerk_handshake=" + answer, []string{"answer", "fresh"}},
		{"a handshake's nonce", "__clerk_handshake_nonce=n", []string{"fresh"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			b := &backend{
				refresh: renew(t, func() time.Time { return start }),
				handshake: func(context.Context, string) (*sessions.Cookies, error) {
					return &sessions.Cookies{Directives: []string{"__session=" + fresh}}, nil
				},
			}
			var asked []string
			s := newService(t, b, sessionhttp.WithVerifier(func(_ context.Context, token string) error {
				asked = append(asked, names[token])
				return nil
			}))
			s.serve(newPage(t, row.cookie))
			if diff := cmp.Diff(row.want, asked); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
}

// A verifier that takes its time, and Clerk after it, do not get the timeout each.
func TestVerifierThatIsSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := inBubble(t, &backend{refresh: silent}, sessionhttp.WithVerifier(func(context.Context, string) error {
			time.Sleep(time.Second)
			return nil
		}))
		if took := s.timed(expiredPage(t, 1)); took != 3*time.Second || !s.auth.Temporary {
			t.Errorf("took %v: %+v", took, s.auth)
		}
	})
}

// The request that goes on, and the response.
func TestRefreshedRequest(t *testing.T) {
	t.Parallel()
	s := newService(t, &backend{refresh: renew(t, func() time.Time { return start })})
	old := oldToken(t, "sess_1", start)
	resp := s.serve(newPage(t, "a=%zz \"; "+cookieLine(old, "rt")+";b", func(req *http.Request) {
		for _, name := range []string{"If-None-Match", "If-Modified-Since", "If-Range", "Range", "X-Other"} {
			req.Header.Set(name, "x")
		}
	}))
	fresh := s.auth.Token.JWT
	if !s.auth.Refreshed || fresh == "" || fresh == old || s.Token(s.served) != fresh {
		t.Fatalf("%+v", s.auth)
	}
	want := http.Header{
		"Cookie": {`a=%zz "; __refresh_naoXFJnI=rt; b; __session=` + fresh + "; __session_naoXFJnI=" + fresh +
			"; __client_uat=1000; __client_uat_naoXFJnI=1000"},
		"X-Other": {"x"}, "Sec-Fetch-Dest": {"document"},
	}
	if diff := cmp.Diff(want, s.served.Header); diff != "" {
		t.Errorf("the request that went on: want (-), got (+):\n%s", diff)
	}
	var names []string
	for _, cookie := range resp.Cookies() {
		names = append(names, cookie.Name)
	}
	wantNames := []string{"__session", "__session_naoXFJnI", "__client_uat", "__client_uat_naoXFJnI"}
	if diff := cmp.Diff(wantNames, names); diff != "" {
		t.Errorf("cookies: want (-), got (+):\n%s", diff)
	}
	if _, ok := sessionhttp.FromContext(t.Context()); ok {
		t.Error("an Auth without the middleware")
	}
}

// A refresh is for a GET with a refresh cookie, and nothing that stands in its way.
func TestEligibility(t *testing.T) {
	t.Parallel()
	old := oldToken(t, "sess_1", start)
	for _, row := range []struct {
		name, cookie, reason string // "" is refreshed
		edit                 func(*http.Request)
	}{
		{"a page", cookieLine(old, "rt"), "", func(*http.Request) {}},
		{"a fetch", cookieLine(old, "rt"), "", func(req *http.Request) { req.Header.Set("Sec-Fetch-Dest", "empty") }},
		{"POST", cookieLine(old, "rt"), "non-eligible-non-get", func(req *http.Request) { req.Method = "POST" }},
		{"HEAD", cookieLine(old, "rt"), "non-eligible-non-get", func(req *http.Request) { req.Method = "HEAD" }},
		{"no refresh cookie", cookieLine(old, ""), "non-eligible-no-refresh-cookie", func(*http.Request) {}},
		{"an upgrade", cookieLine(old, "rt"), "non-eligible-upgrade", func(req *http.Request) {
			req.Header.Set("Upgrade", "websocket")
		}},
		{
			"an answer in a cookie", cookieLine(old, "rt") + "; __clerk_handshake_nonce=n",
			"non-eligible-handshake-answer",
			func(req *http.Request) { req.Header.Set("Sec-Fetch-Dest", "empty") },
		},
		{
			"an answer in the query", cookieLine(old, "rt"), "non-eligible-handshake-answer",
			func(req *http.Request) { req.URL.RawQuery = "__clerk_handshake=x" },
		},
		{"a bad host", cookieLine(old, "rt"), "invalid-request-origin", func(req *http.Request) { req.Host = "a b" }},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, &backend{refresh: renew(t, func() time.Time { return start })})
			s.serve(newPage(t, row.cookie, row.edit))
			want := ""
			if row.reason != "" {
				want = "session-token-expired-refresh-" + row.reason
			}
			if s.auth.Refreshed != (row.reason == "") || s.auth.Reason != want {
				t.Errorf("%+v", s.auth)
			}
		})
	}
}

// WithRefreshMethods says what is refreshed beside a GET. The request goes on with its body.
func TestRefreshMethods(t *testing.T) {
	t.Parallel()
	for method, refreshed := range map[string]bool{"GET": true, "POST": true, "PUT": false, "HEAD": false} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			s := newService(t, &backend{refresh: renew(t, func() time.Time { return start })},
				sessionhttp.WithRefreshMethods("GET", "POST"))
			s.serve(newPage(t, cookieLine(oldToken(t, "sess_1", start), "rt"), func(req *http.Request) {
				req.Method, req.Body = method, io.NopCloser(strings.NewReader("a=b"))
			}))
			body, err := io.ReadAll(s.served.Body)
			if s.auth.Refreshed != refreshed || string(body) != "a=b" || err != nil {
				t.Errorf("%+v, with the body %q: %v", s.auth, body, err)
			}
		})
	}
}

// An expired token of another class is never refreshed, though its signature is the instance's.
func TestNoRefreshOfOtherClasses(t *testing.T) {
	t.Parallel()
	payload := func(changes map[string]any) string {
		text, err := json.Marshal(claims("sess_1", start.Add(-2*time.Minute), changes))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	header := func(text string) string { return sign(t, tokenSpec{Payload: payload(nil), Header: &text}) }
	for name, old := range map[string]string{
		"a template's":    header(`{"alg":"RS256","cat":"cl_B7d4PD222AAA"}`),
		"an access token": header(`{"alg":"RS256","typ":"at+jwt"}`),
		"its other name":  header(`{"alg":"RS256","typ":"application/at+jwt"}`),
		"a machine's":     sign(t, tokenSpec{Payload: payload(map[string]any{"sub": "mch_1"})}),
	} {
		for _, authorization := range []string{"", "Bearer " + old} {
			b := &backend{refresh: renew(t, func() time.Time { return start })}
			s := newService(t, b)
			s.serve(newPage(t, cookieLine(old, "rt"), func(req *http.Request) {
				req.Header.Set("Authorization", authorization)
			}))
			if s.auth.SignedIn || s.auth.Reason != "token-type-mismatch" || b.refreshes.Load() != 0 {
				t.Errorf("%s: %d refreshes, %+v", name, b.refreshes.Load(), s.auth)
			}
		}
	}
}

// A sign-out revokes the session, and deletes its cookies under both names.
func TestSignOut(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, host string
		token      string
		err        error
		revoked    string
		cookies    []string
	}{
		{"a domain", "app.example.co.uk", freshToken(t, "sess_1", start), nil, "sess_1", []string{
			"__session=; Path=/; Max-Age=0",
			"__refresh=; Path=/; Max-Age=0; HttpOnly",
			"__client_uat=0; Path=/; SameSite=Lax; Max-Age=0",
			"__client_uat=0; Domain=example.co.uk; Path=/; SameSite=Lax; Max-Age=315360000",
			"__session_naoXFJnI=; Path=/; Max-Age=0",
			"__refresh_naoXFJnI=; Path=/; Max-Age=0; HttpOnly",
			"__client_uat_naoXFJnI=0; Path=/; SameSite=Lax; Max-Age=0",
			"__client_uat_naoXFJnI=0; Domain=example.co.uk; Path=/; SameSite=Lax; Max-Age=315360000",
			"__clerk_handshake=; Path=/; Max-Age=0",
			"__clerk_handshake=; Domain=example.co.uk; Path=/; Max-Age=0",
			"__clerk_handshake_nonce=; Path=/; Max-Age=0",
			"__clerk_handshake_nonce=; Domain=example.co.uk; Path=/; Max-Age=0",
		}},
		{"an address", "127.0.0.1:4020", freshToken(t, "sess_1", start), nil, "sess_1", []string{
			"__session=; Path=/; Max-Age=0",
			"__refresh=; Path=/; Max-Age=0; HttpOnly",
			"__client_uat=0; Path=/; SameSite=Lax; Max-Age=315360000",
			"__session_naoXFJnI=; Path=/; Max-Age=0",
			"__refresh_naoXFJnI=; Path=/; Max-Age=0; HttpOnly",
			"__client_uat_naoXFJnI=0; Path=/; SameSite=Lax; Max-Age=315360000",
			"__clerk_handshake=; Path=/; Max-Age=0",
			"__clerk_handshake_nonce=; Path=/; Max-Age=0",
		}},
		{"Clerk is down", "localhost", freshToken(t, "sess_1", start), sessions.ErrServer, "sess_1", nil},
		{"a token that has expired", "localhost", oldToken(t, "sess_1", start), nil, "sess_1", nil},
		{"nobody is signed in", "localhost", "", nil, "", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var revoked string
			s := newService(t, &backend{revoke: func(_ context.Context, id string) (*sessions.Session, error) {
				revoked = id
				return nil, row.err
			}})
			var err error
			s.Handler = s.Middleware(
				http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { err = s.SignOut(w, req) }),
			)
			resp := s.serve(newPage(t, cookieLine(row.token, "rt"), func(req *http.Request) {
				req.Method, req.Host = http.MethodPost, row.host
			}))
			if err != row.err || revoked != row.revoked { //nolint:errorlint // SignOut returns Clerk's error itself
				t.Errorf("%v, revoked %q", err, revoked)
			}
			if diff := cmp.Diff(row.cookies, resp.Header["Set-Cookie"]); row.cookies != nil && diff != "" {
				t.Errorf("cookies: want (-), got (+):\n%s", diff)
			}
			if len(resp.Cookies()) < 6 || resp.Header.Get("Cache-Control") != "private, no-store" {
				t.Errorf("%v", resp.Header)
			}
		})
	}
	for name, token := range map[string]string{
		"no JWT": "x.y.z", "forged": forged, "of no session": token(t, claims("", start, nil)),
		"an expired one of no session": token(t, claims("", start.Add(-time.Hour), nil)),
	} {
		s := newService(t, noBackend{})
		var err error
		s.Handler = s.Middleware(
			http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { err = s.SignOut(w, req) }),
		)
		resp := s.serve(newPage(t, cookieLine(token, ""), func(req *http.Request) { req.Method = http.MethodPost }))
		if err == nil || !strings.Contains(err.Error(), "no session was revoked") || len(resp.Cookies()) < 6 {
			t.Errorf("%s: %v, %d cookies", name, err, len(resp.Cookies()))
		}
	}
	s := newService(t, noBackend{})
	if err := s.SignOut(nil, newPage(t, "")); err == nil {
		t.Error("a sign-out without the middleware")
	}
}

// A form is never refreshed, and can be sent long after its page was loaded: the session ends all the same.
func TestSignOutAfterTheTokenExpired(t *testing.T) {
	t.Parallel()
	v := newVisitor()
	req := v.request()
	req.Method = http.MethodPost
	visit(v.auth.Middleware(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if err := v.auth.SignOut(w, req); err != nil {
			t.Error(err)
		}
	})), req)
	if status := v.clerk.Sessions()[0].Status; status != "revoked" {
		t.Errorf("the session is %s", status)
	}
}

// Behind a proxy, the domain is that of the origin.
func TestSignOutBehindAProxy(t *testing.T) {
	t.Parallel()
	for name, opt := range map[string]sessionhttp.Option{
		"a fixed origin":  sessionhttp.WithOrigin("https://app.example.com"),
		"a trusted proxy": sessionhttp.WithTrustedProxy(),
	} {
		s := newService(t, &backend{
			revoke: func(context.Context, string) (*sessions.Session, error) { return &sessions.Session{}, nil },
		}, opt)
		s.Handler = s.Middleware(
			http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { _ = s.SignOut(w, req) }),
		)
		resp := s.serve(newPage(t, cookieLine(freshToken(t, "sess_1", start), "rt"), func(req *http.Request) {
			req.Host = "203.0.113.5:8080"
			req.Header.Set("X-Forwarded-Host", "app.example.com")
			req.Header.Set("X-Forwarded-Proto", "https")
		}))
		for _, cookie := range []string{"__client_uat", "__client_uat_naoXFJnI"} {
			want := cookie + "=0; Domain=example.com; Path=/; SameSite=Lax; Max-Age=315360000"
			if !slices.Contains(resp.Header["Set-Cookie"], want) {
				t.Errorf("%s: %q", name, resp.Header["Set-Cookie"])
			}
		}
	}
}

func TestRequire(t *testing.T) {
	t.Parallel()
	down := &backend{refresh: func(context.Context, string, sessions.RefreshParams) (*sessions.Cookies, error) {
		return nil, sessions.ErrServer
	}}
	signIn := sessionhttp.WithSignInURL("/sign-in")
	fetch := func(req *http.Request) { req.Header.Set("Sec-Fetch-Dest", "empty") }
	for _, row := range []struct {
		name   string
		req    *http.Request
		opts   []sessionhttp.Option
		status int
		header string // and its value
	}{
		{"signed in", newPage(t, cookieLine(freshToken(t, "sess_1", start), "")), nil, 200, ""},
		{"a page", newPage(t, "__client_uat=0"), []sessionhttp.Option{signIn}, 303, "Location: /sign-in"},
		{"a page, nowhere to sign in", newPage(t, "__client_uat=0"), nil, 401, "Www-Authenticate: Bearer"},
		{"a fetch", newPage(t, "__client_uat=0", fetch), []sessionhttp.Option{signIn}, 401, "Www-Authenticate: Bearer"},
		{
			"Clerk is down", newPage(t, cookieLine(oldToken(t, "sess_1", start), "rt")),
			[]sessionhttp.Option{signIn},
			503,
			"Retry-After: 1",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, down, row.opts...)
			s.Handler = s.Middleware(s.Require(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
			resp := s.serve(row.req)
			name, value, _ := strings.Cut(row.header, ": ")
			if resp.StatusCode != row.status || name != "" && resp.Header.Get(name) != value {
				t.Errorf("status %d, %v", resp.StatusCode, resp.Header)
			}
			if row.status != 200 && resp.Header.Get("Cache-Control") != "private, no-store" {
				t.Errorf("%v", resp.Header)
			}
		})
	}
	s := newService(t, down)
	if resp := (&service{Handler: s.Require(s.Handler)}).serve(
		newPage(t, ""),
	); resp.StatusCode != http.StatusInternalServerError {
		t.Errorf("without the middleware: %d", resp.StatusCode)
	}
}
