// Package guard keeps pages of other sites away from what only people and programs of this machine
// may use.
package guard

import (
	"net"
	"net/http"
	"strings"
)

// Loopback serves only requests whose Host is a loopback name: a page of another site that has its
// own name lead to this machine (DNS rebinding) sends its own name. refuse answers the others.
func Loopback(next, refuse http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !IsLoopback(r.Host) {
			refuse.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// IsLoopback reports whether a host, with or without a port, is a name of this machine alone.
func IsLoopback(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	ip := net.ParseIP(name)
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || ip != nil && ip.IsLoopback()
}
