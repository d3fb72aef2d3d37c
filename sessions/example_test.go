package sessions_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// The clock of the Clerk in the examples, so that their output stays the same.
func noon() time.Time { return time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC) }

// newExample returns an in-process Clerk, in which Ada has signed in on her phone and then on her
// laptop, and a client for it.
func newExample(opts ...sessions.Option) (*sessionstest.Server, *sessions.Client) {
	clerk := sessionstest.NewServer(sessionstest.WithClock(noon))
	for i, id := range []string{"sess_phone", "sess_laptop"} {
		clerk.AddSession(sessionstest.Session{
			ID: id, UserID: "user_ada",
			CreatedAt: noon().Add(time.Duration(i-2) * time.Hour),
		})
	}
	client, err := sessions.NewClient(clerk.SecretKey, append(opts, sessions.WithBaseURL(clerk.URL))...)
	if err != nil {
		panic(err)
	}
	return clerk, client
}

func ExampleNewClient() {
	_, err := sessions.NewClient("pk_test_a_publishable_key")
	fmt.Println(err)

	client, err := sessions.NewClient("sk_test_a_secret_key",
		sessions.WithUserAgent("billing/1.4"),
		sessions.WithTimeout(3*time.Second),
		sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 2}),
	)
	fmt.Println(client, err)
	// Output:
	// clerk: this is a publishable key; the secret key starts with sk_
	// sessions.Client{https://api.clerk.com/v1} <nil>
}

func ExampleClient_With() {
	clerk, client := newExample()
	defer clerk.Close()

	patient, err := client.With(sessions.WithTimeout(time.Minute)) // over the same connections
	if err != nil {
		fmt.Println(err)
		return
	}
	session, err := patient.Get(context.Background(), "sess_phone")
	fmt.Println(session.UserID, err)
	// Output: user_ada <nil>
}

