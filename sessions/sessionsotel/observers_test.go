package sessionsotel_test

import (
	"context"
	"errors"
	"fmt"
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

// What is recorded of a decision of the middleware, by who comes.
func TestDecisions(t *testing.T) {
	t.Parallel()
	const expired = "session-token-expired-refresh-"
	for _, row := range []struct {
		name             string
		fault            sessionstest.Fault
		after            time.Duration // since the sign-in
		stranger         bool
		decision, reason string
	}{
		{name: "a visitor who is signed in", decision: "signed_in"},
		{name: "a stranger", stranger: true, decision: "signed_out", reason: "dev-browser-missing"},
		{name: "a token that has expired", after: 2 * time.Minute, decision: "refreshed"},
		{
			name: "an outage", after: 2 * time.Minute, fault: sessionstest.Fault{Operation: "RefreshSession", Status: 503},
			decision: "temporary", reason: expired + "clerk-error",
		},
		{
			name: "a refusal", after: 2 * time.Minute, fault: sessionstest.Fault{
				Operation: "RefreshSession", Status: 400, Body: `{"errors":[{"code":"code_of_the_day","message":"no"}]}`,
			},
			decision: "signed_out", reason: expired + "clerk-error",
		},
		{
			name: "an answer that is no JSON", after: 2 * time.Minute, fault: sessionstest.Fault{
				Operation: "RefreshSession", Status: 400, Body: "no", ContentType: "text/plain",
			},
			decision: "signed_out", reason: expired + "unexpected-bapi-error",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			clerk := sessionstest.New(t)
			r := newRecording()
			auth, err := sessionhttp.New(newClient(t, clerk), clerk.PublishableKey,
				sessionhttp.WithFrontendAPI(clerk.FrontendAPI), sessionhttp.WithClock(clerk.Now),
				sessionhttp.WithoutHandshake(), sessionhttp.WithObserver(sessionsotel.Observer(r.options()...)))
			if err != nil {
				t.Fatal(err)
			}
			req := httptest.NewRequest(http.MethodGet, "https://app.example.test/", nil)
			for _, cookie := range clerk.SignIn("user_ada").Cookies {
				if !row.stranger {
					req.AddCookie(cookie)
				}
			}
			if row.fault.Status > 0 {
				clerk.Inject(row.fault)
			}
			clerk.Advance(row.after)
			auth.Middleware(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), req)
			attrs := fmt.Sprintf("{clerk.auth.decision=%s clerk.auth.reason=%s} 1", row.decision, row.reason)
			wantLines(t, "metrics", []string{
				"clerk.auth.decision.duration" + attrs + ": 0s",
				"clerk.auth.decisions" + attrs,
			}, r.metricLines(t))
		})
	}
}

// Decisions that the fake cannot bring about by one request.
func TestOtherDecisions(t *testing.T) {
	t.Parallel()
	code := strings.Repeat("x", 90)
	refused := &sessions.Error{StatusCode: 422, Details: []sessions.ErrorDetail{{Code: code}}}
	for _, row := range []struct {
		name             string
		auth             sessionhttp.Auth
		decision, reason string
	}{
		{
			"a handshake's answer with a code",
			sessionhttp.Auth{Reason: "handshake-payload-" + code, Err: fmt.Errorf("no: %w", refused)},
			"signed_out", "handshake-payload-clerk-error",
		},
		{
			"a reason that is not the error's",
			sessionhttp.Auth{Reason: "session-token-missing", Err: refused},
			"signed_out", "session-token-missing",
		},
		{
			"an error without details",
			sessionhttp.Auth{Temporary: true, Reason: "jwk-remote-failed-to-load", Err: errors.New("no")},
			"temporary", "jwk-remote-failed-to-load",
		},
		{
			"an error without a code",
			sessionhttp.Auth{Reason: "x", Err: &sessions.Error{Details: make([]sessions.ErrorDetail, 1)}},
			"signed_out", "x",
		},
		{"pending", sessionhttp.Auth{Pending: true, Reason: "session-pending"}, "pending", "session-pending"},
		{"pending, and refreshed", sessionhttp.Auth{Pending: true, Refreshed: true}, "pending", ""},
		{"pending, and let in", sessionhttp.Auth{Pending: true, SignedIn: true, Refreshed: true}, "refreshed", ""},
		{"an outage that is forgiven", sessionhttp.Auth{SignedIn: true, Reason: "fetch-error"}, "signed_in", "fetch-error"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r := newRecording()
			req := httptest.NewRequest(http.MethodGet, "https://app.example.test/", nil)
			sessionsotel.Observer(r.options()...)(req, row.auth, 3*time.Second)
			attrs := fmt.Sprintf("{clerk.auth.decision=%s clerk.auth.reason=%s} 1", row.decision, row.reason)
			wantLines(t, "metrics", []string{
				"clerk.auth.decision.duration" + attrs + ": 3s",
				"clerk.auth.decisions" + attrs,
			}, r.metricLines(t))
		})
	}
}

// A kept token is handed out without a context, too.
func TestCacheHitWithoutContext(t *testing.T) {
	t.Parallel()
	var none context.Context
	clerk := sessionstest.New(t)
	cache := sessions.NewTokenCache(newRecording().client(t, clerk))
	id := clerk.AddSession(sessionstest.Session{}).ID
	for _, ctx := range []context.Context{t.Context(), none} {
		if token, err := cache.GetToken(ctx, id, sessions.TokenParams{}); token == nil || err != nil {
			t.Errorf("%v, %v", token, err)
		}
	}
}
