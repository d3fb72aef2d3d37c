package sessionhttp

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"time"
)

// Option changes how a Refresher works. Its error comes out of NewRefresher, joined with those of the others; nil is an error.
// The order of options does not matter.
type Option func(*config) error

type config struct {
	verifiers    []verifier
	trustedProxy bool
	origin       string
	clientIP     func(*http.Request) string
	handshake    bool
	now          func() time.Time
	perSecond    float64
	burst        int
}

// WithJWTKey gives the instance's public key, as PEM; Clerk's dashboard calls it "JWKS public key". A token that it did not sign,
// with RS256, is then never sent to Clerk, and a refreshed one never to the browser. Give it wherever you can: see the section about
// strangers of the package's documentation.
func WithJWTKey(pem []byte) Option {
	return func(cfg *config) error {
		verify, err := newKeyVerifier(pem)
		if err != nil {
			return err
		}
		cfg.verifiers = append(cfg.verifiers, verify)
		return nil
	}
}

// WithVerifier is WithJWTKey for a service that has a way of its own to check signatures, such as a key set that it keeps up to
// date. verify returns nil for a token whose signature is right. It is asked about expired tokens, and must not mind that; it must
// accept RS256 only; and it must be safe for concurrent use. Together with WithJWTKey, both have to accept a token.
func WithVerifier(verify func(ctx context.Context, token string) error) Option {
	return func(cfg *config) error {
		if verify == nil {
			return errors.New("clerk: WithVerifier: the function is nil")
		}
		cfg.verifiers = append(cfg.verifiers, verify)
		return nil
	}
}

// WithTrustedProxy makes X-Forwarded-Host and X-Forwarded-Proto count for the origin. Any client can send these headers: use it
// only behind a proxy that sets them both itself.
func WithTrustedProxy() Option {
	return func(cfg *config) error {
		cfg.trustedProxy = true
		return nil
	}
}

// WithOrigin fixes the origin, "https://app.example.com", for a service that is reached under one name only.
func WithOrigin(origin string) Option {
	return func(cfg *config) error {
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != origin {
			return errors.New(`clerk: WithOrigin: it must be a scheme and a host and nothing else, as in "https://app.example.com"`)
		}
		cfg.origin, err = buildOrigin(u.Scheme, u.Host)
		if err != nil {
			return fmt.Errorf("clerk: WithOrigin: %w", err)
		}
		return nil
	}
}

// WithClientIP sends Clerk the address that clientIP finds a request to come from; "" sends none, as does a Refresher without this
// option. The function decides which headers to believe, and must be safe for concurrent use.
func WithClientIP(clientIP func(*http.Request) string) Option {
	return func(cfg *config) error {
		if clientIP == nil {
			return errors.New("clerk: WithClientIP: the function is nil")
		}
		cfg.clientIP = clientIP
		return nil
	}
}

// WithHandshake redirects a browser that only the handshake with Clerk's Frontend API can help (StatusHandshakeNeeded), with 307,
// if it asked for a page by GET. After three redirects within ten seconds, and when the handshake's answer comes in, the request
// goes on instead. Taking that answer, the query parameter or cookie __clerk_handshake or __clerk_handshake_nonce, is not this
// package's business.
func WithHandshake() Option {
	return func(cfg *config) error {
		cfg.handshake = true
		return nil
	}
}

// WithClock reads the time from now instead of time.Now. The function must be safe for concurrent use.
func WithClock(now func() time.Time) Option {
	return func(cfg *config) error {
		if now == nil {
			return errors.New("clerk: WithClock: the function is nil")
		}
		cfg.now = now
		return nil
	}
}

// WithRefreshRate bounds how many refreshes the whole service asks Clerk for: perSecond in the long run, burst at once. Without it,
// a Refresher without WithJWTKey and WithVerifier is bound to 50 a second and 500 at once, which is half of what Clerk grants a
// production instance; one that verifies has no such bound.
func WithRefreshRate(perSecond float64, burst int) Option {
	return func(cfg *config) error {
		if !(perSecond > 0) || math.IsInf(perSecond, 0) || burst < 1 {
			return fmt.Errorf("clerk: WithRefreshRate(%v, %d): both must be positive", perSecond, burst)
		}
		cfg.perSecond, cfg.burst = perSecond, burst
		return nil
	}
}
