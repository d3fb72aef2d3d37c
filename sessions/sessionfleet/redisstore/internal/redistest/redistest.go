//go:build unix

// Package redistest starts real servers of Redis and Valkey for tests, without persistence, on free
// ports of loopback. They end with their test, and on Linux also when its process is killed.
package redistest

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// The servers' programs, which are also the names of Debian's packages.
const (
	Redis  = "redis-server"
	Valkey = "valkey-server"
)

// Server is a running server.
type Server struct {
	Addr string

	tb   testing.TB
	args []string
	cmd  *exec.Cmd
	log  bytes.Buffer
}

// Start starts a server with further arguments, and waits until it answers. Where Redis is not
// installed the test is skipped, or fails if CI is true; where Valkey is not, it is skipped.
func Start(tb testing.TB, program string, args ...string) *Server {
	tb.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		give := tb.Skipf
		if program == Redis && os.Getenv("CI") == "true" {
			give = tb.Fatalf
		}
		give("there is no %s: %v\nInstall it by: apt-get update && "+
			"apt-get install -y --no-install-recommends %[1]s", program, err)
	}
	port := FreePort(tb)
	s := &Server{
		Addr: net.JoinHostPort("127.0.0.1", port), tb: tb,
		args: append([]string{
			path, "--bind", "127.0.0.1", "--port", port, "--dir", tb.TempDir(),
			"--save", "", "--appendonly", "no",
		}, args...),
	}
	s.Restart()
	tb.Cleanup(s.Kill)
	return s
}

// FreePort returns a port of loopback that nobody listens on.
func FreePort(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// Restart starts the server again, empty and at the same address.
func (s *Server) Restart() {
	s.tb.Helper()
	s.log.Reset()
	//nolint:gosec // the arguments are those of the test
	s.cmd = exec.Command(s.args[0], s.args[1:]...)
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	s.cmd.SysProcAttr = dieWithParent()
	if err := s.cmd.Start(); err != nil {
		s.tb.Fatal(err)
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for start := time.Now(); !s.answers(); <-tick.C {
		if time.Since(start) > 20*time.Second {
			s.Kill()
			s.tb.Fatalf("%s does not answer:\n%s", s.args[0], &s.log)
		}
	}
}

// answers reports whether the server answers at all; that a password is missing is an answer too.
func (s *Server) answers() bool {
	c, err := net.DialTimeout("tcp", s.Addr, time.Second)
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(time.Second))
	_, err = c.Write([]byte("PING\r\n"))
	if err == nil {
		_, err = c.Read(make([]byte, 1))
	}
	return err == nil
}

// Kill kills the server by SIGKILL, and waits for its end.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// Pause stops the server by SIGSTOP: it keeps its connections and does not answer.
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Resume lets the server go on by SIGCONT.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig os.Signal) {
	s.tb.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.tb.Fatal(err)
	}
}