func ExampleClient_List() {
	clerk, client := newExample()
	defer clerk.Close()

	list, err := client.List(context.Background(),
		sessions.ListParams{UserID: "user_ada", Status: sessions.StatusActive, Limit: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, session := range list.Data {
		fmt.Println(session.ID, session.Status)
	}
	fmt.Println("of", list.TotalCount)
	// Output:
	// sess_laptop active
	// of 2
}

func ExampleClient_All() {
	clerk, client := newExample()
	defer clerk.Close()

	for session, err := range client.All(context.Background(), sessions.ListParams{UserID: "user_ada"}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(session.ID, "since", session.CreatedAt.Format(time.TimeOnly))
	}
	// Output:
	// sess_laptop since 11:00:00
	// sess_phone since 10:00:00
}

func ExampleClient_Get() {
	clerk, client := newExample()
	defer clerk.Close()

	session, err := client.Get(context.Background(), "sess_phone")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(session.UserID, "is", session.Status)
	// Output: user_ada is active
}

func ExampleClient_Create() {
	clerk, client := newExample()
	defer clerk.Close()

	session, err := client.Create(context.Background(), sessions.CreateParams{UserID: "user_ada"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(session.UserID, "is", session.Status)
	// Output: user_ada is active
}

func ExampleClient_Revoke() {
	clerk, client := newExample()
	defer clerk.Close()

	session, err := client.Revoke(context.Background(), "sess_phone")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(session.ID, "is", session.Status)
	// Output: sess_phone is revoked
}

func ExampleClient_RevokeAll() {
	clerk, client := newExample()
	defer clerk.Close()

	// Sign out everywhere else.
	result, err := client.RevokeAll(context.Background(),
		sessions.RevokeAllParams{UserID: "user_ada", Except: []string{"sess_laptop"}})
	for _, session := range result.Revoked {
		fmt.Println(session.ID, "is", session.Status)
	}
	for _, failure := range result.Failed {
		fmt.Println(failure.SessionID, failure.Err)
	}
	fmt.Println(err)
	// Output:
	// sess_phone is revoked
	// <nil>
}

func ExampleClient_Verify() {
	clerk, client := newExample()
	defer clerk.Close()
	browser := clerk.SignIn("user_ada")

	session, err := client.Verify(context.Background(), browser.SessionID, browser.SessionToken)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(session.UserID, "is", session.Status)
	// Output: user_ada is active
}

func ExampleClient_GetToken() {
	clerk, client := newExample()
	defer clerk.Close()

	token, err := client.GetToken(context.Background(), "sess_phone",
		sessions.TokenParams{Template: "reports", ExpiresIn: 10 * time.Minute})
	if err != nil {
		fmt.Println(err)
		return
	}
	exp, _ := token.ExpiresAt()
	fmt.Println("good until", exp.Format(time.TimeOnly))
	fmt.Println(token) // the JWT is in token.JWT and shows nowhere else
	// Output:
	// good until 12:10:00
	// sessions.Token{[redacted]}
}

func ExampleClient_RefreshToken() {
	clerk, client := newExample()
	defer clerk.Close()
	browser := clerk.SignIn("user_ada")
	clerk.Advance(2 * time.Minute) // the browser's session token has expired

	token, err := client.RefreshToken(context.Background(), browser.SessionID, sessions.RefreshParams{
		ExpiredToken:  browser.SessionToken,
		RefreshToken:  browser.RefreshToken,
		RequestOrigin: "https://app.example.com",
	})
	if errors.Is(err, sessions.ErrUnauthorized) {
		fmt.Println("the browser has to go through the handshake")
		return
	}
	exp, _ := token.ExpiresAt()
	fmt.Println("good until", exp.Format(time.TimeOnly))
	// Output: good until 12:03:00
}

func ExampleClient_HandshakeCookies() {
	clerk, client := newExample()
	defer clerk.Close()
	nonce := handshakeNonceOf(clerk) // the request's parameter or cookie __clerk_handshake_nonce

	w := httptest.NewRecorder() // the http.ResponseWriter of the request
	cookies, err := client.HandshakeCookies(context.Background(), nonce)
	if err != nil {
		fmt.Println(err)
		return
	}
	cookies.AddTo(w.Header())
	fmt.Println(len(w.Result().Cookies()) > 0)

	_, err = client.HandshakeCookies(context.Background(), nonce)
	fmt.Println(errors.Is(err, sessions.ErrNotFound)) // it works once
	// Output:
	// true
	// true
}

// handshakeNonceOf returns the nonce that a browser which is signed in brings back from a
// handshake.
func handshakeNonceOf(clerk *sessionstest.Server) string {
	browser, frontend := clerk.HTTPClient(), clerk.FrontendAPI+"/v1/client/handshake"
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	query := url.Values{"redirect_url": {"https://app.example.com/"}, "format": {"nonce"}}
	for _, cookie := range clerk.SignIn("user_ada").Cookies {
		query.Set(cookie.Name, cookie.Value) // the dev browser among them
	}
	resp, err := browser.Get(frontend + "?" + query.Encode())
	if err != nil {
		panic(err)
	}
	_ = resp.Body.Close()
	back, err := resp.Location()
	if err != nil {
		panic(err)
	}
	return back.Query().Get("__clerk_handshake_nonce")
}

func ExampleClient_RefreshCookies() {
	clerk, client := newExample()
	defer clerk.Close()
	browser := clerk.SignIn("user_ada")
	clerk.Advance(2 * time.Minute)

	w := httptest.NewRecorder() // the http.ResponseWriter of the request
	cookies, err := client.RefreshCookies(context.Background(), browser.SessionID, sessions.RefreshParams{
		ExpiredToken:  browser.SessionToken,
		RefreshToken:  browser.RefreshToken,
		RequestOrigin: "https://app.example.com",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	cookies.AddTo(w.Header())
	for _, cookie := range w.Result().Cookies() {
		fmt.Println(cookie.Name, cookie.Path)
	}
	// Output:
	// __session /
	// __client_uat /
}

func ExampleError() {
	clerk, client := newExample()
	defer clerk.Close()

	_, err := client.Get(context.Background(), "sess_nobody")
	if e, ok := errors.AsType[*sessions.Error](err); ok {
		fmt.Println(e.Operation, e.StatusCode, e.HasCode("resource_not_found"), errors.Is(err, sessions.ErrNotFound))
	}

	_, err = client.Get(context.Background(), "../users/user_ada")
	fmt.Println(errors.Is(err, sessions.ErrInvalidParams))
	// Output:
	// GetSession 404 true true
	// true
}

// A tally is a transport that counts what goes out under names that have no ids in them.
type tally struct {
	next   http.RoundTripper
	counts map[string]int
}

func (t *tally) RoundTrip(req *http.Request) (*http.Response, error) {
	if op, ok := sessions.OperationFromContext(req.Context()); ok {
		t.counts[op.Method+" "+op.PathTemplate]++
	}
	return t.next.RoundTrip(req)
}

func ExampleOperationFromContext() {
	count := &tally{next: http.DefaultTransport, counts: map[string]int{}}
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "duration" || a.Key == "trace_id" {
				return slog.Attr{}
			}
			return a
		},
	}))
	clerk, client := newExample(sessions.WithHTTPClient(&http.Client{Transport: count}), sessions.WithLogger(logger))
	defer clerk.Close()

	_, _ = client.Get(context.Background(), "sess_phone")
	_, _ = client.Get(context.Background(), "sess_nobody")
	fmt.Println(count.counts)
	// Output:
	// level=DEBUG msg="clerk: request" operation=GetSession attempt=1 status=200
	// level=DEBUG msg="clerk: request" operation=GetSession attempt=1 status=404
	// map[GET /sessions/{session_id}:2]
}

// A transport that says which requests are sent again.
type repeating struct{ next http.RoundTripper }

func (r repeating) RoundTrip(req *http.Request) (*http.Response, error) {
	if n := sessions.AttemptFromContext(req.Context()); n > 1 {
		fmt.Fprintln(os.Stdout, "attempt", n)
	}
	return r.next.RoundTrip(req)
}

func ExampleAttemptFromContext() {
	transport := repeating{sessions.NewTransport()}
	clerk, client := newExample(sessions.WithHTTPClient(&http.Client{Transport: transport}))
	defer clerk.Close()
	clerk.Inject(sessionstest.Fault{Status: http.StatusServiceUnavailable})

	_, err := client.Get(context.Background(), "sess_phone")
	fmt.Println(err)
	// Output:
	// attempt 2
	// <nil>
}

func ExampleTokenCache() {
	clerk := sessionstest.NewServer()
	defer clerk.Close()
	session := clerk.AddSession(sessionstest.Session{UserID: "user_ada"})
	client, err := sessions.NewClient(clerk.SecretKey, sessions.WithBaseURL(clerk.URL))
	if err != nil {
		fmt.Println(err)
		return
	}

	cache := sessions.NewTokenCache(client)
	for range 3 {
		if _, err := cache.GetToken(context.Background(), session.ID, sessions.TokenParams{}); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println("requests:", len(clerk.Calls()))

	cache.Forget(session.ID) // say, because it was revoked
	if _, err := cache.GetToken(context.Background(), session.ID, sessions.TokenParams{}); err != nil {
		fmt.Println(err)
	}
	fmt.Println("requests:", len(clerk.Calls()))
	// Output:
	// requests: 1
	// requests: 2
}

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
