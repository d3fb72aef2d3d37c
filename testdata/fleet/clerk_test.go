//go:build linux

package fleet

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

const (
	latency  = 20 * time.Millisecond // how long the fake takes for an answer, beside its own work
	lifetime = 10 * time.Minute      // of a token: none expires while it is measured
)

// clerk is a fake that takes its time.
type clerk struct {
	*sessionstest.Server
	front *httptest.Server // in front of the fake

	once bool // a refresh token is good for one refresh

	mu   sync.Mutex
	used map[string]bool // paths of the refreshes that used their token up
	hold chan string     // gets the User-Agent of the next refresh, which then is not answered
	free chan struct{}   // closed when that refresh may be answered after all
}

// newClerk starts a fake in which n visitors have signed in, and their tokens have expired.
func newClerk(tb testing.TB, n int, once bool) (*clerk, []sessionstest.SignIn) {
	const ago = lifetime + time.Minute
	c := &clerk{once: once, used: make(map[string]bool)}
	c.Server = sessionstest.NewServer(sessionstest.WithTokenLifetime(lifetime),
		sessionstest.WithClock(func() time.Time { return time.Now().Add(-ago) }))
	tb.Cleanup(c.Close)
	visitors := make([]sessionstest.SignIn, n)
	for i := range visitors {
		visitors[i] = c.SignInWith(sessionstest.SignInParams{Origin: origin})
	}
	c.Advance(ago)
	c.front = httptest.NewServer(c)
	tb.Cleanup(c.front.Close)
	return c, visitors
}

func (c *clerk) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	wait(req.Context(), latency)
	if strings.HasSuffix(req.URL.Path, "/refresh") {
		body, err := io.ReadAll(req.Body) // all of it: else nobody sees the connection end
		if err != nil {
			return
		}
		body = c.refresh(req, body)
		req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	c.Handler().ServeHTTP(w, req)
}

// refresh holds a refresh up, or spoils its token if it was used up.
func (c *clerk) refresh(req *http.Request, body []byte) []byte {
	c.mu.Lock()
	hold, free, used := c.hold, c.free, c.used[req.URL.Path]
	c.hold, c.used[req.URL.Path] = nil, true
	c.mu.Unlock()
	if hold != nil {
		hold <- req.UserAgent()
		select {
		case <-free:
		case <-req.Context().Done():
		}
	}
	if !c.once || !used {
		return body
	}
	var fields map[string]any
	if err := json.Unmarshal(body, &fields); err != nil {
		return body
	}
	fields["refresh_token"] = "used_up"
	body, _ = json.Marshal(fields)
	return body
}

// holdRefresh holds the next refresh up until release is called. The channel gets its User-Agent.
func (c *clerk) holdRefresh() (caller <-chan string, release func()) {
	hold, free := make(chan string, 1), make(chan struct{})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hold, c.free = hold, free
	return hold, sync.OnceFunc(func() { close(free) })
}

// asked returns how many requests of an operation came in, "" for all, and how many were answered with 429.
func (c *clerk) asked(operation string) (requests, refused int) {
	for _, call := range c.Calls() {
		if operation == "" && call.Operation != "GetJWKS" || call.Operation == operation {
			requests++
			if call.Status == http.StatusTooManyRequests {
				refused++
			}
		}
	}
	return requests, refused
}

// wait waits for d, or until ctx ends.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
