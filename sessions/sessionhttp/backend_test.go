package sessionhttp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

// newClient returns a client that never waits and sends nothing twice.
func newClient(t testing.TB, transport http.RoundTripper) *sessions.Client {
	t.Helper()
	client, err := sessions.NewClient("sk_test_not_a_secret",
		sessions.WithHTTPClient(&http.Client{Transport: transport}), sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 1}))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// backend is a Backend made of functions, which counts what it is asked. A function that is nil is never called.
type backend struct {
	refresh   func(ctx context.Context, sessionID string, p sessions.RefreshParams) (*sessions.Cookies, error)
	handshake func(ctx context.Context, nonce string) (*sessions.Cookies, error)
	revoke    func(ctx context.Context, sessionID string) (*sessions.Session, error)

	refreshes, nonces atomic.Int64
}

func (b *backend) RefreshCookies(
	ctx context.Context,
	sessionID string,
	p sessions.RefreshParams,
) (*sessions.Cookies, error) {
	b.refreshes.Add(1)
	return b.refresh(ctx, sessionID, p)
}

func (b *backend) HandshakeCookies(ctx context.Context, nonce string) (*sessions.Cookies, error) {
	b.nonces.Add(1)
	return b.handshake(ctx, nonce)
}

func (b *backend) Revoke(ctx context.Context, sessionID string) (*sessions.Session, error) {
	return b.revoke(ctx, sessionID)
}

// claims are those of a session token that counts from issuedAt on for a minute, with changes.
func claims(sessionID string, issuedAt time.Time, changes map[string]any) map[string]any {
	all := map[string]any{
		"iss": "https://clerk.example.com", "azp": "https://app.example.com", "sub": "user_" + sessionID, "sid": sessionID,
		"sts": "active", "iat": issuedAt.Unix(), "nbf": issuedAt.Unix() - 10, "exp": issuedAt.Unix() + 60,
	}
	for name, value := range changes {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	return all
}

// token returns a signed token with claims.
func token(t testing.TB, claims map[string]any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	return sign(t, tokenSpec{Payload: string(payload)})
}

// start is the time at which the tests' clocks stand.
var start = time.Unix(1_700_000_000, 0)

// freshToken returns a token that is good now.
func freshToken(t testing.TB, sessionID string, now time.Time) string {
	t.Helper()
	return token(t, claims(sessionID, now.Add(-5*time.Second), nil))
}

// oldToken returns a token that expired a minute ago.
func oldToken(t testing.TB, sessionID string, now time.Time) string {
	t.Helper()
	return token(t, claims(sessionID, now.Add(-2*time.Minute), nil))
}

// renew is a refresh that works.
func renew(
	t testing.TB,
	now func() time.Time,
) func(context.Context, string, sessions.RefreshParams) (*sessions.Cookies, error) {
	return func(_ context.Context, sessionID string, _ sessions.RefreshParams) (*sessions.Cookies, error) {
		text := freshToken(t, sessionID, now())
		return &sessions.Cookies{Directives: []string{
			"__session=" + text + "; Path=/", "__session_naoXFJnI=" + text + "; Path=/",
			"__client_uat=1000; Path=/", "__client_uat_naoXFJnI=1000; Path=/",
		}}, nil
	}
}

// cookieLine returns the Cookie header of a browser with a session token and a refresh token.
func cookieLine(token, refreshToken string) string {
	return fmt.Sprintf("__session=%s; __session_naoXFJnI=%[1]s; __client_uat=1000; __client_uat_naoXFJnI=1000; "+
		"__refresh_naoXFJnI=%s", token, refreshToken)
}

// newPage returns a browser's request for a page.
func newPage(t testing.TB, cookie string, edit ...func(*http.Request)) *http.Request {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://app.example.com/page?x=1", nil)
	req.Header.Set("Sec-Fetch-Dest", "document")
	if cookie != "" {
		req.Header.Set("Cookie", cookie)
	}
	for _, edit := range edit {
		edit(req)
	}
	return req
}

// A service is a handler behind the middleware, on an instance whose key is known. Its clock stands still.
type service struct {
	*sessionhttp.Authenticator
	http.Handler

	mu     sync.Mutex
	auth   sessionhttp.Auth // what was decided last
	served *http.Request    // what came through last
}

// newService returns a service that answers "page".
func newService(t testing.TB, b sessionhttp.Backend, opts ...sessionhttp.Option) *service {
	t.Helper()
	s := &service{}
	s.Authenticator = newAuthenticator(t, b, liveKey, append([]sessionhttp.Option{
		sessionhttp.WithJWTKey(officialKeys().pem),
		sessionhttp.WithClock(func() time.Time { return start }),
		sessionhttp.WithObserver(func(_ *http.Request, auth sessionhttp.Auth, _ time.Duration) {
			s.mu.Lock()
			s.auth = auth
			s.mu.Unlock()
		}),
	}, opts...)...)
	s.Handler = s.Middleware(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		s.mu.Lock()
		s.served = req
		s.mu.Unlock()
		_, _ = w.Write([]byte("page"))
	}))
	return s
}

// serve serves a request, and returns the answer.
func (s *service) serve(req *http.Request) *http.Response {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, req)
	return w.Result()
}
