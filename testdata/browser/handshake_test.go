package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

// A handshake that changes nothing must not send the browser to and fro for ever: the count of it is in a cookie that
// has to survive redirects between two sites.
func TestHandshakeThatChangesNothingEnds(t *testing.T) {
	for name, row := range map[string]struct {
		query      string // what the handshake adds to the page's URL
		handshakes int32
	}{
		"one that brings nothing":     {"", 3},
		"one that brings a bad token": {"__clerk_handshake=e30.e30.c2ln", 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := startClerk(t)
			refresher, err := sessionhttp.NewRefresher(s.client, s.clerk.PublishableKey,
				sessionhttp.WithJWTKey(s.clerk.PublicKeyPEM()), sessionhttp.WithClock(s.clerk.Now),
				sessionhttp.WithHandshake())
			if err != nil {
				t.Fatal(err)
			}
			mux := http.NewServeMux()
			mux.HandleFunc("/sign-in", func(w http.ResponseWriter, _ *http.Request) {
				for _, cookie := range s.signIn(ada) {
					http.SetCookie(w, cookie)
				}
			})
			mux.Handle("/", refresher.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				outcome, _ := sessionhttp.OutcomeFromContext(r.Context())
				w.Header().Set("Content-Type", "text/html")
				_, _ = fmt.Fprintf(w,
					`<link rel="icon" href="data:,"><h1>page</h1><p id="status">%s</p>`, outcome.Status)
			})))
			s.serve(t, mux)
			var handshakes atomic.Int32
			frontend := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				handshakes.Add(1)
				back := r.URL.Query().Get("redirect_url")
				if r.URL.Path != "/v1/client/handshake" || !strings.HasPrefix(back, s.url+"/?page=1") {
					t.Errorf("the frontend API is asked for %s", r.URL)
				}
				if row.query != "" {
					back += "&" + row.query
				}
				http.Redirect(w, r, back, http.StatusTemporaryRedirect)
			}))
			t.Cleanup(frontend.Close)
			const frontendHost = "clerk.example.test" // what the fake's publishable key names
			b := newBrowser(t, chromedp.IgnoreCertErrors, chromedp.Flag("host-resolver-rules",
				"MAP "+frontendHost+":443 "+frontend.Listener.Addr().String()+", MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"))

			b.open(t, s.url+"/sign-in")
			for _, session := range s.active(t) {
				if _, err := s.client.Revoke(t.Context(), session); err != nil {
					t.Fatal(err)
				}
			}
			s.clerk.Advance(expired)
			s.asked()
			if got := b.open(t, s.url+"/?page=1"); got.Heading != "page" || got.Status != "handshake-needed" {
				t.Errorf("in the end the page says %+v", got)
			}
			if n := handshakes.Load(); n != row.handshakes {
				t.Errorf("%d handshakes, want %d", n, row.handshakes)
			}
			if n := s.asked(); n != int(row.handshakes)+1 {
				t.Errorf("%d pages asked for, want %d", n, row.handshakes+1)
			}
			if n := s.calls("RefreshSession"); n != 1 {
				t.Errorf("%d refresh calls, want 1", n)
			}
		})
	}
}
