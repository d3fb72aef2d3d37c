// Package sessionstest is an in-process Clerk for tests: its session endpoints, and the Frontend
// API that keeps a browser signed in, with state, real signatures and Clerk's answers. Its keys,
// tokens and cookies are made up and open nothing.
//
//	func TestSignsOut(t *testing.T) {
//		clerk := sessionstest.New(t) // closed when the test ends
//		client, err := sessions.NewClient(clerk.SecretKey, sessions.WithBaseURL(clerk.URL))
//		if err != nil {
//			t.Fatal(err)
//		}
//		session := clerk.AddSession(sessionstest.Session{UserID: "user_ada"})
//		if _, err := client.Revoke(t.Context(), session.ID); err != nil {
//			t.Fatal(err)
//		}
//		if now, _ := clerk.Session(session.ID); now.Status != "revoked" {
//			t.Errorf("the session is %s", now.Status)
//		}
//	}
//
// A [Server] knows the operations of openapi/sessions.yaml in this module, the fragment of Clerk's
// API that the client is generated from. It checks every request, and each of its own answers,
// against the fragment: [Server.Violations] has what breaks it, and with [New] each violation fails
// the test. [Server.Calls] has the requests that came in.
//
// # Test your service
//
// A browser is an [http.Client] with a cookie jar. Give the jar the cookies of a sign-in, and let
// the browser visit the service, whose middleware goes by the server's clock; the example
// Middleware has all of it:
//
//	auth, err := sessionhttp.New(client, clerk.PublishableKey,
//		sessionhttp.WithFrontendAPI(clerk.FrontendAPI), sessionhttp.WithClock(clerk.Now))
//	if err != nil {
//		t.Fatal(err)
//	}
//	service := httptest.NewServer(auth.Middleware(handler))
//	jar.SetCookies(serviceURL, clerk.SignIn("user_ada").Cookies)
//	clerk.Advance(2 * time.Minute) // the session token has expired
//	resp, err := browser.Get(service.URL)
//
// # Faults, limits and time
//
// [Server.Inject] makes requests fail, [Server.LimitRate] sets a rate limit, and [Server.Advance]
// moves the server's clock. In a testing/synctest bubble, retries and waits take no time: create
// the server inside the bubble with [WithoutListener], and send through [Server.HTTPClient]. A
// middleware in a bubble takes sessionhttp.WithJWTKey(clerk.PublicKeyPEM()), since it would fetch
// the key set over the network.
//
//	synctest.Test(t, func(t *testing.T) {
//		clerk := sessionstest.New(t, sessionstest.WithoutListener())
//		client, err := sessions.NewClient(clerk.SecretKey,
//			sessions.WithBaseURL(clerk.URL), sessions.WithHTTPClient(clerk.HTTPClient()))
//		if err != nil {
//			t.Fatal(err)
//		}
//		id := clerk.AddSession(sessionstest.Session{}).ID
//		clerk.Inject(sessionstest.Fault{Operation: "GetSession", Status: 503, Times: 2})
//		if _, err := client.Get(t.Context(), id); err != nil { // the third attempt is answered
//			t.Error(err)
//		}
//	})
//
// # Other languages
//
// The program fakeclerk runs a command, such as the tests of a service in another language, with
// the environment that Clerk's SDKs read. The tests drive the fake through a control API below
// $CLERK_FAKE_URL/_fake/.
//
//	go run github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest/fakeclerk -- node --test
//
// # The Frontend API
//
// [Server.FrontendAPI] is the address of the Frontend API. It has the key set, at [Server.JWKSURL];
// the handshake, which brings the cookies of a service up to date; and a plain page to sign in on,
// /sign-in?redirect_url= with the address of the service. The server is a development instance of
// Clerk unless [WithProduction] is given.
//
// # What it does where Clerk's documentation is silent
//
// A user exists from the first session that [Server.AddSession] or [Server.SignIn] makes for the
// user. An active or pending session is expired once its ExpireAt has passed, and abandoned once
// its AbandonAt has. Revoking a session that is already over answers the session as it is. Only an
// active session can be verified; an active or pending one gets tokens. Every template name exists:
// the tokens of a template carry its name as the claim "template", and are no session tokens, so
// that they cannot be verified or refreshed.
//
// The cookies of a handshake are set under plain and suffixed names, and a nonce lasts a minute.
// When somebody signs in with a browser that has a session, that session is replaced. The server
// itself accepts tokens that were signed with a key from before [Server.RotateKey], however old;
// its key set has the last two keys.
//
// A refresh takes the session's token whether or not the token has expired, and takes the same
// refresh token again and again while the session lasts; it never hands out a new refresh token. A
// call without the header Clerk-API-Version counts as a call of the newest version, which has no
// VerifySession.
package sessionstest
