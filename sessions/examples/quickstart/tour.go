package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// A tour is what the steps work with.
type tour struct {
	client *sessions.Client
	userID string
	now    func() time.Time
	sent   func() []string      // the lines of all requests so far
	clerk  *sessionstest.Server // nil for the real one
	seeded []string             // ids of the user's sessions, newest first; nil where they are not known
}

// walk takes the steps one after the other and returns how many requests they sent. It stops at the first that does not come out
// as it should.
func (t *tour) walk(ctx context.Context, p *printer, steps []step) (requests int, err error) {
	for i, s := range steps {
		before := len(t.sent())
		result, err := s.run(ctx)
		sent := t.sent()[before:]
		if err == nil && s.unsent != (len(sent) == 0) {
			err = fmt.Errorf("it sent %d requests", len(sent))
		}
		requests += len(sent)
		if printErr := p.step(i+1, s, sent, result); err == nil {
			err = printErr
		}
		if err != nil {
			return requests, fmt.Errorf("step %d (%s): %w", i+1, s.title, err)
		}
	}
	return requests, nil
}

// newClerk starts a Clerk in which Ada has signed in on four devices. Its clock stands still, so that every run prints the same.
func newClerk() *sessionstest.Server {
	start := time.Date(2026, time.November, 23, 9, 0, 0, 0, time.UTC)
	clerk := sessionstest.NewServer(sessionstest.WithClock(func() time.Time { return start }))
	for _, in := range []struct {
		id, browser, version, device string
		signedIn, used               time.Duration // ago
		task                         string
	}{
		{"sess_desktop", "Edge", "143", "Windows", 71 * time.Hour, 50 * time.Hour, ""},
		{"sess_tablet", "Safari", "26", "iPad", 30 * time.Hour, 29 * time.Hour, "choose-organization"},
		{"sess_phone", "Chrome", "143", "Android", 8 * time.Hour, 12 * time.Minute, ""},
		{"sess_laptop", "Firefox", "145", "Macintosh", 45 * time.Minute, 20 * time.Second, ""},
	} {
		session := sessionstest.Session{
			ID:           in.id,
			UserID:       "user_ada",
			CreatedAt:    start.Add(-in.signedIn),
			LastActiveAt: start.Add(-in.used),
			LatestActivity: &sessionstest.Activity{
				BrowserName: in.browser, BrowserVersion: in.version, DeviceType: in.device, City: "Lisbon", Country: "PT",
			},
		}
		if in.task != "" {
			session.Status, session.Tasks = string(sessions.StatusPending), []sessionstest.Task{{Key: in.task}}
		}
		clerk.AddSession(session)
	}
	return clerk
}

// demo takes every step, in a Clerk made by newClerk.
func demo(ctx context.Context, p *printer, clerk *sessionstest.Server) error {
	client, err := sessions.NewClient(clerk.SecretKey, sessions.WithBaseURL(clerk.URL))
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	t := &tour{
		client: client,
		userID: "user_ada",
		now:    clerk.Now,
		clerk:  clerk,
		seeded: []string{"sess_laptop", "sess_phone", "sess_tablet", "sess_desktop"},
		sent: func() []string {
			var lines []string
			for _, call := range clerk.Calls() {
				lines = append(lines, requestLine(call.Method, call.Path, call.RawQuery))
			}
			return lines
		},
	}
	p.opening("clerk-sessions-go: every call, against a Clerk that runs inside this program",
		"Ada, user_ada, has signed in on four devices.",
		`client, err := sessions.NewClient(clerk.SecretKey, sessions.WithBaseURL(clerk.URL))`)
	steps := slices.Concat(t.reading(), t.changing(), t.refreshing(), t.failing())
	requests, err := t.walk(ctx, p, steps)
	if err != nil {
		return err
	}
	if wrong := clerk.Violations(); len(wrong) > 0 {
		return fmt.Errorf("the traffic breaks openapi/sessions.yaml: %w", wrong[0])
	}
	return p.closing("All %d steps came out as they should; %d requests and their answers fit openapi/sessions.yaml.", len(steps), requests)
}

// visit takes the steps that change nothing, in the real Clerk.
func visit(ctx context.Context, p *printer, set settings) error {
	out := &recorder{next: http.DefaultTransport}
	client, err := sessions.NewClient(set.key, sessions.WithBaseURL(set.baseURL), sessions.WithHTTPClient(&http.Client{Transport: out}))
	if err != nil {
		return err
	}
	t := &tour{client: client, userID: set.user, now: time.Now, sent: out.sent}
	code := `client, err := sessions.NewClient(os.Getenv("CLERK_SECRET_KEY"))`
	if set.baseURL != sessions.DefaultBaseURL {
		code = `client, err := sessions.NewClient(os.Getenv("CLERK_SECRET_KEY"), sessions.WithBaseURL(baseURL))`
	}
	p.opening("clerk-sessions-go: the calls that only read, against "+set.baseURL, "The user is "+set.user+".", code)
	steps := slices.Concat(t.reading(), t.failing())
	requests, err := t.walk(ctx, p, steps)
	if err != nil {
		return err
	}
	return p.closing("All %d steps came out as they should, with %d requests.", len(steps), requests)
}

// recorder notes the lines of the requests that leave. The key is in a header, which it does not look at.
type recorder struct {
	next  http.RoundTripper
	mu    sync.Mutex
	lines []string
}

// RoundTrip notes a request and sends it.
func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	r.lines = append(r.lines, requestLine(req.Method, req.URL.EscapedPath(), req.URL.RawQuery))
	r.mu.Unlock()
	return r.next.RoundTrip(req)
}

func (r *recorder) sent() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.lines)
}

func requestLine(method, path, query string) string {
	if query != "" {
		path += "?" + query
	}
	return method + " " + path
}
