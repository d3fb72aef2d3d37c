package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

// trip is what the Middleware did for a request.
type trip struct {
	mu    sync.Mutex
	Calls []call
	Took  time.Duration // until it was decided who sends the request
}

// call is a request that went to Clerk.
type call struct {
	What    string // "POST …/refresh"
	Status  int    // 0 without an answer
	Took    time.Duration
	Cookies int // in the answer
}

type tripKey struct{}

// watch gives each request a trip.
func watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), tripKey{}, &trip{})))
	})
}

// observe is the Middleware's observer.
func observe(r *http.Request, _ sessionhttp.Auth, took time.Duration) {
	if t := tripOf(r.Context()); t != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.Took = took
	}
}

func tripOf(ctx context.Context) *trip {
	t, _ := ctx.Value(tripKey{}).(*trip)
	return t
}

// calls returns what went to Clerk so far.
func (t *trip) calls() []call {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]call(nil), t.Calls...)
}

// NewTransport returns a transport that notes on a request's trip what goes to Clerk for it.
func NewTransport(next http.RoundTripper) http.RoundTripper { return transport{next} }

type transport struct{ next http.RoundTripper }

func (tr transport) RoundTrip(req *http.Request) (*http.Response, error) {
	t := tripOf(req.Context())
	began := time.Now()
	resp, err := tr.next.RoundTrip(req)
	if t == nil {
		return resp, err
	}
	path := req.URL.Path[strings.LastIndexByte(req.URL.Path, '/')+1:]
	c := call{What: req.Method + " …/" + path, Took: time.Since(began)}
	if err == nil {
		c.Status = resp.StatusCode
		c.Cookies = countCookies(resp)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Calls = append(t.Calls, c)
	return resp, err
}

// countCookies returns how many cookies for the browser are in an answer of Clerk's.
func countCookies(resp *http.Response) int {
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{err}))
	var answer struct{ Cookies, Directives []string }
	_ = json.Unmarshal(body, &answer) // most answers have none
	return len(answer.Cookies) + len(answer.Directives)
}

// failing is a reader that ends with an error, or well for nil.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err == nil {
		return 0, io.EOF
	}
	return 0, f.err
}
