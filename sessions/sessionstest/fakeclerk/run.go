package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

const (
	headerTimeout = 10 * time.Second // for a client to send the head of a request
	stopTimeout   = 2 * time.Second  // for requests to end once the program is told to stop
)

// run serves until ctx ends, which is no error. It writes the environment to stdout and its log to
// stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	cfg, err := parseFlags(args, stdout)
	if err != nil || cfg == nil {
		return err
	}
	listener, err := net.Listen("tcp", cfg.addr)
	if err != nil {
		return err
	}
	//nolint:contextcheck // the fake lives for as long as the program
	clerk := sessionstest.NewServer(
		sessionstest.WithoutListener(),
		sessionstest.WithoutCalls(),
		sessionstest.WithTokenLifetime(cfg.tokenLifetime),
	)
	seeded := seed(clerk, cfg.users, cfg.sessions)
	if err := writeEnvironment(stdout, clerk, listener.Addr(), seeded); err != nil {
		_ = listener.Close()
		return err
	}

	server := &http.Server{Handler: logged(clerk, stderr), ReadHeaderTimeout: headerTimeout}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil {
		_ = server.Close() // somebody is still connected
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	fmt.Fprintln(stderr, "stopped")
	return nil
}
