package sessions

import (
	"net"
	"net/http"
	"time"
)

// maxConns is how many connections a client opens to an HTTP/1.1 host, and so how many requests are on the wire at once.
const maxConns = 64

// newTransport returns a transport for bursts of small requests to one host: every connection of a burst is kept for the next.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           maxConns,
		MaxIdleConnsPerHost:    maxConns,
		MaxConnsPerHost:        maxConns,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    5 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}
