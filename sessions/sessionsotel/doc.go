// Package sessionsotel tells OpenTelemetry what package sessions and its middleware do: a span of
// each request to Clerk, and metrics. One argument traces and measures a client, and one option
// counts what the middleware decides:
//
//	client, err := sessions.NewClient(secretKey, sessionsotel.Options()...)
//	if err != nil {
//		return err
//	}
//	auth, err := sessionhttp.New(client, publishableKey,
//		sessionhttp.WithObserver(sessionsotel.Observer()))
//
// Spans and metrics go to OpenTelemetry's global providers, also if these are set later, unless
// [WithTracerProvider] and [WithMeterProvider] name others. A client with a transport of its own is
// given the parts:
//
//	client, err := sessions.NewClient(secretKey,
//		sessions.WithHTTPClient(&http.Client{Transport: sessionsotel.Transport(base)}),
//		sessions.WithObserver(sessionsotel.Events()))
//
// # Spans
//
// Each request is a span of kind client, below the span of the caller's context, and named "clerk "
// and the operation, as in "clerk GetSession". The span ends with the body of the answer. A call
// that is sent again has several spans. The attributes are:
//
//	clerk.operation            the operationId
//	clerk.trace_id             what Clerk's support asks for, if the answer names it
//	error.type                 the status from 400 on; or canceled, timeout, not_connected,
//	                           connection_lost, server_certificate_invalid, _OTHER
//	http.request.method
//	http.request.resend_count  1 for the first request that is sent again
//	http.response.status_code
//	server.address, server.port
//	url.template               below the base URL, as in "/sessions/{session_id}"
//
// No name, attribute or status holds an id of a user or a session, a key, a token or the text of an
// error. So there is no url.full, which the semantic conventions ask for.
//
// Clerk is told nothing of the trace, unless [WithPropagator] is given.
//
// # Metrics
//
// The durations are histograms in seconds, the others counters.
//
//	http.client.request.duration  of each request, by the attributes of the spans that the semantic
//	                              conventions name, and clerk.operation
//	clerk.client.retries          requests that were sent again, by clerk.operation
//	clerk.client.wait.duration    how long the requests of a call waited for a limiter and for their
//	                              turns, by clerk.operation
//	clerk.client.turned_away      calls that ended because the client held the request, or the next
//	                              one, back, after a 429 for example; by clerk.operation
//	clerk.token_cache.lookups     tokens that a TokenCache directly in front of the client was asked
//	                              for, by clerk.operation and clerk.token_cache.result: hit, miss
//	clerk.auth.decisions          requests that the middleware has decided about, by
//	                              clerk.auth.decision and clerk.auth.reason
//	clerk.auth.decision.duration  how long these decisions took, by the same
//
// clerk.auth.decision is signed_in, refreshed, pending, temporary or signed_out. clerk.auth.reason
// is the Reason of [sessionhttp.Auth], with "other" in the place of an error code of Clerk's. So
// the values of all attributes of metrics are bounded, whatever Clerk answers and visitors send.
package sessionsotel
