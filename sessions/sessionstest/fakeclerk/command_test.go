//go:build unix

package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// shell runs fakeclerk with a line for the shell as its command.
func shell(t *testing.T, line string) (status int, stdout, stderr string) {
	t.Helper()
	out, log := &lines{}, &lines{}
	status = run(t.Context(), []string{"--", "sh", "-c", line}, out, log)
	return status, out.String(), log.String()
}

// TestCommand has command lines, the exit statuses that they end with, and what is written.
func TestCommand(t *testing.T) {
	t.Setenv("OUTSIDE", "kept")
	for name, row := range map[string]struct {
		line           string
		status         int
		stdout, stderr string
	}{
		"it ends well":      {"echo $OUTSIDE; echo aside >&2", 0, "kept\n", "aside\n"},
		"it ends badly":     {"exit 7", 7, "", ""},
		"it sees the fake":  {`echo "${CLERK_API_URL#http://127.0.0.1:}" | tr 0-9 x | cut -c1-4`, 0, "xxxx\n", ""},
		"without a path":    {`echo ${CLERK_FAKE_URL#$CLERK_API_URL}. ${CLERK_API_URL##*[0-9]}.`, 0, ". .\n", ""},
		"it has the keys":   {`echo "$CLERK_JWT_KEY" | head -1`, 0, "-----BEGIN PUBLIC KEY-----\n", ""},
		"without telemetry": {`echo $CLERK_TELEMETRY_DISABLED`, 0, "1\n", ""},
		"a signal ends it":  {"kill -TERM $$", 143, "", "fakeclerk: the command was ended by a signal: terminated\n"},
		"it is killed":      {"kill -KILL $$", 137, "", "fakeclerk: the command was ended by a signal: killed\n"},
	} {
		t.Run(name, func(t *testing.T) {
			status, stdout, stderr := shell(t, row.line)
			if status != row.status || stdout != row.stdout || stderr != row.stderr {
				t.Errorf("%d, %q, %q, want %d, %q, %q", status, stdout, stderr, row.status, row.stdout, row.stderr)
			}
		})
	}
}

// TestCommandLeavesNothing ends a command that has started another, which then no longer runs, and the fake with it.
func TestCommandLeavesNothing(t *testing.T) {
	out, err := os.CreateTemp(t.TempDir(), "") // a file, as of the program: nobody waits for its other writers
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	status := run(t.Context(), []string{"--", "sh", "-c", `sleep 600 & echo $! $CLERK_API_URL`}, out, out)
	written, err := os.ReadFile(out.Name())
	fields := strings.Fields(string(written))
	if status != 0 || len(fields) != 2 {
		t.Fatalf("status %d, %q, %v", status, written, err)
	}
	waitUntilGone(t, fields[0])
	if resp, err := http.Get(fields[1] + "/_fake/health"); err == nil {
		_ = resp.Body.Close()
		t.Error("the fake still serves")
	}
}

// waitUntilGone waits until a process has ended: ps shows none, or one that nobody has reaped.
func waitUntilGone(t *testing.T, pid string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		state, err := exec.CommandContext(ctx, "sh", "-c", "cut -d' ' -f3 /proc/"+pid+"/stat").Output()
		if err != nil || strings.HasPrefix(string(state), "Z") {
			return
		}
	}
	t.Errorf("process %s is left behind", pid)
}

// TestCommandGetsSignals runs the program as one, and sends it signals.
func TestCommandGetsSignals(t *testing.T) {
	for _, row := range []struct {
		signal syscall.Signal
		line   string
		status int
		says   string
	}{
		{syscall.SIGTERM, `trap 'echo trapped; exit 3' TERM; echo ready; while :; do sleep 0.01; done`, 3, "trapped"},
		{syscall.SIGINT, `trap 'echo trapped; exit 4' INT; echo ready; while :; do sleep 0.01; done`, 4, "trapped"},
		{syscall.SIGHUP, `echo ready; exec sleep 600`, 129, ""},
	} {
		t.Run(row.signal.String(), func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "--", "sh", "-c", row.line)
			cmd.Env = append(os.Environ(), asProgram+"=1", "GORACE=atexit_sleep_ms=0")
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ready := make([]byte, len("ready\n"))
			if _, err := io.ReadFull(stdout, ready); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Process.Signal(row.signal); err != nil {
				t.Fatal(err)
			}
			rest, err := io.ReadAll(stdout)
			if err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			if got := cmd.ProcessState.ExitCode(); got != row.status || !strings.Contains(string(rest), row.says) {
				t.Errorf("status %d, %q, want %d, %q", got, rest, row.status, row.says)
			}
		})
	}
}

func TestViolationsOfACommand(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("needs curl")
	}
	_, _, stderr := shell(t, `curl --noproxy '*' -s "$CLERK_BASE_URL/users" >/dev/null`)
	if stderr != "violation: GET /v1/users: the fragment has no such path\n" {
		t.Errorf("%q", stderr)
	}
}
