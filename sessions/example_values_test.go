package sessions_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

func ExampleClient_CloseIdleConnections() {
	clerk, client := newExample()
	defer clerk.Close()
	defer client.CloseIdleConnections() // when the service ends

	_, err := client.Get(context.Background(), "sess_phone")
	fmt.Println(err)
	// Output: <nil>
}

func ExampleStatus_IsKnown() {
	fmt.Println(sessions.StatusPending.IsKnown())
	fmt.Println(sessions.Status("hibernating").IsKnown()) // one that Clerk may add some day
	// Output:
	// true
	// false
}

func ExampleToken_ExpiresAt() {
	const claims = "eyJleHAiOjE3OTU0MzUyMDB9" // {"exp":1795435200}
	exp, ok := sessions.Token{JWT: "e30." + claims + ".c2lnbmF0dXJl"}.ExpiresAt()
	fmt.Println(exp, ok)

	_, ok = sessions.Token{JWT: "not a JWT"}.ExpiresAt()
	fmt.Println(ok)
	// Output:
	// 2026-11-23 12:00:00 +0000 UTC true
	// false
}

// What RefreshCookies returns.
var refreshed = sessions.Cookies{Directives: []string{
	"__session=a.session.token; Path=/; SameSite=Lax",
	"__session_Ab12Cd34=the.same.token; Path=/; SameSite=Lax",
	"__client_uat=1795435200; Path=/; Max-Age=31536000",
}}

func ExampleCookies_AddTo() {
	w := httptest.NewRecorder() // the http.ResponseWriter of the request
	refreshed.AddTo(w.Header())
	fmt.Println(len(w.Header().Values("Set-Cookie")))
	// Output: 3
}

func ExampleCookies_HTTPCookies() {
	cookies, err := refreshed.HTTPCookies()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, cookie := range cookies {
		fmt.Println(cookie.Name, cookie.Path, cookie.MaxAge)
	}
	fmt.Println(refreshed) // shows no cookie
	// Output:
	// __session / 0
	// __session_Ab12Cd34 / 0
	// __client_uat / 31536000
	// sessions.Cookies{3 directives, [redacted]}
}

func ExampleCookies_SessionToken() {
	token, ok := refreshed.SessionToken("Ab12Cd34") // without the suffix's underscore
	fmt.Println(token.JWT, ok)

	token, ok = refreshed.SessionToken("")
	fmt.Println(token.JWT, ok)
	// Output:
	// the.same.token true
	// a.session.token true
}
