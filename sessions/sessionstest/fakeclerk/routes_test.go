package main

import (
	"net/http"
	"strings"
	"testing"
)

// TestHosts has what each host name is answered: 421 is for names that lead here by DNS rebinding.
func TestHosts(t *testing.T) {
	p := startProgram(t)
	public := startProgram(t, "-public")
	for name, row := range map[string]struct {
		program    program
		path, host string
		status     int
	}{
		"the page":                       {p, "/", "localhost", 200},
		"the page by an address":         {p, "/", "", 200},
		"the page by another name":       {p, "/", "evil.test", 421},
		"its parts by another name":      {p, "/_page/page.css", "evil.test:4010", 421},
		"the control API":                {p, "/_fake/health", "app.localhost:4010", 200},
		"the control API, another name":  {p, "/_fake/health", "localhost.evil.test", 421},
		"the control API, for everybody": {public, "/_fake/health", "fakeclerk:4010", 200},
		"Clerk's API by another name":    {p, "/.well-known/jwks.json", "clerk.example.test", 200},
		"an unknown path of Clerk's":     {p, "/v1/users", "localhost", 404},
		"an unknown path of the page":    {p, "/_page/x", "localhost", 404},
	} {
		t.Run(name, func(t *testing.T) {
			url := row.program.environment["CLERK_FAKE_URL"] + row.path
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
			if err != nil {
				t.Fatal(err)
			}
			if row.host != "" {
				req.Host = row.host
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer http.DefaultClient.CloseIdleConnections()
			_ = resp.Body.Close()
			if resp.StatusCode != row.status {
				t.Errorf("status %d, want %d", resp.StatusCode, row.status)
			}
		})
	}
}

func TestProduction(t *testing.T) {
	p := startProgram(t, "-production")
	if key := p.environment["CLERK_PUBLISHABLE_KEY"]; !strings.HasPrefix(key, "pk_live_") {
		t.Errorf("publishable key %s", key)
	}
}
