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
//	http.ListenAndServe(":8080", auth.Middleware(mux))
//
// Put the [Authenticator.Middleware] around all handlers. They learn from [FromContext] who sends a
// request; [Authenticator.Require] serves some of them to nobody else.
//
// # What it decides
//
// The session token in the Authorization header counts, else the one in the cookies. It has to be
// signed by the instance with RS256, of the class of session tokens, and good now; see
// [WithAuthorizedParties] for the origins that it may be made for. The keys are fetched from the
// Frontend API when they are first needed, and again when a token names another; [WithJWTKey] gives
// one instead.
//
// A token that has expired is refreshed, if the request is a GET and the browser holds the
// instance's refresh cookie: one request goes to Clerk, and the page is served with the new token.
// Requests that arrive together share it, and those of the next 10 seconds get its result.
//
// Where the cookies contradict each other, or a refresh is refused, a browser that asks for a page
// is sent through the handshake with the Frontend API, with 307, and comes back with new cookies:
// in production in two redirects, in development in three. After three handshakes within 10 seconds
// of each other there is no other. [WithoutHandshake] leaves it out.
//
// # When Clerk cannot be asked
//
// A rate limit, an outage or a lost connection signs nobody out and redirects nobody: the request
// goes on with the cookies that it had, and [Auth] is Temporary. No request waits longer than
// [WithTimeout]. While Clerk is silent, one request a second asks and the others go on at once.
// [WithOutageGrace] lets tokens that have just expired count meanwhile.
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
// or "session-token-expired-refresh-" and why there was no new token: non-eligible-non-get,
// non-eligible-no-refresh-cookie, expired-session-token-decode-failed,
// expired-session-token-missing-sid-claim, fetch-error, unexpected-bapi-error,
// unexpected-sdk-error, invalid-session-token, or the code of Clerk's error. These are this
// package's own: non-eligible-upgrade, non-eligible-handshake-answer, non-eligible-other-session,
// non-eligible-too-long, invalid-request-origin, session-signed-out and refresh-rate-limited;
// session-pending; and "handshake-payload-" with the reason why a handshake's answer could not be
// taken.
//
// # Behind a proxy
//
// Clerk is told the origin that the browser asked. It is made of the Host and of whether the
// connection is TLS. Behind a proxy that ends TLS, set [WithTrustedProxy] if the proxy sets
// X-Forwarded-Host and X-Forwarded-Proto itself, or [WithOrigin] for a service that has one name.
// [WithClientIP] adds the browser's address.
//
// # Strangers
//
// No token is believed, and none sent to Clerk, before its signature was found good. What a
// service asks of Clerk is bounded by [WithRefreshRate]; one session gets ten refreshes at once and
// one a second. Whoever invents nonces gets no more than half of the bound, and whoever guesses
// refresh tokens 180 at once and one a second for each session, and a quarter of the bound for all.
// So a flood of nonces makes signing in by a handshake wait, but no refresh; and whoever holds a
// session's expired token can keep that session from being refreshed, while guessing at it. Such a
// visitor is Temporary, not signed out. Everything is remembered briefly, in bounded memory and
// under hashes; that a session was refused or signed out, for longer. In production, a handshake's
// answer is taken from cookies alone: with a link that holds one, somebody could sign a visitor in
// as themselves.
package sessionhttp
