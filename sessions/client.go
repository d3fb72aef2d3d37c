package sessions

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/gate"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/wire"
)

// Client calls Clerk's session endpoints. Make one with NewClient and keep it: a Client is safe for
// concurrent use and holds a pool of connections. The calls of a zero or nil Client return an
// error. Printing a Client shows its base URL and never the key.
type Client struct {
	server string      // the base URL, with a slash at its end, as the generated client wants it
	chain  *wire.Chain // the way out
	config *config     // what With starts from
}

// NewClient returns a client that authenticates with secretKey, the Clerk instance's "sk_test_…" or
// "sk_live_…" key. It sends nothing. It fails if the key is empty, is a publishable key or holds
// spaces, quotes, control or non-ASCII characters, and if options cannot be used: the error then
// names all of them. No error shows the key.
func NewClient(secretKey string, opts ...Option) (*Client, error) {
	if err := checkKey(secretKey); err != nil {
		return nil, err
	}
	return newClient(defaultConfig(secretKey), opts)
}

// With returns a copy of the client with the same key and options, changed by opts. The copy shares
// the client's connections, its retry budget and its silence after a 429, unless opts name another
// transport or another host. The errors are those of NewClient.
func (c *Client) With(opts ...Option) (*Client, error) {
	if c == nil || c.config == nil {
		return nil, errNoClient
	}
	return newClient(c.config, opts)
}

// newClient returns a client with the config of its parent, changed by opts. The errors of all
// options come joined. Where opts leave a field of the RetryPolicy zero, the field is the parent's.
// The transport, the gate and the budget of the parent stay for as long as neither the host nor the
// transport is another one.
func newClient(parent *config, opts []Option) (*Client, error) {
	cfg := *parent
	var errs []error
	for i, opt := range opts {
		if opt == nil {
			opt = option(false, nil, "option %d is nil", i+1)
		}
		errs = append(errs, opt(&cfg))
	}
	base, err := parseBaseURL(cfg.baseURL, cfg.insecureHTTP)
	if err = errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	cfg.Retry = wire.RetryPolicy{
		MaxAttempts:   cmp.Or(cfg.Retry.MaxAttempts, parent.Retry.MaxAttempts),
		BaseDelay:     cmp.Or(cfg.Retry.BaseDelay, parent.Retry.BaseDelay),
		MaxDelay:      cmp.Or(cfg.Retry.MaxDelay, parent.Retry.MaxDelay),
		MaxRetryAfter: cmp.Or(cfg.Retry.MaxRetryAfter, parent.Retry.MaxRetryAfter),
	}
	cfg.host = hostOf(base)
	if cfg.host != parent.host || !sameTransport(cfg.httpClient, parent.httpClient) {
		cfg.Gate, cfg.Budget = new(gate.Gate), new(wire.Budget)
		cfg.Transport, cfg.DropIdle = cfg.httpClient.Transport, nil
		if cfg.Transport == nil {
			own := NewTransport()
			cfg.Transport, cfg.DropIdle = own, own.CloseIdleConnections
		}
	}
	server := strings.TrimSuffix(base.String(), "/") + "/"
	return &Client{server, wire.NewChain(cfg.Config), &cfg}, nil
}

// wholeTimeout returns how long a whole call may take: the shorter of the client's own bound and
// the http.Client's, if it has one.
func (cfg *config) wholeTimeout() time.Duration {
	return min(cfg.callTimeout, cmp.Or(max(cfg.httpClient.Timeout, 0), cfg.callTimeout))
}

// hostOf returns scheme, host and port, also where the port is implied by the scheme.
func hostOf(base *url.URL) string {
	port := cmp.Or(base.Port(), map[string]string{"https": "443", "http": "80"}[base.Scheme])
	return base.Scheme + "://" + strings.ToLower(base.Hostname()) + ":" + port
}

// sameTransport reports whether two clients send through the same transport. Transports that cannot
// be compared, such as funcs, are the same only if the clients are.
func sameTransport(a, b *http.Client) bool {
	return a == b || a.Transport == nil && b.Transport == nil ||
		reflect.ValueOf(a.Transport).Comparable() && a.Transport == b.Transport
}

// CloseIdleConnections closes the connections that no call is using, also those of a transport from
// WithHTTPClient. The client stays usable.
func (c *Client) CloseIdleConnections() {
	if c != nil && c.config != nil {
		(&http.Client{Transport: c.config.Transport}).CloseIdleConnections()
	}
}

// Format writes the client's base URL, for every verb, and never the key.
func (c Client) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "sessions.Client{%s}", strings.TrimSuffix(c.server, "/"))
}

// LogValue returns the client's base URL, never the key.
func (c Client) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// maxConns is how many connections a client opens to an HTTP/1.1 host, and so how many requests are
// on the wire at once.
const maxConns = 64

// NewTransport returns a transport like the one that a client makes for itself, to be changed or
// wrapped and given to [WithHTTPClient]. It is made for bursts of small requests to one host: it
// opens up to 64 connections to a host of HTTP/1.1, and keeps up to 64 idle ones for 90 s. It gives
// up connecting after 5 s, and the TLS handshake after 5 s more. It closes an HTTP/2 connection
// that was silent for 5 s and then leaves a ping unanswered for 3 s. The headers of an answer are
// at most 64 KiB long. The environment variables HTTPS_PROXY, HTTP_PROXY and NO_PROXY count, as
// [http.ProxyFromEnvironment] reads them.
//
// HTTP/1.1 has no pings. When a request on a kept connection has waited a second or longer for the
// first byte of its answer, and its deadline comes, a client closes the idle connections of the
// transport that it made for itself. A transport from WithHTTPClient may serve others, so the
// client leaves its idle connections alone.
func NewTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:             http.ProxyFromEnvironment,
		DialContext:       dialer.DialContext,
		ForceAttemptHTTP2: true,

		HTTP2: &http.HTTP2Config{SendPingTimeout: 5 * time.Second, PingTimeout: 3 * time.Second},

		MaxIdleConns:           maxConns,
		MaxIdleConnsPerHost:    maxConns,
		MaxConnsPerHost:        maxConns,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    5 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// WithHTTPClient makes the client send through hc's Transport. If the Transport is nil, the client
// makes one for itself. A Transport that should notice dead connections starts from [NewTransport].
// hc's Timeout, if set, bounds a whole call with all its attempts and waits. The redirect policy
// and the cookie jar of hc are not used, and hc is never changed. hc must not be nil.
func WithHTTPClient(hc *http.Client) Option {
	own := *cmp.Or(hc, &http.Client{}) // a copy: hc may change later
	return option(hc != nil, func(cfg *config) { cfg.httpClient = &own },
		"WithHTTPClient: the http.Client is nil")
}
