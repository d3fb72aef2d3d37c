package sessionsotel

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

// Events returns an observer for [sessions.WithObserver]: it measures how long calls wait for their
// turns, and counts the calls that are held back and what token caches are asked for.
func Events(opts ...Option) func(context.Context, sessions.Event) {
	cfg := newConfig(opts)
	wait := cfg.seconds("clerk.client.wait.duration",
		"How long the requests of a call waited for the limiter and for their turns.")
	heldBack := cfg.counter("clerk.client.turned_away", "{call}",
		"Calls that ended because the client did not send their request, or not again.")
	lookups := cfg.counter("clerk.token_cache.lookups", "{lookup}",
		"Tokens that a token cache was asked for.")
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

// Observer returns an observer for [sessionhttp.WithObserver]: it counts what the middleware
// decides about requests, and measures how long it takes.
func Observer(opts ...Option) func(*http.Request, sessionhttp.Auth, time.Duration) {
	cfg := newConfig(opts)
	decisions := cfg.counter("clerk.auth.decisions", "{request}",
		"Requests that the middleware has decided about.")
	duration := cfg.seconds("clerk.auth.decision.duration",
		"How long it took to decide about a request.")
	return func(req *http.Request, auth sessionhttp.Auth, took time.Duration) {
		attrs := metric.WithAttributes(decisionKey.String(decisionOf(auth)),
			reasonKey.String(reasonOf(auth)))
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

// reasonOf returns the reason of a decision. Where that ends with a code of Clerk's, of which there
// may be any number, "clerk-error" takes the code's place.
func reasonOf(auth sessionhttp.Auth) string {
	e, ok := errors.AsType[*sessions.Error](auth.Err)
	if ok && len(e.Details) > 0 && e.Details[0].Code != "" {
		if kind, cut := strings.CutSuffix(auth.Reason, e.Details[0].Code); cut {
			return kind + "clerk-error"
		}
	}
	return auth.Reason
}
