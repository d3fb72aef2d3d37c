package sessions

import (
	"context"
	"time"
)

// Event is what WithObserver tells of a call, or of a token that a TokenCache was asked for. It has
// what no http.RoundTripper can see, and holds no ids.
type Event struct {
	Operation string        // the operationId: "GetSession"
	Attempts  int           // how many requests were sent
	Wait      time.Duration // how long the requests waited for the Limiter and for their turns
	HeldBack  bool          // the call ended because the client held its request, or the next, back
	Cache     string        // of a TokenCache: "hit" or "miss"; "" for a call
}

// WithObserver makes the client call observe with the context and the Event of each call that has
// ended, and of each token that a TokenCache directly in front of the client was asked for. Calls
// of the client whose parameters are refused have no Event. observe must not be nil and must be
// safe for concurrent use; the call waits for it. Package sessionsotel has an observer for
// OpenTelemetry.
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
