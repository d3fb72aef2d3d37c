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
//
// # In a synctest bubble
//
// Create the server inside the bubble, with [WithoutListener], and send through
// [Server.HTTPClient]: no socket, no goroutine, and time is the bubble's.
package sessionstest
