package sessionstest_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

func Example() {
	clerk := sessionstest.NewServer()
	defer clerk.Close()
	session := clerk.AddSession(sessionstest.Session{ID: "sess_1", UserID: "user_1"})

	req, _ := http.NewRequest(http.MethodPost, clerk.URL+"/sessions/"+session.ID+"/revoke", nil)
	req.Header.Set("Authorization", "Bearer "+clerk.SecretKey)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()

	fmt.Println(resp.Status)
	for _, call := range clerk.Calls() {
		fmt.Println(call.Operation, call.Method, call.Path)
	}
	fmt.Println("violations:", len(clerk.Violations()))
	// Output:
	// 200 OK
	// RevokeSession POST /v1/sessions/sess_1/revoke
	// violations: 0
}

func TestURL(t *testing.T) {
	s := sessionstest.NewServer()
	defer s.Close()
	if !strings.HasPrefix(s.URL, "http://127.0.0.1:") || !strings.HasSuffix(s.URL, "/v1") {
		t.Errorf("URL %q", s.URL)
	}
	if got := newServer().URL; !strings.HasPrefix(got, "https://") || !strings.HasSuffix(got, "/v1") {
		t.Errorf("URL without a listener %q", got)
	}
}

func TestCalls(t *testing.T) {
	s := newServer()
	get(t, s, "/sessions?user_id=a%20b&limit=1")
	post(t, s, "/sessions/sess_1/tokens/my%20template", `{}`)
	get(t, s, "/users")
	send(t, s, request{method: http.MethodHead, path: "/sessions"})
	header := http.Header{
		"Authorization": {"Bearer " + s.SecretKey},
		"Content-Type":  {"application/json"},
		"User-Agent":    {"Go-http-client/1.1"},
	}
	withLength := header.Clone()
	withLength.Set("Content-Length", "2")
	want := []sessionstest.Call{
		{Operation: "GetSessionList", Method: "GET", Path: "/v1/sessions", RawQuery: "user_id=a%20b&limit=1", Header: header},
		{
			Operation: "CreateSessionTokenFromTemplate",
			Method:    "POST",
			Path:      "/v1/sessions/sess_1/tokens/my%20template",
			Header:    withLength,
			Body:      []byte(`{}`),
		},
		{Method: "GET", Path: "/v1/users", Header: header},
		{Method: "HEAD", Path: "/v1/sessions", Header: header},
	}
	sent := cmpopts.IgnoreFields(sessionstest.Call{}, "Time", "Status", "Took", "Violations")
	if diff := cmp.Diff(want, s.Calls(), sent); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.Calls()[0].Header.Set("Authorization", "changed")
	if diff := cmp.Diff(want, s.Calls(), sent); diff != "" {
		t.Errorf("a change of what Calls returned changed the server's:\n%s", diff)
	}
}

func TestWithoutCalls(t *testing.T) {
	s := newServer(sessionstest.WithoutCalls())
	get(t, s, "/users")
	if got := s.Calls(); len(got) != 0 {
		t.Errorf("recorded %v", got)
	}
	wantViolations(t, s, "GET /v1/users")
}

func TestViolationsAreBounded(t *testing.T) {
	s := newServer()
	for range 1001 {
		get(t, s, "/users")
	}
	if n := len(s.Violations()); n != 1000 {
		t.Errorf("%d violations are kept", n)
	}
}

// TestMalformedHTTP sends what no client library would and then looks whether the server still works.
func TestMalformedHTTP(t *testing.T) {
	s := sessionstest.NewServer()
	defer s.Close()
	address := strings.TrimSuffix(strings.TrimPrefix(s.URL, "http://"), "/v1")
	const (
		post = "POST /v1/sessions HTTP/1.1\r\n"
		host = "Host: x\r\n"
		last = "Host: x\r\nConnection: close\r\n"
	)
	for name, row := range map[string]struct{ sent, status string }{
		"not HTTP":              {"\x16\x03\x01\x00\r\n\r\n", "400"},
		"a method of no shape":  {"G T /v1/sessions HTTP/1.1\r\nHost: x\r\n\r\n", "400"},
		"no host":               {"GET /v1/sessions HTTP/1.1\r\n\r\n", "400"},
		"two lengths":           {post + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}", "400"},
		"an unfinished escape":  {"GET /v1/sessions/%2 HTTP/1.1\r\nHost: x\r\n\r\n", "400"},
		"an asterisk":           {"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "200"},
		"a tunnel":              {"CONNECT example.com:443 HTTP/1.1\r\n" + last + "\r\n", "404"},
		"an escaped slash":      {"GET /v1/sessions/a%2Fb HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "401"},
		"escaped dots":          {"GET /v1/sessions/%2e%2e HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "404"},
		"another version":       {"GET /v1/sessions HTTP/9.9\r\nHost: x\r\n\r\n", "505"},
		"a chunk of no size":    {post + last + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "400"},
		"a head without an end": {"GET /v1/sessions HTTP/1.1\r\nHost: x\r\n", ""},
		"a body that breaks":    {post + last + "Content-Length: 9\r\n\r\n{", "400"},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := io.WriteString(conn, row.sent); err != nil {
				t.Fatal(err)
			}
			if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(conn).ReadString('\n')
			if row.status == "" {
				if err == nil && !strings.Contains(line, " 400 ") {
					t.Errorf("answered %q", line)
				}
				return
			}
			if err != nil || !strings.Contains(line, " "+row.status+" ") {
				t.Errorf("answered %q, %v, want %s", line, err, row.status)
			}
		})
	}
	decode[any](t, get(t, s, "/sessions"))
}

// TestCloseWaitsForNobody has clients that hold their connections in every state.
func TestCloseWaitsForNobody(t *testing.T) {
	s := sessionstest.NewServer()
	for _, sent := range []string{
		"", "GET /v1", "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
		"GET /v1/jwks HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(s.URL, "http://"), "/v1"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, sent); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	s.Close()
}

func TestConcurrentUse(t *testing.T) {
	s := sessionstest.NewServer()
	defer s.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	defer client.CloseIdleConnections()
	s.LimitRate(1000, time.Second)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			in := s.SignIn(fmt.Sprintf("user_%d", i%2))
			path := "/sessions/" + in.SessionID
			s.Inject(sessionstest.Fault{Operation: "VerifySession", Status: 410})
			for _, req := range []request{
				{method: http.MethodGet, path: "/sessions?paginated=true"},
				{method: http.MethodPost, path: path + "/refresh", body: refreshBody(in, nil)},
				{method: http.MethodPost, path: path + "/tokens"},
				{method: http.MethodPost, path: path + "/verify", body: `{"token":"x"}`},
				{method: http.MethodPost, path: path + "/revoke"},
				{method: http.MethodGet, path: path},
			} {
				if _, err := try(t, client, s, req); err != nil {
					t.Error(err)
				}
			}
			s.AddSession(sessionstest.Session{ID: "sess_shared", UserID: "user_0", Status: "ended"})
			s.Advance(time.Millisecond)
		})
	}
	wg.Wait()
	wantViolations(t, s)
	if n := len(s.Calls()); n != 48 {
		t.Errorf("%d calls, want 48", n)
	}
}
