// Drift compares the fragment with an official OpenAPI file of Clerk's and prints the differences that openapi/UPSTREAM.md does not
// list, and those that it lists and that are gone. It exits with 1 if there are any, and with 2 if it cannot compare.
//
//	go run ./openapi/drift [-fragment FILE] [-upstream FILE] PATH-OR-URL
//
// The comparison is oasdiff's, which runs as a program of its own and never enters go.mod.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

// errDrift says that there are differences; they have been printed.
var errDrift = errors.New("the fragment and the official file have drifted apart")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr, oasdiff)
	switch {
	case errors.Is(err, errDrift):
		os.Exit(1)
	case err != nil:
		fmt.Fprintf(os.Stderr, "drift: %v\n", err)
		os.Exit(2)
	}
}

// differ compares two OpenAPI files and returns what it found, as the JSON of "oasdiff diff".
type differ func(ctx context.Context, official, fragment string) ([]byte, error)

// run compares what args name. It writes the differences to stdout, and what was compared to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, compare differ) error {
	flags := flag.NewFlagSet("drift", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	fragment := flags.String("fragment", "openapi/sessions.yaml", "")
	upstream := flags.String("upstream", "openapi/UPSTREAM.md", "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	official := flags.Arg(0)
	if flags.NArg() != 1 || official == "" {
		return errors.New("name one official OpenAPI file: make drift OFFICIAL=path-or-URL")
	}

	lists, err := readLists(*upstream)
	if err != nil {
		return err
	}
	if _, err := os.Stat(*fragment); err != nil {
		return err
	}
	output, err := compare(ctx, official, *fragment)
	if err != nil {
		return err
	}
	found, err := parseReport(output)
	if err != nil {
		return err
	}
	expected := lists.of(found.version)
	unlisted, stale := expected.check(found.differences)
	fmt.Fprintf(stderr, "drift: %s: %s, against the list for %s\n", official, expected.scope(), expected.version)
	for _, difference := range unlisted {
		fmt.Fprintf(stdout, "not in %s: %s\n", *upstream, difference)
	}
	for _, line := range stale {
		fmt.Fprintf(stdout, "in %s, but gone: %s\n", *upstream, line)
	}
	if len(unlisted)+len(stale) > 0 {
		return errDrift
	}
	return nil
}
