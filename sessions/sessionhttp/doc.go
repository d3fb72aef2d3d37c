// Package sessionhttp refreshes expired sessions inside the requests that they come with, for services built on net/http: a page
// that is asked for with a session token that expired a minute ago is served at once, signed in, without a redirect.
//
//	client, err := sessions.NewClient(os.Getenv("CLERK_SECRET_KEY"))
//	if err != nil {
//		return err
//	}
//	refresher, err := sessionhttp.NewRefresher(client, os.Getenv("CLERK_PUBLISHABLE_KEY"),
//		sessionhttp.WithJWTKey([]byte(os.Getenv("CLERK_JWT_KEY"))))
//	if err != nil {
//		return err
//	}
//	http.ListenAndServe(":8080", refresher.Middleware(mux))
//
// Put the [Refresher.Middleware] in front of whatever verifies session tokens: that finds the new token in the request's cookies.
// The middleware itself decides nothing about who may see what.
//
// # When it refreshes
//
// By the rules of Clerk's JavaScript SDK: the method is GET, the session token, from the cookies or the Authorization header,
// expired at least 5 seconds ago, and the browser holds the instance's refresh cookie. One POST /sessions/{session_id}/refresh then
// brings the cookies that the response sets. Requests that arrive together share it, and stragglers of the same page get its result
// for 10 seconds more.
//
// [OutcomeFromContext] tells a handler what happened:
//
//	not-needed        no session, or a token that is still good
//	not-eligible      an expired token, or one that cannot be read, which this request may not refresh
//	refreshed         the request goes on with a new token
//	handshake-needed  Clerk refused (401, 403, 404 or 422), or the cookies contradict each other
//	unavailable       Clerk could not be asked, or did not answer well
//
// with a reason: missing-session-token, client-uat-but-no-session-token, session-token-but-no-client-uat,
// session-token-iat-before-client-uat, expired-session-token-decode-failed, expired-session-token-missing-sid-claim,
// non-eligible-non-get, non-eligible-no-refresh-cookie, fetch-error, unexpected-bapi-error, invalid-session-token, the first error
// code of Clerk's answer, and two that the JavaScript SDK does not have, invalid-request-origin and refresh-rate-limited.
//
// # When it fails
//
// The request goes on as it came, with the cookies that it had: what verifies next finds an expired token, and the next request
// tries again. A rate limit, an outage or a lost connection never signs anybody out. What Clerk refuses, it refuses for good; only
// the browser's handshake with Clerk helps then, to which [WithHandshake] redirects.
//
// # Behind a proxy
//
// Clerk is told the origin that the browser asked. It is made of the Host and of whether the connection is TLS. Behind a proxy that
// ends TLS, set [WithTrustedProxy] if the proxy sets X-Forwarded-Host and X-Forwarded-Proto itself, or [WithOrigin] for a service
// that has one name. [WithClientIP] adds the browser's address.
//
// # Strangers
//
// Anybody can invent an expired token. With [WithJWTKey] or [WithVerifier], one whose signature is wrong is never sent to Clerk, and
// what a session may make the service ask is bounded, to 100 refreshes at once and one a second. Without them, the whole service
// asks at most 50 times a second, which [WithRefreshRate] changes; a stranger who uses that up keeps others from being refreshed.
// Refusals are remembered for 10 seconds, in bounded memory and under hashes.
package sessionhttp
