package ecosystem

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/clerk/clerk-sdk-go/v2"
	clerksession "github.com/clerk/clerk-sdk-go/v2/session"
	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// clients are both clients of one fake.
type clients struct {
	fake   *sessionstest.Server
	theirs *clerksession.Client
	ours   *sessions.Client
}

// newClients returns clients of a fake that has a session with all that Clerk's SDK knows of one.
func newClients(t *testing.T, fake *sessionstest.Server, key string) clients {
	t.Helper()
	fake.AddSession(sessionstest.Session{
		ID: "sess_full", ClientID: "client_ada", UserID: "user_ada", LastActiveOrganizationID: "org_1",
		LatestActivity: &sessionstest.Activity{
			ID: "sess_activity_1", DeviceType: "Macintosh", BrowserName: "Chrome", BrowserVersion: "120.0",
			IPAddress: "203.0.113.7", City: "Lisbon", Country: "PT", IsMobile: true,
		},
		Actor: map[string]any{"sub": "user_admin"},
	})
	fake.AddSession(sessionstest.Session{ID: "sess_ended", UserID: "user_ada", Status: "ended"})
	fake.AddSession(sessionstest.Session{ID: "sess_plain", UserID: "user_bob"})
	ours, err := sessions.NewClient(key, sessions.WithBaseURL(fake.URL),
		sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 1}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ours.CloseIdleConnections)
	return clients{fake, clerksession.NewClient(config(fake, key)), ours}
}

// config returns what Clerk's SDK needs to call a fake.
func config(fake *sessionstest.Server, key string) *clerk.ClientConfig {
	return &clerk.ClientConfig{BackendConfig: clerk.BackendConfig{URL: clerk.String(fake.URL), Key: clerk.String(key)}}
}

// A row is one call of Clerk's SDK and what our client has to return like it.
type row struct {
	theirs, ours func(context.Context, clients) (any, error)
}

// rows are the calls of the SDK's package session, by their names there.
var rows = map[string]row{
	"Get": {
		func(ctx context.Context, c clients) (any, error) { return c.theirs.Get(ctx, "sess_full") },
		func(ctx context.Context, c clients) (any, error) { return c.ours.Get(ctx, "sess_full") },
	},
	"Get an unknown session": {
		func(ctx context.Context, c clients) (any, error) { return c.theirs.Get(ctx, "sess_unknown") },
		func(ctx context.Context, c clients) (any, error) { return c.ours.Get(ctx, "sess_unknown") },
	},
	"List": list(clerksession.ListParams{}, sessions.ListParams{}),
	"List a user's": list(clerksession.ListParams{UserID: clerk.String("user_ada")},
		sessions.ListParams{UserID: "user_ada"}),
	"List a client's": list(clerksession.ListParams{ClientID: clerk.String("client_ada")},
		sessions.ListParams{ClientID: "client_ada"}),
	"List what has ended": list(clerksession.ListParams{Status: clerk.String("ended")},
		sessions.ListParams{Status: sessions.StatusEnded}),
	"List a page": list(
		clerksession.ListParams{ListParams: clerk.ListParams{Limit: clerk.Int64(1), Offset: clerk.Int64(1)}},
		sessions.ListParams{Limit: 1, Offset: 1}),
	"List nobody's": list(clerksession.ListParams{UserID: clerk.String("user_nobody")},
		sessions.ListParams{UserID: "user_nobody"}),
	"Create": {
		func(ctx context.Context, c clients) (any, error) {
			return c.theirs.Create(ctx, &clerksession.CreateParams{UserID: "user_ada"})
		},
		func(ctx context.Context, c clients) (any, error) { return c.ours.Get(ctx, c.fake.Sessions()[0].ID) },
	},
	"Create for an unknown user": {
		func(ctx context.Context, c clients) (any, error) {
			return c.theirs.Create(ctx, &clerksession.CreateParams{UserID: "user_nobody"})
		},
		func(ctx context.Context, c clients) (any, error) {
			return c.ours.Create(ctx, sessions.CreateParams{UserID: "user_nobody"})
		},
	},
	"Revoke": {
		func(ctx context.Context, c clients) (any, error) {
			return c.theirs.Revoke(ctx, &clerksession.RevokeParams{ID: "sess_full"})
		},
		func(ctx context.Context, c clients) (any, error) { return c.ours.Revoke(ctx, "sess_full") },
	},
	"Revoke an unknown session": {
		func(ctx context.Context, c clients) (any, error) {
			return c.theirs.Revoke(ctx, &clerksession.RevokeParams{ID: "sess_unknown"})
		},
		func(ctx context.Context, c clients) (any, error) { return c.ours.Revoke(ctx, "sess_unknown") },
	},
	"CreateToken": token(clerksession.CreateTokenParams{ID: "sess_full"}, sessions.TokenParams{}),
	"CreateToken for two minutes": token(
		clerksession.CreateTokenParams{ID: "sess_full", ExpiresInSeconds: clerk.Int64(120)},
		sessions.TokenParams{ExpiresIn: 2 * time.Minute}),
	"CreateToken of a template": token(
		clerksession.CreateTokenParams{ID: "sess_full", TemplateName: "hasura", ExpiresInSeconds: clerk.Int64(3600)},
		sessions.TokenParams{Template: "hasura", ExpiresIn: time.Hour}),
}

