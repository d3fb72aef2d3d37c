package sessionfleet_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/storetest"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// instance is one process of a service.
type instance struct {
	page   http.Handler
	tokens *sessions.TokenCache
	fleet  *sessionfleet.Fleet
}

// newInstance starts an instance. In production the store is one that all instances reach.
func newInstance(clerk *sessionstest.Server, store sessionfleet.Store) (*instance, error) {
	client, err := sessions.NewClient(clerk.SecretKey,
		sessions.WithBaseURL(clerk.URL), sessions.WithHTTPClient(clerk.HTTPClient())) // only for the stand-in
	if err != nil {
		return nil, err
	}
	fleet, err := sessionfleet.New(client, store, clerk.SecretKey, sessionfleet.WithLogger(slog.Default()))
	if err != nil {
		return nil, err
	}
	auth, err := sessionhttp.New(fleet, clerk.PublishableKey, // the fleet instead of the client
		sessionhttp.WithJWTKey(clerk.PublicKeyPEM()), sessionhttp.WithClock(clerk.Now)) // only for the stand-in
	if err != nil {
		return nil, err
	}
	page := auth.Middleware(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		who, _ := sessionhttp.FromContext(req.Context())
		fmt.Fprint(w, who.UserID)
	}))
	return &instance{page, sessions.NewTokenCache(fleet), fleet}, nil // the cache keeps what this process has
}

// count returns how often Clerk was asked for an operation.
func count(clerk *sessionstest.Server, operation string) (n int) {
	for _, call := range clerk.Calls() {
		if call.Operation == operation {
			n++
		}
	}
	return n
}

func Example() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener()) // stands for Clerk
	defer clerk.Close()
	store := storetest.NewMemory() // stands for Redis
	browser := clerk.SignIn("user_1")
	clerk.Advance(2 * time.Minute) // its token lives for one

	for range 3 { // the requests of one page, each at another instance
		instance, err := newInstance(clerk, store)
		if err != nil {
			fmt.Println(err)
			return
		}
		req := httptest.NewRequest(http.MethodGet, "https://app.example.com/", nil)
		for _, cookie := range browser.Cookies {
			req.AddCookie(cookie)
		}
		w := httptest.NewRecorder()
		instance.page.ServeHTTP(w, req)
		_, err = instance.tokens.GetToken(context.Background(), browser.SessionID, sessions.TokenParams{})
		fmt.Println(w.Body, err)
	}
	fmt.Println(count(clerk, "RefreshSession"), "refresh,", count(clerk, "CreateSessionToken"), "token")
	// Output:
	// user_1 <nil>
	// user_1 <nil>
	// user_1 <nil>
	// 1 refresh, 1 token
}

func ExampleNew() {
	client, _ := sessions.NewClient("sk_test_a_secret_key")
	_, err := sessionfleet.New(client, nil, "pk_test_a_publishable_key",
		sessionfleet.WithTokenMargin(-time.Second))
	fmt.Println(err)
	// Output:
	// clerk: New needs a Store; without one, use the client itself
	// clerk: WithTokenMargin: the margin is negative
	// clerk: this is a publishable key; the secret key starts with sk_
}

func ExampleOption() {
	client, _ := sessions.NewClient("sk_test_a_secret_key")
	_, err := sessionfleet.New(client, storetest.NewMemory(), "sk_test_a_secret_key",
		sessionfleet.WithLogger(slog.Default()),                     // when the store fails, and when it works again
		sessionfleet.WithTokenMargin(20*time.Second),                // for services that verify with a wrong clock
		sessionfleet.WithOldSecretKeys("sk_test_the_key_yesterday")) // while the key is changed
	fmt.Println(err)
	// Output: <nil>
}

// exampleFleets returns the Fleets of two instances.
func exampleFleets(clerk *sessionstest.Server) (one, other *sessionfleet.Fleet) {
	store := storetest.NewMemory()
	first, err := newInstance(clerk, store)
	if err != nil {
		panic(err)
	}
	second, err := newInstance(clerk, store)
	if err != nil {
		panic(err)
	}
	return first.fleet, second.fleet
}

func ExampleFleet_GetToken() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	defer clerk.Close()
	one, other := exampleFleets(clerk)
	browser := clerk.SignIn("user_1")

	first, _ := one.GetToken(context.Background(), browser.SessionID, sessions.TokenParams{})
	second, _ := other.GetToken(context.Background(), browser.SessionID, sessions.TokenParams{})
	fmt.Println(first.JWT == second.JWT)
	// Output: true
}

func ExampleFleet_RefreshCookies() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	defer clerk.Close()
	one, other := exampleFleets(clerk)
	browser := clerk.SignIn("user_1")
	clerk.Advance(2 * time.Minute)

	params := sessions.RefreshParams{
		ExpiredToken: browser.SessionToken, RefreshToken: browser.RefreshToken, RequestOrigin: "https://app.example.com",
	}
	first, _ := one.RefreshCookies(context.Background(), browser.SessionID, params)
	second, _ := other.RefreshCookies(context.Background(), browser.SessionID, params)
	fmt.Println(len(first.Directives) > 0, slices.Equal(first.Directives, second.Directives))
	// Output: true true
}

func ExampleFleet_HandshakeCookies() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	defer clerk.Close()
	one, other := exampleFleets(clerk)

	_, err := one.HandshakeCookies(context.Background(), "nonce_of_nobody")
	fmt.Println(errors.Is(err, sessions.ErrNotFound))
	_, err = other.HandshakeCookies(context.Background(), "nonce_of_nobody") // a refusal is shared as well
	fmt.Println(errors.Is(err, sessions.ErrNotFound), count(clerk, "GetHandshakePayload"))
	// Output:
	// true
	// true 1
}

func ExampleFleet_Revoke() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	defer clerk.Close()
	one, other := exampleFleets(clerk)
	browser := clerk.SignIn("user_1")
	_, _ = one.GetToken(context.Background(), browser.SessionID, sessions.TokenParams{})

	session, err := other.Revoke(context.Background(), browser.SessionID)
	fmt.Println(session.Status, err)
	_, err = one.GetToken(context.Background(), browser.SessionID, sessions.TokenParams{}) // not the token of before
	fmt.Println(err != nil)
	// Output:
	// revoked <nil>
	// true
}

func ExampleFleet_Forget() {
	clerk := sessionstest.NewServer(sessionstest.WithoutListener())
	defer clerk.Close()
	one, other := exampleFleets(clerk)
	browser := clerk.SignIn("user_1")
	_, _ = one.GetToken(context.Background(), browser.SessionID, sessions.TokenParams{})

	fmt.Println(other.Forget(context.Background(), browser.SessionID)) // its claims have changed, say
	_, _ = one.GetToken(context.Background(), browser.SessionID, sessions.TokenParams{})
	fmt.Println(count(clerk, "CreateSessionToken"))
	// Output:
	// <nil>
	// 2
}
