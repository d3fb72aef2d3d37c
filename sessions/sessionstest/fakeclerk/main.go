// Fakeclerk serves an in-process Clerk for programs in any language:
//
//	go run ./sessions/sessionstest/fakeclerk
//	go run ./sessions/sessionstest/fakeclerk -- node --test
//
// Without a command, it serves on http://127.0.0.1:4010 and prints its addresses, its keys, the ids
// of users and sessions to work with, and the tokens of the first user's browser, as lines to paste
// into a shell. To standard error it logs a line for each request, and for each request or answer
// that breaks openapi/sessions.yaml. SIGINT or SIGTERM stops it.
//
// With a command behind "--", it serves on a free port, runs the command with the same variables in
// its environment, and exits with the command's status. Signals go through to the command. The flag
// -h lists the flags.
//
// CLERK_API_URL and CLERK_FAKE_URL are the address as Clerk's SDKs take it, without the version;
// CLERK_BASE_URL is the same with the version, as sessions.WithBaseURL takes it.
//
// At its address there is a page to look at. Below /_fake/ there is an API to sign users in, to end
// their sessions, to move the clock, to make requests fail and to read the calls:
// internal/control/control.yaml describes it, and README.md shows it.
package main

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

func main() {
	ctx, stop := context.Background(), func() {}
	if !slices.Contains(os.Args, "--") { // a command gets the signals itself
		ctx, stop = signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	}
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}
