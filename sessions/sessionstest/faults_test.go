package sessionstest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

func TestInject(t *testing.T) {
	type fault = sessionstest.Fault
	const asJSON = "application/json"
	for name, row := range map[string]struct {
		fault      fault
		status     int
		code       string // of Clerk's error body; "" when the body is another
		body       string
		contents   string // the Content-Type
		retryAfter string
	}{
		"400": {fault{Status: 400}, 400, "request_invalid", "", asJSON, ""},
		"401": {fault{Status: 401}, 401, "authentication_invalid", "", asJSON, ""},
		"403": {fault{Status: 403}, 403, "authorization_invalid", "", asJSON, ""},
		"404": {fault{Status: 404}, 404, "resource_not_found", "", asJSON, ""},
		"410": {fault{Status: 410}, 410, "resource_gone", "", asJSON, ""},
		"429": {
			fault{Status: 429, RetryAfter: 1500 * time.Millisecond}, 429, "too_many_requests", "", asJSON, "2",
		},
		"500":    {fault{Status: 500}, 500, "internal_clerk_error", "", asJSON, ""},
		"600":    {fault{Status: 600}, 600, "internal_clerk_error", "", asJSON, ""},
		"204":    {fault{Status: 204}, 204, "", "", "", ""},
		"a body": {fault{Body: `{"object":"session"}`}, 200, "", `{"object":"session"}`, asJSON, ""},
		"HTML": {
			fault{Status: 502, Body: "<html>", ContentType: "text/html"}, 502, "", "<html>", "text/html", "",
		},
		"only Retry-After": {
			fault{RetryAfter: time.Second, Operation: "GetSessionList"}, 200, "", "[]", asJSON, "1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer()
			s.Inject(row.fault)
			got := get(t, s, "/sessions")
			if row.code != "" {
				wantError(t, got, row.status, row.code)
			} else if got.status != row.status || got.body != row.body {
				t.Errorf("answered %d %q, want %d %q", got.status, got.body, row.status, row.body)
			}
			if got := got.header.Get("Content-Type"); got != row.contents {
				t.Errorf("content type %q, want %q", got, row.contents)
			}
			if got := got.header.Get("Retry-After"); got != row.retryAfter {
				t.Errorf("Retry-After %q, want %q", got, row.retryAfter)
			}
			decode[any](t, get(t, s, "/sessions"))
			wantViolations(t, s)
		})
	}
}

func TestFaultsHitInOrder(t *testing.T) {
	s := newServer()
	x := s.AddSession(sessionstest.Session{})
	s.Inject(sessionstest.Fault{Operation: "GetSession", Status: 500, Times: 2})
	s.Inject(sessionstest.Fault{Operation: "RevokeSession", Status: 410})
	s.Inject(sessionstest.Fault{Status: 503})
	var got []int
	for _, req := range []request{
		{method: http.MethodGet, path: "/sessions/" + x.ID},
		{method: http.MethodGet, path: "/sessions"},
		{method: http.MethodGet, path: "/sessions/" + x.ID},
		{method: http.MethodGet, path: "/sessions/" + x.ID},
		{method: http.MethodPost, path: "/sessions/" + x.ID + "/revoke"},
		{method: http.MethodPost, path: "/sessions/" + x.ID + "/revoke"},
	} {
		got = append(got, send(t, s, req).status)
	}
	if diff := cmp.Diff([]int{500, 503, 500, 200, 410, 200}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestDrop cuts the connection, once over a socket that was used before and once without one: the client must not be
// able to hide it by sending again.
func TestDrop(t *testing.T) {
	s := sessionstest.NewServer()
	defer s.Close()
	x := s.AddSession(sessionstest.Session{})
	overSocket := &http.Client{Transport: &http.Transport{}}
	defer overSocket.CloseIdleConnections()
	for name, client := range map[string]*http.Client{"socket": overSocket, "no socket": s.HTTPClient()} {
		t.Run(name, func(t *testing.T) {
			for _, req := range []request{
				{method: http.MethodGet, path: "/sessions/" + x.ID},
				{method: http.MethodPost, path: "/sessions/" + x.ID + "/revoke"},
			} {
				if _, err := try(t, client, s, request{method: http.MethodGet, path: "/sessions"}); err != nil {
					t.Fatal(err)
				}
				s.Inject(sessionstest.Fault{Drop: true})
				if got, err := try(t, client, s, req); !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("answered %v, %v", got, err)
				}
			}
		})
	}
	if got := decode[sessionBody](t, get(t, s, "/sessions/"+x.ID)); got.Status != "active" {
		t.Errorf("a dropped request was acted on: %q", got.Status)
	}
}

func TestDelayInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sessionstest.NewServer(sessionstest.WithoutListener())
		s.Inject(sessionstest.Fault{Delay: 3 * time.Second, Times: 3})
		before := time.Now()
		decode[any](t, get(t, s, "/sessions"))
		if took := time.Since(before); took != 3*time.Second {
			t.Errorf("took %v, want 3s", took)
		}
		if got := s.Now(); !got.Equal(time.Now()) {
			t.Errorf("the server's time is %v, the bubble's %v", got, time.Now())
		}

		client := s.HTTPClient()
		client.Timeout = time.Second
		before = time.Now()
		_, err := try(t, client, s, request{method: http.MethodGet, path: "/sessions"})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(before) != time.Second {
			t.Errorf("after %v: %v, want the deadline after 1s", time.Since(before), err)
		}

		cause := errors.New("no longer needed")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(cause) })
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/sessions", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.HTTPClient().Do(req); !errors.Is(err, cause) {
			t.Errorf("%v, want the cause", err)
		}
		if _, err := s.HTTPClient().Do(req); !errors.Is(err, cause) {
			t.Errorf("with a context that has ended: %v, want the cause", err)
		}
		if n := len(s.Calls()); n != 3 {
			t.Errorf("%d calls, want 3: nothing is sent with a context that has ended", n)
		}
	})
}

func TestDelayEndsWithTheServer(t *testing.T) {
	received := make(chan struct{})
	once := sync.OnceFunc(func() { close(received) })
	s := sessionstest.NewServer(sessionstest.WithClock(func() time.Time { // which is read as soon as a request is there
		once()
		return start
	}))
	s.Inject(sessionstest.Fault{Delay: time.Hour})
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	done := make(chan error, 1)
	go func() {
		_, err := try(t, client, s, request{method: http.MethodGet, path: "/sessions"})
		done <- err
	}()
	<-received
	s.Close()
	if err := <-done; err == nil {
		t.Error("answered by a server that is closed")
	}
}

func TestLimitRate(t *testing.T) {
	s := newServer()
	s.LimitRate(2, 10*time.Second)
	expect := func(status int, retryAfter string) {
		t.Helper()
		got := get(t, s, "/sessions")
		if got.status != status || got.header.Get("Retry-After") != retryAfter {
			t.Errorf("status %d, Retry-After %q, want %d, %q", got.status, got.header.Get("Retry-After"), status, retryAfter)
		}
	}
	expect(200, "")
	s.Advance(2500 * time.Millisecond)
	expect(200, "")
	expect(429, "8")
	anotherKey := http.Header{"Authorization": {"Bearer x"}}
	got := send(t, s, request{method: http.MethodGet, path: "/sessions", header: anotherKey})
	wantError(t, got, 401, "clerk_key_invalid")
	s.Advance(7 * time.Second)
	expect(429, "1")
	s.Advance(500 * time.Millisecond)
	expect(200, "")
	expect(200, "")
	expect(429, "10")
	wantViolations(t, s)
}
