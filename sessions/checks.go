package sessions

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/redact"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/sessionid"
)

// ErrInvalidParams is matched by every error about a parameter that was found wrong before anything
// was sent, and by nothing else. A session id has 1 to 256 letters, digits and any of _ . ~ - and
// is not made of dots alone. The name of a template has up to 256 bytes, is not made of dots alone,
// and holds none of / \ % ? # and no control or format characters. A nonce has 1 to 512 letters,
// digits and any of _ . ~ -. All other text is valid UTF-8, numbers are not negative, ExpiresIn is
// in whole seconds, and the context is not nil.
var ErrInvalidParams = errors.New("clerk: invalid parameters")

const (
	maxName   = 256 // bytes of a template's name
	maxNonce  = 512 // bytes of a handshake's nonce
	maxQuoted = 64  // bytes of an input that an error shows
)

// invalid returns an error that matches ErrInvalidParams.
func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrInvalidParams}, args...)...)
}

// quote returns the start of an input for an error, without what looks like a secret.
func quote(input string) string {
	input = redact.Patterns(input[:min(len(input), 4*maxQuoted)])
	return fmt.Sprintf("%q", input[:min(len(input), maxQuoted)])
}

// checkKey refuses what cannot be a secret key, without showing it.
func checkKey(key string) error {
	switch {
	case key == "":
		return errors.New("clerk: the secret key is empty; it starts with sk_")
	case strings.HasPrefix(key, "pk_"):
		return errors.New("clerk: this is a publishable key; the secret key starts with sk_")
	case !printableASCII(key) || strings.ContainsAny(key, " \"'"):
		return errors.New("clerk: the secret key holds a space, a quote, a control or a non-ASCII " +
			"character; copy it again")
	}
	return nil
}

// checkSessionID lets through what is exactly one segment of a path and cannot be read as anything
// else.
func checkSessionID(id string) error {
	if problem := sessionid.Problem(id); problem != "" {
		return invalid("session id %s %s", quote(id), problem)
	}
	return nil
}

// checkTemplate lets through what is exactly one segment of a path once it is escaped; "" stands
// for no template.
func checkTemplate(name string) error {
	switch {
	case len(name) > maxName:
		return invalid("template %s… is longer than %d bytes", quote(name), maxName)
	case !utf8.ValidString(name):
		return invalid("template %s is not valid UTF-8", quote(name))
	case strings.ContainsAny(name, `/\%?#`) || strings.ContainsFunc(name, isInvisible):
		return invalid(`template %s must hold no / \ %% ? #, control or format characters`, quote(name))
	case name != "" && strings.Trim(name, ".") == "":
		return invalid("template %s is made of dots alone", quote(name))
	}
	return nil
}

func isInvisible(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf) }

// checkNonce refuses text that no nonce of a handshake can be, without showing it.
func checkNonce(nonce string) error {
	if nonce == "" || len(nonce) > maxNonce || strings.Trim(nonce, sessionid.Allowed) != "" {
		return invalid("the nonce must be 1 to %d letters, digits and any of _ . ~ -", maxNonce)
	}
	return nil
}

// checkUTF8 refuses text that the wire cannot carry unchanged. It shows nothing of it: it may be a
// token.
func checkUTF8(field, value string) error {
	if !utf8.ValidString(value) {
		return invalid("%s is not valid UTF-8", field)
	}
	return nil
}

// checkRequired refuses text that is empty, or that the wire cannot carry unchanged.
func checkRequired(field, value string) error {
	if value == "" {
		return invalid("%s is empty", field)
	}
	return checkUTF8(field, value)
}

// printableASCII reports whether s holds nothing but ASCII from the space to the tilde.
func printableASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// parseBaseURL refuses every URL that would send the key in clear text or requests to a place that
// is not plain to see. Its errors quote the host at most: userinfo and query may hold secrets.
func parseBaseURL(raw string, insecureHTTP bool) (*url.URL, error) {
	refuse := func(format string, args ...any) (*url.URL, error) {
		return nil, fmt.Errorf("clerk: base URL: "+format, args...)
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return refuse("it must have the scheme https and a host, as in %q", DefaultBaseURL)
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
