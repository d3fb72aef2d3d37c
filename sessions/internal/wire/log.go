package wire

import (
	"context"
	"log/slog"
	"time"
)

// record writes to the log what becomes of a call: operation, attempt, status, trace id, durations,
// and never a URL, a header or a body. wait is what the next attempt waits for, or would have; 0 if
// it is of no interest.
func (r *retry) record(
	ctx context.Context, level slog.Level, message string,
	call *Call, answer *Answer, wait time.Duration, more slog.Attr,
) {
	if r.logger == nil || !r.logger.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("operation", call.Op.Name), slog.Int("attempt", answer.Attempts),
	}
	if answer.Response != nil {
		attrs = append(attrs, slog.Int("status", answer.Status()))
	}
	if id := answer.TraceID(); id != "" {
		attrs = append(attrs, slog.String("trace_id", call.Secrets.Text(id)))
	}
	if answer.Err != nil {
		attrs = append(attrs, slog.String("error", call.Secrets.Text(answer.Err.Error())))
	}
	if wait > 0 {
		attrs = append(attrs, slog.Duration("wait", wait))
	}
	r.logger.LogAttrs(ctx, level, message, append(attrs, more)...)
}

// gaveUp records why a call is not tried again although its failure may pass, and the wait that is
// not taken, or was in vain.
func (r *retry) gaveUp(
	ctx context.Context, call *Call, answer *Answer, wait time.Duration, why string,
) {
	reason := slog.String("why", why)
	r.record(ctx, slog.LevelInfo, "clerk: gave up", call, answer, wait, reason)
}
