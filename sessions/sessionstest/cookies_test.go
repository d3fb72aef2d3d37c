package sessionstest

import (
	"encoding/base64"
	"strings"
	"testing"
)

func TestCookieSuffix(t *testing.T) {
	for key, want := range map[string]string{
		"pk_live_Y2xlcmsuZXhhbXBsZS5jb20k":                 "_naoXFJnI",
		"pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk": "_nx2hSE6I",
	} {
		if got := cookieSuffix(key); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}

func TestPublishableKeysNameTheFrontendAPI(t *testing.T) {
	for _, key := range []string{developmentKey, productionKey} {
		got, err := base64.RawStdEncoding.DecodeString(strings.SplitN(key, "_", 3)[2])
		if err != nil || string(got) != frontendAPI+"$" {
			t.Errorf("%s: %q, %v", key, got, err)
		}
	}
}

// TestCookiesFor has the origins of services, and the attributes of their cookies.
func TestCookiesFor(t *testing.T) {
	production := NewServer(WithoutListener(), WithProduction())
	for origin, want := range map[string]struct {
		secure bool
		domain string
	}{
		"https://App.Example.test:8443":     {true, "example.test"},
		"http://example.test":               {false, "example.test"},
		"https://a.b.example.test":          {true, "example.test"},
		"https://notexample.test":           {true, ""},
		"https://example.test.evil.example": {true, ""},
		"http://localhost:3000":             {false, ""},
		"https://192.0.2.1":                 {true, ""},
		"https://[2001:db8::1]":             {true, ""},
		"app.example.test":                  {false, ""},
		"https://%zz":                       {false, ""},
		"":                                  {false, ""},
	} {
		got := production.cookiesFor(origin)
		if got.secure != want.secure || got.domain != want.domain {
			t.Errorf("%s: %t %q, want %t %q", origin, got.secure, got.domain, want.secure, want.domain)
		}
		if got := NewServer(WithoutListener()).cookiesFor(origin); got.domain != "" {
			t.Errorf("%s: a development instance shares cookies below %q", origin, got.domain)
		}
	}
}
