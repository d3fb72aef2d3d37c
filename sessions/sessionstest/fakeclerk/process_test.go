package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

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
