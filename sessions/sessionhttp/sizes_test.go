package sessionhttp_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

// Whatever a browser sends, the body of a refresh has at most 64 KiB. JSON writes some characters in six bytes.
func TestClerkGetsAtMost64KiB(t *testing.T) {
	t.Parallel()
	one := func(fill string) func(*http.Request) {
		return func(req *http.Request) { req.Header["X-A"] = []string{strings.Repeat(fill, 13000/len(fill))} }
	}
	rows := map[string]func(*http.Request){
		"angle brackets":     one("<"),
		"controls":           one("\x01"),
		"quotes":             one(`"`),
		"bytes beyond ASCII": one("\xff"),
		"line separators":    one("\u2028"),
		"many headers": func(req *http.Request) {
			for n := range 3000 {
				req.Header[fmt.Sprint("X", n)] = []string{""}
			}
		},
		"the short list": func(req *http.Request) {
			for _, name := range []string{
				"User-Agent", "Accept-Language", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port",
				"X-Forwarded-Proto", "X-Real-Ip",
			} {
				req.Header[name] = []string{strings.Repeat("<", 2048)}
			}
			req.Header["Cookie"][0] += strings.Repeat("; <=", 2048)
		},
		"a refresh token": func(req *http.Request) {
			req.Header["Cookie"][0] = strings.Replace(req.Header["Cookie"][0], "=rt", "="+strings.Repeat("<", 4096), 1)
			req.Header["User-Agent"] = []string{strings.Repeat("x", 2048)}
			req.Header["X-Forwarded-For"] = []string{strings.Repeat("<", 2048)}
		},
		"an address": func(req *http.Request) { req.Header["Client"] = []string{strings.Repeat("9", 900_000)} },
		"an address's zone": func(req *http.Request) {
			req.Header["Client"] = []string{"fe80::1%" + strings.Repeat("9", 900_000)}
		},
	}
	for name, edit := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			size := 0
			s := newService(t, newClient(t, roundTripper(func(req *http.Request) (*http.Response, error) {
				body, err := io.ReadAll(req.Body)
				size = len(body)
				return nil, err
			})), sessionhttp.WithClientIP(func(req *http.Request) string { return req.Header.Get("Client") }))
			s.serve(newPage(t, cookieLine(oldToken(t, "sess_1", start), "rt"), edit))
			if size == 0 || size > 64<<10 {
				t.Errorf("a body of %d bytes; %+v", size, s.auth)
			}
		})
	}
}

// What is no address of a client is not sent.
func TestClientIP(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"203.0.113.9": "203.0.113.9", "2001:db8::1": "2001:db8::1", "": "",
		"junk": "", "203.0.113.9, 203.0.113.10": "", "203.0.113.9:80": "", "fe80::1%eth0": "", "\xff": "",
	} {
		s := newService(t, noBackend{}, sessionhttp.WithClientIP(func(*http.Request) string { return given }))
		_, p, err := s.Params(newPage(t, cookieLine(oldToken(t, "sess_1", start), "rt")))
		if p.RequestOriginatingIP != want || err != nil {
			t.Errorf("%q: %q is sent, %v", given, p.RequestOriginatingIP, err)
		}
	}
}
