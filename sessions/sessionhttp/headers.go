package sessionhttp

import (
	"encoding/binary"
	"net/http"
	"strings"
)

// requestHeaders returns every header of a request as the official SDK sends it on: its name in lower case, its values in one
// string, the Host among them.
func requestHeaders(req *http.Request) http.Header {
	headers := make(http.Header, len(req.Header)+1)
	for name, values := range req.Header {
		if len(values) == 0 {
			continue
		}
		separator := ", "
		if name == "Cookie" {
			separator = "; "
		}
		name = strings.ToLower(fromLatin1(name))
		headers[name] = append(headers[name], fromLatin1(strings.Join(values, separator)))
	}
	if req.Host != "" {
		headers["host"] = []string{fromLatin1(req.Host)}
	}
	for name, values := range headers {
		if len(values) > 1 { // of a map that was not filled by net/http
			headers[name] = []string{strings.Join(values, ", ")}
		}
	}
	return headers
}

// fromLatin1 reads the bytes of a header as Node does, each as one character: what comes out is valid UTF-8.
func fromLatin1(s string) string {
	if isASCII(s) {
		return s
	}
	return latin1(s)
}

// isASCII looks at eight bytes at a time: every request with cookies passes here.
func isASCII(s string) bool {
	b := []byte(s) // which copies nothing
	for len(b) >= 8 {
		if binary.NativeEndian.Uint64(b)&0x8080808080808080 != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

func latin1(s string) string {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}
