package control

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestNothingForOtherSites(t *testing.T) {
	a := newAPI(t)
	for name, row := range map[string]struct {
		method string
		header http.Header
		status int
	}{
		"a form of another site":   {"POST", http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
		"by an old browser":        {"POST", http.Header{"Origin": {"https://evil.test"}}, 403},
		"a program":                {"POST", nil, 204},
		"the page itself":          {"POST", http.Header{"Sec-Fetch-Site": {"same-origin"}}, 204},
		"a preflight":              {"OPTIONS", http.Header{"Origin": {"https://evil.test"}}, 405},
		"a script of another site": {"GET", http.Header{"Origin": {"https://evil.test"}}, 405},
	} {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), row.method, a.server.URL+Prefix+"reset", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header = row.header
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != row.status {
				t.Errorf("status %d, want %d", resp.StatusCode, row.status)
			}
			for header := range resp.Header {
				if strings.HasPrefix(header, "Access-Control-") {
					t.Errorf("it has %s", header)
				}
			}
		})
	}
}

// TestMethods asks every path with every method: those that it does not take are named.
func TestMethods(t *testing.T) {
	a := newAPI(t)
	for path, methods := range endpoints() {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
			if methods[method] != nil {
				continue
			}
			got := a.send(t, method, strings.Replace(path, "{id}", "sess_1", 1), "")
			allowed := strings.Split(got.header.Get("Allow"), ", ")
			if got.status != 405 || len(allowed) != len(methods) || !slices.IsSorted(allowed) {
				t.Errorf("%s %s: %d, Allow %v", method, path, got.status, allowed)
			}
		}
	}
}
