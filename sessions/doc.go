// Package sessions is a client for Clerk's session endpoints: it lists, reads, creates, revokes and
// verifies sessions, mints their tokens, and refreshes an expired session on the server. The
// package is unofficial, and tested against an in-process Clerk, not the live one.
//
//	client, err := sessions.NewClient(os.Getenv("CLERK_SECRET_KEY")) // make it once and keep it
//	if err != nil {
//		return err
//	}
//	for session, err := range client.All(ctx, sessions.ListParams{UserID: userID}) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(session.ID, session.Status, session.LastActiveAt)
//	}
//	_, err = client.RevokeAll(ctx, sessions.RevokeAllParams{UserID: userID}) // signs the user out
//	return err
//
// [Client.List] returns a single page, of 10 sessions unless ListParams asks for more; [Client.All]
// returns every session. A [TokenCache] keeps the tokens that [Client.GetToken] mints.
//
// # Errors
//
// A parameter that cannot be right is found before anything is sent: the error matches
// [ErrInvalidParams]. Every other failure of a call of a Client that NewClient made is an [*Error],
// with the status, Clerk's error codes, the trace id and Retry-After. An Error matches the sentinel
// of its status:
//
//	switch _, err := client.Get(ctx, id); {
//	case errors.Is(err, sessions.ErrNotFound):
//		fmt.Println("there is no such session")
//	case errors.Is(err, sessions.ErrRateLimited):
//		if e, ok := errors.AsType[*sessions.Error](err); ok {
//			fmt.Println("try again after", e.RetryAfter)
//		}
//	}
//
// After a create, a refresh or a handshake, [ErrOutcomeUnknown] says that Clerk may have done what
// was asked for, although no good answer came. The error of a call that was ended by its context
// also matches the context's error, and that of a call or an attempt that took too long matches
// [context.DeadlineExceeded].
//
// # Retries
//
// A call sends up to three requests, unless [WithRetry] says otherwise, with random waits in
// between. List, Get, Revoke, Verify and GetToken can be repeated, and so All and RevokeAll;
// Create, RefreshToken, RefreshCookies and HandshakeCookies cannot:
//
//	after                                           can be repeated   cannot be repeated
//	a request that never left; 429                  sent again        sent again
//	500, 502, 503, 504; a lost answer               sent again        not sent again
//	any other answer; a host that does not exist;   not sent again    not sent again
//	a certificate that is not trusted
//
// Retries have a budget, so that an outage is not made worse: N calls send at most 1.1 N + 64
// requests, and 64 more a minute. Retries after 429 are not counted; the next section says what
// slows them down.
//
// # Limits
//
// A 429 silences its operation, in the client and its copies, for as long as the answer asks: a
// minute at most, and 1 s if the answer does not say. After that the calls that wait are sent at a
// pace that is learned from what Clerk served. [WithLimiter] takes a limit that is known.
//
// An attempt takes 10 s at most ([WithTimeout]), and a call 30 s with all its waits
// ([WithCallTimeout]). A call that would wait for its turn until it is too late for an answer is
// not sent: its error matches [ErrRateLimited]. At most 64 requests of a client and its copies are
// in flight. After decompression, 1 MiB of an answer is read, 10 MiB of a list and 64 KiB of an
// error. A longer answer matches [ErrInvalidResponse]; a longer error has its status, but no
// details.
//
// # Networks
//
// A client sends through a transport of its own, made by [NewTransport], or through the transport
// of [WithHTTPClient]. The client's own transport gives up connections that went silent: a
// connection of HTTP/2 after 8 s, and the idle connections of HTTP/1.1 once a request on one of
// them has met its deadline. Redirects are not followed.
//
// # Secrets
//
// The secret key, tokens and cookies show in no error, no log record and no formatted value of this
// package. Two things are left to the caller. fmt prints a [Token], [Cookies] or [RefreshParams] in
// an unexported field of another struct in clear text, since fmt does not ask such fields how to
// print. And a [Token] or [Cookies] encoded as JSON is what Clerk answered, with the JWT: also
// where slog's JSON handler encodes a struct that holds one.
//
// # Where to read on
//
//   - Package sessionhttp is middleware: it finds out who sends a request, and keeps browsers
//     signed in.
//   - Package sessionstest is the in-process Clerk for tests.
//   - Package sessionfleet shares refreshes and tokens between the instances of a service.
//   - Module sessionsotel has spans and metrics for OpenTelemetry. For other tools there are
//     [WithLogger], [WithObserver], [OperationFromContext] and [AttemptFromContext].
package sessions
