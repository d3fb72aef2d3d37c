package sessions

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Defaults of a Client.
const (
	// DefaultBaseURL is where a client sends to.
	DefaultBaseURL = "https://api.clerk.com/v1"
	// DefaultAPIVersion is the dated version of Clerk's API that a client asks for.
	DefaultAPIVersion = "2026-05-12"
)

const (
	version        = "0.1.0"
	defaultTimeout = 10 * time.Second
)

// Option changes how a Client works. The order of options does not matter; of the same option twice, the last counts.
type Option func(*config) error

// config is what the options set. A copy of it stays with the client for With.
type config struct {
	secrets      func() []string // the key alone; a function, because fmt would print a field
	baseURL      string
	insecureHTTP bool
	httpClient   *http.Client // a copy of what WithHTTPClient was given, or nil
	apiVersion   string
	userAgent    string
	timeout      time.Duration
	retry        RetryPolicy
	logger       *slog.Logger
}

func defaultConfig(key string) config {
	return config{
		secrets:    func() []string { return []string{key} },
		baseURL:    DefaultBaseURL,
		apiVersion: DefaultAPIVersion,
		userAgent:  "clerk-sessions-go/" + version,
		timeout:    defaultTimeout,
		retry:      defaultRetry,
	}
}

// attemptTimeout returns the shorter of the client's own timeout and the http.Client's.
func (cfg *config) attemptTimeout() time.Duration {
	if hc := cfg.httpClient; hc != nil && hc.Timeout > 0 {
		return min(cfg.timeout, hc.Timeout)
	}
	return cfg.timeout
}

// apply runs opts and returns the base URL that the options name. The errors of all options come
// joined.
func (cfg *config) apply(opts []Option) (*url.URL, error) {
	var errs []error
	for i, opt := range opts {
		if opt == nil {
			errs = append(errs, fmt.Errorf("clerk: option %d is nil", i+1))
			continue
		}
		errs = append(errs, opt(cfg))
	}
	base, err := parseBaseURL(cfg.baseURL, cfg.insecureHTTP)
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	return base, nil
}

// WithBaseURL sets where the client sends to, such as a proxy or a fake of Clerk; its path is used as given, with or without a
// slash at the end. It has to be https, or http to a loopback address (127.0.0.0/8, ::1, localhost), and must hold neither
// userinfo, query, fragment nor dot segments.
func WithBaseURL(rawURL string) Option {
	return func(cfg *config) error {
		cfg.baseURL = rawURL
		return nil
	}
}

// WithInsecureHTTP lets the base URL be http to any host, such as a proxy inside a cluster. The secret key and every token then
// travel in clear text.
func WithInsecureHTTP() Option {
	return func(cfg *config) error {
		cfg.insecureHTTP = true
		return nil
	}
}

// WithHTTPClient makes the client send through hc's Transport, or through one of its own when that is nil, and lets no attempt
// take longer than hc's Timeout. Its redirect policy and cookie jar are not used, and hc is never changed.
func WithHTTPClient(hc *http.Client) Option {
	return func(cfg *config) error {
		if hc == nil {
			return errors.New("clerk: WithHTTPClient: the http.Client is nil")
		}
		own := *hc
		cfg.httpClient = &own
		return nil
	}
}

// WithAPIVersion sets the dated version of Clerk's API to ask for, as "2026-05-12". Verify asks for 2024-10-01, the last version
// that has it, unless this names a version before 2025-04-10.
func WithAPIVersion(version string) Option {
	return func(cfg *config) error {
		if _, err := time.Parse(time.DateOnly, version); err != nil {
			return fmt.Errorf("clerk: WithAPIVersion: %s is not a date such as %q", quote(version), DefaultAPIVersion)
		}
		cfg.apiVersion = version
		return nil
	}
}

// WithUserAgent puts product, such as "billing/1.4", before the library's own product token in the User-Agent header.
func WithUserAgent(product string) Option {
	return func(cfg *config) error {
		if product == "" || !printableASCII(product) {
			return fmt.Errorf("clerk: WithUserAgent: %s must be printable ASCII, and not empty", quote(product))
		}
		cfg.userAgent = product + " clerk-sessions-go/" + version
		return nil
	}
}

// WithTimeout sets how long one attempt may take, from connecting to the last byte of the answer; 10 s unless set. How long a call
// may take with all its attempts is up to its context.
func WithTimeout(perAttempt time.Duration) Option {
	return func(cfg *config) error {
		if perAttempt <= 0 {
			return fmt.Errorf("clerk: WithTimeout: %v must be positive", perAttempt)
		}
		cfg.timeout = perAttempt
		return nil
	}
}

// RetryPolicy says how often, and after which waits, a request is sent again. A zero field means its default.
type RetryPolicy struct {
	MaxAttempts   int           // requests a call in all, 3; 1 = no retry
	BaseDelay     time.Duration // the longest first wait, doubled for each further one, 200 ms
	MaxDelay      time.Duration // the longest wait that was not asked for by the server, 5 s
	MaxRetryAfter time.Duration // the longest Retry-After that is waited for, 30 s
}

var defaultRetry = RetryPolicy{MaxAttempts: 3, BaseDelay: 200 * time.Millisecond, MaxDelay: 5 * time.Second, MaxRetryAfter: 30 * time.Second}

// WithRetry sets how often, and after which waits, a request is sent again. A negative field is an error.
func WithRetry(p RetryPolicy) Option {
	return func(cfg *config) error {
		if p.MaxAttempts < 0 || slices.Min([]time.Duration{p.BaseDelay, p.MaxDelay, p.MaxRetryAfter}) < 0 {
			return fmt.Errorf("clerk: WithRetry: %+v must not have a negative field", p)
		}
		cfg.retry = p.withDefaults()
		return nil
	}
}

func (p RetryPolicy) withDefaults() RetryPolicy {
	if p.MaxAttempts == 0 {
		p.MaxAttempts = defaultRetry.MaxAttempts
	}
	if p.BaseDelay == 0 {
		p.BaseDelay = defaultRetry.BaseDelay
	}
	if p.MaxDelay == 0 {
		p.MaxDelay = defaultRetry.MaxDelay
	}
	if p.MaxRetryAfter == 0 {
		p.MaxRetryAfter = defaultRetry.MaxRetryAfter
	}
	return p
}

// WithLogger writes one debug record an attempt to l, and an info record when a call gives up although its failure may pass:
// operation, attempt, duration, status, trace id, the wait before the next attempt, and why there was no answer. Nothing else of a
// request or an answer is logged.
func WithLogger(l *slog.Logger) Option {
	return func(cfg *config) error {
		if l == nil {
			return errors.New("clerk: WithLogger: the logger is nil")
		}
		cfg.logger = l
		return nil
	}
}
