package sessionstest

import (
	"fmt"
	"time"
)

// defaultTokenLifetime is how long Clerk's session tokens are good for.
const defaultTokenLifetime = time.Minute

// Option changes how New and NewServer set up a server. An option with an argument that makes no
// sense panics.
type Option func(*config)

type config struct {
	withoutListener bool
	production      bool
	withoutCalls    bool
	maxCalls        int
	now             func() time.Time
	tokenLifetime   time.Duration
}

// WithoutListener makes a server that opens no socket and is reached through its HTTPClient or its
// Handler only. Its URL names a host that does not exist.
func WithoutListener() Option {
	return func(cfg *config) { cfg.withoutListener = true }
}

// WithProduction makes the server a production instance; unless it is given, the server is a
// development instance. The two have different publishable keys. The answer of a handshake comes in
// a cookie in production, and in the query of the redirect in development. A production instance
// serves services below example.test, with which it shares cookies, and services on loopback.
func WithProduction() Option {
	return func(cfg *config) { cfg.production = true }
}

// WithClock makes the server read the time from now instead of time.Now; Advance adds to that time.
// It panics if now is nil.
func WithClock(now func() time.Time) Option {
	if now == nil {
		panic("sessionstest: WithClock needs a function")
	}
	return func(cfg *config) { cfg.now = now }
}

// WithTokenLifetime sets how long a token is good for if the request that mints it names no
// lifetime; 60 s unless set. It panics unless d is in whole seconds, at least one.
func WithTokenLifetime(d time.Duration) Option {
	if d < time.Second || d%time.Second != 0 {
		panic(fmt.Sprintf("sessionstest: WithTokenLifetime(%v): needs whole seconds, at least one", d))
	}
	return func(cfg *config) { cfg.tokenLifetime = d }
}

// WithoutCalls makes a server that keeps no calls, so that Calls returns none: for a program that
// runs for long.
func WithoutCalls() Option {
	return func(cfg *config) { cfg.withoutCalls = true }
}

// WithMaxCalls makes the server keep the last n calls only, for a program that runs for long; all
// of them are kept unless it is given. It panics if n is less than 1.
func WithMaxCalls(n int) Option {
	if n < 1 {
		panic(fmt.Sprintf("sessionstest: WithMaxCalls(%d): needs at least 1", n))
	}
	return func(cfg *config) { cfg.maxCalls = n }
}
