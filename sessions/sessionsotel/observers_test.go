package sessionsotel_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
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
			decision: "temporary", reason: expired + "other",
		},
		{
			name: "a refusal", after: 2 * time.Minute, fault: sessionstest.Fault{
				Operation: "RefreshSession", Status: 400, Body: `{"errors":[{"code":"code_of_the_day","message":"no"}]}`,
			},
			decision: "signed_out", reason: expired + "other",
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

// What is recorded of decisions of every kind: the values are bounded.
func TestDecisionAttributes(t *testing.T) {
	t.Parallel()
	code := strings.Repeat("x", 90)
	for _, row := range []struct {
		name             string
		auth             sessionhttp.Auth
		decision, reason string
	}{
		{"signed in", sessionhttp.Auth{SignedIn: true}, "signed_in", ""},
		{"an outage that is forgiven", sessionhttp.Auth{SignedIn: true, Reason: "fetch-error"}, "signed_in", "fetch-error"},
		{"pending", sessionhttp.Auth{Pending: true, Reason: "session-pending"}, "pending", "session-pending"},
		{"pending, and refreshed", sessionhttp.Auth{Pending: true, Refreshed: true}, "pending", ""},
		{"pending, and let in", sessionhttp.Auth{Pending: true, SignedIn: true, Refreshed: true}, "refreshed", ""},
		{"temporary", sessionhttp.Auth{Temporary: true, Reason: "fetch-error"}, "temporary", "fetch-error"},
		{
			"a refresh with a code of Clerk's",
			sessionhttp.Auth{Reason: "session-token-expired-refresh-" + code},
			"signed_out", "session-token-expired-refresh-other",
		},
		{
			"a handshake's answer with a code of Clerk's",
			sessionhttp.Auth{Reason: "handshake-payload-" + code},
			"signed_out", "handshake-payload-other",
		},
		{"a reason that is not known", sessionhttp.Auth{Reason: code}, "signed_out", "other"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			attrs := fmt.Sprintf("{clerk.auth.decision=%s clerk.auth.reason=%s} 1", row.decision, row.reason)
			wantLines(t, "metrics", []string{
				"clerk.auth.decision.duration" + attrs + ": 3s",
				"clerk.auth.decisions" + attrs,
			}, observed(t, row.auth))
		})
	}
}

// observed returns the metrics of one decision.
func observed(t *testing.T, auth sessionhttp.Auth) []string {
	t.Helper()
	r := newRecording()
	req := httptest.NewRequest(http.MethodGet, "https://app.example.test/", nil)
	sessionsotel.Observer(r.options()...)(req, auth, 3*time.Second)
	return r.metricLines(t)
}

var reasonLike = regexp.MustCompile(`[a-z]+(?:-[a-z]+)+\b[^-]`)

// Every reason that package sessionhttp documents is recorded as it is.
func TestDocumentedReasons(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../sessionhttp/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(content), "# Reasons")
	text, _, _ = strings.Cut(text, "# Behind a proxy")
	found := 0
	for _, reason := range reasonLike.FindAllString(text, -1) {
		reason = reason[:len(reason)-1]
		found++
		for _, full := range []string{reason, "session-token-expired-refresh-" + reason, "handshake-payload-" + reason} {
			if lines := observed(t, sessionhttp.Auth{Reason: full}); !strings.Contains(lines[1], "reason="+full+"}") {
				t.Errorf("%s is recorded as %s", full, lines[1])
			}
		}
	}
	if found < 30 {
		t.Errorf("%d reasons: the search is wrong", found)
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
