package sessions

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/clerk-sessions/clerk-sessions-go/gen"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/wire"
)

// Client calls Clerk's session endpoints. Make one with NewClient and keep it: it is safe for concurrent use and holds a pool of
// connections. Printing it shows where it sends to and never the key.
type Client struct {
	api    *gen.Client // builds the requests and hands them to the chain
	chain  *wire.Chain
	config *config // what With starts from
	shared *shared // what With passes on
}

// shared is what the copies of a client have in common while they send to the same host through the same transport.
type shared struct {
	transport http.RoundTripper
	given     http.RoundTripper // the transport that the options named, or nil
	host      string            // scheme and authority
	gate      wire.Gate
	budget    wire.Budget
}

// NewClient returns a client that authenticates with secretKey, the instance's "sk_test_…" or "sk_live_…" key. It sends nothing.
// An error names every option that cannot be used, and never the key.
func NewClient(secretKey string, opts ...Option) (*Client, error) {
	if err := checkKey(secretKey); err != nil {
		return nil, err
	}
	return newClient(defaultConfig(secretKey), nil, opts)
}

// With returns a copy of the client with other options and the same key. The copy shares connections, retry budget and cool-down with
// c, unless opts name another transport or another host. The errors are those of NewClient.
func (c *Client) With(opts ...Option) (*Client, error) {
	if c == nil || c.config == nil {
		return nil, errNoClient
	}
	return newClient(*c.config, c.shared, opts)
}

func newClient(cfg config, from *shared, opts []Option) (*Client, error) {
	base, err := cfg.apply(opts)
	if err != nil {
		return nil, err
	}
	c := &Client{config: &cfg, shared: from.forHost(base, &cfg)}
	c.chain = wire.NewChain(wire.Config{
		Scheme:     base.Scheme,
		Host:       base.Host,
		Key:        cfg.secrets()[0],
		APIVersion: cfg.apiVersion,
		UserAgent:  cfg.userAgent,
		Transport:  c.shared.transport,
		Timeout:    cfg.attemptTimeout(),
		Retry:      wire.RetryPolicy(cfg.retry),
		Gate:       &c.shared.gate,
		Budget:     &c.shared.budget,
		Logger:     cfg.logger,
	})
	c.api, err = gen.NewClient(builtOn(base), gen.WithHTTPClient(c.chain))
	if err != nil {
		return nil, fmt.Errorf("clerk: base URL: %w", err)
	}
	return c, nil
}

// builtOn returns what the requests are built on: the path alone, because the chain sets scheme and host. Only a path that begins like
// a host needs one.
func builtOn(base *url.URL) string {
	if path := base.EscapedPath(); !strings.HasPrefix(path, "//") {
		return path
	}
	return base.String()
}

// forHost returns s where it serves base through the configured transport, else a new one.
func (s *shared) forHost(base *url.URL, cfg *config) *shared {
	host := hostOf(base)
	if s != nil && s.host == host && (!cfg.newTransport || same(s.given, cfg.transport)) {
		return s
	}
	transport := cfg.transport
	if transport == nil {
		transport = newTransport()
	}
	return &shared{transport: transport, given: cfg.transport, host: host}
}

// hostOf returns scheme and authority, with the port that the scheme implies left out.
func hostOf(base *url.URL) string {
	host := strings.ToLower(base.Host)
	implied := map[string]string{"https": ":443", "http": ":80"}[base.Scheme]
	return base.Scheme + "://" + strings.TrimSuffix(host, implied)
}

// same reports whether two transports are one; a func, which cannot be compared, is the same as nothing.
func same(a, b http.RoundTripper) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return reflect.TypeOf(a).Comparable() && a == b
}

// CloseIdleConnections closes the connections that no call is using. The client stays usable.
func (c *Client) CloseIdleConnections() {
	if c == nil || c.shared == nil {
		return
	}
	if t, ok := c.shared.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// Format writes where the client sends to, for every verb.
func (c Client) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, c.text()) }

// LogValue returns where the client sends to.
func (c Client) LogValue() slog.Value { return slog.StringValue(c.text()) }

func (c Client) text() string {
	if c.config == nil {
		return "sessions.Client{}"
	}
	return fmt.Sprintf("sessions.Client{%s}", c.config.baseURL)
}
