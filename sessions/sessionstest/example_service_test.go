package sessionstest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// A browser comes back to a service when its session token has expired. In a test, New(t) takes the
// place of NewServer and Close.
func Example_middleware() {
	clerk := sessionstest.NewServer()
	defer clerk.Close()
	client, err := sessions.NewClient(clerk.SecretKey, sessions.WithBaseURL(clerk.URL))
	if err != nil {
		fmt.Println(err)
		return
	}
	auth, err := sessionhttp.New(client, clerk.PublishableKey,
		sessionhttp.WithFrontendAPI(clerk.FrontendAPI), sessionhttp.WithClock(clerk.Now))
	if err != nil {
		fmt.Println(err)
		return
	}
	page := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		who, _ := sessionhttp.FromContext(req.Context())
		_, _ = fmt.Fprintf(w, "%s, refreshed: %t", who.UserID, who.Refreshed)
	})
	service := httptest.NewServer(auth.Middleware(page))
	defer service.Close()

	jar, _ := cookiejar.New(nil) // cannot fail without options
	browser := &http.Client{Jar: jar}
	address := &url.URL{Scheme: "http", Host: service.Listener.Addr().String()}
	jar.SetCookies(address, clerk.SignIn("user_ada").Cookies)
	for _, later := range []time.Duration{0, 2 * time.Minute, 0} {
		clerk.Advance(later)
		resp, err := browser.Get(service.URL)
		if err != nil {
			fmt.Println(err)
			return
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		fmt.Println(string(body), err)
	}
	// Output:
	// user_ada, refreshed: false <nil>
	// user_ada, refreshed: true <nil>
	// user_ada, refreshed: false <nil>
}
