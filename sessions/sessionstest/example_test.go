package sessionstest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// newClient returns a client of a server without a socket.
func newClient(clerk *sessionstest.Server, opts ...sessions.Option) *sessions.Client {
	opts = append(opts, sessions.WithBaseURL(clerk.URL), sessions.WithHTTPClient(clerk.HTTPClient()))
	client, err := sessions.NewClient(clerk.SecretKey, opts...)
	if err != nil {
		panic(err)
	}
	return client
}

func ExampleNewServer() {
	clerk := sessionstest.NewServer() // on a loopback port of its own
	defer clerk.Close()

	client, err := sessions.NewClient(clerk.SecretKey, sessions.WithBaseURL(clerk.URL))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.CloseIdleConnections()
	session, err := client.Get(context.Background(), clerk.SignIn("user_ada").SessionID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(session.UserID)
	// Output: user_ada
}

func ExampleWithoutListener() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener()) // no socket: also inside a synctest bubble
	client, err := sessions.NewClient(clerk.SecretKey, sessions.WithBaseURL(clerk.URL), sessions.WithHTTPClient(clerk.HTTPClient()))
	if err != nil {
		fmt.Println(err)
		return
	}
	session, err := client.Get(context.Background(), clerk.SignIn("user_ada").SessionID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(session.UserID)
	// Output: user_ada
}

func ExampleWithClock() {
	noon := time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)
	clerk := sessionstest.NewServer(sessionstest.WithoutListener(), sessionstest.WithClock(func() time.Time { return noon }))

	session := clerk.AddSession(sessionstest.Session{ID: "sess_1"})
	fmt.Println(session.CreatedAt)
	clerk.Advance(time.Hour)
	fmt.Println(clerk.Now())
	// Output:
	// 2026-11-23 12:00:00 +0000 UTC
	// 2026-11-23 13:00:00 +0000 UTC
}

func ExampleWithTokenLifetime() {
	noon := time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)
	clerk := sessionstest.NewServer(sessionstest.WithoutListener(),
		sessionstest.WithTokenLifetime(5*time.Minute),
		sessionstest.WithClock(func() time.Time { return noon }))

	token := sessions.Token{JWT: clerk.SignIn("user_ada").SessionToken}
	fmt.Println(token.ExpiresAt())
	// Output: 2026-11-23 12:05:00 +0000 UTC true
}

func ExampleWithoutCalls() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener(), sessionstest.WithoutCalls()) // for a server that runs for long
	session := clerk.AddSession(sessionstest.Session{})

	_, err := newClient(clerk).Get(context.Background(), session.ID)
	fmt.Println(len(clerk.Calls()), err)
	// Output: 0 <nil>
}

func ExampleServer_Handler() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	server := httptest.NewServer(clerk.Handler()) // served by somebody else
	defer server.Close()
	session := clerk.AddSession(sessionstest.Session{UserID: "user_ada"})

	client, err := sessions.NewClient(clerk.SecretKey, sessions.WithBaseURL(server.URL+"/v1"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.CloseIdleConnections()
	got, err := client.Get(context.Background(), session.ID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(got.UserID)
	// Output: user_ada
}

func ExampleServer_HTTPClient() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())

	resp, err := clerk.HTTPClient().Get(clerk.URL + "/sessions") // without the key
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = resp.Body.Close()
	fmt.Println(resp.Status)
	// Output: 401 Unauthorized
}

func ExampleServer_AddSession() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	clerk.AddSession(sessionstest.Session{
		ID:     "sess_1",
		UserID: "user_ada",
		Status: "pending",
		Tasks:  []sessionstest.Task{{Key: "choose-organization"}},
	})

	session, err := newClient(clerk).Get(context.Background(), "sess_1")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(session.Status, session.Tasks)
	// Output: pending [{choose-organization}]
}

func ExampleServer_SignIn() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	browser := clerk.SignIn("user_ada")
	clerk.Advance(2 * time.Minute) // its session token has expired

	_, err := newClient(clerk).RefreshToken(context.Background(), browser.SessionID, sessions.RefreshParams{
		ExpiredToken:  browser.SessionToken,
		RefreshToken:  browser.RefreshToken,
		RequestOrigin: "https://app.example.com",
	})
	fmt.Println(err)
	for _, cookie := range browser.Cookies {
		fmt.Println(cookie.Name)
	}
	// Output:
	// <nil>
	// __session
	// __session_x-Pr48FW
	// __client_uat
	// __client_uat_x-Pr48FW
	// __refresh_x-Pr48FW
}

func ExampleServer_Inject() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	session := clerk.AddSession(sessionstest.Session{})
	client := newClient(clerk)

	clerk.Inject(sessionstest.Fault{Operation: "GetSession", Status: http.StatusOK, Body: "<html>", ContentType: "text/html"})
	_, err := client.Get(context.Background(), session.ID)
	fmt.Println(errors.Is(err, sessions.ErrInvalidResponse))

	clerk.Inject(sessionstest.Fault{Drop: true, Operation: "CreateSession"})
	_, err = client.Create(context.Background(), sessions.CreateParams{UserID: session.UserID})
	fmt.Println(errors.Is(err, sessions.ErrOutcomeUnknown))
	// Output:
	// true
	// true
}

func ExampleServer_LimitRate() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	session := clerk.AddSession(sessionstest.Session{})
	client := newClient(clerk, sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 1}))
	clerk.LimitRate(1, 10*time.Second)

	for range 2 {
		_, err := client.Get(context.Background(), session.ID)
		fmt.Println(errors.Is(err, sessions.ErrRateLimited))
	}
	// Output:
	// false
	// true
}

func ExampleServer_Advance() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	session := clerk.AddSession(sessionstest.Session{})

	clerk.Advance(7 * 24 * time.Hour)
	got, err := newClient(clerk).Get(context.Background(), session.ID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(got.Status)
	// Output: expired
}

func ExampleServer_Now() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	before := clerk.Now()
	clerk.Advance(time.Hour)
	fmt.Println(clerk.Now().Sub(before) >= time.Hour)
	// Output: true
}

func ExampleServer_Calls() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	clerk.AddSession(sessionstest.Session{ID: "sess_1"})

	if _, err := newClient(clerk).Revoke(context.Background(), "sess_1"); err != nil {
		fmt.Println(err)
	}
	for _, call := range clerk.Calls() {
		fmt.Println(call.Operation, call.Method, call.Path)
	}
	// Output: RevokeSession POST /v1/sessions/sess_1/revoke
}

func ExampleServer_Violations() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())

	req, err := http.NewRequest(http.MethodGet, clerk.URL+"/sessions?user=user_ada", nil) // the parameter is called user_id
	if err != nil {
		fmt.Println(err)
		return
	}
	req.Header.Set("Authorization", "Bearer "+clerk.SecretKey)
	resp, err := clerk.HTTPClient().Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = resp.Body.Close()
	for _, violation := range clerk.Violations() {
		fmt.Println(violation)
	}
	// Output: GetSessionList: query: has a parameter that the operation does not have
}

func ExampleServer_PublicKeyPEM() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	first, _, _ := strings.Cut(string(clerk.PublicKeyPEM()), "\n")
	fmt.Println(first)
	// Output: -----BEGIN PUBLIC KEY-----
}

func ExampleServer_Close() {
	clerk := sessionstest.NewServer()
	clerk.Close()

	_, err := http.Get(clerk.URL + "/jwks")
	fmt.Println(err != nil)
	// Output: true
}
