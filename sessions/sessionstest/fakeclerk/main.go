// Fakeclerk serves an in-process Clerk for programs in any language:
//
//	go run ./sessions/sessionstest/fakeclerk -addr 127.0.0.1:4010 -users 3 -sessions 20
//
// What it prints is for pasting into another shell: its addresses, its keys, the ids of users and sessions to work with, and what the browser of the first user holds. It
// logs a line a request, and one for each thing that breaks openapi/sessions.yaml, to standard error. SIGINT or SIGTERM stops it.
//
// The environment that it prints names the address without the version, as Clerk's own SDKs take it (CLERK_API_URL), and with it, as
// sessions.WithBaseURL does (CLERK_BASE_URL).
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
