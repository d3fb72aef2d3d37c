// Package sessionstest is an in-process Clerk for tests: its session endpoints and the Frontend API
// that keeps a browser signed in, with state, real signatures and Clerk's answers.
//
//	clerk := sessionstest.New(t)
//	client, err := sessions.NewClient(clerk.SecretKey, sessions.WithBaseURL(clerk.URL))
//
// The server knows the operations of openapi/sessions.yaml and checks every request, and each of
// its own answers, against that file: [Server.Violations] has every breach. [Server.Calls] has the
// requests that came in, [Server.Inject] and [Server.LimitRate] make the server misbehave, and
// [Server.Advance] moves its clock. Its keys, tokens and cookies are made up and open nothing.
//
// # Test your service
//
// A browser is an [http.Client] with a cookie jar. Give it the cookies of a sign-in, and let it
// visit the service, whose middleware goes by the server's clock (the example Middleware is whole):
//
//	auth, err := sessionhttp.New(client, clerk.PublishableKey,
//		sessionhttp.WithFrontendAPI(clerk.FrontendAPI), sessionhttp.WithClock(clerk.Now))
//	service := httptest.NewServer(auth.Middleware(handler))
//	jar.SetCookies(serviceURL, clerk.SignIn("user_ada").Cookies)
//	clerk.Advance(2 * time.Minute) // the session token has expired
//	resp, err := browser.Get(service.URL)
//
// What goes wrong is injected. In a testing/synctest bubble, retries and rate limits take no time.
// Create the server inside the bubble, with [WithoutListener], and send through
// [Server.HTTPClient]: no socket, no goroutine, and time is the bubble's.
//
//	synctest.Test(t, func(t *testing.T) {
//		clerk := sessionstest.New(t, sessionstest.WithoutListener())
//		client, err := sessions.NewClient(clerk.SecretKey,
//			sessions.WithBaseURL(clerk.URL), sessions.WithHTTPClient(clerk.HTTPClient()))
//		clerk.Inject(sessionstest.Fault{Operation: "GetSession", Status: 503, Times: 2})
//		session, err := client.Get(t.Context(), id) // the third attempt is answered
//	})
//
// Tests in another language run below the program fakeclerk, which hands them the environment that
// Clerk's SDKs read. They drive the fake through its control API, below $CLERK_FAKE_URL/_fake/.
//
//	go run github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest/fakeclerk -- node --test
//
// # The Frontend API
//
// [Server.FrontendAPI] is its address. It has the key set (also at [Server.JWKSURL]), the handshake
// that brings the cookies of a service up to date, and a plain page on which somebody signs in:
// /sign-in?redirect_url=, with the address of the service. The server is a development instance
// unless [WithProduction] is given.
//
// # What it does where Clerk's documentation is silent
//
// A user exists from the first session that [Server.AddSession] or [Server.SignIn] makes for it. An
// active or pending session is expired once its ExpireAt has passed, and abandoned once its
// AbandonAt has. Revoking a session that is already over answers it as it is. Only an active
// session can be verified; an active or pending one gets tokens. Every template name exists: its
// tokens carry the name as the claim "template", and are no session tokens, so that they cannot be
// verified or refreshed.
//
// A handshake's directives set the cookies of the session under plain and suffixed names, and a
// nonce lasts a minute. A browser that signs in anew has its session before that replaced. Keys
// from before [Server.RotateKey] still count for the server itself, however old; its key set has
// the last two.
//
// A refresh takes the session's token whether or not it has expired yet, and a refresh token again
// and again while its session lasts; it never hands out a new one. A call without a
// Clerk-API-Version counts as one of the newest version, which has no verify.
package sessionstest
