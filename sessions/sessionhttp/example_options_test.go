package sessionhttp_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

func ExampleWithJWTKey() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	_, err := sessionhttp.New(noBackend{}, clerk.PublishableKey, sessionhttp.WithJWTKey(clerk.PublicKeyPEM()))
	fmt.Println(err)
	_, err = sessionhttp.New(noBackend{}, clerk.PublishableKey, sessionhttp.WithJWTKey([]byte("-----BEGIN")))
	fmt.Println(err)
	// Output:
	// <nil>
	// clerk: WithJWTKey: neither PEM nor base64; the dashboard shows the key as -----BEGIN PUBLIC KEY----- and so on
}

func ExampleWithVerifier() {
	v := newVisitor(sessionhttp.WithVerifier(func(_ context.Context, token string) error {
		return errors.New("no such key: " + token)
	}))
	visit(v.auth.Middleware(hello), v.request())
	// Output: signed in: false, "", "token-invalid-signature"
}

func ExampleWithFrontendAPI() {
	v := newVisitor(sessionhttp.WithFrontendAPI("https://app.example.com/__clerk"))
	req := v.request()
	req.Header.Set("Cookie", "") // a browser that nobody knows
	resp := visit(v.auth.Middleware(hello), req)
	fmt.Printf("%d %.60s…\n", resp.StatusCode, resp.Header.Get("Location"))
	// Output: 307 https://app.example.com/__clerk/v1/client/handshake?redirect…
}

func ExampleWithAuthorizedParties() {
	v := newVisitor(sessionhttp.WithAuthorizedParties("https://shop.example.com"))
	visit(v.auth.Middleware(hello), v.request())
	// Output: signed in: false, "", "token-invalid-authorized-parties"
}

func ExampleWithClockSkew() {
	v := newVisitor(sessionhttp.WithClockSkew(2 * time.Minute))
	visit(v.auth.Middleware(hello), v.request()) // its token expired a minute ago
	// Output: signed in: true, "user_1", ""
}

func ExampleWithTimeout() {
	v := newVisitor(sessionhttp.WithTimeout(50 * time.Millisecond))
	v.clerk.Inject(sessionstest.Fault{Operation: "RefreshSession", Delay: time.Minute})
	visit(v.auth.Middleware(hello), v.request())
	// Output: signed in: false, "", "session-token-expired-refresh-fetch-error"
}

func ExampleWithOutageGrace() {
	v := newVisitor(sessionhttp.WithOutageGrace(10 * time.Minute))
	v.clerk.Inject(sessionstest.Fault{Operation: "RefreshSession", Status: http.StatusServiceUnavailable})
	visit(v.auth.Middleware(hello), v.request())
	// Output: signed in: true, "user_1", "session-token-expired-refresh-internal_clerk_error"
}

func ExampleWithRefreshMethods() {
	v := newVisitor(sessionhttp.WithRefreshMethods("GET", "POST"))
	form := v.request()
	form.Method = http.MethodPost
	visit(v.auth.Middleware(hello), form)
	// Output: signed in: true, "user_1", ""
}

func ExampleWithoutHandshake() {
	v := newVisitor(sessionhttp.WithoutHandshake())
	req := v.request()
	req.Header.Set("Cookie", "")
	visit(v.auth.Middleware(hello), req)
	// Output: signed in: false, "", "dev-browser-missing"
}

func ExampleWithPendingSessions() {
	v := newVisitor(sessionhttp.WithPendingSessions())
	visit(v.auth.Middleware(hello), v.request())
	// Output: signed in: true, "user_1", ""
}

func ExampleWithSignInURL() {
	_, err := sessionhttp.New(noBackend{}, liveKey, sessionhttp.WithSignInURL("//evil.test"))
	fmt.Println(err)
	// Output: clerk: WithSignInURL: it must be an address, or a path as in "/sign-in", without user, blank or backslash
}

func ExampleWithObserver() {
	v := newVisitor(sessionhttp.WithObserver(func(_ *http.Request, auth sessionhttp.Auth, took time.Duration) {
		fmt.Println("refreshed:", auth.Refreshed, took < time.Minute)
	}))
	visit(v.auth.Middleware(hello), v.request())
	// Output:
	// refreshed: true true
	// signed in: true, "user_1", ""
}

func ExampleWithTrustedProxy() {
	v := newVisitor(sessionhttp.WithTrustedProxy())
	req := v.request()
	req.Host = "10.0.0.1:3000"
	req.Header.Set("X-Forwarded-Host", "shop.example.com")
	req.Header.Set("X-Forwarded-Proto", "https")
	fmt.Println(v.auth.Origin(req))
	// Output: https://shop.example.com <nil>
}

func ExampleWithOrigin() {
	v := newVisitor(sessionhttp.WithOrigin("https://shop.example.com"))
	fmt.Println(v.auth.Origin(v.request()))
	// Output: https://shop.example.com <nil>
}

func ExampleWithClientIP() {
	v := newVisitor(sessionhttp.WithClientIP(func(req *http.Request) string {
		host, _, _ := net.SplitHostPort(req.RemoteAddr)
		return host
	}))
	req := v.request()
	req.RemoteAddr = "203.0.113.9:1234"
	_, params, _ := v.auth.Params(req)
	fmt.Println(params.RequestOriginatingIP)
	// Output: 203.0.113.9
}

func ExampleWithRefreshRate() {
	v := newVisitor(sessionhttp.WithRefreshRate(0.001, 1)) // one refresh in 1000 s
	first, second := v.request(), v.request()
	visit(v.auth.Middleware(hello), first)
	visit(v.auth.Middleware(hello), second)
	// Output:
	// signed in: true, "user_1", ""
	// signed in: false, "", "session-token-expired-refresh-refresh-rate-limited"
}

func ExampleWithClock() {
	v := newVisitor(sessionhttp.WithClock(func() time.Time { return time.Unix(0, 0) }))
	resp := visit(v.auth.Middleware(hello), v.request()) // whose token is of the future
	fmt.Println(resp.StatusCode)
	// Output: 307
}
