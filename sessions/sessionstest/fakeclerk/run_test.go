package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestServes(t *testing.T) {
	p := startProgram(t, "-users", "2", "-sessions", "5", "-token-lifetime", "2s")
	env := p.environment
	if env["CLERK_BASE_URL"] != env["CLERK_API_URL"]+"/v1" ||
		!strings.HasPrefix(env["CLERK_PUBLISHABLE_KEY"], "pk_test_") ||
		!strings.Contains(env["CLERK_JWT_KEY"], "PUBLIC KEY") {
		t.Errorf("environment %v", env)
	}
	users, sessions := strings.Fields(env["CLERK_USER_IDS"]), strings.Fields(env["CLERK_SESSION_IDS"])
	if len(users) != 2 || len(sessions) != 5 {
		t.Errorf("%d users and %d sessions, want 2 and 5", len(users), len(sessions))
	}
	for _, id := range sessions {
		if status, body := p.get(t, "/sessions/"+id, env["CLERK_SECRET_KEY"]); status != 200 {
			t.Errorf("%s: %d %s", id, status, body)
		}
	}
	status, body := p.get(t, "/sessions?paginated=true&user_id="+env["CLERK_USER_ID"], env["CLERK_SECRET_KEY"])
	if status != 200 || !strings.Contains(body, `"total_count":3`) {
		t.Errorf("the first user's sessions: %d %s", status, body)
	}
	refresh := fmt.Sprintf(
		`{"expired_token":%q,"refresh_token":%q,"request_origin":"http://localhost"}`,
		env["CLERK_SESSION_TOKEN"],
		env["CLERK_REFRESH_TOKEN"],
	)
	req, err := http.NewRequestWithContext(
		t.Context(),
		http.MethodPost,
		env["CLERK_BASE_URL"]+"/sessions/"+env["CLERK_SESSION_ID"]+"/refresh",
		strings.NewReader(refresh),
	)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Authorization": {"Bearer " + env["CLERK_SECRET_KEY"]}, "Content-Type": {"application/json"}}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("refresh: %d", resp.StatusCode)
	}
	if status := p.stop(); status != 0 {
		t.Errorf("stopped with %d", status)
	}
}

func TestLog(t *testing.T) {
	p := startProgram(t)
	key := p.environment["CLERK_SECRET_KEY"]
	p.get(t, "/sessions?user_id=user_secret&limit=1", key)
	p.get(t, "/sessions/sess_none", "sk_test_wrong_key")
	p.get(t, "/users", key)
	if status := p.stop(); status != 0 {
		t.Errorf("stopped with %d", status)
	}
	got := regexp.MustCompile(`(?m) [0-9.]+(ns|µs|ms|s)$`).ReplaceAllString(p.log.String(), "")
	want := `GET /v1/sessions 200
GET /v1/sessions/sess_none 401
GET /v1/users 404
violation: GET /v1/users: the fragment has no such path
stopped
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRefusals has the command lines that end at once, with one line that says why.
func TestRefusals(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	for name, row := range map[string]struct {
		args   []string
		says   string
		status int
	}{
		"unknown flag":          {[]string{"-port", "4010"}, "-port", 1},
		"an argument":           {[]string{"serve"}, `"serve"`, 1},
		"a busy port":           {[]string{"-addr", busy.Addr().String()}, "address already in use", 1},
		"an address of no kind": {[]string{"-addr", "4010"}, "missing port", 1},
		"every address":         {[]string{"-addr", ":0"}, "-public", 1},
		"every IPv4 address":    {[]string{"-addr", "0.0.0.0:0"}, "-public", 1},
		"another machine's":     {[]string{"-addr", "192.0.2.1:0"}, "-public", 1},
		"a name":                {[]string{"-addr", "localhost.example.com:0"}, "-public", 1},
		"no users":              {[]string{"-users", "0"}, "-users", 1},
		"too few sessions":      {[]string{"-users", "3", "-sessions", "2"}, "-sessions", 1},
		"sessions of letters":   {[]string{"-sessions", "many"}, "-sessions", 1},
		"a short lifetime":      {[]string{"-token-lifetime", "1ms"}, "-token-lifetime", 1},
		"no command":            {[]string{"--"}, "-- needs a command", 1},
		"an argument before":    {[]string{"node", "--", "x"}, `"node"`, 1},
		"no such command":       {[]string{"--", "no-such-command", "x"}, "no-such-command: there is no such command", 127},
		"no such file":          {[]string{"--", "./no/such/file"}, "./no/such/file: there is no such command", 127},
		"a file that is none":   {[]string{"--", "./run_test.go"}, "permission denied", 126},
		"a busy port, command":  {[]string{"-addr", busy.Addr().String(), "--", "true"}, "address already in use", 1},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr strings.Builder
			status := run(t.Context(), row.args, &stdout, &stderr)
			said := stderr.String()
			if status != row.status || !strings.Contains(said, row.says) || strings.Count(said, "\n") != 1 {
				t.Errorf("status %d, %q, want %d and one line with %q", status, said, row.status, row.says)
			}
			if stdout.Len() > 0 {
				t.Errorf("it printed %s", stdout.String())
			}
		})
	}
}

func TestPublic(t *testing.T) {
	p := startProgram(t, "-addr", ":0", "-public")
	if !strings.HasPrefix(p.environment["CLERK_API_URL"], "http://127.0.0.1:") {
		t.Errorf("address %q", p.environment["CLERK_API_URL"])
	}
	p.get(t, "/sessions", p.environment["CLERK_SECRET_KEY"])
}

func TestHelp(t *testing.T) {
	var out strings.Builder
	if status := run(t.Context(), []string{"-h"}, &out, io.Discard); status != 0 {
		t.Errorf("status %d", status)
	}
	for _, name := range []string{"-addr", "-users", "-sessions", "-public", "-production", "-token-lifetime"} {
		if !strings.Contains(out.String(), "  "+name) {
			t.Errorf("%s is missing in:\n%s", name, out.String())
		}
	}
}

// TestEnvironmentIsForAShell has a shell read what is printed.
func TestEnvironmentIsForAShell(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	p := startProgram(t)
	var script strings.Builder
	for name, value := range p.environment {
		fmt.Fprintf(&script, "export %s='%s'\n", name, value)
	}
	script.WriteString(`printf %s "$CLERK_JWT_KEY"`)
	got, err := exec.CommandContext(t.Context(), sh, "-c", script.String()).Output()
	if err != nil || string(got) != p.environment["CLERK_JWT_KEY"] {
		t.Errorf("%q, %v", got, err)
	}
}

// TestBrokenOutput ends when nobody reads what it prints.
func TestBrokenOutput(t *testing.T) {
	closed, out := io.Pipe()
	_ = closed.Close()
	if status := run(t.Context(), []string{"-addr", "127.0.0.1:0"}, out, io.Discard); status != 1 {
		t.Errorf("status %d: served without saying where", status)
	}
}
