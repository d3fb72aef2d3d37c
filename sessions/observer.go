package sessions

import (
	"context"
	"time"
)

// Event is what became of a call before and between its requests, which no http.RoundTripper can
// see, or what a TokenCache was asked for; see WithObserver. It holds no ids.
type Event struct {
	Operation string        // the operationId: "GetSession"
	Attempts  int           // how many requests were sent
	Wait      time.Duration // how long the requests waited for the Limiter and for their turns
	HeldBack  bool          // the client itself held the request, or the next one, back
	Cache     string        // "hit" or "miss" of a TokenCache; "" for a call
}

// WithObserver calls observe with the context and the Event of each call that has ended, and of
// each token that a TokenCache in front of the client was asked for. The function must be safe for
// concurrent use, and what it observes waits for it. An http.RoundTripper (WithHTTPClient) sees the
// requests; package sessionsotel has both for OpenTelemetry.
func WithObserver(observe func(context.Context, Event)) Option {
	return option(observe != nil, func(cfg *config) { cfg.observe = observe },
		"WithObserver: the function is nil")
}

// tell tells the observer, if there is one, of an event.
func (c *Client) tell(ctx context.Context, e Event) {
	if c != nil && c.config != nil && c.config.observe != nil {
		c.config.observe(ctx, e)
	}
}
