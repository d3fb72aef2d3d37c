package sessionstest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// nonceOf has a browser that is signed in ask for a nonce, and returns it.
func nonceOf(t testing.TB, s *sessionstest.Server, in sessionstest.SignIn) string {
	t.Helper()
	var devBrowser string
	for _, cookie := range in.Cookies {
		if cookie.Name == "__clerk_db_jwt" {
			devBrowser = cookie.Value
		}
	}
	resp := visit(t, s, newBrowser(t, s), handshake(app, "&format=nonce&__clerk_db_jwt="+devBrowser))
	query := location(t, resp, http.StatusTemporaryRedirect).Query()
	if query.Has("__clerk_handshake") || query.Get("__clerk_handshake_nonce") == "" {
		t.Fatalf("no nonce in %v", query)
	}
	return query.Get("__clerk_handshake_nonce")
}

// TestNonce has what a nonce is good for: one request, within a minute.
func TestNonce(t *testing.T) {
	type payload struct {
		Directives []string `json:"directives"`
	}
	s := newServer()
	in := s.SignIn("user_1")

	path := "/clients/handshake_payload?nonce=" + nonceOf(t, s, in)
	got := decode[payload](t, get(t, s, path))
	if said := claims(t, s, sessionCookieOf(t, got.Directives)); said["sid"] != in.SessionID {
		t.Errorf("the token says %v", said)
	}
	wantError(t, get(t, s, path), 404, "resource_not_found")

	path = "/clients/handshake_payload?nonce=" + nonceOf(t, s, in)
	s.Advance(59 * time.Second)
	nonceOf(t, s, in) // which forgets the nonces that are too old
	decode[payload](t, get(t, s, path))

	path = "/clients/handshake_payload?nonce=" + nonceOf(t, s, in)
	s.Advance(time.Minute)
	wantError(t, get(t, s, path), 404, "resource_not_found")
	wantViolations(t, s)

	wantError(t, get(t, s, "/clients/handshake_payload"), 422, "form_param_format_invalid")
	wantError(t, get(t, s, "/clients/handshake_payload?nonce=a%20b"), 422, "form_param_format_invalid")
	wantViolations(t, s,
		`GetHandshakePayload: query parameter "nonce": value is missing`,
		`GetHandshakePayload: query parameter "nonce": string doesn't match`)
}

// TestShortAnswersNeedNoNonce has a browser that is signed out: its answer is at most 2 KB long.
func TestShortAnswersNeedNoNonce(t *testing.T) {
	s := newServer()
	resp := visit(t, s, newBrowser(t, s), handshake(app, "&format=nonce"))
	query := location(t, resp, http.StatusTemporaryRedirect).Query()
	if token := query.Get("__clerk_handshake"); token == "" || len(token) > 2048 {
		t.Errorf("the answer is %v", query)
	}
}

// TestNonceInProduction brings the nonce in a cookie.
func TestNonceInProduction(t *testing.T) {
	s := newServer(sessionstest.WithProduction())
	browser := newBrowser(t, s)
	signIn(t, s, browser, map[string][]string{"user_id": {"user_1"}})
	cookie := answerCookie(t, visit(t, s, browser, handshake(app, "&format=nonce")), "__clerk_handshake_nonce")
	got := decode[map[string][]string](t, get(t, s, "/clients/handshake_payload?nonce="+cookie.Value))
	var deleted []string
	for _, directive := range got["directives"] {
		if c, err := http.ParseSetCookie(directive); err == nil && c.MaxAge < 0 {
			deleted = append(deleted, c.Name)
		}
	}
	if diff := cmp.Diff([]string{"__clerk_handshake", "__clerk_handshake_nonce"}, deleted); diff != "" {
		t.Errorf("the cookies that the service deletes (-want +got):\n%s", diff)
	}
}