func list(theirs clerksession.ListParams, ours sessions.ListParams) row {
	return row{
		func(ctx context.Context, c clients) (any, error) { return c.theirs.List(ctx, &theirs) },
		func(ctx context.Context, c clients) (any, error) { return c.ours.List(ctx, ours) },
	}
}

func token(theirs clerksession.CreateTokenParams, ours sessions.TokenParams) row {
	return row{
		func(ctx context.Context, c clients) (any, error) { return c.theirs.CreateToken(ctx, &theirs) },
		func(ctx context.Context, c clients) (any, error) { return c.ours.GetToken(ctx, theirs.ID, ours) },
	}
}

// TestSessions makes the calls of the SDK's package session beside ours. No request breaks the fragment.
func TestSessions(t *testing.T) {
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			fake := sessionstest.New(t)
			compare(t, newClients(t, fake, fake.SecretKey), row)
		})
	}
}

// TestRefusals has every kind of answer that refuses a call, in the two clients' words.
func TestRefusals(t *testing.T) {
	for name, refuse := range map[string]func(*sessionstest.Server) (key string){
		"a wrong key": func(*sessionstest.Server) string { return "sk_test_wrong" },
		"a rate limit": func(fake *sessionstest.Server) string {
			fake.Inject(sessionstest.Fault{Status: http.StatusTooManyRequests, RetryAfter: 7 * time.Second, Times: 2})
			return fake.SecretKey
		},
		"an outage": func(fake *sessionstest.Server) string {
			fake.Inject(sessionstest.Fault{Status: http.StatusServiceUnavailable, Times: 2})
			return fake.SecretKey
		},
	} {
		t.Run(name, func(t *testing.T) {
			fake := sessionstest.New(t)
			compare(t, newClients(t, fake, refuse(fake)), rows["Get"])
		})
	}
}

// TestVerify makes the deprecated call. The SDK asks for a version of the API that lacks it, and sends no token.
func TestVerify(t *testing.T) {
	fake := sessionstest.NewServer()
	defer fake.Close()
	c := newClients(t, fake, fake.SecretKey)
	browser := fake.SignIn("user_ada")
	//nolint:staticcheck // the call is deprecated, and one of the package
	_, err := c.theirs.Verify(t.Context(), &clerksession.VerifyParams{ID: browser.SessionID, Token: &browser.SessionToken})
	if theirs, ok := errors.AsType[*clerk.APIErrorResponse](err); !ok || theirs.HTTPStatusCode != http.StatusNotFound {
		t.Errorf("the SDK: %v, want a 404", err)
	}
	//nolint:staticcheck // likewise
	if session, err := c.ours.Verify(t.Context(), browser.SessionID, browser.SessionToken); err != nil ||
		session.UserID != "user_ada" {
		t.Errorf("our client: %+v, %v", session, err)
	}
	var violations []string
	for _, violation := range fake.Violations() {
		violations = append(violations, violation.Error())
	}
	if diff := cmp.Diff([]string{"VerifySession: body: Value is not nullable"}, violations); diff != "" {
		t.Errorf("violations:\n%s", diff)
	}
}
