package sessions

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/wire"
)

// Defaults of a Client.
const (
	// DefaultBaseURL is the base URL of a client without WithBaseURL.
	DefaultBaseURL = "https://api.clerk.com/v1"
	// DefaultAPIVersion is the dated version of Clerk's API that a client without WithAPIVersion
	// asks for.
	DefaultAPIVersion = "2026-05-12"
)

const version = "0.1.0"

// Option changes how a Client works. The order of options does not matter; of the same option
// twice, the last counts. An argument that cannot be used, and a nil Option, are errors of
// NewClient and With.
type Option func(*config) error

// config is what the options set, and where that leads. A copy of it stays with the client for
// With.
type config struct {
	wire.Config
	baseURL      string
	insecureHTTP bool
	host         string        // with scheme and port; what Transport, Gate and Budget are for
	httpClient   *http.Client  // a copy of the http.Client that WithHTTPClient was given
	callTimeout  time.Duration // of all attempts and waits; Timeout is that of one attempt

	observe func(context.Context, Event) // nil for none
}

func defaultConfig(key string) *config {
	return &config{
		Config: wire.Config{
			Key:        func() []string { return []string{key} },
			APIVersion: DefaultAPIVersion,
			UserAgent:  "clerk-sessions-go/" + version,
			Timeout:    10 * time.Second,
			Retry: wire.RetryPolicy{
				MaxAttempts: 3, BaseDelay: 200 * time.Millisecond,
				MaxDelay: 5 * time.Second, MaxRetryAfter: 10 * time.Second,
			},
		},
		baseURL: DefaultBaseURL, httpClient: &http.Client{}, callTimeout: 30 * time.Second,
	}
}

// option returns an option that sets something or, unless that is good, fails for a reason.
func option(good bool, set func(*config), problem string, args ...any) Option {
	return func(cfg *config) error {
		if !good {
			return fmt.Errorf("clerk: "+problem, args...)
		}
		set(cfg)
		return nil
	}
}

// WithBaseURL sets where the client sends to, such as a proxy or a fake of Clerk; [DefaultBaseURL]
// unless set. The URL has to be https, or http to a loopback address (127.0.0.0/8, ::1, localhost),
// and must not hold userinfo, query, fragment or dot segments. Its path is used as given, with or
// without a slash at the end.
func WithBaseURL(rawURL string) Option {
	return option(true, func(cfg *config) { cfg.baseURL = rawURL }, "")
}

// WithInsecureHTTP allows a base URL with http and any host, such as a proxy inside a cluster. The
// secret key and every token then travel in clear text.
func WithInsecureHTTP() Option {
	return option(true, func(cfg *config) { cfg.insecureHTTP = true }, "")
}

// WithAPIVersion sets the dated version of Clerk's API that the client asks for, as in
// "2026-05-12"; [DefaultAPIVersion] unless set. Verify asks for 2024-10-01, the last version with
// its endpoint, unless WithAPIVersion names a version before 2025-04-10.
func WithAPIVersion(version string) Option {
	_, err := time.Parse(time.DateOnly, version)
	return option(err == nil, func(cfg *config) { cfg.APIVersion = version },
		"WithAPIVersion: %s is not a date such as %q", quote(version), DefaultAPIVersion)
}

// WithUserAgent puts product, such as "billing/1.4", before the library's name and version in the
// User-Agent header. The product has to be printable ASCII.
func WithUserAgent(product string) Option {
	return option(product != "" && printableASCII(product),
		func(cfg *config) { cfg.UserAgent = product + " clerk-sessions-go/" + version },
		"WithUserAgent: %s must be printable ASCII, and not empty", quote(product))
}

// WithTimeout sets how long one attempt of a call may take, from connecting to the last byte of the
// answer; 10 s unless set. It has to be positive. The error of an attempt that took longer matches
// context.DeadlineExceeded.
func WithTimeout(perAttempt time.Duration) Option {
	return option(perAttempt > 0, func(cfg *config) { cfg.Timeout = perAttempt },
		"WithTimeout: %v must be positive", perAttempt)
}

// WithCallTimeout sets how long a whole call may take, with all its attempts, the waits between
// them and the wait for its turn; 30 s unless set. It has to be positive. The deadline of the
// call's context, or the Timeout of WithHTTPClient, counts instead if it comes sooner. For All and
// RevokeAll the bound is that of each page and each revoke, not that of the whole walk.
func WithCallTimeout(d time.Duration) Option {
	return option(d > 0, func(cfg *config) { cfg.callTimeout = d },
		"WithCallTimeout: %v must be positive", d)
}

