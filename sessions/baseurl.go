package sessions

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// parseBaseURL refuses every URL that would send the key in clear text or requests to a place that
// is not plain to see. Its errors quote the host at most: userinfo and query may hold secrets.
func parseBaseURL(raw string, insecureHTTP bool) (*url.URL, error) {
	refuse := func(format string, args ...any) (*url.URL, error) {
		return nil, fmt.Errorf("clerk: base URL: "+format, args...)
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return refuse("it must be a URL with https and a host, and no spaces, as in %q", DefaultBaseURL)
	case u.User != nil:
		return refuse("it must not hold a user or a password")
	case strings.Contains(raw, "?"):
		return refuse("it must not hold a query")
	case strings.Contains(raw, "#") || hasDotSegment(u.EscapedPath()):
		return refuse("it must not hold a fragment or dot segments")
	case strings.Contains(u.Hostname(), "%") || !validPort(u):
		return refuse("%s must have no zone, and a port from 1 to 65535 if any", quote(u.Host))
	case u.Scheme == "http" && !insecureHTTP && !isLoopback(u.Hostname()):
		return refuse("http would send the secret key to %s in clear text: use https, or "+
			"WithInsecureHTTP inside a trusted network", quote(u.Host))
	}
	return u, nil
}

func validPort(u *url.URL) bool {
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && port > 0 || u.Port() == "" && !strings.HasSuffix(u.Host, ":")
}

// hasDotSegment reports whether a path has a segment "." or "..", also when its dots or slashes
// are percent-encoded, however often.
func hasDotSegment(path string) bool {
	for segment := range strings.SplitSeq(strings.ReplaceAll(path, `\`, "/"), "/") {
		decoded, _ := url.PathUnescape(segment) // "" for a segment that cannot be decoded
		if segment == "." || segment == ".." || decoded != segment && hasDotSegment(decoded) {
			return true
		}
	}
	return false
}

func isLoopback(host string) bool {
	addr, _ := netip.ParseAddr(host) // the zero Addr, which is no loopback address, for a name
	return strings.EqualFold(host, "localhost") || addr.Unmap().IsLoopback()
}
