package sessionhttp

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Origin returns the origin that the browser sent its request to, as "https://app.example.com": in
// lower case, without a default port, and in punycode if the name goes beyond ASCII. The origin is
// made of req.TLS and req.Host, and never of req.URL. With WithTrustedProxy, X-Forwarded-Proto and
// X-Forwarded-Host count instead, if they name an origin; with WithOrigin, the origin is the one
// given there.
//
// Origin fails if req.Host is no host, or if the proxy names another scheme than http and https.
func (a *Authenticator) Origin(req *http.Request) (string, error) {
	return a.nameOrigin(req).origin()
}

// named is an origin as a request has it, from which the origin is yet to be made: the scheme and
// the host that count, and the request's own, which count instead if those two make no sense.
type named [4]string

// nameOrigin returns everything that decides the origin of a request. A text that is too long for
// a host is left out.
func (a *Authenticator) nameOrigin(req *http.Request) (n named) {
	if a.origin != "" {
		n[0], n[1], _ = strings.Cut(a.origin, "://")
		return n
	}
	n[2], n[3] = "http", req.Host
	if req.TLS != nil {
		n[2] = "https"
	}
	if a.trustedProxy {
		n[0] = strings.ToLower(firstPart(req.Header, "X-Forwarded-Proto", n[2]))
		n[1] = strings.TrimRight(firstPart(req.Header, "X-Forwarded-Host", n[3]), " \t")
	}
	for i := range n {
		if len(n[i]) > maxHost {
			n[i] = ""
		}
	}
	return n
}

// origin returns the origin that is named. For a long name, that takes milliseconds.
func (n named) origin() (string, error) {
	origin, err := buildOrigin(n[0], n[1])
	if errors.Is(err, errNoOrigin) {
		origin, err = buildOrigin(n[2], n[3])
	}
	return origin, err
}

// errNoOrigin is about a scheme and a host that make no sense.
var errNoOrigin = error(refuse(reasonOrigin, "the request's host is not one"))

// errBadScheme is about an origin of a service that no browser shows pages of.
var errBadScheme = error(refuse(reasonOrigin, "the origin's scheme is neither http nor https"))

// schemeLike is what can be the scheme of a URL.
var schemeLike = regexp.MustCompile(`^[a-z][a-z0-9+.-]*$`)

// firstPart returns what is before the first comma of a header, or what stands for a header that is
// missing.
func firstPart(h http.Header, name, missing string) string {
	values := h[name]
	if len(values) == 0 {
		return missing
	}
	part, _, _ := strings.Cut(strings.Trim(values[0], " \t"), ",")
	return part
}

// buildOrigin normalizes an origin as browsers do. What does not belong to one, user, path, query
// and fragment, is dropped.
func buildOrigin(scheme, authority string) (string, error) {
	if end := strings.IndexAny(authority, `/\?#`); end >= 0 {
		authority = authority[:end]
	}
	authority = authority[strings.LastIndexByte(authority, '@')+1:]
	name, port := authority, ""
	if colon := strings.LastIndexByte(authority, ':'); colon > strings.LastIndexByte(authority, ']') {
		name, port = authority[:colon], authority[colon+1:]
	}
	host, hostErr := parseHost(name)
	number, portErr := strconv.ParseUint(port, 10, 16)
	switch {
	case hostErr != nil, port != "" && (portErr != nil || number == 0), // unlike a browser
		!schemeLike.MatchString(scheme):
		return "", errNoOrigin
	case scheme != "http" && scheme != "https":
		return "", errBadScheme
	case port == "", scheme == "http" && number == 80, scheme == "https" && number == 443:
		return scheme + "://" + host, nil
	}
	return scheme + "://" + host + ":" + strconv.FormatUint(number, 10), nil
}

// names maps the names of hosts to lower case and punycode, as the WHATWG's URL standard does.
var names = idna.New(
	idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false),
	idna.CheckHyphens(false), idna.CheckJoiners(true), idna.BidiRule(), idna.VerifyDNSLength(false),
)

// maxHost is how long a host may be before its name is looked at: each byte of 253 may be encoded
// as three, or stand for a character that is. To turn a long name into punycode takes minutes.
const maxHost = 3 * 3 * 253

// parseHost returns the normal form of a host without a port.
func parseHost(host string) (string, error) {
	if len(host) > maxHost {
		return "", errNoOrigin
	}
	if inner, found := strings.CutPrefix(host, "["); found {
		return parseIPv6(strings.TrimSuffix(inner, "]"), strings.HasSuffix(inner, "]"))
	}
	decoded, err := url.PathUnescape(host)
	if err != nil || !utf8.ValidString(decoded) {
		return "", errNoOrigin
	}
	name, err := names.ToASCII(decoded)
	if err != nil || name == "" || len(name) > 253 || strings.ContainsFunc(name, isNotOfHosts) {
		return "", errNoOrigin
	}
	last := strings.TrimSuffix(name, ".")
	last = last[strings.LastIndexByte(last, '.')+1:]
	isNumber := strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x")
	if addr, _ := netip.ParseAddr(name); isNumber && !addr.Is4() {
		return "", errNoOrigin
	}
	return name, nil
}

// isNotOfHosts reports whether a host's name must not have a character.
func isNotOfHosts(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"#%/:<>?@[\\]^`{|}", r)
}

func parseIPv6(text string, closed bool) (string, error) {
	addr, err := netip.ParseAddr(text)
	if err != nil || !closed || !addr.Is6() || addr.Zone() != "" {
		return "", errNoOrigin
	}
	if addr.Is4In6() { // which netip writes with dots
		b := addr.As16()
		high, low := uint16(b[12])<<8|uint16(b[13]), uint16(b[14])<<8|uint16(b[15])
		return fmt.Sprintf("[::ffff:%x:%x]", high, low), nil
	}
	return "[" + addr.String() + "]", nil
}
