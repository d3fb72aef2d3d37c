package consumer

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// A visitor signs in, comes back with an expired token, is served without a redirect, and is signed out everywhere.
func TestFlow(t *testing.T) {
	ctx := t.Context()
	clerk := sessionstest.NewServer()
	defer clerk.Close()
	defer func() {
		for _, violation := range clerk.Violations() {
			t.Error(violation)
		}
	}()
	client, err := sessions.NewClient(clerk.SecretKey, sessions.WithBaseURL(clerk.URL),
		sessions.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	browser := clerk.SignIn("user_ada")
	phone := clerk.AddSession(sessionstest.Session{UserID: "user_ada"})

	session, err := client.Get(ctx, browser.SessionID)
	if err != nil || session.UserID != "user_ada" || session.Status != sessions.StatusActive {
		t.Fatalf("Get: %+v, %v", session, err)
	}
	serveExpired(t, clerk, client, browser)

	cache := sessions.NewTokenCache(client, sessions.WithTokenMargin(time.Second))
	before := len(clerk.Calls())
	for range 3 {
		if _, err := cache.GetToken(ctx, phone.ID, sessions.TokenParams{ExpiresIn: time.Hour}); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(clerk.Calls()) - before; got != 1 {
		t.Errorf("%d requests for one token, want 1", got)
	}

	if got := listed(ctx, t, client); len(got) != 2 {
		t.Errorf("active sessions: %v, want 2", got)
	}
	result, err := client.RevokeAll(ctx, sessions.RevokeAllParams{UserID: "user_ada"})
	if err != nil || len(result.Revoked) != 2 {
		t.Errorf("RevokeAll: %+v, %v", result, err)
	}
	if got := listed(ctx, t, client); len(got) != 0 {
		t.Errorf("active sessions after RevokeAll: %v", got)
	}
}

// serveExpired has a page asked for by a browser whose token has expired.
func serveExpired(t *testing.T, clerk *sessionstest.Server, client *sessions.Client, browser sessionstest.SignIn) {
	t.Helper()
	clerk.Advance(2 * time.Minute)
	auth, err := sessionhttp.New(client, clerk.PublishableKey,
		sessionhttp.WithFrontendAPI(clerk.FrontendAPI), sessionhttp.WithClock(clerk.Now))
	if err != nil {
		t.Fatal(err)
	}
	page := auth.Middleware(auth.Require(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		if auth, ok := sessionhttp.FromContext(req.Context()); !ok || !auth.Refreshed || auth.UserID != "user_ada" {
			t.Errorf("%+v, %t", auth, ok)
		}
	})))
	req := httptest.NewRequest(http.MethodGet, "https://app.example.com/", nil)
	for _, cookie := range browser.Cookies {
		req.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	page.ServeHTTP(w, req)
	if got := w.Result().Cookies(); len(got) == 0 {
		t.Error("the response sets no cookies")
	}
}

func listed(ctx context.Context, t *testing.T, client *sessions.Client) (ids []string) {
	t.Helper()
	for session, err := range client.All(ctx, sessions.ListParams{UserID: "user_ada", Status: sessions.StatusActive}) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, session.ID)
	}
	return ids
}

// A service's own test puts a minter of its own in the client's place, and makes errors by hand.
func TestStandIns(t *testing.T) {
	closed := func(context.Context, string, sessions.TokenParams) (*sessions.Token, error) {
		return nil, &sessions.Error{StatusCode: http.StatusServiceUnavailable}
	}
	cache := sessions.NewTokenCache(minter(closed))
	if _, err := cache.GetToken(t.Context(), "sess_1", sessions.TokenParams{}); !errors.Is(err, sessions.ErrServer) {
		t.Errorf("got %v, want ErrServer", err)
	}
}
