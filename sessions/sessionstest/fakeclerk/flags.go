package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"time"
)

// settings are what the command line says.
type settings struct {
	addr            string
	users, sessions int
	tokenLifetime   time.Duration
}

// parseFlags reads the command line. It returns nil settings and no error after printing help that
// was asked for.
func parseFlags(args []string, help io.Writer) (*settings, error) {
	cfg := &settings{}
	flags := flag.NewFlagSet("fakeclerk", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&cfg.addr, "addr", "127.0.0.1:4010", "`address` to listen on")
	flags.IntVar(&cfg.users, "users", 3, "`number` of users to begin with")
	flags.IntVar(&cfg.sessions, "sessions", 20,
		"`number` of sessions to begin with, dealt out to the users in turn")
	flags.DurationVar(&cfg.tokenLifetime, "token-lifetime", time.Minute,
		"how long session tokens are good for, in whole seconds")
	public := flags.Bool("public", false, "allow an address that other machines can reach")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintln(help, "fakeclerk serves an in-process Clerk. Flags:")
		flags.SetOutput(help)
		flags.PrintDefaults()
		return nil, nil
	case err != nil:
		return nil, err
	case flags.NArg() > 0:
		return nil, fmt.Errorf("takes no arguments, only flags: %q", flags.Arg(0))
	case cfg.users < 1 || cfg.sessions < cfg.users:
		return nil, errors.New("-users has to be at least 1, and -sessions at least one for each user")
	case cfg.tokenLifetime < time.Second || cfg.tokenLifetime%time.Second != 0:
		return nil, errors.New("-token-lifetime has to be in whole seconds, at least one")
	}
	host, _, err := net.SplitHostPort(cfg.addr)
	if err != nil {
		return nil, fmt.Errorf("-addr: %w", err)
	}
	if !*public && !isLoopback(host) {
		return nil, fmt.Errorf(
			"-addr %q: other machines may reach this address; add -public to allow that", cfg.addr)
	}
	return cfg, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
