package sessionstest_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
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
	// __session_6tQWJVae
	// __client_uat
	// __client_uat_6tQWJVae
	// __refresh_6tQWJVae
	// __clerk_db_jwt
	// __clerk_db_jwt_6tQWJVae
}

func ExampleServer_SignInWith() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	browser := clerk.SignInWith(sessionstest.SignInParams{
		UserID: "user_ada",
		Origin: "https://shop.example.test",
		Claims: map[string]any{"role": "admin"},
	})
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(browser.SessionToken, ".")[1])
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.Contains(string(payload), `"role":"admin"`))
	// Output: true
}

func ExampleServer_TrySignInWith() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	_, err := clerk.TrySignInWith(sessionstest.SignInParams{Claims: map[string]any{"sub": "user_eve"}})
	fmt.Println(err)
	// Output: sessionstest: SignInWith: the claim "sub" is Clerk's own
}

func ExampleServer_RotateKey() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	before := string(clerk.PublicKeyPEM())
	clerk.RotateKey()
	fmt.Println(string(clerk.PublicKeyPEM()) == before)
	// Output: false
}

func ExampleServer_Inject() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	session := clerk.AddSession(sessionstest.Session{})
	client := newClient(clerk)

	clerk.Inject(sessionstest.Fault{Operation: "GetSession", Body: "<html>", ContentType: "text/html"})
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

	// The parameter is called user_id.
	req, err := http.NewRequest(http.MethodGet, clerk.URL+"/sessions?user=user_ada", nil)
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
