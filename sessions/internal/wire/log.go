package wire

import (
	"context"
	"log/slog"
	"time"
)

// recorder writes what becomes of a call: operation, attempt, status, trace id, durations. It never
// writes a URL, a header or a body.
type recorder struct{ logger *slog.Logger }

// attempt records one attempt, and how long the next attempt waits; 0 if there is none.
func (r recorder) attempt(ctx context.Context, call *Call, answer *Answer, wait time.Duration) {
	r.write(ctx, slog.LevelDebug, "clerk: request", call, answer, wait,
		slog.Duration("duration", answer.Took))
}

// gaveUp records why a call is not tried again although its failure may pass, and the wait that is
// not taken.
func (r recorder) gaveUp(
	ctx context.Context, call *Call, answer *Answer, why string, wait time.Duration,
) {
	r.write(ctx, slog.LevelInfo, "clerk: gave up", call, answer, wait, slog.String("why", why))
}

func (r recorder) write(ctx context.Context, level slog.Level, message string,
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
