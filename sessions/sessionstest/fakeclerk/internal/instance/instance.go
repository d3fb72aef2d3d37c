// Package instance is the fake that the program fakeclerk serves: it can begin anew, and it tells
// whoever watches when something has happened.
package instance

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// keptCalls is how many calls are kept to be looked at.
const keptCalls = 1000

// Settings say how an Instance begins.
type Settings struct {
	Users, Sessions int // Sessions is at least Users
	TokenLifetime   time.Duration
	Production      bool
}

// Instance is a fake Clerk instance that is served for as long as the program runs. It is safe for
// concurrent use.
type Instance struct {
	address  string // "http://127.0.0.1:4010"
	settings Settings
	current  atomic.Pointer[state]
	watchers watchers
}

// state is all that a reset replaces.
type state struct {
	clerk    *sessionstest.Server
	seeds    seeds
	reported atomic.Int64 // violations that were logged
}

// New returns an instance that is served at an address, such as "http://127.0.0.1:4010".
func New(address string, settings Settings) *Instance {
	in := &Instance{address: address, settings: settings}
	in.Reset()
	return in
}

// Address returns the address at which the instance is served.
func (in *Instance) Address() string { return in.address }

// Clerk returns the instance's server, until the next Reset.
func (in *Instance) Clerk() *sessionstest.Server { return in.current.Load().clerk }

// Reset makes everything as it was at the start: sessions, clock, key, faults, rate limit, calls
// and violations.
func (in *Instance) Reset() {
	opts := []sessionstest.Option{
		sessionstest.WithoutListener(),
		sessionstest.WithMaxCalls(keptCalls),
		sessionstest.WithTokenLifetime(in.settings.TokenLifetime),
	}
	if in.settings.Production {
		opts = append(opts, sessionstest.WithProduction())
	}
	clerk := sessionstest.NewServer(opts...)
	in.current.Store(&state{clerk: clerk, seeds: seed(clerk, in.settings)})
	in.Changed()
}

// Environment returns the variables that a program needs to use the instance, as names and values.
func (in *Instance) Environment() [][2]string {
	now := in.current.Load()
	return [][2]string{
		{"CLERK_API_URL", in.address},
		{"CLERK_FAKE_URL", in.address},
		{"CLERK_BASE_URL", in.address + "/v1"},
		{"CLERK_SECRET_KEY", now.clerk.SecretKey},
		{"CLERK_PUBLISHABLE_KEY", now.clerk.PublishableKey},
		{"CLERK_JWT_KEY", strings.TrimSpace(string(now.clerk.PublicKeyPEM()))},
		{"CLERK_TELEMETRY_DISABLED", "1"},
		{"CLERK_USER_ID", now.seeds.users[0]},
		{"CLERK_USER_IDS", strings.Join(now.seeds.users, " ")},
		{"CLERK_SESSION_ID", now.seeds.signIn.SessionID},
		{"CLERK_SESSION_IDS", strings.Join(now.seeds.sessions, " ")},
		{"CLERK_SESSION_TOKEN", now.seeds.signIn.SessionToken},
		{"CLERK_REFRESH_TOKEN", now.seeds.signIn.RefreshToken},
	}
}

// Handler serves Clerk's endpoints. It writes a line for each new violation to violations and,
// unless calls is nil, a line for each request to calls, with neither its headers nor its query.
func (in *Instance) Handler(calls, violations io.Writer) http.Handler {
	var mu sync.Mutex
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, now := time.Now(), in.current.Load()
		watched := &statusWriter{ResponseWriter: w}
		defer func() {
			mu.Lock()
			defer mu.Unlock()
			if calls != nil {
				fmt.Fprintf(calls, "%s %s %d %v\n", r.Method, r.URL.EscapedPath(), watched.status,
					time.Since(start).Round(time.Microsecond))
			}
			found := now.clerk.Violations()
			for _, violation := range found[now.reported.Load():] {
				fmt.Fprintln(violations, "violation:", violation)
			}
			now.reported.Store(int64(len(found)))
			in.Changed()
		}()
		now.clerk.Handler().ServeHTTP(watched, r)
	})
}

// statusWriter remembers the status of an answer; 0 is none.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader passes the status on.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets a fault take the connection over, to cut it.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
