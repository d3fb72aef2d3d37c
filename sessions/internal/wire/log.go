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
	if r.enabled(ctx, slog.LevelDebug) {
		attrs := append(attrs(call, answer, wait), slog.Duration("duration", answer.Took))
		r.logger.LogAttrs(ctx, slog.LevelDebug, "clerk: request", attrs...)
	}
}

// gaveUp records why a call is not tried again although its failure may pass, and the wait that is
// not taken.
func (r recorder) gaveUp(
	ctx context.Context, call *Call, answer *Answer, why string, wait time.Duration,
) {
	if r.enabled(ctx, slog.LevelInfo) {
		attrs := append(attrs(call, answer, wait), slog.String("why", why))
		r.logger.LogAttrs(ctx, slog.LevelInfo, "clerk: gave up", attrs...)
	}
}

func (r recorder) enabled(ctx context.Context, level slog.Level) bool {
	return r.logger != nil && r.logger.Enabled(ctx, level)
}

func attrs(call *Call, answer *Answer, wait time.Duration) []slog.Attr {
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
	return attrs
}
