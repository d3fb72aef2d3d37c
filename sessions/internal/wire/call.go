package wire

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/flight"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/gate"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/redact"
)

// Call is one call of the client on its way through the chain: the same for all its attempts.
type Call struct {
	Op       *Operation
	Secrets  redact.Redactor // hides the call's secrets in errors and log records
	Deadline time.Time       // when the call has to be over, if its context does not end sooner
	Waited   time.Duration   // for the limiter and the gate, by all its requests together

	ctx  context.Context // of the call's request
	turn gate.Turn       // the call's place at the gate
	sent int             // requests that were handed to the transport
}

// EndsBy returns when the call has to be over: the sooner of its own deadline and its context's, or
// that of the last caller who waits, if callers share the call.
func (c *Call) EndsBy() time.Time {
	if deadline, ok := flight.Deadline(c.ctx); ok && deadline.Before(c.Deadline) {
		return deadline
	}
	return c.Deadline
}

type operationKey struct{}

type attemptKey struct{}

// OperationFrom returns the operation of the attempt that sends with ctx, or nil.
func OperationFrom(ctx context.Context) *Operation {
	op, _ := ctx.Value(operationKey{}).(*Operation)
	return op
}

// AttemptFrom returns the number of the attempt that sends with ctx, 1 for the first, or 0.
func AttemptFrom(ctx context.Context) int {
	n, _ := ctx.Value(attemptKey{}).(int)
	return n
}

// ContextError returns why ctx ended. The error matches both ctx.Err and context.Cause.
func ContextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}