// RetryPolicy says how often, and after which waits, a request is sent again. The comments of the
// fields name the defaults. A zero field means the default or, in [Client.With], what the client
// had.
type RetryPolicy struct {
	MaxAttempts   int           // requests of a call at most; 3; 1 for no retry
	BaseDelay     time.Duration // the longest first wait, doubled for each further wait; 200 ms
	MaxDelay      time.Duration // the longest wait that the server has not asked for; 5 s
	MaxRetryAfter time.Duration // the longest silence that a call waits for; 10 s
}

// WithRetry sets how often, and after which waits, a request is sent again; the package's
// documentation says after which answers. A wait is random, between 0 and its bound, and the
// server's Retry-After is added to it; after a 429 the silence is the wait. A negative field of p
// is an error.
//
// An answer that asks for a longer wait than MaxRetryAfter makes the call fail at once. After such
// a 429, the other calls of the same operation stay silent all the same, for as long as it asks, a
// minute at most, and fail at once with ErrRateLimited if that is longer than MaxRetryAfter.
func WithRetry(p RetryPolicy) Option {
	return option(p.MaxAttempts >= 0 && min(p.BaseDelay, p.MaxDelay, p.MaxRetryAfter) >= 0,
		func(cfg *config) { cfg.Retry = wire.RetryPolicy(p) },
		"WithRetry: %+v must not have a negative field", p)
}

// Limiter knows a limit that the client has to keep, see [WithLimiter]; a *rate.Limiter of
// golang.org/x/time is a Limiter. Wait returns nil once one more request may be sent, or an error
// if the request must not be sent. It has to return at once when ctx ends, and must be safe for
// concurrent use.
//
// A Limiter may have a second method, Hold(ctx context.Context, d time.Duration) error. The client
// calls it after each 429 with the time for which the operation is silent, and ignores its error.
type Limiter interface {
	Wait(ctx context.Context) error
}

// WithLimiter makes every attempt wait for l before it takes its place among the requests in
// flight. A call that comes while a 429 turns it away does not ask l, and costs nothing of the
// limit. A call that l refuses is not sent, and its error matches ErrRateLimited. If l has the
// method Hold, the client learns no pace by itself; it keeps the silence after a 429 all the same.
// l must not be nil.
//
// The wait for l counts towards the time of the call, see WithCallTimeout: when more calls are
// started at once than l lets out in that time, the others fail. Start fewer at a time.
func WithLimiter(l Limiter) Option {
	v := reflect.ValueOf(l)
	return option(l != nil && (v.Kind() != reflect.Pointer || !v.IsNil()),
		func(cfg *config) { cfg.Limiter = l }, "WithLimiter: the Limiter is nil")
}

// WithLogger makes the client write to l: a debug record for each attempt, and an info record when
// a call gives up although a later attempt might have succeeded. The records hold operation,
// attempt, duration, status, trace id, the wait before the next attempt, and why there was no
// answer: nothing else of a request or an answer. l must not be nil.
func WithLogger(l *slog.Logger) Option {
	return option(l != nil, func(cfg *config) { cfg.Logger = l }, "WithLogger: the logger is nil")
}

// Event is what WithObserver tells of a call, or of a token that a TokenCache was asked for. It has
// what no http.RoundTripper can see, and holds no ids.
type Event struct {
	Operation string        // the operationId: "GetSession"
	Attempts  int           // how many requests were sent
	Wait      time.Duration // how long the requests waited for the Limiter and for their turns
	HeldBack  bool          // the call ended because the client held its request, or the next, back
	Cache     string        // of a TokenCache: "hit" or "miss"; "" for a call
}

// WithObserver makes the client call observe with the context and the Event of each call that has
// ended, and of each token that a TokenCache directly in front of the client was asked for. Calls
// of the client whose parameters are refused have no Event. observe must not be nil and must be
// safe for concurrent use; the call waits for it. Package sessionsotel has an observer for
// OpenTelemetry.
func WithObserver(observe func(context.Context, Event)) Option {
	return option(observe != nil, func(cfg *config) { cfg.observe = observe },
		"WithObserver: the function is nil")
}

// tell tells the observer, if there is one, of an event.
func (c *Client) tell(ctx context.Context, e Event) {
	if c != nil && c.config != nil && c.config.observe != nil {
		c.config.observe(ctx, e)
	}
}
