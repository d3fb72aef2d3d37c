package wire

import (
	"context"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/gate"
)

// RetryPolicy says how often, and after which waits, a request is sent again.
type RetryPolicy struct {
	MaxAttempts                        int
	BaseDelay, MaxDelay, MaxRetryAfter time.Duration
}

// retry is the link that sends a request again where its operation allows that for the outcome, and
// waits in between. After a 429 the gate does the waiting, for all calls at once. It returns the
// first answer that is final, or the last one that there is time for. Whether a body is good is
// looked at later, and makes no difference here.
func (l *links) retry(call *Call, req *http.Request) *Answer {
	answer := l.gated(call, req)
	if answer.HeldBack {
		l.record(call, answer, max(answer.Silence, answer.Took), "held back")
	}
	for answer.Attempts > 0 { // else the request was held back
		wait, stop := l.wait(call, answer)
		if stop != "" {
			l.record(call, answer, 0, "")
			if stop != noRetry {
				l.record(call, answer, wait, stop)
			}
			break
		}
		l.record(call, answer, wait, "")
		start, next := time.Now(), &Answer{}
		limited := answer.Status() == http.StatusTooManyRequests
		if !limited { // else the gate does the waiting
			next.Err = sleep(call.ctx, wait)
			if next.Err == nil && !l.Budget.spend(1) {
				l.record(call, answer, wait, "the retry budget is used up")
				break
			}
		}
		if next.Err == nil {
			next = l.gated(call, req)
			if next.Attempts == 0 && !limited {
				l.Budget.spend(-1) // the retry was not sent
			}
		}
		if next.Attempts == 0 {
			answer.Ended, answer.HeldBack, answer.Silence = next.Err, next.HeldBack, next.Silence
			why := "the wait ended: " + call.Secrets.Text(next.Err.Error())
			l.record(call, answer, time.Since(start), why)
			break
		}
		answer = next
	}
	return answer
}

// noRetry stops a call that has a good answer, or one that another attempt would not change.
const noRetry = "no retry"

// wait returns how long the wait before the next attempt is, or would be, and why there is no
// next attempt.
func (l *links) wait(call *Call, answer *Answer) (wait time.Duration, stop string) {
	if answer.Whole() && answer.Status() == http.StatusOK {
		l.Budget.spend(-perSuccess)
	}
	if !outcomeOf(answer).allows(call.Op) || call.ctx.Err() != nil {
		return 0, noRetry
	}
	asked, _ := answer.RetryAfter()
	if answer.Status() == http.StatusTooManyRequests {
		wait = max(asked, l.Gate.Silence(call.Op.Name))
	} else {
		wait = l.jitter(answer.Attempts)
		wait += min(asked, math.MaxInt64-wait)
	}
	switch {
	case answer.Attempts >= l.Retry.MaxAttempts:
		return wait, "no attempts left"
	case asked > l.Retry.MaxRetryAfter:
		return wait, "the server asks for too long a wait"
	case time.Until(call.EndsBy()) <= wait:
		return wait, "the deadline comes before the wait is over"
	case answer.Status() != http.StatusTooManyRequests && !l.Budget.left():
		return wait, "the retry budget is used up"
	}
	return wait, ""
}

// jitter returns a random wait before attempt n+1, up to a limit that doubles with n: full jitter,
// so that calls that failed together do not come back together.
func (l *links) jitter(n int) time.Duration {
	limit := math.Ldexp(float64(l.Retry.BaseDelay), n-1)
	limit = max(1, min(limit, float64(l.Retry.MaxDelay)))
	return time.Duration(rand.Float64() * limit) //nolint:gosec // a wait is no secret
}

// sleep waits, or returns what ended the context.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return gate.ContextError(ctx)
	}
}

const (
	budgetSize = 64.0 // retries; one connection's worth of requests may be cut off and sent again
	perSuccess = 0.1
)

// Budget bounds the retries of the clients that share it, so that they do not multiply the load of
// a server in trouble. A retry, other than after a 429, takes a token when it is sent. Every tenth
// success gives one back, and time fills the whole budget within a minute: N calls send at most 1.1
// N + 64 requests, and 64 more a minute. The zero value is a full budget.
type Budget struct {
	mu    sync.Mutex
	spent float64   // tokens
	aged  time.Time // when spent was last reduced by time
}

// spend takes tokens, and reports whether there were enough. A negative number gives tokens back.
func (b *Budget) spend(tokens float64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	filled := budgetSize * now.Sub(b.aged).Minutes()
	b.spent, b.aged = max(0, b.spent-filled), now
	if b.spent+tokens > budgetSize {
		return false
	}
	b.spent = max(0, b.spent+tokens)
	return true
}

// left reports whether there is a token, and takes none.
func (b *Budget) left() bool { return b.spend(1) && b.spend(-1) }

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
