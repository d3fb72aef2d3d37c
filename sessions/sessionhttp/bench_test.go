package sessionhttp_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

func BenchmarkNotNeeded(b *testing.B) {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	client, err := sessions.NewClient(clerk.SecretKey, sessions.WithBaseURL(clerk.URL), sessions.WithHTTPClient(clerk.HTTPClient()))
	if err != nil {
		b.Fatal(err)
	}
	r, err := sessionhttp.NewRefresher(client, clerk.PublishableKey, sessionhttp.WithJWTKey(clerk.PublicKeyPEM()))
	if err != nil {
		b.Fatal(err)
	}
	signedIn := httptest.NewRequest(http.MethodGet, "https://app.example.com/", nil)
	for _, cookie := range clerk.SignIn("").Cookies {
		signedIn.AddCookie(cookie)
	}
	bare := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	for _, row := range []struct {
		name    string
		handler http.Handler
		req     *http.Request
	}{
		{"bare handler", bare, signedIn},
		{"signed in", r.Middleware(bare), signedIn},
		{"no cookies", r.Middleware(bare), httptest.NewRequest(http.MethodGet, "https://app.example.com/", nil)},
	} {
		b.Run(row.name, func(b *testing.B) {
			w := httptest.NewRecorder()
			b.ReportAllocs()
			for b.Loop() {
				row.handler.ServeHTTP(w, row.req)
			}
		})
	}
}
