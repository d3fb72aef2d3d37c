// Fakeclerk serves an in-process Clerk for programs in any language:
//
//	go run ./sessions/sessionstest/fakeclerk -addr 127.0.0.1:4010 -users 3 -sessions 20
//
// It prints its addresses, its keys, the ids of users and sessions to work with, and the tokens of
// the first user's browser, as lines to paste into another shell. To standard error it logs a line
// for each request and for each violation of openapi/sessions.yaml. SIGINT or SIGTERM stops it.
//
// CLERK_API_URL is the address as Clerk's own SDKs take it, without the version; CLERK_BASE_URL is
// the same with the version, as sessions.WithBaseURL takes it.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "fakeclerk:", err)
		os.Exit(1)
	}
}
