package ecosystem

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/clerk/clerk-sdk-go/v2"
	clerkhttp "github.com/clerk/clerk-sdk-go/v2/http"
	clerkjwks "github.com/clerk/clerk-sdk-go/v2/jwks"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// TestMiddlewareOfClerkSDK has a service that uses the middleware of Clerk's Go SDK, and puts sessionhttp before it.
// The tokens live for a minute.
func TestMiddlewareOfClerkSDK(t *testing.T) {
	for name, row := range map[string]struct {
		signedIn bool
		ended    bool          // the session, by a sign-out elsewhere
		later    time.Duration // after the sign-in
		status   int
		asked    []string
	}{
		"nobody":          {status: http.StatusForbidden},
		"fresh":           {signedIn: true, status: http.StatusOK},
		"expired 3 s ago": {signedIn: true, later: 63 * time.Second, status: http.StatusOK},
		"expired 60 s ago": {
			signedIn: true, later: 2 * time.Minute,
			status: http.StatusOK, asked: []string{"RefreshSession"},
		},
		"signed out, while the token lives": {signedIn: true, ended: true, status: http.StatusOK},
		"signed out": {
			signedIn: true, ended: true, later: 2 * time.Minute,
			status: http.StatusUnauthorized, asked: []string{"RefreshSession"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			fake := sessionstest.New(t)
			auth := newAuth(t, fake)
			require := clerkhttp.RequireHeaderAuthorization(
				clerkhttp.AuthorizationJWTExtractor(auth.Token), clerkhttp.Leeway(10*time.Second),
				clerkhttp.JWKSClient(clerkjwks.NewClient(config(fake, fake.SecretKey))), clerkhttp.Clock(fake))
			page := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				claims, _ := clerk.SessionClaimsFromContext(req.Context())
				fmt.Fprint(w, claims.Subject, " ", claims.SessionID)
			})
			service := newService(t, fake, auth.Middleware(require(page)))
			want := ""
			if row.signedIn {
				id := service.signIn("user_ada")
				if row.ended {
					fake.End(id)
				}
				if row.status == http.StatusOK {
					want = "user_ada " + id
				}
			}
			fake.Advance(row.later)

			if status, body := service.send(http.MethodGet, "/"); status != row.status || body != want {
				t.Errorf("%d %q, want %d %q", status, body, row.status, want)
			}
			if diff := cmp.Diff(row.asked, service.asked(), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("Clerk was asked:\n%s", diff)
			}
		})
	}
}
