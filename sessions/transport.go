package sessions

import (
	"context"
	"net"
	"net/http"
	"time"
)

// maxConns is how many connections a client opens to an HTTP/1.1 host, and so how many requests are
// on the wire at once.
const maxConns = 64

// NewTransport returns a transport like the one that a client sends through by itself, to wrap with
// tracing or to change, and to give back with [WithHTTPClient]: for bursts of small requests to one
// host. It gives up connecting after 5 s, keeps up to 64 idle connections for 90 s, and closes an
// HTTP/2 connection that was silent for 5 s and then leaves a ping unanswered for 3 s.
//
// HTTP/1.1 has no pings. When a request on a kept connection has waited in vain for its first byte
// until a deadline, for a second or longer, a client closes the idle connections of its own
// transport. A transport from WithHTTPClient may serve others: the client leaves its idle
// connections alone.
func NewTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:             http.ProxyFromEnvironment,
		DialContext:       dialer.DialContext,
		ForceAttemptHTTP2: true,
		HTTP2: &http.HTTP2Config{
			SendPingTimeout: 5 * time.Second,
			PingTimeout:     3 * time.Second,
		},
		MaxIdleConns:           maxConns,
		MaxIdleConnsPerHost:    maxConns,
		MaxConnsPerHost:        maxConns,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    5 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// Event is what became of a call before and between its requests, which no http.RoundTripper can
// see, or what a TokenCache was asked for; see WithObserver. It holds no ids.
type Event struct {
	Operation string        // the operationId: "GetSession"
	Attempts  int           // how many requests were sent
	Wait      time.Duration // how long the requests waited for the Limiter and for their turns
	HeldBack  bool          // the client itself held the request, or the next one, back
	Cache     string        // "hit" or "miss" of a TokenCache; "" for a call
}

// WithObserver calls observe with the context and the Event of each call that has ended, and of
// each token that a TokenCache in front of the client was asked for. The function must be safe for
// concurrent use, and what it observes waits for it. An http.RoundTripper (WithHTTPClient) sees the
// requests; package sessionsotel has both for OpenTelemetry.
func WithObserver(observe func(context.Context, Event)) Option {
	if observe == nil {
		return refuse("WithObserver: the function is nil")
	}
	return set(func(cfg *config) { cfg.observe = observe })
}

// tell tells the observer, if there is one, of an event.
func (c *Client) tell(ctx context.Context, e Event) {
	if c != nil && c.config != nil && c.config.observe != nil {
		c.config.observe(ctx, e)
	}
}
