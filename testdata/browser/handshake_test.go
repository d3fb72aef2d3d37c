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
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// page says who sends a request.
var page = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	who, _ := sessionhttp.FromContext(r.Context())
	w.Header().Set("Content-Type", "text/html")
	_, _ = fmt.Fprintf(w, `<link rel="icon" href="data:,"><h1>%s</h1><p id="status">%t %t</p><p id="reason">%s</p>`,
		who.UserID, who.SignedIn, who.Refreshed, who.Reason)
})

// resolving makes a browser find hosts on loopback, by their names.
func resolving(hosts map[string]*httptest.Server) []chromedp.ExecAllocatorOption {
	var rules strings.Builder
	for host, server := range hosts {
		rules.WriteString("MAP " + host + ":443 " + server.Listener.Addr().String() + ", ")
	}
	rules.WriteString("MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
	return []chromedp.ExecAllocatorOption{
		chromedp.IgnoreCertErrors, chromedp.Flag("host-resolver-rules", rules.String()),
	}
}

// A handshake that changes nothing must not send the browser to and fro for ever: the count of it is in a cookie that
// has to survive redirects between two sites.
func TestHandshakeThatChangesNothingEnds(t *testing.T) {
	for name, query := range map[string]string{ // what the handshake adds to the page's URL
		"one that brings nothing":     "",
		"one that brings a bad token": "__clerk_handshake=e30.e30.c2ln",
	} {
		t.Run(name, func(t *testing.T) {
			s := startClerk(t)
			auth, err := sessionhttp.New(s.client, s.clerk.PublishableKey,
				sessionhttp.WithJWTKey(s.clerk.PublicKeyPEM()), sessionhttp.WithClock(s.clerk.Now))
			if err != nil {
				t.Fatal(err)
			}
			s.serve(t, auth.Middleware(page))
			var handshakes atomic.Int32
			frontend := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				handshakes.Add(1)
				back := r.URL.Query().Get("redirect_url")
				if r.URL.Path != "/v1/client/handshake" || back != s.url+"/?page=1" {
					t.Errorf("the Frontend API is asked for %s", r.URL)
				}
				if query != "" {
					back += "&" + query
				}
				http.Redirect(w, r, back, http.StatusTemporaryRedirect)
			}))
			t.Cleanup(frontend.Close)
			b := newBrowser(t, resolving(map[string]*httptest.Server{"clerk.example.test": frontend})...)

			got := b.open(t, s.url+"/?page=1")
			if got.Status != "false false" || got.Reason != "dev-browser-missing" {
				t.Errorf("in the end the page says %+v", got)
			}
			if n := handshakes.Load(); n != 3 {
				t.Errorf("%d handshakes, want 3", n)
			}
			if n := s.asked(); n != 4 {
				t.Errorf("%d pages asked for, want 4", n)
			}
		})
	}
}

// A production instance, over TLS: the service and the Frontend API have two host names of one domain, and share
// cookies.
func TestProduction(t *testing.T) {
	s := startClerk(t, sessionstest.WithProduction())
	auth, err := sessionhttp.New(s.client, s.clerk.PublishableKey,
		sessionhttp.WithJWTKey(s.clerk.PublicKeyPEM()), sessionhttp.WithClock(s.clerk.Now),
		sessionhttp.WithAuthorizedParties("https://app.example.test"))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", page)
	mux.HandleFunc("/out", func(w http.ResponseWriter, r *http.Request) {
		if err := auth.SignOut(w, r); err != nil {
			t.Error(err)
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	handler := auth.Middleware(mux)
	service := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.arrive(r)
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(service.Close)
	clerk := httptest.NewTLSServer(s.clerk.Handler())
	t.Cleanup(clerk.Close)
	b := newBrowser(t, resolving(map[string]*httptest.Server{
		"app.example.test": service, "clerk.example.test": clerk,
	})...)
	const home = "https://app.example.test/"
	step := func(name string, got screen, heading, status string, pages int) {
		t.Helper()
		if got.Heading != heading || got.Status != status {
			t.Errorf("%s: the page says %+v", name, got)
		}
		if n := s.asked(); n != pages {
			t.Errorf("%s: %d pages asked for, want %d", name, n, pages)
		}
	}
	step("the first visit", b.open(t, home), "", "false false", 1)

	b.open(t, "https://clerk.example.test/sign-in?redirect_url="+home)
	step("the sign-in", b.press(t, `button[value="`+ada+`"]`), ada, "true false", 2) // to the handshake, and back
	s.clerk.Advance(expired)
	step("the expiry", b.reload(t), ada, "true true", 1)
	step("a reload", b.reload(t), ada, "true false", 1)
	s.clerk.RotateKey() // which does not matter to tokens of the key from before
	step("another reload", b.reload(t), ada, "true false", 1)
	step("the sign-out", b.open(t, home+"out"), "", "false false", 2)
	s.clerk.Advance(expired)
	step("a reload after the expiry", b.reload(t), "", "false false", 1)
}
