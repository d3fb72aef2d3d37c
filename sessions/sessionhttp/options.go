package sessionhttp

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"time"
)

// Option changes how an Authenticator works. Its error comes out of New, joined with those of the
// others; nil is an error. The order of options does not matter.
type Option func(*config) error

type config struct {
	checks                           []signatureCheck // each has to accept a token
	frontendAPI                      string           // "https://clerk.example.com"
	parties                          []string
	skew, timeout, grace             time.Duration
	handshake, pending, trustedProxy bool
	signInURL                        string
	observer                         func(*http.Request, Auth, time.Duration)
	origin                           string // "" = that of the request
	clientIP                         func(*http.Request) string
	perSecond                        float64
	burst                            int
	now                              func() time.Time
}

func newConfig(opts []Option) (*config, error) {
	cfg := &config{
		skew: 5 * time.Second, timeout: 3 * time.Second, handshake: true,
		perSecond: 50, burst: 500, // half of what Clerk grants a production instance: 1000 in 10 s
		now: time.Now,
	}
	var errs []error
	for i, opt := range opts {
		if opt == nil {
			opt = option(false, nil, "option %d is nil", i+1)
		}
		errs = append(errs, opt(cfg))
	}
	return cfg, errors.Join(errs...)
}

// option returns an Option that makes a change if its arguments are good.
func option(good bool, change func(*config), format string, args ...any) Option {
	return func(cfg *config) error {
		if !good {
			return fmt.Errorf("clerk: "+format, args...)
		}
		change(cfg)
		return nil
	}
}

// WithJWTKey gives the instance's public key, so that no key set has to be fetched: PEM, which
// Clerk's dashboard calls "JWKS public key", also with its line breaks written as \n, or its base64
// alone. The key set follows when Clerk's key is changed; this key does not.
func WithJWTKey(pem []byte) Option {
	key, err := parsePublicKey(pem)
	return option(err == nil, func(cfg *config) {
		cfg.checks = append(cfg.checks, checkWithKey(key))
	}, "WithJWTKey: %w", err)
}

// WithVerifier is for a service that has a way of its own to check signatures. verify returns nil
// for a token that the instance has signed. It must not mind expired tokens, nor a handshake's,
// which have no subject; the claims are checked besides. A verifier that cannot tell when its
// context ends, or returns an error of a context, makes Auth Temporary; any other error means a bad
// signature. The function must be safe for concurrent use. Together with WithJWTKey, both have to
// accept a token.
func WithVerifier(verify func(ctx context.Context, token string) error) Option {
	return option(verify != nil, func(cfg *config) {
		cfg.checks = append(cfg.checks, checkWithVerifier(verify))
	}, "WithVerifier: the function is nil")
}

// WithFrontendAPI says where Clerk's Frontend API is reached, "https://clerk.example.com", if it is
// not at the host that the publishable key names: behind a proxy, or a fake on loopback. The
// handshake goes there, and the key set is fetched from there. It is https, or http to loopback.
func WithFrontendAPI(url string) Option {
	address, err := parseFrontendAPI(url)
	return option(err == nil, func(cfg *config) { cfg.frontendAPI = address },
		"WithFrontendAPI: %w", err)
}

// WithAuthorizedParties accepts only tokens whose claim azp is one of the origins, such as
// "https://app.example.com", or missing: no token that the browser got for another site of the same
// domain. Without this option every azp will do.
func WithAuthorizedParties(origins ...string) Option {
	isBad := func(o string) bool { normal, err := parseOrigin(o); return err != nil || normal != o }
	return option(len(origins) > 0 && !slices.ContainsFunc(origins, isBad), func(cfg *config) {
		cfg.parties = append(cfg.parties, origins...)
	}, `WithAuthorizedParties(%q): each must be as in "https://app.example.com"`, origins)
}

// WithClockSkew changes by how much Clerk's clock and this machine's may differ, usually 5 s.
func WithClockSkew(d time.Duration) Option {
	return option(0 <= d && d <= time.Hour, func(cfg *config) { cfg.skew = d },
		"WithClockSkew(%v): it must be 0 to 1 h", d)
}

