package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest/fakeclerk/internal/instance"
)

const (
	headerTimeout = 10 * time.Second // for a client to send the head of a request
	stopTimeout   = 2 * time.Second  // for requests to end once the program is told to stop
)

// run does what the command line says, and returns the program's exit status. It serves until ctx
// ends or, if there is a command, until the command does.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (status int) {
	cfg, err := parseFlags(args, stdout)
	switch {
	case err != nil:
		fmt.Fprintln(stderr, "fakeclerk:", err)
		return 1
	case cfg == nil:
		return 0
	}
	status, err = cfg.serve(ctx, stdout, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "fakeclerk:", err)
	}
	return status
}

// serve serves the instance. Without a command it writes the environment to stdout and a log to
// stderr; with one, stdout and stderr are the command's, but for violations.
func (cfg *settings) serve(
	ctx context.Context, stdout, stderr io.Writer,
) (status int, err error) {
	listener, err := net.Listen("tcp", cfg.addr)
	if err != nil {
		return 1, err
	}
	in := instance.New("http://"+reachable(listener.Addr()), cfg.instance)
	calls := stderr
	if cfg.command != nil {
		calls = nil
	} else if err := cfg.greet(stdout, in); err != nil {
		_ = listener.Close()
		return 1, err
	}

	done := make(chan struct{})
	server := &http.Server{
		Handler:           routes(in, in.Handler(calls, stderr), cfg.public, done),
		ReadHeaderTimeout: headerTimeout,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if cfg.command != nil {
		status, err = runCommand(ctx, cfg.command, in.Environment(), stdout, stderr)
	} else {
		select {
		case err = <-served:
			return 1, err
		case <-ctx.Done():
		}
	}
	close(done)
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if server.Shutdown(stopping) != nil {
		_ = server.Close() // somebody is still connected
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return 1, err
	}
	if cfg.command == nil {
		fmt.Fprintln(stderr, "stopped")
	}
	return status, err
}

// greet writes where the instance is, as lines that a shell can read.
func (cfg *settings) greet(w io.Writer, in *instance.Instance) error {
	_, err := fmt.Fprintf(w, "# The page: %s/   The control API: %s/_fake/health\n",
		in.Address(), in.Address())
	if err != nil {
		return err
	}
	return writeEnvironment(w, in.Environment())
}
