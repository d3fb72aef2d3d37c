package browser

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/examples/webapp/app"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

const (
	ada     = "user_ada"
	expired = 66 * time.Second // how old a token of a minute is when it is refreshed
)

// A site is the example's service on loopback, on a Clerk whose clock stands still until a test moves it.
type site struct {
	clerk  *sessionstest.Server
	client *sessions.Client
	url    string

	mu      sync.Mutex
	pages   int           // how often a page was asked for, redirects included
	slowest time.Duration // how long the handler took at most
	missing int           // how many requests still have to come before those that wait go on
	gate    chan struct{} // open once they have come
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := startClerk(t)
	handler, err := app.New(app.Config{
		Client:         s.client,
		PublishableKey: s.clerk.PublishableKey,
		FrontendAPI:    s.clerk.FrontendAPI,
		Now:            s.clerk.Now,
		OtherDevice:    func(userID string) { s.clerk.AddSession(sessionstest.Session{UserID: userID}) },
		Controls: map[string]func(){
			"down":    s.answering(http.StatusServiceUnavailable),
			"limited": s.answering(http.StatusTooManyRequests),
			"well":    s.clerk.ClearFaults,
			"minute":  func() { s.clerk.Advance(time.Minute) },
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.serve(t, handler)
	return s
}

// answering returns a button that makes Clerk answer everything with a status.
func (s *site) answering(status int) func() {
	return func() { s.clerk.Inject(sessionstest.Fault{Status: status, Times: 1000}) }
}

// startClerk returns a site that serves nothing yet. Ada is a user of its Clerk.
func startClerk(t *testing.T, opts ...sessionstest.Option) *site {
	t.Helper()
	start := time.Now().Truncate(time.Second) // as precise as a token
	s := &site{clerk: sessionstest.NewServer(append(opts,
		sessionstest.WithClock(func() time.Time { return start }))...)}
	t.Cleanup(s.clerk.Close)
	s.clerk.AddSession(sessionstest.Session{UserID: ada, Status: "ended"})
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client, err := sessions.NewClient(s.clerk.SecretKey, sessions.WithBaseURL(s.clerk.URL),
		sessions.WithHTTPClient(&http.Client{Transport: app.NewTransport(transport)}),
		// a test waits for nothing
		sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 1, MaxRetryAfter: time.Millisecond}))
	if err != nil {
		t.Fatal(err)
	}
	s.client = client
	t.Cleanup(func() {
		for _, violation := range s.clerk.Violations() {
			t.Errorf("Clerk's API is not used as it is meant to: %v", violation)
		}
	})
	return s
}

func (s *site) serve(t *testing.T, handler http.Handler) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.arrive(r)
		began := time.Now()
		handler.ServeHTTP(w, r)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.slowest = max(s.slowest, time.Since(began))
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
}

// together makes the next requests for the page wait for each other, n of them.
func (s *site) together(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.missing, s.gate = n, make(chan struct{})
}

// arrive counts a request, and lets it wait if there is something to wait for.
func (s *site) arrive(r *http.Request) {
	s.mu.Lock()
	if r.Header.Get("Sec-Fetch-Dest") == "document" {
		s.pages++
	}
	gate := s.gate
	if gate != nil && r.URL.Path == "/" {
		if s.missing--; s.missing == 0 {
			close(gate)
			s.gate = nil
		}
	} else {
		gate = nil
	}
	s.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-r.Context().Done():
		}
	}
}

// asked returns how many pages were asked for since it was last called.
func (s *site) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.pages
	s.pages = 0
	return n
}

// calls returns how often Clerk was asked for an operation.
func (s *site) calls(operation string) (n int) {
	for _, call := range s.clerk.Calls() {
		if call.Operation == operation {
			n++
		}
	}
	return n
}

func (s *site) status(t *testing.T, id string) sessions.Status {
	t.Helper()
	session, err := s.client.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return session.Status
}
