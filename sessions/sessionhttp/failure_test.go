package sessionhttp_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// What goes wrong with Clerk, by the real client: trouble changes nothing for anybody, and a refusal sends a page to
// the handshake. Neither touches the session's cookies.
func TestFailures(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name      string
		fault     sessionstest.Fault
		temporary bool
		reason    string
		is        error
	}{
		{"400", sessionstest.Fault{Status: 400, Body: "{}"}, false, "unexpected-bapi-error", sessions.ErrBadRequest},
		{"401", sessionstest.Fault{Status: 401}, false, "authentication_invalid", sessions.ErrUnauthorized},
		{"401 without a code", sessionstest.Fault{Status: 401, Body: "{}"}, false, "unexpected-bapi-error", nil},
		{"403", sessionstest.Fault{Status: 403, Body: "{}"}, false, "unexpected-bapi-error", sessions.ErrForbidden},
		{"404", sessionstest.Fault{Status: 404}, false, "resource_not_found", sessions.ErrNotFound},
		{"409", sessionstest.Fault{Status: 409, Body: "{}"}, false, "unexpected-bapi-error", nil},
		{"422", sessionstest.Fault{Status: 422, Body: "{}"}, false, "unexpected-bapi-error", sessions.ErrUnprocessable},
		{"429", sessionstest.Fault{Status: 429, Body: "{}"}, true, "unexpected-bapi-error", sessions.ErrRateLimited},
		{"500", sessionstest.Fault{Status: 500, Body: "<h1>"}, true, "unexpected-bapi-error", sessions.ErrServer},
		{"503", sessionstest.Fault{Status: 503, Body: "{}"}, true, "unexpected-bapi-error", sessions.ErrServer},
		{"a lost answer", sessionstest.Fault{Drop: true}, true, "fetch-error", sessions.ErrOutcomeUnknown},
		{
			"HTML",
			sessionstest.Fault{Status: 200, Body: "<h1>", ContentType: "text/html"},
			false, "unexpected-sdk-error",
			sessions.ErrInvalidResponse,
		},
		{
			"a token instead",
			sessionstest.Fault{Status: 200, Body: `{"object":"token","jwt":"x"}`},
			false,
			"unexpected-sdk-error", sessions.ErrInvalidResponse,
		},
		{
			"no cookies",
			sessionstest.Fault{Status: 200, Body: `{"object":"cookies","cookies":[]}`},
			false,
			"unexpected-sdk-error", nil,
		},
		{
			"other cookies",
			sessionstest.Fault{Status: 200, Body: `{"object":"cookies","cookies":["a=1"]}`},
			false,
			"invalid-session-token", nil,
		},
		{
			"the session deleted", sessionstest.Fault{
				Status: 200, Body: `{"object":"cookies","cookies":["__session=; Max-Age=0"]}`,
			}, false, "invalid-session-token", nil,
		},
		{
			"a code of 64 KiB", sessionstest.Fault{
				Status: 401, Body: `{"errors":[{"code":"` + strings.Repeat("x", 64<<10) + `","message":"x"}]}`,
			}, false, "unexpected-bapi-error", nil,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			v := newVisitor()
			var auth sessionhttp.Auth
			observer := sessionhttp.WithObserver(func(_ *http.Request, a sessionhttp.Auth, _ time.Duration) { auth = a })
			client, err := sessions.NewClient(v.clerk.SecretKey, sessions.WithBaseURL(v.clerk.URL),
				sessions.WithHTTPClient(v.clerk.HTTPClient()), sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 1}))
			if err != nil {
				t.Fatal(err)
			}
			a := newAuthenticator(t, client, v.clerk.PublishableKey,
				sessionhttp.WithJWTKey(v.clerk.PublicKeyPEM()), sessionhttp.WithClock(v.clerk.Now), observer)
			row.fault.Operation = "RefreshSession"
			v.clerk.Inject(row.fault)
			resp := visit(a.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})), v.request())
			want := "session-token-expired-refresh-" + row.reason
			if auth.SignedIn || auth.Temporary != row.temporary || auth.Reason != want || auth.Err == nil {
				t.Errorf("%+v, want %s", auth, want)
			}
			if row.is != nil && !errors.Is(auth.Err, row.is) {
				t.Errorf("%v is not %v", auth.Err, row.is)
			}
			redirected := resp.StatusCode == http.StatusTemporaryRedirect
			for _, cookie := range resp.Cookies() {
				if cookie.Name != "__clerk_redirect_count" {
					t.Errorf("%s is set", cookie.Name)
				}
			}
			if redirected == row.temporary {
				t.Errorf("status %d", resp.StatusCode)
			}
		})
	}
}

// A silent Clerk and the real client: of 200 visitors at once nobody waits longer than the timeout, although the client
// has fewer requests out at a time.
func TestTwoHundredVisitorsOfASilentClerk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := inBubble(t, newClient(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		})))
		var wg sync.WaitGroup
		for n := range 200 {
			wg.Go(func() {
				began := time.Now()
				resp := s.serve(expiredPage(t, n))
				if took := time.Since(began); took > 3*time.Second || resp.StatusCode != http.StatusOK {
					t.Errorf("visitor %d: %s after %v", n, resp.Status, took)
				}
			})
		}
		wg.Wait()
	})
}

// After a 429, the real client is silent for as long as Clerk asks, and calls wait for up to 10 s: no page does.
func TestNoPageWaitsForTheCoolDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, err := sessions.NewClient("sk_test_not_a_secret", sessions.WithHTTPClient(&http.Client{
			Transport: roundTripper(func(*http.Request) (*http.Response, error) {
				h := http.Header{"Content-Type": {"application/json"}, "Retry-After": {"8"}}
				return &http.Response{StatusCode: 429, Header: h, Body: io.NopCloser(strings.NewReader("{}"))}, nil
			}),
		}))
		if err != nil {
			t.Fatal(err)
		}
		s := inBubble(t, client)
		for n := range 50 {
			took := s.timed(expiredPage(t, n))
			if took > 3*time.Second || !s.auth.Temporary || !errors.Is(s.auth.Err, sessions.ErrRateLimited) {
				t.Fatalf("visitor %d: after %v, %+v", n, took, s.auth)
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
}

// BenchmarkSilentClerk shows the same over real connections: the slowest page of 200 visitors takes at most 3.2 s.
func BenchmarkSilentClerk(b *testing.B) {
	over := make(chan struct{})
	clerk := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over }))
	defer clerk.Close()
	defer close(over)
	took := make([]time.Duration, 200)
	for b.Loop() {
		client, err := sessions.NewClient("sk_test_not_a_secret", sessions.WithBaseURL(clerk.URL))
		if err != nil {
			b.Fatal(err)
		}
		server := httptest.NewServer(newService(b, client, sessionhttp.WithClock(time.Now)))
		var wg sync.WaitGroup
		for n := range took {
			req := expiredPage(b, n)
			req.RequestURI, req.URL.Host, req.URL.Scheme = "", strings.TrimPrefix(server.URL, "http://"), "http"
			wg.Go(func() {
				began := time.Now()
				resp, err := http.DefaultTransport.RoundTrip(req)
				if err != nil {
					b.Error(err)
					return
				}
				_ = resp.Body.Close()
				took[n] = time.Since(began)
			})
		}
		wg.Wait()
		server.Close()
		client.CloseIdleConnections()
	}
	b.ReportMetric(slices.Max(took).Seconds(), "s/slowest")
}
