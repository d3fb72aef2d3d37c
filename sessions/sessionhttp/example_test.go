package sessionhttp_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
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
	auth, err := sessionhttp.New(client, clerk.PublishableKey,
		sessionhttp.WithFrontendAPI(clerk.FrontendAPI), sessionhttp.WithClock(clerk.Now)) // only for the stand-in
	if err != nil {
		fmt.Println(err)
		return
	}

	page := auth.Middleware(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		who, _ := sessionhttp.FromContext(req.Context())
		fmt.Fprintln(w, who.SignedIn, who.UserID, who.Refreshed)
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
	// Output: true user_1 true
}

// visitor is a browser that signed in at an in-process Clerk two minutes ago.
type visitor struct {
	clerk *sessionstest.Server
	auth  *sessionhttp.Authenticator
}

// newVisitor returns a visitor of a service.
func newVisitor(opts ...sessionhttp.Option) *visitor {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	client, err := sessions.NewClient(clerk.SecretKey,
		sessions.WithBaseURL(clerk.URL), sessions.WithHTTPClient(clerk.HTTPClient()))
	if err != nil {
		panic(err)
	}
	auth, err := sessionhttp.New(client, clerk.PublishableKey, append([]sessionhttp.Option{
		sessionhttp.WithJWTKey(clerk.PublicKeyPEM()), sessionhttp.WithClock(clerk.Now),
	}, opts...)...)
	if err != nil {
		panic(err)
	}
	return &visitor{clerk, auth}
}

// request returns the browser's request for a page.
func (v *visitor) request() *http.Request {
	req := httptest.NewRequest(http.MethodGet, "https://app.example.com/", nil)
	req.Header.Set("Accept", "text/html")
	for _, cookie := range v.clerk.SignIn("user_1").Cookies {
		req.AddCookie(cookie)
	}
	v.clerk.Advance(2 * time.Minute)
	return req
}

// visit asks a handler for a page.
func visit(handler http.Handler, req *http.Request) *http.Response {
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, req)
	return w.Result()
}

// hello greets whoever sends a request.
var hello = http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
	who, _ := sessionhttp.FromContext(req.Context())
	fmt.Fprintf(os.Stdout, "signed in: %t, %q, %q\n", who.SignedIn, who.UserID, who.Reason)
})

func ExampleNew() {
	_, err := sessionhttp.New(&sessions.Client{}, "sk_test_1")
	fmt.Println(err)
	// Output: clerk: publishable key: this is a secret key, which belongs to sessions.NewClient
}

func ExampleFromContext() {
	v := newVisitor()
	visit(v.auth.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		who, ok := sessionhttp.FromContext(req.Context())
		fmt.Println(ok, who.UserID, who.Claims["sts"], who.Token)
	})), v.request())
	// Output: true user_1 active sessions.Token{[redacted]}
}

func ExampleAuthenticator_Middleware() {
	v := newVisitor()
	resp := visit(v.auth.Middleware(hello), v.request())
	fmt.Println(resp.Header.Get("Cache-Control"), len(resp.Cookies()), "cookies")
	// Output:
	// signed in: true, "user_1", ""
	// private, no-store 4 cookies
}

func ExampleAuthenticator_Require() {
	v := newVisitor(sessionhttp.WithSignInURL("/sign-in"), sessionhttp.WithoutHandshake())
	page := v.auth.Middleware(v.auth.Require(hello))
	visit(page, v.request())
	stranger := httptest.NewRequest(http.MethodGet, "https://app.example.com/", nil)
	stranger.Header.Set("Accept", "text/html")
	resp := visit(page, stranger)
	fmt.Println(resp.StatusCode, resp.Header.Get("Location"))
	stranger.Header.Set("Accept", "application/json")
	fmt.Println(visit(page, stranger).StatusCode)
	// Output:
	// signed in: true, "user_1", ""
	// 303 /sign-in
	// 401
}

func ExampleAuthenticator_SignOut() {
	v := newVisitor()
	resp := visit(v.auth.Middleware(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if err := v.auth.SignOut(w, req); err != nil {
			http.Error(w, "Please try again.", http.StatusBadGateway)
			return
		}
		http.Redirect(w, req, "/", http.StatusSeeOther)
	})), v.request())
	fmt.Println(resp.StatusCode, v.clerk.Sessions()[0].Status)
	// Output: 303 revoked
}

func ExampleAuthenticator_Token() {
	v := newVisitor()
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	req.Header.Set("Authorization", "Bearer header.payload.signature")
	fmt.Println(v.auth.Token(req))
	// Output: header.payload.signature
}

func ExampleAuthenticator_Origin() {
	v := newVisitor()
	req := httptest.NewRequest(http.MethodGet, "https://App.Example.com:443/page", nil)
	fmt.Println(v.auth.Origin(req))
	// Output: https://app.example.com <nil>
}

func ExampleAuthenticator_Params() {
	v := newVisitor()
	sessionID, params, err := v.auth.Params(v.request())
	fmt.Println(sessionID == v.clerk.Sessions()[0].ID, params.RequestOrigin, params, err)
	// Output: true https://app.example.com sessions.RefreshParams{[redacted]} <nil>
}
