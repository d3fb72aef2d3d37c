package sessions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/wire"
)

// Defaults of a Client.
const (
	// DefaultBaseURL is where a client sends to.
	DefaultBaseURL = "https://api.clerk.com/v1"
	// DefaultAPIVersion is the dated version of Clerk's API that a client asks for.
	DefaultAPIVersion = "2026-05-12"
)

const version = "0.1.0"

// Option changes how a Client works. The order of options does not matter; of the same option
// twice, the last counts.
type Option func(*config) error

// config is what the options set, and where that leads. A copy of it stays with the client for
// With.
type config struct {
	wire.Config                  // without the key
	secrets      func() []string // the key alone; a function, because fmt would print a field
	baseURL      string
	insecureHTTP bool
	host         string        // scheme and authority, which Transport, Gate and Budget are for
	httpClient   *http.Client  // a copy of the http.Client that WithHTTPClient was given
	callTimeout  time.Duration // of all attempts and waits; Timeout is that of one attempt

	observe func(context.Context, Event) // nil for none
}

func defaultConfig(key string) config {
	return config{
		Config: wire.Config{
			APIVersion: DefaultAPIVersion,
			UserAgent:  "clerk-sessions-go/" + version,
			Timeout:    10 * time.Second,
			Retry: wire.RetryPolicy{
				MaxAttempts:   3,
				BaseDelay:     200 * time.Millisecond,
				MaxDelay:      5 * time.Second,
				MaxRetryAfter: 10 * time.Second,
			},
		},
		secrets:     func() []string { return []string{key} },
		baseURL:     DefaultBaseURL,
		httpClient:  &http.Client{},
		callTimeout: 30 * time.Second,
	}
}

// wholeTimeout returns how long a whole call may take: the shorter of the client's own bound and
// the http.Client's.
func (cfg *config) wholeTimeout() time.Duration {
	if own := cfg.httpClient.Timeout; own > 0 {
		return min(cfg.callTimeout, own)
	}
	return cfg.callTimeout
}

