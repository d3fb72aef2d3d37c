package wire

import (
	"context"
	"time"
)

// Call is one call of the client on its way through the chain. It is the parent of the contexts of the requests it sends, so that each
// link finds it there without a further allocation.
type Call struct {
	context.Context // the caller's
	Op              *Operation
	Secrets         func() []string // what must not show in an error or a log, asked for only when there is one; may be nil
	Attempts        int             // how many times the request was to be handed to the transport
	Ended           error           // what ended the wait for a better answer than the one that there is; nil for nothing

	first          sending   // the first attempt's, in the same allocation
	sent, answered time.Time // when the last attempt began, without what it waited for before, and when it was over
	forms          []string  // of the secrets, once somebody has asked
	ticket         int64     // where the call stands among those that wait at the gate; 0 = it has not come there
	queued         bool      // it had to wait there
	episode        int64     // of the gate's pace, when the last request left
}

type callKey struct{}

// Value returns the call itself under the package's key, and what the caller's context holds under any other.
func (c *Call) Value(key any) any {
	if key == (callKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// FromContext returns the call that a request's context belongs to, or nil.
func FromContext(ctx context.Context) *Call {
	call, _ := ctx.Value(callKey{}).(*Call)
	return call
}
