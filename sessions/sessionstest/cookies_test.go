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

func TestPublishableKeyNamesTheFrontendAPI(t *testing.T) {
	got, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(publishableKey, "pk_test_"))
	if err != nil || string(got) != frontendAPI+"$" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestOriginAttributes(t *testing.T) {
	for origin, want := range map[string]struct {
		secure bool
		domain string
	}{
		"https://App.Example.com:8443": {true, "app.example.com"},
		"http://app.example.com":       {false, "app.example.com"},
		"http://localhost:3000":        {false, ""},
		"https://192.0.2.1":            {true, ""},
		"https://[2001:db8::1]":        {true, ""},
		"https://exa;mple.com":         {true, ""},
		"https://.com":                 {true, ""},
		"app.example.com":              {false, ""},
		"https://%zz":                  {false, ""},
	} {
		if secure, domain := originAttributes(origin); secure != want.secure || domain != want.domain {
			t.Errorf("%s: %t %q, want %t %q", origin, secure, domain, want.secure, want.domain)
		}
	}
}
