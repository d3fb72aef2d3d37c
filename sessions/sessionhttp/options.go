package sessionhttp

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Option changes how an Authenticator works. The order of options does not matter; of the same
// option twice, the last counts, unless its comment says otherwise. An argument that cannot be
// used, and a nil Option, are errors of New.
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
	methods                          []string // of requests that are refreshed
	perSecond                        float64
	burst                            int
	now                              func() time.Time
}

func newConfig(opts []Option) (*config, error) {
	cfg := &config{
		skew: 5 * time.Second, timeout: 3 * time.Second, handshake: true,
		perSecond: 50, burst: 500, // half of what Clerk grants a production instance: 1000 in 10 s
		now: time.Now, observer: func(*http.Request, Auth, time.Duration) {},
		clientIP: func(*http.Request) string { return "" }, methods: []string{http.MethodGet},
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

// WithJWTKey gives the instance's public key, so that no key set has to be fetched. pem is what
// Clerk's dashboard calls "JWKS public key": PEM, also with its line breaks written as \n, or the
// base64 inside alone; an RSA key of at least 2048 bits. When Clerk's key is changed, this key has
// to be changed too; the key set follows by itself. Give the option once: of two keys, both would
// have to accept a token.
func WithJWTKey(pem []byte) Option {
	key, err := parsePublicKey(pem)
	return option(err == nil, func(cfg *config) {
		cfg.checks = append(cfg.checks, checkWithKey(key))
	}, "WithJWTKey: %w", err)
}

// WithVerifier makes verify check the signatures of tokens, for a service that has its own way to
// do so. verify returns nil for a token that the instance has signed. It must accept tokens that
// have expired, and the tokens of handshakes, which have no subject: their claims are checked by
// the Authenticator. An error of a context, and any error once ctx has ended, mean that verify
// could not tell, and make Auth Temporary; every other error means that the signature is wrong.
//
// verify is called for a token that the request brings, and for every session token that Clerk
// answers: for one request several times, also with the same token. Of a request that is refreshed,
// it is called twice with the old token, and then with the new token once for each cookie that
// holds it. verify must not be nil and must be safe for concurrent use. With WithJWTKey beside it,
// or given twice, both have to accept a token.
func WithVerifier(verify func(ctx context.Context, token string) error) Option {
	return option(verify != nil, func(cfg *config) {
		cfg.checks = append(cfg.checks, checkWithVerifier(verify))
	}, "WithVerifier: the function is nil")
}

// WithFrontendAPI sets the address of Clerk's Frontend API, as "https://clerk.example.com", where
// browsers go through the handshake and the key set is fetched; unless set, it is the host that the
// publishable key names. A service needs it behind a proxy of the Frontend API, or for a fake. The
// address has to be https, or http to loopback.
func WithFrontendAPI(url string) Option {
	address, err := parseFrontendAPI(url)
	return option(err == nil, func(cfg *config) { cfg.frontendAPI = address },
		"WithFrontendAPI: %w", err)
}

// WithAuthorizedParties accepts only tokens whose claim azp is one of the origins, such as
// "https://app.example.com", or is missing: no token that the browser got for another site of the
// same domain. Without this option every azp is accepted; given twice, the origins of both count.
// Each origin has to be written as a browser writes it, in lower case and without a path; there are
// no wildcards.
func WithAuthorizedParties(origins ...string) Option {
	isBad := func(o string) bool { normal, err := parseOrigin(o); return err != nil || normal != o }
	return option(len(origins) > 0 && !slices.ContainsFunc(origins, isBad), func(cfg *config) {
		cfg.parties = append(cfg.parties, origins...)
	}, `WithAuthorizedParties(%q): each must be as in "https://app.example.com"`, origins)
}

// WithClockSkew sets by how much Clerk's clock and this machine's may differ, from 0 to 1 h; 5 s
// unless set.
func WithClockSkew(d time.Duration) Option {
	return option(0 <= d && d <= time.Hour, func(cfg *config) { cfg.skew = d },
		"WithClockSkew(%v): it must be 0 to 1 h", d)
}

// WithTimeout sets how long a request waits for Clerk at most, for everything that it asks Clerk
// for and with all waits for its turn; 3 s unless set. d has to be positive. A request whose time
// is over goes on; see Auth.Temporary.
func WithTimeout(d time.Duration) Option {
	return option(d > 0, func(cfg *config) { cfg.timeout = d },
		"WithTimeout(%v): it must be positive", d)
}

// WithOutageGrace lets a verified token that expired less than d ago sign its sender in while Clerk
// cannot be asked for a new token: because of Clerk or the network, and not because of
// WithRefreshRate. A request that is not refreshed, such as a POST, has the grace only once eight
// requests in a row were not answered, and until one is. d is 0 to 24 h; 0 unless set.
// Auth.Reason and Auth.Err then tell what happened. The price: a session that was revoked during
// the outage lives on for up to d, unless this Authenticator has signed it out or has seen Clerk
// refuse it.
func WithOutageGrace(d time.Duration) Option {
	return option(0 <= d && d <= 24*time.Hour, func(cfg *config) { cfg.grace = d },
		"WithOutageGrace(%v): it must be 0 to 24 h", d)
}

// WithoutHandshake turns the handshake off: no browser is redirected to Clerk, and no answer of a
// handshake is taken. Signing in, and the refresh cookie, are then left to a JavaScript SDK in the
// page.
func WithoutHandshake() Option {
	return option(true, func(cfg *config) { cfg.handshake = false }, "")
}

// WithPendingSessions makes users SignedIn although they have tasks to do; see Auth.Pending.
func WithPendingSessions() Option {
	return option(true, func(cfg *config) { cfg.pending = true }, "")
}

// WithSignInURL sets where Require redirects visitors to sign in: an address with http or https, or
// a path of the service. Unless set, they get 401.
func WithSignInURL(url string) Option {
	return option(isSignInURL(url), func(cfg *config) { cfg.signInURL = url },
		`WithSignInURL: it must be an address, or a path as in "/sign-in", `+
			"without user, blank or backslash")
}

// WithObserver makes the Middleware call observe once for each request, before next or the
// redirect, with what was decided and how long that took. observe must not be nil and must be safe
// for concurrent use. Package sessionsotel has an observer for OpenTelemetry.
func WithObserver(observe func(*http.Request, Auth, time.Duration)) Option {
	return option(observe != nil, func(cfg *config) { cfg.observer = observe },
		"WithObserver: the function is nil")
}

// WithRefreshMethods sets of which methods requests are refreshed when their token has expired;
// GET alone unless set, as in the JavaScript SDK. With "GET", "HEAD" and "POST", a form that was
// filled in for longer than a token lives reaches its handler signed in, in place of getting 401.
func WithRefreshMethods(methods ...string) Option {
	capital := strings.Trim(strings.Join(methods, ""), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
	return option(capital && len(methods) > 0 && !slices.Contains(methods, ""),
		func(cfg *config) { cfg.methods = slices.Clone(methods) },
		`WithRefreshMethods(%q): each must be a method, as in "GET", "POST"`, methods)
}

// WithTrustedProxy makes the origin come from X-Forwarded-Host and X-Forwarded-Proto, see
// [Authenticator.Origin]. Any client can send these headers: use it only behind a proxy that sets
// both of them itself, in place of what the client sent.
func WithTrustedProxy() Option {
	return option(true, func(cfg *config) { cfg.trustedProxy = true }, "")
}

// WithOrigin sets the origin, as "https://app.example.com", for a service with a single name,
// whatever a request says.
func WithOrigin(origin string) Option {
	normal, err := parseOrigin(origin)
	return option(err == nil, func(cfg *config) { cfg.origin = normal }, "WithOrigin: %w", err)
}

// WithClientIP tells Clerk the browser's IP address, as clientIP finds it in a request; without
// this option no address is sent, nor is a result that is no IP address, such as "". clientIP
// decides which headers to believe. It must not be nil and must be safe for concurrent use.
func WithClientIP(clientIP func(*http.Request) string) Option {
	return option(clientIP != nil, func(cfg *config) { cfg.clientIP = clientIP },
		"WithClientIP: the function is nil")
}

// WithRefreshRate bounds how many refreshes and handshakes' nonces the service asks Clerk for:
// perSecond in the long run, and burst at once; 50 and 500 unless set, half of what Clerk grants a
// production instance. Both have to be positive.
func WithRefreshRate(perSecond float64, burst int) Option {
	return option(perSecond > 0 && !math.IsInf(perSecond, 0) && burst > 0, func(cfg *config) {
		cfg.perSecond, cfg.burst = perSecond, burst
	}, "WithRefreshRate(%v, %d): both must be positive", perSecond, burst)
}

// WithClock makes the Authenticator read the time from now instead of time.Now, such as from a
// fake's clock. now must not be nil and must be safe for concurrent use.
func WithClock(now func() time.Time) Option {
	return option(now != nil, func(cfg *config) { cfg.now = now },
		"WithClock: the function is nil")
}
