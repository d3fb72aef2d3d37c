package sessions

import (
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
