package wire

import (
	"log/slog"
	"time"
)

// record writes to the log what became of an attempt or, with a reason, why its call is not tried
// again although the failure may pass: operation, attempt, status, trace id, durations, and never a
// URL, a header or a body. wait is what the next attempt waits for, or would have waited for; 0 if
// there is none.
func (l *links) record(call *Call, answer *Answer, wait time.Duration, gaveUp string) {
	level, message, more := slog.LevelDebug, "clerk: request", slog.Duration("duration", answer.Took)
	if gaveUp != "" {
		level, message, more = slog.LevelInfo, "clerk: gave up", slog.String("why", gaveUp)
	}
	if l.Logger == nil || !l.Logger.Enabled(call.ctx, level) {
		return
	}
	attrs := []slog.Attr{slog.String("operation", call.Op.Name), slog.Int("attempt", answer.Attempts)}
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
	l.Logger.LogAttrs(call.ctx, level, message, append(attrs, more)...)
}
