package sessions

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/gate"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/wire"
)

// Client calls Clerk's session endpoints. Make one with NewClient and keep it: it is safe for
// concurrent use and holds a pool of connections. Printing it shows where it sends to and never the
// key.
type Client struct {
	server string      // the base URL, with a slash at its end, as the generated client wants it
	chain  *wire.Chain // the way out
	route  *route      // shared with the copies that With makes
	config *config     // what With starts from
}

// route is the way to one host through one transport, with what was learned of it. The copies of a
// client share it for as long as neither the host nor the transport is another one.
type route struct {
	transport http.RoundTripper
	dropIdle  func()       // closes the idle connections of the client's own transport; else nil
	given     *http.Client // whose transport it is; nil for the client's own
	host      string       // scheme and authority
	gate      gate.Gate
	budget    wire.Budget
}

// NewClient returns a client that authenticates with secretKey, the instance's "sk_test_…" or
// "sk_live_…" key. It sends nothing. An error names every option that cannot be used, and never the
// key.
func NewClient(secretKey string, opts ...Option) (*Client, error) {
	if err := checkKey(secretKey); err != nil {
		return nil, err
	}
	return newClient(defaultConfig(secretKey), nil, opts)
}

// With returns a copy of the client with other options and the same key. The copy shares
// connections, retry budget and cool-down with c, unless opts name another transport or another
// host. The errors are those of NewClient.
func (c *Client) With(opts ...Option) (*Client, error) {
	if c == nil || c.config == nil {
		return nil, errNoClient
	}
	return newClient(*c.config, c.route, opts)
}

// newClient returns a client with cfg and opts that takes the route from, if that leads where cfg
// and opts say; from may be nil.
func newClient(cfg config, from *route, opts []Option) (*Client, error) {
	base, err := cfg.apply(opts)
	if err != nil {
		return nil, err
	}
	host := hostOf(base)
	if from == nil || from.host != host || !sameTransport(from.given, cfg.httpClient) {
		from = newRoute(host, cfg.httpClient)
	}
	return &Client{
		server: strings.TrimSuffix(base.String(), "/") + "/",
		route:  from,
		config: &cfg,
		chain: wire.NewChain(wire.Config{
			Key:        cfg.secrets()[0],
			APIVersion: cfg.apiVersion,
			UserAgent:  cfg.userAgent,
			Transport:  from.transport,
			DropIdle:   from.dropIdle,
			Timeout:    cfg.timeout,
			Retry:      wire.RetryPolicy(cfg.retry),
			Limiter:    cfg.limiter,
			Gate:       &from.gate,
			Budget:     &from.budget,
			Logger:     cfg.logger,
		}),
	}, nil
}

func newRoute(host string, given *http.Client) *route {
	r := &route{transport: transportOf(given), given: given, host: host}
	if r.transport == nil {
		own := NewTransport()
		r.transport, r.dropIdle = own, own.CloseIdleConnections
	}
	return r
}

// hostOf returns scheme and authority, with the port that the scheme implies left out.
func hostOf(base *url.URL) string {
	host := strings.ToLower(base.Host)
	implied := map[string]string{"https": ":443", "http": ":80"}[base.Scheme]
	return base.Scheme + "://" + strings.TrimSuffix(host, implied)
}

// sameTransport reports whether two clients, each of which may be nil, send through the same
// transport. Transports that cannot be compared, such as funcs, are the same only if the clients
// are.
func sameTransport(a, b *http.Client) bool {
	if a == b {
		return true
	}
	one, other := transportOf(a), transportOf(b)
	return one == nil && other == nil ||
		one != nil && other != nil && reflect.ValueOf(one).Comparable() && one == other
}

// transportOf returns the transport of hc; nil if hc or its transport is nil.
func transportOf(hc *http.Client) http.RoundTripper {
	if hc == nil {
		return nil
	}
	return hc.Transport
}

// CloseIdleConnections closes the connections that no call is using, also of a transport that came
// with WithHTTPClient. The client stays usable.
func (c *Client) CloseIdleConnections() {
	if c == nil || c.route == nil {
		return
	}
	if t, ok := c.route.transport.(interface{ CloseIdleConnections() }); ok {
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
