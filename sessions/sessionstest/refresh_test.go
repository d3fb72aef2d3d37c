package sessionstest_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// refreshBody returns the body of a refresh of what in holds, with fields changed: nil leaves one out.
func refreshBody(in sessionstest.SignIn, change map[string]any) string {
	body := map[string]any{
		"expired_token":  in.SessionToken,
		"refresh_token":  in.RefreshToken,
		"request_origin": "https://app.example.com",
	}
	maps.Copy(body, change)
	maps.DeleteFunc(body, func(_ string, value any) bool { return value == nil })
	encoded, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

func TestRefreshToAToken(t *testing.T) {
	s := newServer()
	in := s.SignIn("user_1")
	path := "/sessions/" + in.SessionID + "/refresh"
	for _, row := range []struct {
		name    string
		advance time.Duration
		change  map[string]any
	}{
		{"before the token expires", 0, nil},
		{"after it has", time.Hour, nil},
		{"a second time", time.Second, map[string]any{"format": "token"}},
		{"with all there is to say", time.Second, map[string]any{
			"request_headers":        map[string][]string{"cookie": {"a=b"}, "x-none": {}},
			"request_originating_ip": "192.0.2.1",
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s.Advance(row.advance)
			got := decode[tokenBody](t, post(t, s, path, refreshBody(in, row.change)))
			said := claims(t, s, got.JWT)
			want := map[string]any{
				"sid": in.SessionID,
				"sub": "user_1",
				"azp": "https://app.example.com",
				"iat": float64(s.Now().Unix()),
				"exp": float64(s.Now().Unix() + 60),
			}
			maps.DeleteFunc(said, func(name string, _ any) bool { _, ok := want[name]; return !ok })
			if diff := cmp.Diff(want, said); diff != "" {
				t.Errorf("claims (-want +got):\n%s", diff)
			}
			session := decode[map[string]any](t, get(t, s, "/sessions/"+in.SessionID))
			if got := session["last_active_at"]; got != float64(s.Now().UnixMilli()) {
				t.Errorf("last active at %v, want now", got)
			}
		})
	}
	wantViolations(t, s)
}

func TestRefreshToCookies(t *testing.T) {
	const suffix = "_6tQWJVae"
	uat := strconv.FormatInt(start.Unix(), 10)
	for name, row := range map[string]struct {
		query, origin string
		want          map[string]string // the attributes of each cookie, after its value
	}{
		"plain": {"", "https://app.example.com", map[string]string{
			"__session":    "Path=/; Max-Age=604740; Secure; SameSite=Lax",
			"__client_uat": "Path=/; Max-Age=604740; Secure; SameSite=Lax",
		}},
		"not suffixed": {"?suffixed_cookies=false", "http://127.0.0.1:8080", map[string]string{
			"__session":    "Path=/; Max-Age=604740; SameSite=Lax",
			"__client_uat": "Path=/; Max-Age=604740; SameSite=Lax",
		}},
		"suffixed": {"?suffixed_cookies=true", "http://localhost:8080", map[string]string{
			"__session":             "Path=/; Max-Age=604740; SameSite=Lax",
			"__session" + suffix:    "Path=/; Max-Age=604740; SameSite=Lax",
			"__client_uat":          "Path=/; Max-Age=604740; SameSite=Lax",
			"__client_uat" + suffix: "Path=/; Max-Age=604740; SameSite=Lax",
		}},
		"an origin that is none": {"", "://", map[string]string{
			"__session":    "Path=/; Max-Age=604740; SameSite=Lax",
			"__client_uat": "Path=/; Max-Age=604740; SameSite=Lax",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer()
			in := s.SignIn("user_1")
			s.Advance(time.Minute)
			body := refreshBody(in, map[string]any{"format": "cookie", "request_origin": row.origin})
			got := decode[struct {
				Object  string   `json:"object"`
				Cookies []string `json:"cookies"`
			}](t, post(t, s, "/sessions/"+in.SessionID+"/refresh"+row.query, body))
			if got.Object != "cookies" {
				t.Errorf("object %q", got.Object)
			}
			attributes := map[string]string{}
			for _, directive := range got.Cookies {
				cookie, err := http.ParseSetCookie(directive)
				if err != nil {
					t.Fatal(err)
				}
				_, after, _ := strings.Cut(directive, "; ")
				attributes[cookie.Name] = strings.Replace(after, "Expires=Mon, 30 Nov 2026 12:00:00 GMT; ", "", 1)
				if !cookie.Expires.Equal(start.AddDate(0, 0, 7)) {
					t.Errorf("%s expires at %v", cookie.Name, cookie.Expires)
				}
				if strings.HasPrefix(cookie.Name, "__session") {
					if exp := claims(t, s, cookie.Value)["exp"]; exp != float64(s.Now().Unix()+60) {
						t.Errorf("%s has a token that expires at %v", cookie.Name, exp)
					}
				} else if cookie.Value != uat {
					t.Errorf("%s is %q, want %q", cookie.Name, cookie.Value, uat)
				}
			}
			if diff := cmp.Diff(row.want, attributes); diff != "" {
				t.Errorf("cookies (-want +got):\n%s", diff)
			}
			wantViolations(t, s)
		})
	}
}

func TestRefreshIsRefused(t *testing.T) {
	s := newServer()
	in, other := s.SignIn("user_1"), s.SignIn("user_1")
	forged := in.SessionToken[:len(in.SessionToken)-8] + "AAAAAAAA"
	for name, row := range map[string]struct {
		change map[string]any
		code   string
	}{
		"another session's token":           {map[string]any{"expired_token": other.SessionToken}, "session_token_invalid"},
		"not a token":                       {map[string]any{"expired_token": "a.b.c"}, "session_token_invalid"},
		"a token that somebody else signed": {map[string]any{"expired_token": forged}, "session_token_invalid"},
		"another session's refresh token":   {map[string]any{"refresh_token": other.RefreshToken}, "refresh_token_invalid"},
		"not a refresh token":               {map[string]any{"refresh_token": "x"}, "refresh_token_invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			wantError(t, post(t, s, "/sessions/"+in.SessionID+"/refresh", refreshBody(in, row.change)), 401, row.code)
		})
	}

	t.Run("a session without a browser", func(t *testing.T) {
		x := s.AddSession(sessionstest.Session{})
		token := decode[tokenBody](t, post(t, s, "/sessions/"+x.ID+"/tokens", "")).JWT
		body := refreshBody(sessionstest.SignIn{SessionToken: token, RefreshToken: "x"}, nil)
		wantError(t, post(t, s, "/sessions/"+x.ID+"/refresh", body), 401, "refresh_token_invalid")
	})
	t.Run("a revoked session", func(t *testing.T) {
		decode[any](t, post(t, s, "/sessions/"+in.SessionID+"/revoke", ""))
		wantError(t, post(t, s, "/sessions/"+in.SessionID+"/refresh", refreshBody(in, nil)), 401, "session_not_active")
	})
	t.Run("a session that has lapsed", func(t *testing.T) {
		s.Advance(8 * 24 * time.Hour)
		wantError(t, post(t, s, "/sessions/"+other.SessionID+"/refresh", refreshBody(other, nil)), 401, "session_not_active")
	})
	wantViolations(t, s)
}
