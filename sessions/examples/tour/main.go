// Tour walks through every call of package sessions. For each it shows the Go code, the requests
// that went out and the result, and checks that the result is as it should be.
//
//	go run ./sessions/examples/tour
//
// needs no account and no network: package sessionstest plays Clerk, inside the program. To read
// from the real Clerk instead, and change nothing there, give the program an instance's secret key
// and one of the instance's users:
//
//	CLERK_SECRET_KEY=sk_test_… go run ./sessions/examples/tour -live -user user_…
//
// The program ends with status 0 if everything came out as it should, 1 if not, and 2 if it was
// called wrongly. Keys, tokens and the values of cookies are never printed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// patience is how long the whole walk may take; the demo needs a fraction of a second.
const patience = time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "tour:", err)
	}
	os.Exit(exitCode(err))
}

func exitCode(err error) int {
	if err == nil {
		return 0
	}
	if usage := (*usageError)(nil); errors.As(err, &usage) {
		return 2
	}
	return 1
}

// usageError says what is wrong with the way the program was called.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// settings are what the command line and the environment say.
type settings struct {
	live               bool
	user, baseURL, key string
	help               string // the text to print in place of everything else
}

func run(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	set, err := parse(args, getenv)
	if err != nil {
		return err
	}
	if set.help != "" {
		_, err := io.WriteString(stdout, set.help)
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p := newPrinter(stdout, inColour(stdout, getenv))
	if set.live {
		return visit(ctx, p, set)
	}
	clerk := newClerk() //nolint:contextcheck // the fake lives as long as the program
	defer clerk.Close()
	return demo(ctx, p, clerk)
}

// secretKey matches what must not be repeated.
var secretKey = regexp.MustCompile(`sk_(test|live)_`)

func parse(args []string, getenv func(string) string) (settings, error) {
	var set settings
	flags := flag.NewFlagSet("tour", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // an error is said in one line, by main
	flags.BoolVar(&set.live, "live", false,
		"read from the real Clerk, with the key in CLERK_SECRET_KEY")
	flags.StringVar(&set.user, "user", "", "with -live: the user whose sessions to read, `user_…`")
	flags.StringVar(&set.baseURL, "base-url", sessions.DefaultBaseURL,
		"with -live: the `URL` of the API")
	err := flags.Parse(args)
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	set.key = getenv("CLERK_SECRET_KEY")
	switch {
	case slices.ContainsFunc(args, secretKey.MatchString):
		return set, &usageError{"a secret key belongs in the environment variable CLERK_SECRET_KEY, " +
			"where other users do not see it"}
	case errors.Is(err, flag.ErrHelp):
		var text strings.Builder
		flags.SetOutput(&text)
		flags.PrintDefaults()
		set.help = "usage: tour [-live -user user_… [-base-url URL]]\n" + text.String()
		return set, nil
	case err != nil:
		return set, &usageError{err.Error() + "; -h lists the flags"}
	case flags.NArg() > 0:
		return set, &usageError{"it takes flags only; -h lists them"}
	case !set.live && (given["user"] || given["base-url"]):
		return set, &usageError{"-user and -base-url mean something only with -live"}
	case set.live && set.key == "":
		return set, &usageError{"-live needs the instance's secret key in the environment variable " +
			"CLERK_SECRET_KEY"}
	case set.live && set.user == "":
		return set, &usageError{"-live needs a user whose sessions to read: -user user_…"}
	case set.live && !strings.HasPrefix(set.user, "user_"):
		return set, &usageError{"-user needs the id of a user, which starts with user_"}
	}
	return set, nil
}
