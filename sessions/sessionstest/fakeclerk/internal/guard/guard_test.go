package guard

import "testing"

func TestIsLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost":           true,
		"LOCALHOST:4010":      true,
		"app.localhost:3000":  true,
		"127.0.0.1:4010":      true,
		"127.9.9.9":           true,
		"[::1]:4010":          true,
		"[::1]":               true,
		"::1":                 true,
		"":                    false,
		":4010":               false,
		"evil.test":           false,
		"localhost.evil.test": false,
		"evil-localhost":      false,
		"127.0.0.1.evil.test": false,
		"0.0.0.0:4010":        false,
		"203.0.113.7":         false,
		"[2001:db8::1]:4010":  false,
		"localhost:4010:1":    false,
	} {
		if got := IsLoopback(host); got != want {
			t.Errorf("%q: %t, want %t", host, got, want)
		}
	}
}
