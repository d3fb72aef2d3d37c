package sessionhttp

import (
	"net/http"
	"strings"
)

const (
	maxHeaders = 16 << 10 // bytes of request headers that are sent to Clerk
	maxHeader  = 2 << 10  // bytes of one of them, where all would be too much
)

// shortList names the headers that are sent where all would be too much.
var shortList = []string{
	"User-Agent", "Accept-Language", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host",
	"X-Forwarded-Port", "X-Forwarded-Proto", "X-Real-Ip",
}

// requestHeaders returns the headers of a request as the official SDK sends them on: every name in
// lower case, its values in one text, the Host among them. Of a request with too many, only the
// short list and the cookies' names are sent.
func requestHeaders(req *http.Request) http.Header {
	size := len(req.Host)
	for name, values := range req.Header {
		size += len(name) + len(strings.Join(values, ", "))
	}
	h := req.Header
	if size > maxHeaders {
		h = shortHeaders(h)
	}
	headers := make(http.Header, len(h)+1)
	for name, values := range h {
		if len(values) == 0 {
			continue
		}
		separator := ", "
		if name == "Cookie" {
			separator = "; "
		}
		name = strings.ToLower(fromLatin1(name)) // two may become one
		values = append(headers[name], fromLatin1(strings.Join(values, separator)))
		headers[name] = []string{strings.Join(values, separator)}
	}
	if 0 < len(req.Host) && len(req.Host) <= maxHeader {
		headers["host"] = []string{fromLatin1(req.Host)}
	}
	return headers
}

// shortHeaders returns the short list, and the cookies without their values.
func shortHeaders(h http.Header) http.Header {
	short := http.Header{}
	for _, name := range shortList {
		if value := strings.Join(h[name], ", "); value != "" && len(value) <= maxHeader {
			short[name] = []string{value}
		}
	}
	var names strings.Builder
	for pair := range strings.SplitSeq(strings.Join(h["Cookie"], ";"), ";") {
		name, _, found := cutPair(pair)
		if found && names.Len()+len(name) <= maxHeader {
			names.WriteString(name + "=; ")
		}
	}
	short["Cookie"] = []string{strings.TrimRight(names.String(), "; ")}
	return short
}