// apply runs opts and returns the base URL that the options name. The errors of all options come
// joined.
func (cfg *config) apply(opts []Option) (*url.URL, error) {
	before := cfg.Retry
	var errs []error
	for i, opt := range opts {
		if opt == nil {
			opt = option(false, nil, "option %d is nil", i+1)
		}
		errs = append(errs, opt(cfg))
	}
	cfg.Retry = wire.RetryPolicy{
		MaxAttempts:   cmp.Or(cfg.Retry.MaxAttempts, before.MaxAttempts),
		BaseDelay:     cmp.Or(cfg.Retry.BaseDelay, before.BaseDelay),
		MaxDelay:      cmp.Or(cfg.Retry.MaxDelay, before.MaxDelay),
		MaxRetryAfter: cmp.Or(cfg.Retry.MaxRetryAfter, before.MaxRetryAfter),
	}
	base, err := parseBaseURL(cfg.baseURL, cfg.insecureHTTP)
	return base, errors.Join(append(errs, err)...)
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

// WithBaseURL sets where the client sends to, such as a proxy or a fake of Clerk; its path is used
// as given, with or without a slash at the end. It has to be https, or http to a loopback address
// (127.0.0.0/8, ::1, localhost), and must hold neither userinfo, query, fragment nor dot segments.
func WithBaseURL(rawURL string) Option {
	return func(cfg *config) error {
		cfg.baseURL = rawURL
		return nil
	}
}

// WithInsecureHTTP lets the base URL be http to any host, such as a proxy inside a cluster. The
// secret key and every token then travel in clear text.
func WithInsecureHTTP() Option {
	return func(cfg *config) error {
		cfg.insecureHTTP = true
		return nil
	}
}

// WithHTTPClient makes the client send through hc's Transport, or through one of its own when that
// is nil, and lets no call, with all its attempts and waits, take longer than hc's Timeout. The
// redirect policy and the cookie jar of hc are not used, and hc is never changed. A Transport that
// is to notice dead connections starts from [NewTransport].
func WithHTTPClient(hc *http.Client) Option {
	var own http.Client
	if hc != nil {
		own = *hc
	}
	return option(hc != nil, func(cfg *config) { cfg.httpClient = &own },
		"WithHTTPClient: the http.Client is nil")
}

// WithAPIVersion sets the dated version of Clerk's API to ask for, as "2026-05-12". Verify asks
// for 2024-10-01, the last version that has it, unless this names a version before 2025-04-10.
func WithAPIVersion(version string) Option {
	_, err := time.Parse(time.DateOnly, version)
	return option(err == nil, func(cfg *config) { cfg.APIVersion = version },
		"WithAPIVersion: %s is not a date such as %q", quote(version), DefaultAPIVersion)
}

// WithUserAgent puts product, such as "billing/1.4", before the library's own product token in the
// User-Agent header.
func WithUserAgent(product string) Option {
	return option(product != "" && printableASCII(product),
		func(cfg *config) { cfg.UserAgent = product + " clerk-sessions-go/" + version },
		"WithUserAgent: %s must be printable ASCII, and not empty", quote(product))
}

// WithTimeout sets how long one attempt may take, from connecting to the last byte of the answer;
// 10 s unless set.
func WithTimeout(perAttempt time.Duration) Option {
	return option(perAttempt > 0, func(cfg *config) { cfg.Timeout = perAttempt },
		"WithTimeout: %v must be positive", perAttempt)
}

// WithCallTimeout sets how long a whole call may take, with all its attempts and all its waits,
// for its turn too; 30 s unless set. The deadline of the call's context, or the Timeout of the
// http.Client that WithHTTPClient was given, counts where it comes sooner.
func WithCallTimeout(d time.Duration) Option {
	return option(d > 0, func(cfg *config) { cfg.callTimeout = d },
		"WithCallTimeout: %v must be positive", d)
}

// RetryPolicy says how often, and after which waits, a request is sent again. A zero field means
// its default or, for a copy that Client.With makes, what the client had.
type RetryPolicy struct {
	MaxAttempts   int           // requests a call in all, 3; 1 = no retry
	BaseDelay     time.Duration // the longest first wait, doubled for each further one, 200 ms
	MaxDelay      time.Duration // the longest wait that was not asked for by the server, 5 s
	MaxRetryAfter time.Duration // the longest Retry-After that a call waits for, 10 s
}

// WithRetry sets how often, and after which waits, a request is sent again. A negative field is an
// error. A 429 that asks for longer than MaxRetryAfter makes the call fail at once; it keeps the
// client's other calls of the operation silent for as long as it asks, a minute at most, all the
// same.
func WithRetry(p RetryPolicy) Option {
	return option(p.MaxAttempts >= 0 && min(p.BaseDelay, p.MaxDelay, p.MaxRetryAfter) >= 0,
		func(cfg *config) { cfg.Retry = wire.RetryPolicy(p) },
		"WithRetry: %+v must not have a negative field", p)
}

// Limiter knows a limit that the client has to keep. Wait returns once one more request may be
// sent, or an error if it may not, and at once when ctx ends; a *rate.Limiter of golang.org/x/time
// is one. If a Limiter also has the method Hold(ctx context.Context, d time.Duration) error, it is
// told of each 429, and for how long the operation is silent.
type Limiter interface {
	Wait(ctx context.Context) error
}

// WithLimiter makes every attempt wait for l before it takes its place among those in flight. A
// call that a 429 turns away does not come so far, and costs nothing of the limit. A call that l
// refuses was not sent, and its error matches ErrRateLimited. With Hold, l is told of a 429, and
// the client learns no pace by itself; after a 429 it is silent all the same.
func WithLimiter(l Limiter) Option {
	v := reflect.ValueOf(l)
	return option(l != nil && (v.Kind() != reflect.Pointer || !v.IsNil()),
		func(cfg *config) { cfg.Limiter = l }, "WithLimiter: the Limiter is nil")
}

// WithLogger writes one debug record an attempt to l, and an info record when a call gives up
// although its failure may pass: operation, attempt, duration, status, trace id, the wait before
// the next attempt, and why there was no answer. Nothing else of a request or an answer is logged.
func WithLogger(l *slog.Logger) Option {
	return option(l != nil, func(cfg *config) { cfg.Logger = l }, "WithLogger: the logger is nil")
}
