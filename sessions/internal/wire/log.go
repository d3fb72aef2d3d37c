package wire

import (
	"log/slog"
	"net/http"
	"time"
)

// recorder writes what becomes of a call: operation, attempt, status, trace id, durations. It never writes a URL, a header or a
// body.
type recorder struct{ logger *slog.Logger }

// attempt records one attempt, and how long the next one waits, if it is tried again.
func (r recorder) attempt(call *Call, resp *http.Response, err error, again bool, wait time.Duration) {
	if r.logger == nil || !r.logger.Enabled(call, slog.LevelDebug) {
		return
	}
	if !again {
		wait = 0
	}
	r.logger.LogAttrs(call, slog.LevelDebug, "clerk: request", append(attrs(call, resp, err, wait), slog.Duration("duration", call.answered.Sub(call.sent)))...)
}

// gaveUp records that a call was not tried again, although its failure may pass.
func (r recorder) gaveUp(call *Call, resp *http.Response, err error, why string, wait time.Duration) {
	if r.logger == nil || !r.logger.Enabled(call, slog.LevelInfo) {
		return
	}
	r.logger.LogAttrs(call, slog.LevelInfo, "clerk: gave up", append(attrs(call, resp, err, wait), slog.String("why", why))...)
}

func attrs(call *Call, resp *http.Response, err error, wait time.Duration) []slog.Attr {
	attrs := []slog.Attr{slog.String("operation", call.Op.Name), slog.Int("attempt", call.Attempts)}
	if resp != nil {
		attrs = append(attrs, slog.Int("status", resp.StatusCode))
		if id := TraceID(resp.Header); id != "" {
			attrs = append(attrs, slog.String("trace_id", call.Scrub(id)))
		}
		if err == nil {
			err = resp.Body.(*Body).err
		}
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", call.Scrub(err.Error())))
	}
	if wait > 0 {
		attrs = append(attrs, slog.Duration("wait", wait))
	}
	return attrs
}
