// Package sessionstest is an in-process Clerk for tests: its session endpoints, with state, real
// signatures and Clerk's answers.
//
//	clerk := sessionstest.NewServer()
//	defer clerk.Close()
//	client, err := sessions.NewClient(clerk.SecretKey, sessions.WithBaseURL(clerk.URL))
//
// The server knows the eight operations of openapi/sessions.yaml and checks every request, and each
// of its own answers, against that file: what breaks it is in [Server.Violations]. [Server.Calls]
// has what was sent, [Server.Inject] and [Server.LimitRate] make it misbehave, [Server.Advance]
// moves its clock. The keys, tokens and cookies it hands out are made up and open nothing.
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
// A refresh takes the session's token whether or not it has expired yet, and a refresh token again
// and again while its session lasts; it never hands out a new one. A call without a
// Clerk-API-Version counts as one of the newest version, which has no verify.
//
// # In a synctest bubble
//
// Create the server inside the bubble, with [WithoutListener], and send through
// [Server.HTTPClient]: no socket, no goroutine, and time is the bubble's.
package sessionstest
