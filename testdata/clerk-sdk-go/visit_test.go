package ecosystem

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// A step is one request of a visit, and what goes before it.
type step struct {
	name    string
	before  func(*service)
	signOut bool // POST /sign-out, else GET /me
	status  int
	user    string
	asked   []string // what Clerk was asked for
}

// visit is five requests of one browser. Its cookies are all that one request leaves for the next.
var visit = []step{
	{name: "a stranger", status: http.StatusUnauthorized},
	{
		name: "signed in", before: func(s *service) { s.signIn("user_ada") },
		status: http.StatusOK, user: "user_ada",
	},
	{
		name: "the token has expired", before: func(s *service) { s.fake.Advance(2 * time.Minute) },
		status: http.StatusOK, user: "user_ada", asked: []string{"RefreshSession"},
	},
	// A POST is not refreshed: it needs the token that the refresh has left in the browser.
	{name: "sign-out", signOut: true, status: http.StatusOK, asked: []string{"RevokeSession"}},
	{name: "signed out", status: http.StatusUnauthorized},
}

// TestFrameworks sends the same five requests to a service built on each framework.
func TestFrameworks(t *testing.T) {
	for name, start := range frameworks {
		t.Run(name, func(t *testing.T) {
			fake := sessionstest.New(t)
			service := start(t, fake, newAuth(t, fake))
			for _, step := range visit {
				if step.before != nil {
					step.before(service)
				}
				var status int
				var user string
				if step.signOut {
					status, _ = service.send(http.MethodPost, "/sign-out")
				} else {
					status, user = service.me()
				}
				if status != step.status || user != step.user {
					t.Errorf("%s: %d %q, want %d %q", step.name, status, user, step.status, step.user)
				}
				if diff := cmp.Diff(step.asked, service.asked(), cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("%s: Clerk was asked:\n%s", step.name, diff)
				}
			}
		})
	}
}
