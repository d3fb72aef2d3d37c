package sessionsotel

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

// Events returns an observer for [sessions.WithObserver]. It measures how long calls wait for their
// turns, and counts the calls that are held back and the tokens that token caches are asked for.
func Events(opts ...Option) func(context.Context, sessions.Event) {
	cfg := newConfig(opts)
	wait := cfg.seconds("clerk.client.wait.duration",
		"How long the requests of a call waited for the limiter and for their turns.")
	heldBack := cfg.counter("clerk.client.turned_away", "{call}",
		"Calls that ended because the client did not send their request, or not again.")
	lookups := cfg.counter("clerk.token_cache.lookups", "{lookup}", "Tokens that were asked for.")
	return func(ctx context.Context, e sessions.Event) {
		operation := operationKey.String(e.Operation)
		if e.Cache != "" {
			lookups.Add(ctx, 1, metric.WithAttributes(operation, lookupKey.String(e.Cache)))
			return
		}
		wait.Record(ctx, e.Wait.Seconds(), metric.WithAttributes(operation))
		if e.HeldBack {
			heldBack.Add(ctx, 1, metric.WithAttributes(operation))
		}
	}
}

// Observer returns an observer for [sessionhttp.WithObserver]. It counts what the middleware
// decides about requests, and measures how long that takes.
func Observer(opts ...Option) func(*http.Request, sessionhttp.Auth, time.Duration) {
	cfg := newConfig(opts)
	decisions := cfg.counter("clerk.auth.decisions", "{request}",
		"Requests that the middleware has decided about.")
	duration := cfg.seconds("clerk.auth.decision.duration", "How long the decisions took.")
	return func(req *http.Request, auth sessionhttp.Auth, took time.Duration) {
		attrs := metric.WithAttributes(decisionKey.String(decisionOf(auth)),
			reasonKey.String(bounded(auth.Reason)))
		decisions.Add(req.Context(), 1, attrs)
		duration.Record(req.Context(), took.Seconds(), attrs)
	}
}

func decisionOf(auth sessionhttp.Auth) string {
	switch {
	case auth.Temporary:
		return "temporary"
	case auth.Pending && !auth.SignedIn:
		return "pending"
	case auth.Refreshed:
		return "refreshed"
	case auth.SignedIn:
		return "signed_in"
	}
	return "signed_out"
}

// reasons are those that the documentation of package sessionhttp lists, without what may stand
// before them.
var reasons = strings.Fields(`
	session-token-and-uat-missing session-token-missing session-token-but-no-client-uat
	client-uat-but-no-session-token session-token-iat-before-client-uat dev-browser-missing
	dev-browser-sync session-token-nbf session-token-iat-in-the-future token-invalid
	token-type-mismatch token-invalid-algorithm token-invalid-signature
	token-invalid-authorized-parties token-verification-failed jwk-kid-mismatch
	jwk-remote-failed-to-load non-eligible-non-get non-eligible-no-refresh-cookie
	expired-session-token-decode-failed expired-session-token-missing-sid-claim fetch-error
	unexpected-bapi-error unexpected-sdk-error invalid-session-token non-eligible-upgrade
	non-eligible-handshake-answer non-eligible-other-session non-eligible-too-long
	invalid-request-origin session-signed-out refresh-rate-limited session-pending
`)

// bounded returns a reason, with "other" in the place of what is not one of the reasons: a code of
// Clerk's, of which there may be any number.
func bounded(reason string) string {
	kind, word := "", reason
	for _, prefix := range []string{"session-token-expired-refresh-", "handshake-payload-"} {
		if rest, cut := strings.CutPrefix(reason, prefix); cut {
			kind, word = prefix, rest
		}
	}
	if reason != "" && !slices.Contains(reasons, word) {
		word = "other"
	}
	return kind + word
}
