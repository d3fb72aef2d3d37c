package sessionhttp_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

func Example() {
	clerk := sessionstest.NewServer() // stands for Clerk
	defer clerk.Close()
	client, err := sessions.NewClient(clerk.SecretKey, sessions.WithBaseURL(clerk.URL))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.CloseIdleConnections()
	refresher, err := sessionhttp.NewRefresher(client, clerk.PublishableKey,
		sessionhttp.WithJWTKey(clerk.PublicKeyPEM()),
		sessionhttp.WithClock(clerk.Now)) // only because this Clerk's clock is moved below
	if err != nil {
		fmt.Println(err)
		return
	}

	page := refresher.Middleware(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		outcome, _ := sessionhttp.OutcomeFromContext(req.Context())
		fmt.Fprintln(w, "the session token:", outcome.Status)
	}))

	browser := clerk.SignIn("user_1")
	clerk.Advance(2 * time.Minute) // its token lives for one
	req := httptest.NewRequest(http.MethodGet, "https://app.example.com/", nil)
	for _, cookie := range browser.Cookies {
		req.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	page.ServeHTTP(w, req)

	fmt.Print(w.Body)
	for _, cookie := range w.Result().Cookies()[:2] {
		fmt.Println("sets", cookie.Name)
	}
	// Output:
	// the session token: refreshed
	// sets __session
	// sets __session_6tQWJVae
}

func ExampleRefresher_Params() {
	refresher, err := sessionhttp.NewRefresher(&sessions.Client{}, "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
	if err != nil {
		fmt.Println(err)
		return
	}
	req := httptest.NewRequest(http.MethodGet, "https://app.example.com/", nil)
	_, _, err = refresher.Params(req)
	fmt.Println(err)
	// Output: clerk: no refresh: the request has no session token (missing-session-token)
}
