package sessionhttp_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

func TestParams(t *testing.T) {
	t.Parallel()
	token := sign(t, tokenSpec{Payload: `{"iss":"https://clerk.example.com","sid":"sess_1","exp":1,"iat":1}`})
	req := httptest.NewRequest(http.MethodPost, "https://App.example.com:443/page", nil)
	req.Header = http.Header{
		"Cookie":     {"a=1", "__session=" + token + "; __refresh_naoXFJnI=rt_1; __client_uat=1"},
		"X-Twice":    {"1", "2"},
		"X-Latin":    {"caf\xe9"},
		"X-Utf8":     {"caf\xc3\xa9"},
		"X-Nothing":  {},
		"User-Agent": {"Mozilla"},
	}
	a := newAuthenticator(t, noBackend{}, liveKey,
		sessionhttp.WithJWTKey(officialKeys().pem),
		sessionhttp.WithClientIP(func(req *http.Request) string { return strings.Split(req.RemoteAddr, ":")[0] }))
	id, p, err := a.Params(req)
	if err != nil {
		t.Fatal(err)
	}
	got := []any{
		id,
		p.ExpiredToken,
		p.RefreshToken,
		p.RequestOrigin,
		p.RequestOriginatingIP,
		p.SuffixedCookies,
		p.RequestHeaders,
	}
	want := []any{"sess_1", token, "rt_1", "https://app.example.com", "192.0.2.1", false, http.Header{
		"cookie":     {"a=1; __session=" + token + "; __refresh_naoXFJnI=rt_1; __client_uat=1"},
		"x-twice":    {"1, 2"},
		"x-latin":    {"café"},
		"x-utf8":     {"cafÃ©"}, // as Node reads it
		"user-agent": {"Mozilla"},
		"host":       {"App.example.com:443"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
}

// Of a request with more than 16 KiB of headers, as JSON, only the short list and the cookies' names are sent.
func TestHowManyHeadersAreSent(t *testing.T) {
	t.Parallel()
	token := sign(t, tokenSpec{Payload: `{"iss":"https://clerk.example.com","sid":"sess_1","exp":1,"iat":1}`})
	a := newAuthenticator(t, noBackend{}, liveKey, sessionhttp.WithJWTKey(officialKeys().pem))
	for size, whole := range map[int]bool{14 << 10: true, 16 << 10: false, 1 << 20: false} {
		req := newPage(t, "__session="+token+"; __refresh_naoXFJnI=rt_1; __client_uat=1")
		req.Header.Set("X-Large", strings.Repeat("x", size))
		_, p, err := a.Params(req)
		sent := map[string][]string(p.RequestHeaders) // in lower case
		_, isSent := sent["x-large"]
		cookie := strings.Join(sent["cookie"], "")
		if err != nil || isSent != whole || strings.Contains(cookie, token) != whole ||
			!strings.Contains(cookie, "__session=") {
			t.Errorf("%d bytes: %v, %q", size, err, cookie)
		}
	}
}

func TestNoParams(t *testing.T) {
	t.Parallel()
	claims := func(text string) string { return sign(t, tokenSpec{Payload: text}) }
	const rest = `,"iss":"https://clerk.example.com","exp":1}`
	good := claims(`{"sid":"sess_1"` + rest)
	for _, row := range []struct{ name, token, refresh, host, want string }{
		{"good", good, "rt_1", "app.example.com", ""},
		{"no token", "", "rt_1", "app.example.com", "missing-session-token"},
		{"no refresh token", good, "", "app.example.com", "missing-refresh-token"},
		{"junk token", "junk", "rt_1", "app.example.com", "expired-session-token-decode-failed"},
		{
			"another key", sign(t, tokenSpec{Payload: `{"sid":"sess_1"` + rest, Key: "other"}), "rt_1", "app.example.com",
			"invalid-session-token",
		},
		{"no host", good, "rt_1", "", "invalid-request-origin"},
		{"no sid", claims(`{"sub":"x"` + rest), "rt_1", "app.example.com", "missing-sid-claim"},
		{"sid null", claims(`{"sid":null` + rest), "rt_1", "app.example.com", "missing-sid-claim"},
		{"sid a number", claims(`{"sid":12` + rest), "rt_1", "app.example.com", "missing-sid-claim"},
		{"sid empty", claims(`{"sid":""` + rest), "rt_1", "app.example.com", "missing-sid-claim"},
		{"sid a dot", claims(`{"sid":"."` + rest), "rt_1", "app.example.com", "missing-sid-claim"},
		{"sid dots", claims(`{"sid":"..."` + rest), "rt_1", "app.example.com", "missing-sid-claim"},
		{"sid with a slash", claims(`{"sid":"a/../b"` + rest), "rt_1", "app.example.com", "missing-sid-claim"},
		{"sid with a line break", claims(`{"sid":"a\r\nb"` + rest), "rt_1", "app.example.com", "missing-sid-claim"},
		{"sid not UTF-8", claims("{\"sid\":\"a\xff\"" + rest), "rt_1", "app.example.com", "missing-sid-claim"},
		{
			"sid too long", claims(`{"sid":"` + strings.Repeat("x", 257) + `"` + rest), "rt_1", "app.example.com",
			"missing-sid-claim",
		},
		{"sid of all that is allowed", claims(`{"sid":"aZ09_.~-"` + rest), "rt_1", "app.example.com", ""},
		{"sid in another case", claims(`{"SID":"sess_1"` + rest), "rt_1", "app.example.com", "missing-sid-claim"},
		{"sid twice", claims(`{"sid":5,"s\u0069d":"sess_1"` + rest), "rt_1", "app.example.com", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			req := httptest.NewRequest(http.MethodGet, "https://app.example.com/", nil)
			req.Host = row.host
			req.Header.Set("Cookie", "__session="+row.token+"; __refresh_naoXFJnI="+row.refresh)
			a := newAuthenticator(t, noBackend{}, liveKey, sessionhttp.WithJWTKey(officialKeys().pem))
			id, p, err := a.Params(req)
			checkError(t, err, row.want)
			if err == nil {
				return
			}
			if diff := cmp.Diff([]any{"", sessions.RefreshParams{}}, []any{id, p}); diff != "" {
				t.Errorf("beside an error: %s", diff)
			}
			if row.token != "" && strings.Contains(err.Error(), row.token) && row.token != "junk" {
				t.Errorf("the error shows the token: %v", err)
			}
		})
	}
}

// What a hostile browser may send as cookies: nothing of it makes a refresh, nor a panic, nor an error page.
func TestBadCookies(t *testing.T) {
	t.Parallel()
	many := strings.Repeat("a=1; ", 100)
	token := func(payload string) string { return sign(t, tokenSpec{Payload: payload}) }
	jwt := func(payload string) string {
		return "__session=" + token(payload) + "; __client_uat=1; __refresh_naoXFJnI=rt_1"
	}
	for name, cookie := range map[string]string{
		"empty":                "",
		"100 cookies":          many,
		"64 KiB":               "__session=" + strings.Repeat("x", 64<<10),
		"64 KiB of separators": strings.Repeat(";", 64<<10),
		"64 KiB of percents":   "__session=" + strings.Repeat("%", 64<<10),
		"64 KiB of dots":       "__session=" + strings.Repeat(".", 64<<10),
		"64 KiB of =":          "__session=" + strings.Repeat("=", 64<<10),
		"no names":             "=; =a; ==; ;;; \t",
		"quotes":               `__session="x; __client_uat="1"`,
		"bad percents":         "__session=%; __client_uat=%4; __refresh_naoXFJnI=%zz",
		"controls":             "__session=\x01\x7f\xff",
		"dots only":            "__session=..; __client_uat=1",
		"empty parts":          "__session=e30..; __client_uat=1",
		"null":                 jwt("null"),
		"array":                jwt("[]"),
		"deep":                 jwt(strings.Repeat("[", 100_000)),
		"deep in a claim":      jwt(`{"exp":` + strings.Repeat("[", 100_000)),
		"half a document":      jwt(`{"exp":1`),
		"two documents":        jwt(`{"exp":1}{}`),
		"huge numbers":         jwt(`{"exp":1e999999,"iat":-1e999999,"sid":"sess_1"}`),
		"long numbers":         jwt(`{"exp":` + strings.Repeat("9", 10_000) + `,"sid":"sess_1"}`),
		"no sid":               jwt(`{"exp":1,"iat":1}`),
		"dots as sid":          jwt(`{"exp":1,"iat":1,"sid":".."}`),
		"objects for claims":   jwt(`{"exp":{},"iat":{},"sid":{},"iss":{}}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, noBackend{})
			for _, destination := range []string{"document", "empty"} {
				resp := s.serve(newPage(t, cookie, func(req *http.Request) { req.Header.Set("Sec-Fetch-Dest", destination) }))
				redirected := resp.StatusCode == http.StatusTemporaryRedirect && destination == "document"
				if s.auth.SignedIn || !redirected && (resp.StatusCode != http.StatusOK || len(resp.Cookies()) != 0) {
					t.Errorf("status %d, %+v", resp.StatusCode, s.auth)
				}
			}
		})
	}
}
