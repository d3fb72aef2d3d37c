package ecosystem

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// newAuth returns the authenticator of a service that uses a fake.
func newAuth(t *testing.T, fake *sessionstest.Server, opts ...sessionhttp.Option) *sessionhttp.Authenticator {
	t.Helper()
	client, err := sessions.NewClient(fake.SecretKey, sessions.WithBaseURL(fake.URL))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	auth, err := sessionhttp.New(client, fake.PublishableKey, append(opts,
		sessionhttp.WithFrontendAPI(fake.FrontendAPI), sessionhttp.WithClock(fake.Now))...)
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

// whoami answers the user who sends a request, whoever that is.
var whoami = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
	who, _ := sessionhttp.FromContext(req.Context())
	fmt.Fprint(w, who.UserID)
})

// service is a service on loopback, and a browser that knows it.
type service struct {
	t       *testing.T
	fake    *sessionstest.Server
	url     *url.URL
	browser *http.Client
	me      func() (status int, user string) // asks who the browser's user is; "" for a refusal
}

// newService starts a service that a handler of net/http serves.
func newService(t *testing.T, fake *sessionstest.Server, handler http.Handler) *service {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return newVisitor(t, fake, server.Listener.Addr())
}

// newVisitor returns a browser for the service at an address.
func newVisitor(t *testing.T, fake *sessionstest.Server, addr net.Addr) *service {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	s := &service{
		t: t, fake: fake,
		url:     &url.URL{Scheme: "http", Host: addr.String()},
		browser: &http.Client{Jar: jar, Transport: transport},
	}
	s.me = func() (status int, user string) {
		status, body := s.send(http.MethodGet, "/me")
		if status != http.StatusOK {
			body = ""
		}
		return status, body
	}
	return s
}

// signIn signs a user in at Clerk, for the service, and returns the session.
func (s *service) signIn(user string) (sessionID string) {
	browser := s.fake.SignInWith(sessionstest.SignInParams{UserID: user, Origin: s.url.String()})
	s.browser.Jar.SetCookies(s.url, browser.Cookies)
	return browser.SessionID
}

// send sends a request with the browser's cookies, and returns the answer without the spaces around it.
func (s *service) send(method, path string) (status int, body string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url.String()+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := s.browser.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, strings.TrimSpace(string(text))
}

// asked returns the operations that the fake was asked for since the last time, but for its key set.
func (s *service) asked() (operations []string) {
	for _, call := range s.fake.Calls() {
		if call.Operation != "GetJWKS" {
			operations = append(operations, call.Operation)
		}
	}
	s.fake.ClearCalls()
	return operations
}
