package sessionhttp_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// A publishable key, of the instance at clerk.example.com.
const publishableKey = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k"

// newExample returns a Refresher in front of an in-process Clerk, and an expiredRequest.
func newExample(opts ...sessionhttp.Option) (*sessionstest.Server, *sessionhttp.Refresher, *http.Request) {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	client, err := sessions.NewClient(clerk.SecretKey, sessions.WithBaseURL(clerk.URL), sessions.WithHTTPClient(clerk.HTTPClient()))
	if err != nil {
		panic(err)
	}
	refresher, err := sessionhttp.NewRefresher(client, clerk.PublishableKey, append(opts, sessionhttp.WithClock(clerk.Now))...)
	if err != nil {
		panic(err)
	}
	return clerk, refresher, expiredRequest(clerk)
}

// expiredRequest returns what a browser sends two minutes after its user signed in: its session token has expired.
func expiredRequest(clerk *sessionstest.Server) *http.Request {
	req := httptest.NewRequest(http.MethodGet, "https://app.example.com/", nil)
	req.Header.Set("Accept", "text/html")
	for _, cookie := range clerk.SignIn("").Cookies {
		req.AddCookie(cookie)
	}
	clerk.Advance(2 * time.Minute)
	return req
}

// serve has a request served behind the middleware, and returns the answer and what the middleware did, if it let the request through.
func serve(refresher *sessionhttp.Refresher, req *http.Request) (resp *http.Response, outcome sessionhttp.Outcome) {
	page := refresher.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		outcome, _ = sessionhttp.OutcomeFromContext(req.Context())
	}))
	w := httptest.NewRecorder()
	page.ServeHTTP(w, req)
	return w.Result(), outcome
}

func ExampleNewRefresher() {
	_, err := sessionhttp.NewRefresher(&sessions.Client{}, "sk_live_a_secret_key", sessionhttp.WithOrigin("app.example.com"))
	fmt.Println(err)
	// Output:
	// clerk: publishable key: this is a secret key, which belongs to sessions.NewClient
	// clerk: WithOrigin: it must be a scheme and a host and nothing else, as in "https://app.example.com"
}

func ExampleOutcomeFromContext() {
	clerk, refresher, req := newExample()
	clerk.Inject(sessionstest.Fault{Operation: "RefreshSession", Status: http.StatusBadRequest})

	page := refresher.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		outcome, _ := sessionhttp.OutcomeFromContext(req.Context())
		if outcome.Status == sessionhttp.StatusUnavailable {
			fmt.Println(outcome.Reason, errors.Is(outcome.Err, sessions.ErrBadRequest))
		}
	}))
	page.ServeHTTP(httptest.NewRecorder(), req)
	// Output: request_invalid true
}

func ExampleRefresher_Middleware() {
	_, refresher, req := newExample()

	page := refresher.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		outcome, _ := sessionhttp.OutcomeFromContext(req.Context())
		fmt.Println(outcome.Status)
	}))
	w := httptest.NewRecorder()
	page.ServeHTTP(w, req)
	resp := w.Result()
	fmt.Println(resp.Header.Get("Cache-Control"))
	for _, cookie := range resp.Cookies() {
		fmt.Println("sets", cookie.Name)
	}
	// Output:
	// refreshed
	// private, no-store
	// sets __session
	// sets __session_6tQWJVae
	// sets __client_uat
	// sets __client_uat_6tQWJVae
}

func ExampleRefresher_SessionToken() {
	_, refresher, req := newExample()

	token, suffixed := refresher.SessionToken(req)
	fmt.Println(token != "", suffixed)
	// Output: true true
}

func ExampleRefresher_Origin() {
	refresher, err := sessionhttp.NewRefresher(&sessions.Client{}, publishableKey)
	if err != nil {
		fmt.Println(err)
		return
	}
	req := httptest.NewRequest(http.MethodGet, "https://APP.example.com:443/page", nil)
	fmt.Println(refresher.Origin(req))
	// Output: https://app.example.com <nil>
}

func ExampleWithOrigin() {
	refresher, err := sessionhttp.NewRefresher(&sessions.Client{}, publishableKey, sessionhttp.WithOrigin("https://app.example.com"))
	if err != nil {
		fmt.Println(err)
		return
	}
	req := httptest.NewRequest(http.MethodGet, "http://10.1.2.3:8080/page", nil)
	fmt.Println(refresher.Origin(req))
	// Output: https://app.example.com <nil>
}

func ExampleWithTrustedProxy() {
	refresher, err := sessionhttp.NewRefresher(&sessions.Client{}, publishableKey, sessionhttp.WithTrustedProxy())
	if err != nil {
		fmt.Println(err)
		return
	}
	req := httptest.NewRequest(http.MethodGet, "http://10.1.2.3:8080/page", nil)
	req.Header.Set("X-Forwarded-Proto", "https")
	req.Header.Set("X-Forwarded-Host", "app.example.com")
	fmt.Println(refresher.Origin(req))
	// Output: https://app.example.com <nil>
}

func ExampleWithClientIP() {
	_, refresher, req := newExample(sessionhttp.WithClientIP(func(req *http.Request) string {
		host, _, _ := net.SplitHostPort(req.RemoteAddr) // behind no proxy
		return host
	}))

	req.RemoteAddr = "203.0.113.7:51000"
	_, params, err := refresher.Params(req)
	fmt.Println(params.RequestOriginatingIP, err)
	// Output: 203.0.113.7 <nil>
}

func ExampleWithVerifier() {
	_, refresher, req := newExample(sessionhttp.WithVerifier(func(context.Context, string) error {
		return errors.New("not signed by our instance") // say, by a key set that the service keeps up to date
	}))

	_, outcome := serve(refresher, req) // nothing is sent to Clerk
	fmt.Println(outcome.Status, outcome.Reason)
	// Output: not-eligible invalid-session-token
}

func ExampleWithHandshake() {
	clerk, refresher, req := newExample(sessionhttp.WithHandshake())
	clerk.Inject(sessionstest.Fault{Operation: "RefreshSession", Status: http.StatusUnauthorized}) // the refresh token is used up, say

	resp, _ := serve(refresher, req) // the page is not asked
	to, err := resp.Location()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(resp.StatusCode, to.Path, to.Query().Get("redirect_url"))
	// Output: 307 /v1/client/handshake https://app.example.com/
}

func ExampleWithRefreshRate() {
	clerk, refresher, req := newExample(sessionhttp.WithRefreshRate(0.001, 1)) // for an example: use far more
	other := expiredRequest(clerk)

	_, outcome := serve(refresher, req)
	fmt.Println(outcome.Status)
	_, outcome = serve(refresher, other)
	fmt.Println(outcome.Status, outcome.Reason)
	// Output:
	// refreshed
	// unavailable refresh-rate-limited
}
