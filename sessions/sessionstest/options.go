package sessionstest

import (
	"fmt"
	"time"
)

// defaultTokenLifetime is how long Clerk's session tokens are good for.
const defaultTokenLifetime = time.Minute

// Option changes how NewServer sets up a server.
type Option func(*config)

type config struct {
	withoutListener bool
	production      bool
	withoutCalls    bool
	maxCalls        int
	now             func() time.Time
	tokenLifetime   time.Duration
}

// WithoutListener makes a server that opens no socket and can be reached only through its Handler
// and HTTPClient. Its URL names a host that does not exist.
func WithoutListener() Option {
	return func(cfg *config) { cfg.withoutListener = true }
}

// WithProduction makes the server a production instance; without it the server is a development
// instance. The two have different publishable keys, and answer a handshake in different ways: a
// production instance in a cookie, a development instance in the query of the redirect. A
// production instance knows services below example.test, with which it shares cookies, and services
// on loopback.
func WithProduction() Option {
	return func(cfg *config) { cfg.production = true }
}

// WithClock makes the server read the time from now instead of time.Now. Advance adds to that
// time.
func WithClock(now func() time.Time) Option {
	if now == nil {
		panic("sessionstest: WithClock needs a function")
	}
	return func(cfg *config) { cfg.now = now }
}

// WithTokenLifetime sets how long a token is good for when the request that mints it names no
// lifetime, in whole seconds. The default is 60 seconds.
func WithTokenLifetime(d time.Duration) Option {
	if d < time.Second || d%time.Second != 0 {
		panic(fmt.Sprintf("sessionstest: WithTokenLifetime(%v): needs whole seconds, at least one", d))
	}
	return func(cfg *config) { cfg.tokenLifetime = d }
}

// WithoutCalls makes a server that records no calls, for a program that runs for long: Calls
// returns none.
func WithoutCalls() Option {
	return func(cfg *config) { cfg.withoutCalls = true }
}

// WithMaxCalls makes the server keep no more than the last n calls, for a program that runs for
// long and still wants to see them.
func WithMaxCalls(n int) Option {
	if n < 1 {
		panic(fmt.Sprintf("sessionstest: WithMaxCalls(%d): needs at least 1", n))
	}
	return func(cfg *config) { cfg.maxCalls = n }
}
