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
	printer  *printer
	client   *sessions.Client
	userID   string
	now      func() time.Time
	recorder *recorder
	clerk    *sessionstest.Server // nil for the real one
	seeded   []string             // ids of the user's sessions, newest first; nil for the real Clerk

	number int    // of the current step
	title  string // of the current step
	before int    // how many requests were sent before the current step
}

// demo takes every step, in a Clerk made by newClerk.
func demo(ctx context.Context, p *printer, clerk *sessionstest.Server) error {
	t, err := newTour(p, clerk.SecretKey, clerk.URL, "user_ada")
	if err != nil {
		return err
	}
	t.clerk, t.now = clerk, clerk.Now
	t.seeded = []string{"sess_laptop", "sess_phone", "sess_tablet", "sess_desktop"}
	p.opening("clerk-sessions-go: every call, against a Clerk that runs inside this program",
		"Ada, user_ada, has signed in on four devices.",
		`client, err := sessions.NewClient(clerk.SecretKey, sessions.WithBaseURL(clerk.URL))`)
	if err := t.walk(ctx, t.read, t.change, t.refresh, t.signOut, t.fail); err != nil {
		return err
	}
	if wrong := clerk.Violations(); len(wrong) > 0 {
		return fmt.Errorf("the traffic breaks openapi/sessions.yaml: %w", wrong[0])
	}
	return p.closing("All %d steps came out as they should; %d requests and their answers fit "+
		"openapi/sessions.yaml.", t.number, len(t.recorder.sent()))
}

// visit takes the steps that change nothing, in the real Clerk.
func visit(ctx context.Context, p *printer, set settings) error {
	t, err := newTour(p, set.key, set.baseURL, set.user)
	if err != nil {
		return err
	}
	code := `client, err := sessions.NewClient(os.Getenv("CLERK_SECRET_KEY"))`
	if set.baseURL != sessions.DefaultBaseURL {
		code = `client, err := sessions.NewClient(os.Getenv("CLERK_SECRET_KEY"), ` +
			`sessions.WithBaseURL(baseURL))`
	}
	p.opening("clerk-sessions-go: the calls that only read, against "+set.baseURL,
		"The user is "+set.user+".", code)
	if err := t.walk(ctx, t.read, t.fail); err != nil {
		return err
	}
	return p.closing("All %d steps came out as they should, with %d requests.",
		t.number, len(t.recorder.sent()))
}

// newTour returns a tour through the Clerk at baseURL, whose requests are recorded.
func newTour(p *printer, key, baseURL, userID string) (*tour, error) {
	out := &recorder{next: http.DefaultTransport}
	client, err := sessions.NewClient(key, sessions.WithBaseURL(baseURL),
		sessions.WithHTTPClient(&http.Client{Transport: out}))
	return &tour{printer: p, client: client, userID: userID, now: time.Now, recorder: out}, err
}

// walk takes the chapters one after the other, up to the first step that does not come out as it
// should.
func (t *tour) walk(ctx context.Context, chapters ...func(context.Context) error) error {
	for _, chapter := range chapters {
		if err := chapter(ctx); err != nil {
			return fmt.Errorf("step %d (%s): %w", t.number, t.title, err)
		}
	}
	return nil
}

// step begins a step.
func (t *tour) step(title string) {
	t.number++
	t.title, t.before = title, len(t.recorder.sent())
}

// sent returns the lines of the requests that the step has sent so far.
func (t *tour) sent() []string { return t.recorder.sent()[t.before:] }

// got ends a step: it prints the step and returns what is wrong with the result.
func (t *tour) got(result []string, err error) error {
	if printErr := t.printer.step(t.number, t.title, t.sent(), result); err == nil {
		err = printErr
	}
	return err
}

// comeBack signs the user in with a new browser and returns the browser's tokens two minutes later.
func (t *tour) comeBack() sessionstest.SignIn {
	browser := t.clerk.SignIn(t.userID)
	t.clerk.Advance(2 * time.Minute)
	return browser
}

// newClerk starts a Clerk in which Ada has signed in on four devices. Its clock stands still, so
// that every run prints the same, and at the present, because a TokenCache goes by the real time.
func newClerk() *sessionstest.Server {
	start := time.Now().Truncate(time.Second)
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
				BrowserName: in.browser, BrowserVersion: in.version,
				DeviceType: in.device, City: "Lisbon", Country: "PT",
			},
		}
		if in.task != "" {
			session.Status = string(sessions.StatusPending)
			session.Tasks = []sessionstest.Task{{Key: in.task}}
		}
		clerk.AddSession(session)
	}
	return clerk
}

// recorder notes the lines of the requests that leave. It does not look at their headers, where the
// key is.
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
