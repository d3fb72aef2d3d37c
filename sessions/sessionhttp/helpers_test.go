package sessionhttp_test

import (
	"context"
	"encoding/base64"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// suffix is that of the fake's publishable key.
const suffix = "_6tQWJVae"

// A site is a service with the middleware, on a Clerk whose clock both go by.
type site struct {
	http.Handler
	clerk     *sessionstest.Server
	refresher *sessionhttp.Refresher

	mu      sync.Mutex
	served  []*http.Request // as they came through
	outcome sessionhttp.Outcome
}

// newSite returns a site whose handler writes "page", with the tokens' key known. Its clock stands still.
func newSite(t testing.TB, opts ...sessionhttp.Option) *site {
	t.Helper()
	start := time.Now()
	clerk := sessionstest.NewServer(sessionstest.WithoutListener(), sessionstest.WithClock(func() time.Time { return start }))
	client, err := sessions.NewClient(clerk.SecretKey, sessions.WithBaseURL(clerk.URL), sessions.WithHTTPClient(clerk.HTTPClient()))
	if err != nil {
		t.Fatal(err)
	}
	s := &site{clerk: clerk}
	s.refresher = newRefresher(t, client, clerk.PublishableKey, append([]sessionhttp.Option{sessionhttp.WithJWTKey(clerk.PublicKeyPEM()), sessionhttp.WithClock(clerk.Now)}, opts...)...)
	s.Handler = s.refresher.Middleware(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		outcome, ok := sessionhttp.OutcomeFromContext(req.Context())
		if !ok {
			t.Error("no outcome in the context")
		}
		s.mu.Lock()
		s.served, s.outcome = append(s.served, req), outcome
		s.mu.Unlock()
		_, _ = w.Write([]byte("page"))
	}))
	return s
}

func newRefresher(t testing.TB, c sessionhttp.CookieRefresher, key string, opts ...sessionhttp.Option) *sessionhttp.Refresher {
	t.Helper()
	r, err := sessionhttp.NewRefresher(c, key, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// get serves a request for a page, and returns the answer.
func (s *site) get(t testing.TB, edit func(*http.Request), cookies ...*http.Cookie) *http.Response {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://app.example.com/page?x=1", nil)
	req.Header.Set("Accept", "text/html")
	for _, cookie := range cookies {
		req.AddCookie(cookie)
	}
	if edit != nil {
		edit(req)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, req)
	return w.Result()
}

// last returns the request that came through last.
func (s *site) last(t testing.TB) *http.Request {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.served) == 0 {
		t.Fatal("no request came through")
	}
	return s.served[len(s.served)-1]
}

// refreshes returns how many refreshes Clerk was asked for.
func (s *site) refreshes() (n int) {
	for _, call := range s.clerk.Calls() {
		if call.Operation == "RefreshSession" {
			n++
		}
	}
	return n
}

// expired returns the cookies of a browser whose token has expired.
func (s *site) expired() sessionstest.SignIn {
	in := s.clerk.SignIn("")
	s.clerk.Advance(2 * time.Minute)
	return in
}

// without returns the cookies but those whose name starts so.
func without(cookies []*http.Cookie, prefix string) (rest []*http.Cookie) {
	for _, cookie := range cookies {
		if !strings.HasPrefix(cookie.Name, prefix) {
			rest = append(rest, cookie)
		}
	}
	return rest
}

// value returns the value of a cookie, "" if there is none.
func value(cookies []*http.Cookie, name string) string {
	for _, cookie := range cookies {
		if cookie.Name == name {
			return cookie.Value
		}
	}
	return ""
}

// stub is a CookieRefresher made of a function.
type stub func(ctx context.Context, sessionID string, p sessions.RefreshParams) (*sessions.Cookies, error)

func (s stub) RefreshCookies(ctx context.Context, sessionID string, p sessions.RefreshParams) (*sessions.Cookies, error) {
	return s(ctx, sessionID, p)
}

// newGet returns a request for a page, with cookies.
func newGet(t testing.TB, url string, cookies []*http.Cookie) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	for _, cookie := range cookies {
		req.AddCookie(cookie)
	}
	return req
}

// quiet is a log that nobody reads.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// unsigned returns a token that nobody signed.
func unsigned(payload string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + encode([]byte(payload)) + ".AAAA"
}
