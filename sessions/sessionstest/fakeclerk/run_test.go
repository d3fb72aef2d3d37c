package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

// asProgram makes the test binary be the program.
const asProgram = "BE_FAKECLERK"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

// program is a running fakeclerk.
type program struct {
	environment map[string]string
	log         *lines
	stop        func() error // ends it and returns what run did
}

// lines is a log that can be read while it is written.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// startProgram runs fakeclerk on a port of the system's choice and reads its environment.
func startProgram(t *testing.T, args ...string) program {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	stdout, out := io.Pipe()
	p := program{environment: map[string]string{}, log: &lines{}}
	done := make(chan error, 1)
	go func() {
		err := run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), out, p.log)
		out.CloseWithError(io.EOF)
		done <- err
	}()
	p.stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() { _ = p.stop() })

	var printed strings.Builder
	for buf := make([]byte, 4096); !strings.Contains(printed.String(), "CLERK_REFRESH_TOKEN="); {
		n, err := stdout.Read(buf)
		if err != nil {
			t.Fatalf("it ended: %v", p.stop())
		}
		printed.Write(buf[:n])
	}
	for _, m := range regexp.MustCompile(`(?s)export (\w+)='([^']*)'\n`).FindAllStringSubmatch(printed.String(), -1) {
		p.environment[m[1]] = m[2]
	}
	return p
}

func (p program) get(t *testing.T, path, key string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.environment["CLERK_BASE_URL"]+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(got)
}

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
	if err := p.stop(); err != nil {
		t.Errorf("stopped with %v", err)
	}
}

func TestLog(t *testing.T) {
	p := startProgram(t)
	key := p.environment["CLERK_SECRET_KEY"]
	p.get(t, "/sessions?user_id=user_secret&limit=1", key)
	p.get(t, "/sessions/sess_none", "sk_test_wrong_key")
	p.get(t, "/users", key)
	if err := p.stop(); err != nil {
		t.Error(err)
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
		args []string
		says string
	}{
		"unknown flag":          {[]string{"-port", "4010"}, "-port"},
		"an argument":           {[]string{"serve"}, `"serve"`},
		"a busy port":           {[]string{"-addr", busy.Addr().String()}, "address already in use"},
		"an address of no kind": {[]string{"-addr", "4010"}, "missing port"},
		"every address":         {[]string{"-addr", ":0"}, "-public"},
		"every IPv4 address":    {[]string{"-addr", "0.0.0.0:0"}, "-public"},
		"another machine's":     {[]string{"-addr", "192.0.2.1:0"}, "-public"},
		"a name":                {[]string{"-addr", "localhost.example.com:0"}, "-public"},
		"no users":              {[]string{"-users", "0"}, "-users"},
		"too few sessions":      {[]string{"-users", "3", "-sessions", "2"}, "-sessions"},
		"sessions of letters":   {[]string{"-sessions", "many"}, "-sessions"},
		"a short lifetime":      {[]string{"-token-lifetime", "1ms"}, "-token-lifetime"},
	} {
		t.Run(name, func(t *testing.T) {
			err := run(t.Context(), row.args, io.Discard, io.Discard)
			if err == nil || !strings.Contains(err.Error(), row.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want one line with %q", err, row.says)
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
	if err := run(t.Context(), []string{"-h"}, &out, io.Discard); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"-addr", "-users", "-sessions", "-public", "-token-lifetime"} {
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
	if err := run(t.Context(), []string{"-addr", "127.0.0.1:0"}, out, io.Discard); err == nil {
		t.Error("served without saying where")
	}
}

// TestProcess runs the program as one, for its exit status and the signals.
func TestProcess(t *testing.T) {
	start := func(args ...string) (*exec.Cmd, io.Reader, *bytes.Buffer) {
		cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
		cmd.Env = append(os.Environ(), asProgram+"=1", "GORACE=atexit_sleep_ms=0")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd, stdout, &stderr
	}
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			cmd, stdout, stderr := start("-addr", "127.0.0.1:0")
			if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("%v: %s", err, stderr)
			}
		})
	}
	t.Run("unknown flag", func(t *testing.T) {
		cmd, _, stderr := start("-port", "1")
		err := cmd.Wait()
		if cmd.ProcessState.ExitCode() != 1 || stderr.String() != "fakeclerk: flag provided but not defined: -port\n" {
			t.Errorf("%v: %q", err, stderr)
		}
	})
}
