package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest/fakeclerk/internal/guard"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest/fakeclerk/internal/instance"
)

const (
	usualAddress = "127.0.0.1:4010"
	freeAddress  = "127.0.0.1:0" // for a command, which learns the port from its environment
)

// settings are what the command line says.
type settings struct {
	addr     string
	public   bool
	instance instance.Settings
	command  []string // to run, with its arguments; nil to serve until a signal
}

// parseFlags reads the command line. It returns nil settings and no error after printing help that
// was asked for.
func parseFlags(args []string, help io.Writer) (*settings, error) {
	cfg := &settings{addr: usualAddress}
	if i := slices.Index(args, "--"); i >= 0 {
		cfg.addr = freeAddress
		args, cfg.command = args[:i], args[i+1:]
		if len(cfg.command) == 0 {
			return nil, errors.New("-- needs a command to run")
		}
	}
	flags := flag.NewFlagSet("fakeclerk", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&cfg.addr, "addr", cfg.addr, "`address` to listen on; with a command, a free port")
	flags.IntVar(&cfg.instance.Users, "users", 3, "`number` of users to begin with")
	flags.IntVar(&cfg.instance.Sessions, "sessions", 20,
		"`number` of sessions to begin with, dealt out to the users in turn")
	flags.DurationVar(&cfg.instance.TokenLifetime, "token-lifetime", time.Minute,
		"how long session tokens are good for, in whole seconds")
	flags.BoolVar(&cfg.instance.Production, "production", false, "be a production instance")
	flags.BoolVar(&cfg.public, "public", false, "allow an address that other machines can reach")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintln(help, "fakeclerk [flags] serves an in-process Clerk;\n"+
			"fakeclerk [flags] -- command [arguments] does so for as long as the command runs. Flags:")
		flags.SetOutput(help)
		flags.PrintDefaults()
		return nil, nil
	case err != nil:
		return nil, err
	case flags.NArg() > 0:
		return nil, fmt.Errorf("takes flags, and a command only after --: %q", flags.Arg(0))
	}
	return cfg, cfg.check()
}

// check returns why the program cannot be run so.
func (cfg *settings) check() error {
	lifetime := cfg.instance.TokenLifetime
	switch {
	case cfg.instance.Users < 1 || cfg.instance.Sessions < cfg.instance.Users:
		return errors.New("-users has to be at least 1, and -sessions at least one for each user")
	case lifetime < time.Second || lifetime%time.Second != 0:
		return errors.New("-token-lifetime has to be in whole seconds, at least one")
	}
	host, _, err := net.SplitHostPort(cfg.addr)
	if err != nil {
		return fmt.Errorf("-addr: %w", err)
	}
	if !cfg.public && !guard.IsLoopback(host) {
		return fmt.Errorf(
			"-addr %q: other machines may reach this address; add -public to allow that", cfg.addr)
	}
	return nil
}
