package wire

import (
	"context"
	"errors"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/redact"
)

// Call is one call of the client on its way through the chain: the same for all its attempts.
type Call struct {
	Op      *Operation
	Secrets redact.Redactor // hides the call's secrets in errors and log records

	ticket int64 // orders the calls that wait at the gate; 0 until this one comes there
}

type operationKey struct{}

// OperationFrom returns the operation of the attempt that sends with ctx, or nil.
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
	return &endedError{err: err, cause: cause}
}

// endedError is the error of a context that was ended for a reason of the caller's own.
type endedError struct{ err, cause error }

func (e *endedError) Error() string   { return e.err.Error() + ": " + e.cause.Error() }
func (e *endedError) Unwrap() []error { return []error{e.err, e.cause} }
