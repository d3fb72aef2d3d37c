package sessionstest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

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
	client, err := sessions.NewClient(
		clerk.SecretKey,
		sessions.WithBaseURL(clerk.URL),
		sessions.WithHTTPClient(clerk.HTTPClient()),
	)
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

func ExampleWithProduction() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener(), sessionstest.WithProduction())
	fmt.Println(clerk.PublishableKey, clerk.Issuer)
	// Output: pk_live_Y2xlcmsuZXhhbXBsZS50ZXN0JA https://clerk.example.test
}

func ExampleWithMaxCalls() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener(), sessionstest.WithMaxCalls(1))
	client := newClient(clerk)
	for _, id := range []string{clerk.SignIn("user_ada").SessionID, clerk.SignIn("user_bob").SessionID} {
		if _, err := client.Get(context.Background(), id); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println(len(clerk.Calls()))
	// Output: 1
}

func ExampleNew() {
	var t testing.TB // the test's own

	test := func() {
		clerk := sessionstest.New(t) // closes with the test, and fails it on violations
		client, err := sessions.NewClient(clerk.SecretKey, sessions.WithBaseURL(clerk.URL))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Get(t.Context(), clerk.SignIn("user_ada").SessionID); err != nil {
			t.Error(err)
		}
	}
	_ = test // go test calls it
	// Output:
}

func ExampleWithClock() {
	noon := time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)
	clerk := sessionstest.NewServer(
		sessionstest.WithoutListener(),
		sessionstest.WithClock(func() time.Time { return noon }),
	)

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
	// For a server that runs for long:
	clerk := sessionstest.NewServer(sessionstest.WithoutListener(), sessionstest.WithoutCalls())
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

func ExampleServer_Close() {
	clerk := sessionstest.NewServer()
	clerk.Close()

	_, err := http.Get(clerk.URL + "/jwks")
	fmt.Println(err != nil)
	// Output: true
}