// WithTimeout changes how long a request waits for Clerk at most, usually 3 s: all that it has to
// ask for, and turns that it waits for, included. A request that gave up goes on; see
// Auth.Temporary.
func WithTimeout(d time.Duration) Option {
	return option(d > 0, func(cfg *config) { cfg.timeout = d },
		"WithTimeout(%v): it must be positive", d)
}

// WithOutageGrace lets a verified token sign in that expired less than d ago, while Clerk cannot be
// asked for a new one: because of Clerk or the network, not of the limits of WithRefreshRate. A
// session that was revoked meanwhile lives on for as long, 24 h at most, unless this Authenticator
// has signed it out or has seen Clerk refuse it. Auth.Reason says when it is so.
func WithOutageGrace(d time.Duration) Option {
	return option(0 <= d && d <= 24*time.Hour, func(cfg *config) { cfg.grace = d },
		"WithOutageGrace(%v): it must be 0 to 24 h", d)
}

// WithoutHandshake never redirects a browser to Clerk, and takes no handshake's answer. That leaves
// signing in, and the refresh cookie, to a JavaScript SDK in the page.
func WithoutHandshake() Option {
	return option(true, func(cfg *config) { cfg.handshake = false }, "")
}

// WithPendingSessions signs users in who have tasks to do; see Auth.Pending.
func WithPendingSessions() Option {
	return option(true, func(cfg *config) { cfg.pending = true }, "")
}

// WithSignInURL is where Require sends the visitors of a page to sign in: an address, or a path of
// the service.
func WithSignInURL(url string) Option {
	return option(isSignInURL(url), func(cfg *config) { cfg.signInURL = url },
		`WithSignInURL: it must be an address, or a path as in "/sign-in", `+
			"without user, blank or backslash")
}

// WithObserver calls observe once for each request that passes the Middleware, before it goes on,
// with what was decided and how long that took. The function must be safe for concurrent use.
func WithObserver(observe func(*http.Request, Auth, time.Duration)) Option {
	return option(observe != nil, func(cfg *config) { cfg.observer = observe },
		"WithObserver: the function is nil")
}

// WithTrustedProxy makes X-Forwarded-Host and X-Forwarded-Proto count for the origin. Any client
// can send these headers: use it only behind a proxy that sets them both itself.
func WithTrustedProxy() Option {
	return option(true, func(cfg *config) { cfg.trustedProxy = true }, "")
}

// WithOrigin fixes the origin, "https://app.example.com", for a service that is reached under one
// name only.
func WithOrigin(origin string) Option {
	normal, err := parseOrigin(origin)
	return option(err == nil, func(cfg *config) { cfg.origin = normal }, "WithOrigin: %w", err)
}

// WithClientIP sends Clerk the address that clientIP finds a request to come from; what is no IP
// address, such as "", is not sent. The function decides which headers to believe, and must be safe
// for concurrent use.
func WithClientIP(clientIP func(*http.Request) string) Option {
	return option(clientIP != nil, func(cfg *config) { cfg.clientIP = clientIP },
		"WithClientIP: the function is nil")
}

// WithRefreshRate bounds what the service asks Clerk for by refreshes and handshakes' nonces:
// perSecond in the long run, burst at once. Usually it is 50 and 500, half of what Clerk grants a
// production instance.
func WithRefreshRate(perSecond float64, burst int) Option {
	return option(perSecond > 0 && !math.IsInf(perSecond, 0) && burst > 0, func(cfg *config) {
		cfg.perSecond, cfg.burst = perSecond, burst
	}, "WithRefreshRate(%v, %d): both must be positive", perSecond, burst)
}

// WithClock reads the time from now instead of time.Now. The function must be safe for concurrent
// use.
func WithClock(now func() time.Time) Option {
	return option(now != nil, func(cfg *config) { cfg.now = now },
		"WithClock: the function is nil")
}
