package page

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest/fakeclerk/internal/instance"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a served page, and a client that follows no redirect.
type site struct {
	in     *instance.Instance
	url    string
	client *http.Client
	done   chan struct{}
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{
		in: instance.New("http://127.0.0.1:4010", instance.Settings{
			Users: 1, Sessions: 3, TokenLifetime: time.Minute,
		}),
		client: &http.Client{
			Transport:     &http.Transport{},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		done: make(chan struct{}),
	}
	server := httptest.NewServer(Handler(s.in, s.done))
	s.url = server.URL
	t.Cleanup(func() {
		s.client.CloseIdleConnections()
		server.Close()
	})
	return s
}

// send sends a request, and returns the answer and its body.
func (s *site) send(t *testing.T, req *http.Request) (*http.Response, string) {
	t.Helper()
	resp, err := s.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func (s *site) get(t *testing.T, path string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s.send(t, req)
}

// post sends a form.
func (s *site) post(t *testing.T, name, form string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+Prefix+name, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return s.send(t, req)
}

// TestPageEscapes has a user whose id is a script.
func TestPageEscapes(t *testing.T) {
	s := newSite(t)
	s.in.Clerk().AddSession(sessionstest.Session{
		UserID:         `<script>alert(1)</script>`,
		LatestActivity: &sessionstest.Activity{BrowserName: `<b>`, City: "Bern"},
	})
	resp, body := s.get(t, "/")
	if strings.Contains(body, "<script>alert") || !strings.Contains(body, "&lt;b&gt;, Bern") {
		t.Errorf("the page has %s", body)
	}
	if policy := resp.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("policy %q", policy)
	}
	for path, contentType := range map[string]string{"page.css": "text/css", "page.js": "text/javascript"} {
		resp, _ := s.get(t, Prefix+path)
		if resp.StatusCode != 200 || !strings.HasPrefix(resp.Header.Get("Content-Type"), contentType) {
			t.Errorf("%s: %d %s", path, resp.StatusCode, resp.Header.Get("Content-Type"))
		}
	}
}

// TestEvents is told of what happens, and ends with the program.
func TestEvents(t *testing.T) {
	s := newSite(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+Prefix+"events", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("content type %q", got)
	}
	lines := bufio.NewScanner(resp.Body)
	event := func() bool {
		return lines.Scan() && lines.Text() == "data: changed" && lines.Scan() && lines.Text() == ""
	}
	began := time.Now()
	if !event() {
		t.Fatal("there is no first event")
	}
	s.post(t, "clock", url.Values{"advance": {"1m"}}.Encode())
	if !event() {
		t.Error("there is no event of a change")
	}
	if took := time.Since(began); took > mostPause-time.Second {
		t.Errorf("the event came after %v, as one without a change", took)
	}
	close(s.done)
	for event() {
	}
	if lines.Err() != nil {
		t.Errorf("the stream broke off: %v", lines.Err())
	}
}

func TestSpell(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"250 ms": 250 * time.Millisecond, "20 s": 20 * time.Second, "1 min": time.Minute, "1 min 5 s": 65 * time.Second,
		"1 h": time.Hour, "1 h 30 min": 90 * time.Minute, "7 d": 7 * 24 * time.Hour, "1 d 1 h": 25 * time.Hour,
	} {
		if got := spell(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
	for want, d := range map[string]time.Duration{"now": 0, "20 s ago": 20 * time.Second, "in 5 s": -5 * time.Second} {
		if got := ago(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
