// Package sessionhttp finds out who sends the requests of a service that is built on net/http: it
// verifies session tokens, refreshes those that have expired, and takes browsers through Clerk's
// handshake, as authenticateRequest of Clerk's JavaScript SDK does. A browser stays signed in from
// the first visit to the sign-out, without JavaScript.
//
//	client, err := sessions.NewClient(os.Getenv("CLERK_SECRET_KEY"))
//	if err != nil {
//		return err
//	}
//	auth, err := sessionhttp.New(client, os.Getenv("CLERK_PUBLISHABLE_KEY"))
//	if err != nil {
//		return err
//	}
//	page := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
//		who, _ := sessionhttp.FromContext(req.Context())
//		fmt.Fprintf(w, "signed in: %t, user: %q", who.SignedIn, who.UserID)
//	})
//	return http.ListenAndServe(":8080", auth.Middleware(page))
//
// Put [Authenticator.Middleware] around all handlers. They learn from [FromContext] who sends a
// request. [Authenticator.Require], around some of them, turns away whoever is not signed in, and
// [Authenticator.SignOut] ends a session. Behind a proxy, see below.
//
// # What the middleware decides
//
// The session token in the Authorization header counts or, without one, the session token in the
// cookies. The token has to be signed by the Clerk instance with RS256, has to be a session token,
// and has to be good now; [WithAuthorizedParties] names the origins that it may be made for. The
// instance's public keys are fetched from its Frontend API when they are first needed, and again
// for a token that names another key, at most once a minute; or once a second, as long as there is
// no key at all. [WithJWTKey] gives the key instead.
//
// A token that has expired is refreshed if the request is a GET, see [WithRefreshMethods], and the
// browser holds the instance's refresh cookie: one request goes to Clerk, and the page is served
// with the new token.
// Equal requests that arrive at the same time share that request to Clerk, and those of the next 10
// s get its result.
//
// Where the cookies contradict each other, or Clerk refuses the refresh, a browser that asks for a
// page is sent through the handshake with the Frontend API, with status 307, and comes back with
// new cookies: in production after two redirects, in development after three. After three
// handshakes, each within 10 s of the one before, the request goes on without. [WithoutHandshake]
// turns the handshake off.
//
// # When Clerk cannot be asked
//
// A rate limit, an outage or a lost connection signs nobody out and redirects nobody: the request
// goes on with the cookies that it had, and [Auth] is Temporary. No request waits for Clerk longer
// than [WithTimeout], 3 s unless set. After eight requests in a row that Clerk has not answered in
// time, one request a second asks Clerk, and the others go on at once. With [WithOutageGrace],
// tokens that have just expired still count meanwhile.
//
// # Reasons
//
// Auth.Reason is in the words of the JavaScript SDK:
//
//	session-token-and-uat-missing         nobody is signed in
//	session-token-missing                 Clerk has answered that nobody is signed in
//	session-token-but-no-client-uat       the cookies contradict each other
//	client-uat-but-no-session-token       likewise
//	session-token-iat-before-client-uat   likewise
//	dev-browser-missing                   a development instance does not know the browser yet
//	dev-browser-sync                      a browser comes back from a development instance
//	session-token-nbf                     the token is not good yet
//	session-token-iat-in-the-future       the token was issued in the future
//	token-invalid                         the token is no JWT, or of a typ that session tokens lack
//	token-type-mismatch                   the token is a template's, an OAuth one or a machine's
//	token-invalid-algorithm               the token is not signed with RS256
//	token-invalid-signature               the signature is wrong
//	token-invalid-authorized-parties      the token is for another origin
//	token-verification-failed             a claim is missing or of the wrong kind
//	jwk-kid-mismatch                      the instance has no such key
//	jwk-remote-failed-to-load             the instance's keys could not be fetched
//
// If a token has expired and could not be refreshed, the reason is "session-token-expired-refresh-"
// and one of these: non-eligible-non-get, non-eligible-no-refresh-cookie,
// expired-session-token-decode-failed, expired-session-token-missing-sid-claim, fetch-error,
// unexpected-bapi-error, unexpected-sdk-error, invalid-session-token, or the code of Clerk's error;
// or one that the JavaScript SDK does not have: non-eligible-upgrade,
// non-eligible-handshake-answer, non-eligible-other-session, non-eligible-too-long,
// invalid-request-origin, session-signed-out or refresh-rate-limited.
//
// Two more reasons are this package's own: session-pending, see Auth.Pending, and
// "handshake-payload-" followed by the reason why Clerk could not be asked for the answer of a
// handshake.
//
// # Behind a proxy
//
// Clerk has to be told the origin that the browser sent its request to, such as
// "https://app.example.com". The origin is made of the request's Host, and of whether the
// connection is TLS. Behind a proxy that ends TLS, use [WithOrigin] for a service with a single
// name, or [WithTrustedProxy] if the proxy itself sets X-Forwarded-Host and X-Forwarded-Proto.
// [WithClientIP] tells Clerk the browser's address as well.
//
// # Against abuse
//
// No token is believed, and no token sent to Clerk, before its signature was found good.
//
// What the service asks of Clerk is bounded, by [WithRefreshRate] as a whole:
//
//   - Each session gets 10 new tokens at once, and one a second. Each refresh token is sent to
//     Clerk 10 times at once, and once a second, where a refusal counts twice.
//   - Nonces of handshakes, which anybody can invent, get half of the bound. A flood of them makes
//     signing in by a handshake wait, but no refresh.
//   - A session that Clerk refused 180 times at once, or more than once a second, shares a quarter
//     of the bound with all others like it. So whoever holds a session's expired token, and guesses
//     refresh tokens, can keep that one session from being refreshed.
//
// A visitor who meets one of these bounds is Temporary, not signed out.
//
// What an Authenticator remembers is bounded, hashed, and forgotten after seconds; that a session
// was refused or signed out, later. In production, the answer of a handshake is taken from cookies
// alone: with a link that holds an answer, an attacker could sign a visitor in as the attacker.
//
// # Where to read on
//
// Package sessionstest is an in-process Clerk to test a service with. Package sessionfleet lets the
// instances of a service share refreshes. Module sessionsotel counts what the middleware decides.
package sessionhttp
