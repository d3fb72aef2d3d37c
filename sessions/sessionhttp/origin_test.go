package sessionhttp_test

import (
	"bufio"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

func TestOriginOfHost(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, host, want string }{
		{"plain", "app.example.com", "https://app.example.com"},
		{"upper case", "APP.Example.COM", "https://app.example.com"},
		{"port", "app.example.com:8443", "https://app.example.com:8443"},
		{"default port", "app.example.com:443", "https://app.example.com"},
		{"port with zeros", "app.example.com:00443", "https://app.example.com"},
		{"empty port", "app.example.com:", "https://app.example.com"},
		{"trailing dot", "app.example.com.", "https://app.example.com."},
		{"underscore", "my_app.example.com", "https://my_app.example.com"},
		{"hyphens", "-a--b-.example.com", "https://-a--b-.example.com"},
		{"one label", "localhost:3000", "https://localhost:3000"},
		{"IDN", "Bücher.example", "https://xn--bcher-kva.example"},
		{"IDN with a sharp s", "faß.example", "https://xn--fa-hia.example"},
		{"full-width", "ａｐｐ．example.com", "https://app.example.com"},
		{"percent-encoded", "ex%61mple.com", "https://example.com"},
		{"IPv4", "203.0.113.9", "https://203.0.113.9"},
		{"IPv6", "[2001:DB8:0:0:0::1]:8443", "https://[2001:db8::1]:8443"},
		{"IPv4 in IPv6", "[::ffff:192.0.2.1]", "https://[::ffff:c000:201]"},
		{"user", "user:pass@app.example.com", "https://app.example.com"},
		{"path", "app.example.com/a@b", "https://app.example.com"},

		{"empty", "", ""},
		{"a blank", "app example.com", ""},
		{"a blank in front", " app.example.com", ""},
		{"a control", "app\x00.example.com", ""},
		{"a line break", "app.example.com\r\nx: y", ""},
		{"an encoded slash", "app.example.com%2f.evil.example", ""},
		{"an encoded @", "a%40app.example.com", ""},
		{"bad encoding", "app%zz.example.com", ""},
		{"not UTF-8", "app\xff.example.com", ""},
		{"angle brackets", "<app>.example.com", ""},
		{"only a port", ":443", ""},
		{"only a user", "user@", ""},
		{"port 0", "app.example.com:0", ""},
		{"port too large", "app.example.com:65536", ""},
		{"port of letters", "app.example.com:https", ""},
		{"negative port", "app.example.com:-1", ""},
		{"two ports", "app.example.com:1:2", ""},
		{"IPv6 without brackets", "2001:db8::1", ""},
		{"IPv6 not closed", "[2001:db8::1", ""},
		{"IPv6 with a zone", "[fe80::1%25eth0]", ""},
		{"IPv4 in brackets", "[192.0.2.1]", ""},
		{"IPv4 out of range", "203.0.113.999", ""},
		{"IPv4 cut off", "203.0.113", ""},
		{"IPv4 in hexadecimal", "0xcb007109", ""},
		{"dots", "..", ""},
		{"bad punycode", "xn--a.example", ""},
		{"too long", strings.Repeat("a.", 200) + "com", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			req := httptest.NewRequest(http.MethodGet, "https://ignored.example/", nil)
			req.Host = row.host
			req.URL.Host = "target.example"
			req.Header.Set("X-Forwarded-Host", "forwarded.example")
			req.Header.Set("X-Forwarded-Proto", "http")
			got, err := newAuthenticator(t, noBackend{}, liveKey).Origin(req)
			if got != row.want || (err == nil) != (row.want != "") {
				t.Errorf("got %q, %v; want %q", got, err, row.want)
			}

			fixed, err := newAuthenticator(
				t,
				noBackend{},
				liveKey,
				sessionhttp.WithOrigin("https://Fixed.example:443"),
				sessionhttp.WithTrustedProxy(),
			).Origin(req)
			if fixed != "https://fixed.example" || err != nil {
				t.Errorf("a fixed origin is %q, %v", fixed, err)
			}
		})
	}
}

func TestOriginOfTarget(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, head, want string }{
		{"path", "GET / HTTP/1.1\r\nHost: app.example.com", "http://app.example.com"},
		{"two slashes", "GET //evil.example/ HTTP/1.1\r\nHost: app.example.com", "http://app.example.com"},
		{"backslashes", `GET /\evil.example HTTP/1.1` + "\r\nHost: app.example.com", "http://app.example.com"},
		{"another scheme", "GET https://app.example.com/ HTTP/1.1\r\nHost: app.example.com", "http://app.example.com"},
		{
			"user in the target", "GET http://evil.example@app.example.com/ HTTP/1.1\r\nHost: app.example.com",
			"http://app.example.com",
		},
		{"star", "OPTIONS * HTTP/1.1\r\nHost: app.example.com", "http://app.example.com"},
		{"no host", "GET / HTTP/1.0", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			req, err := http.ReadRequest(bufio.NewReader(strings.NewReader(row.head + "\r\n\r\n")))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := newAuthenticator(
				t,
				noBackend{},
				liveKey,
			).Origin(req); got != row.want ||
				(err == nil) != (row.want != "") {
				t.Errorf("got %q, %v; want %q", got, err, row.want)
			}
		})
	}
}

func TestForwardedSchemes(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, proto, want string }{
		{"https", "https", "https://app.example.com"},
		{"http", "http", "http://app.example.com"},
		{"upper case", "HTTPS", "https://app.example.com"},
		{"no scheme at all", "1ht:tp", "https://app.example.com"},
		{"wss", "wss", ""},
		{"file", "file", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			req := httptest.NewRequest(http.MethodGet, "https://app.example.com/", nil)
			req.TLS = &tls.ConnectionState{}
			req.Header.Set("X-Forwarded-Proto", row.proto)
			got, err := newAuthenticator(t, noBackend{}, liveKey, sessionhttp.WithTrustedProxy()).Origin(req)
			if got != row.want || (err == nil) != (row.want != "") {
				t.Errorf("got %q, %v; want %q", got, err, row.want)
			}
		})
	}
}
