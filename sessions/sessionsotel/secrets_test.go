package sessionsotel_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionsotel"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// No span and no metric holds an id, a token, a cookie or the key, whatever is called and whatever a server sends back.
func TestNothingIsGivenAway(t *testing.T) {
	t.Parallel()
	clerk := sessionstest.New(t)
	r := newRecording()
	visitor := clerk.SignIn("user_canary")
	var echo string // what the server sends back in place of a trace id
	echoing := transport(func(req *http.Request) (*http.Response, error) {
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err == nil && echo != "" {
			resp.Header.Set("Clerk-Trace-Id", echo)
		}
		return resp, err
	})
	client := newClient(t, clerk,
		sessions.WithHTTPClient(&http.Client{Transport: sessionsotel.Transport(echoing, r.options()...)}),
		sessions.WithObserver(sessionsotel.Events(r.options()...)))
	auth, err := sessionhttp.New(client, clerk.PublishableKey, sessionhttp.WithFrontendAPI(clerk.FrontendAPI),
		sessionhttp.WithClock(clerk.Now), sessionhttp.WithObserver(sessionsotel.Observer(r.options()...)))
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	secrets := []string{
		clerk.SecretKey, visitor.SessionID, visitor.SessionToken, visitor.RefreshToken, "user_canary", "canary_template",
		"canary_nonce", "Bearer ",
	}
	for _, echo = range append(secrets, "") {
		_, _ = client.Get(ctx, visitor.SessionID)
		_, _ = client.List(ctx, sessions.ListParams{UserID: "user_canary"})
		_, _ = client.GetToken(ctx, visitor.SessionID, sessions.TokenParams{Template: "canary_template"})
		_, _ = client.HandshakeCookies(ctx, "canary_nonce")
	}
	cache := sessions.NewTokenCache(client)
	for range 2 {
		_, _ = cache.GetToken(ctx, visitor.SessionID, sessions.TokenParams{})
	}
	for range 2 { // signed in, and then refreshed
		req := httptest.NewRequest(http.MethodGet, "https://app.example.test/?user_canary", nil)
		for _, cookie := range visitor.Cookies {
			req.AddCookie(cookie)
			secrets = append(secrets, cookie.Value)
		}
		auth.Middleware(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), req)
		clerk.Advance(2 * time.Minute)
	}
	_, _ = client.Revoke(ctx, visitor.SessionID)

	recorded := r.json(t)
	for _, there := range []string{ // else the search is wrong
		"clerk GetSession", "clerk RefreshSession", "GetHandshakePayload", "clerk.trace_id", "clerk.auth.decisions",
		"clerk.token_cache.lookups", "/sessions/{session_id}/tokens/{template_name}",
	} {
		if !strings.Contains(recorded, there) {
			t.Errorf("nothing is recorded of %s", there)
		}
	}
	for _, secret := range secrets {
		if len(secret) > 5 && strings.Contains(recorded, secret) {
			t.Errorf("%q is recorded", secret)
		}
	}
}
