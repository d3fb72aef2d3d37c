// Package sessions is a client for Clerk's session endpoints: it lists, reads, creates, revokes
// and verifies sessions, mints their tokens, and refreshes an expired session on the server.
//
//	client, err := sessions.NewClient(os.Getenv("CLERK_SECRET_KEY"))
//	if err != nil {
//		return err
//	}
//	list, err := client.List(ctx, sessions.ListParams{UserID: userID, Status: sessions.StatusActive})
//	if err != nil {
//		return err
//	}
//	for _, session := range list.Data {
//		if _, err := client.Revoke(ctx, session.ID); err != nil {
//			return err
//		}
//	}
//
// # Errors
//
// What is wrong with a parameter is found before anything is sent and matches [ErrInvalidParams].
// Every other failure of a call is an [*Error], which matches the sentinel of its status:
//
//	switch _, err := client.Get(ctx, id); {
//	case errors.Is(err, sessions.ErrNotFound):
//		// there is no such session
//	case errors.Is(err, sessions.ErrRateLimited):
//		// the *Error says for how long, in RetryAfter
//	}
//
// A create or a refresh whose answer was lost matches [ErrOutcomeUnknown]: it may have happened.
//
// # Retries
//
// List, Get, Revoke, Verify and GetToken are sent again after a request that never left, 429, 500,
// 502, 503, 504 and a lost answer; Create, RefreshToken, RefreshCookies and HandshakeCookies only
// after a request that never left and 429. [WithRetry] says how often, and [WithCallTimeout] for
// how long altogether.
//
// A 429 silences its operation, for the client and its copies, for as long as it asks, a minute at
// most. Then the calls that wait are sent at a pace that is learned from what the server served. A
// call that could not be answered before its deadline is not sent: its error matches
// [ErrRateLimited]. At most 64 requests of a client are in flight. [WithLimiter] takes a limit
// that somebody knows.
//
// # Networks
//
// A client sends through a transport of its own, as [NewTransport] makes them, or through that of
// [WithHTTPClient]. It gives up a connection that went silent: one of HTTP/2 8 s later, the kept
// ones of HTTP/1.1 when a request on one of them has met its deadline.
//
// # Secrets
//
// The secret key, tokens and cookies show in no error, no log record and no formatted value of
// this package. What Go cannot cover is a [Token] copied into an unexported field of somebody's
// struct: fmt prints such fields without asking them. And encoding a [Token] or [Cookies] as JSON
// is asking for them: a struct that holds one logs its JWT through slog's JSON handler.
package sessions
