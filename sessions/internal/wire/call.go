package wire

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/flight"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/redact"
)

// Call is one call of the client on its way through the chain: the same for all its attempts.
type Call struct {
	Op       *Operation
	Secrets  redact.Redactor // hides the call's secrets in errors and log records
	Deadline time.Time       // when the call has to be over, if its context does not end sooner

	ticket int64 // orders the calls that wait at the gate; 0 until this one comes there
}

// endsBy returns when the call has to be over: the sooner of its own deadline and its context's, or
// that of the last caller who waits, if callers share the call.
func (c *Call) endsBy(ctx context.Context) time.Time {
	if deadline, ok := flight.Deadline(ctx); ok && deadline.Before(c.Deadline) {
		return deadline
	}
	return c.Deadline
}

type operationKey struct{}

// WithOperation returns a context that leads to op, for whoever sees a request on its way out.
func WithOperation(ctx context.Context, op *Operation) context.Context {
	return context.WithValue(ctx, operationKey{}, op)
}

// OperationFrom returns the operation that WithOperation put into ctx, or nil.
func OperationFrom(ctx context.Context) *Operation {
	op, _ := ctx.Value(operationKey{}).(*Operation)
	return op
}

// ContextError returns why ctx ended. The error matches both ctx.Err and context.Cause.
func ContextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause) // ended for a reason of the caller's own
}
