package sessionhttp

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// jar holds the cookies of a request that this package reads. One that is empty counts as absent.
type jar struct {
	session, ownSession, ownRefresh, clientUAT, ownClientUAT string

	redirects, handshake string
}

// readCookies reads the Cookie headers as the official SDK does, which is not as net/http does: quotes belong to the value, a
// value is percent-decoded, and nothing is dropped. The first cookie of a name wins.
func (i *instance) readCookies(h http.Header) jar {
	var j jar
	var seen [7]bool
	for _, line := range h["Cookie"] {
		for line != "" {
			var name, value string
			name, value, line = cutCookie(line)
			if !strings.HasPrefix(name, "__") {
				continue
			}
			field, n := j.field(i, name)
			if field != nil && !seen[n] {
				seen[n] = true
				*field = cookieValue(value)
			}
		}
	}
	return j
}

// field returns where the cookie of that name goes, and its number; nil for one that is not read.
func (j *jar) field(i *instance, name string) (*string, int) {
	switch name {
	case i.session:
		return &j.session, 0
	case i.ownSession:
		return &j.ownSession, 1
	case i.ownRefresh:
		return &j.ownRefresh, 2
	case i.clientUAT:
		return &j.clientUAT, 3
	case i.ownClientUAT:
		return &j.ownClientUAT, 4
	case redirectsCookie:
		return &j.redirects, 5
	case handshakeName:
		return &j.handshake, 6
	}
	return nil, 0
}

// cutCookie takes the first cookie off a Cookie header. What has no "=" has no name.
func cutCookie(line string) (name, value, rest string) {
	pair, rest, _ := strings.Cut(line, ";")
	name, value, found := strings.Cut(pair, "=")
	if !found {
		return "", "", rest
	}
	return trimBlanks(name), trimBlanks(value), rest
}

// cookieValue decodes a value, unless that makes no valid text.
func cookieValue(raw string) string {
	raw = fromLatin1(raw)
	if !strings.Contains(raw, "%") {
		return raw
	}
	decoded, err := url.PathUnescape(raw)
	if err != nil || !utf8.ValidString(decoded) {
		return raw
	}
	return decoded
}

// trimBlanks is strings.Trim(s, " \t"), several times as fast.
func trimBlanks(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// replaceCookies returns Cookie headers in which every cookie of one of the names has the value, and each of the names is there.
// The others stay as they are, to the byte.
func replaceCookies(lines []string, names []string, value string) []string {
	out := make([]string, 0, len(lines)+1)
	there := make(map[string]bool, len(names))
	for _, line := range lines {
		pairs := strings.Split(line, ";")
		for n, pair := range pairs {
			name, _, _ := cutCookie(pair)
			for _, want := range names {
				if name == want {
					there[want] = true
					pairs[n] = pair[:strings.Index(pair, "=")+1] + value
				}
			}
		}
		out = append(out, strings.Join(pairs, ";"))
	}
	for _, name := range names {
		if there[name] {
			continue
		}
		if len(out) == 0 || trimBlanks(out[0]) == "" {
			out = append(out[:0], name+"="+value)
		} else {
			out[0] += "; " + name + "=" + value
		}
	}
	return out
}
