package wire

import (
	"context"
	"math"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/gate"
)

// RetryPolicy says how often, and after which waits, a request is sent again.
type RetryPolicy struct {
	MaxAttempts                        int
	BaseDelay, MaxDelay, MaxRetryAfter time.Duration
}

// retry is the link that sends a request again where its operation allows that for the outcome, and
// waits in between. After a 429 the gate does the waiting, for all calls at once.
type retry struct {
	next   Link
	policy RetryPolicy
	gate   *gate.Gate
	budget *Budget
	log    recorder
}

// Send returns the first answer that is good or final, or the last one that there is time for.
func (r *retry) Send(call *Call, req *http.Request) *Answer {
	ctx := req.Context()
	answer := r.next.Send(call, req)
	if answer.HeldBack {
		r.log.gaveUp(ctx, call, answer, "held back", max(answer.Silence, answer.Took))
	}
	for answer.Attempts > 0 { // else the request was held back
		if answer.Whole() && answer.Status() == http.StatusOK {
			r.budget.giveBack(perSuccess)
		}
		outcome := outcomeOf(answer)
		if call.Op.Retry&outcome == 0 || ctx.Err() != nil {
			r.log.attempt(ctx, call, answer, 0)
			break
		}
		wait, stop := r.wait(ctx, call, answer, outcome)
		if stop != "" {
			r.log.attempt(ctx, call, answer, 0)
			r.log.gaveUp(ctx, call, answer, stop, wait)
			break
		}
		r.log.attempt(ctx, call, answer, wait)
		next := r.again(call, req, outcome, wait)
		if next.Attempts == 0 {
			answer.Ended, answer.HeldBack, answer.Silence = next.Err, next.HeldBack, next.Silence
			r.log.gaveUp(ctx, call, answer, "the wait ended", next.Took)
			break
		}
		next.Attempts += answer.Attempts
		answer = next
	}
	return answer
}

// again waits, and sends the request once more. After a 429 the gate does the waiting.
func (r *retry) again(call *Call, req *http.Request, outcome Outcome, wait time.Duration) *Answer {
	if outcome == RateLimited {
		return r.next.Send(call, req)
	}
	start := time.Now()
	next := &Answer{Err: sleep(req.Context(), wait), Took: time.Since(start)}
	if next.Err == nil {
		next = r.next.Send(call, req)
	}
	if next.Attempts == 0 {
		r.budget.giveBack(1)
	}
	return next
}

// wait returns how long to wait before the next attempt, or why there is none. If there is one, the
// budget has been asked for it.
func (r *retry) wait(
	ctx context.Context, call *Call, answer *Answer, outcome Outcome,
) (wait time.Duration, stop string) {
	asked, _ := answer.RetryAfter()
	if outcome == RateLimited {
		wait = max(asked, r.gate.Silence(call.Op.Name))
	} else {
		wait = r.jitter(answer.Attempts)
		wait += min(asked, math.MaxInt64-wait)
	}
	switch {
	case answer.Attempts >= r.policy.MaxAttempts:
		return wait, "no attempts left"
	case asked > r.policy.MaxRetryAfter:
		return wait, "the server asks for too long a wait"
	case time.Until(call.endsBy(ctx)) <= wait:
		return wait, "the deadline comes before the wait is over"
	case outcome != RateLimited && !r.budget.take():
		return wait, "the retry budget is used up"
	}
	return wait, ""
}

// jitter returns a random wait before attempt n+1, up to a limit that doubles with n: full jitter,
// so that calls that failed together do not come back together.
func (r *retry) jitter(n int) time.Duration {
	limit := min(r.policy.BaseDelay, r.policy.MaxDelay)
	for range n - 1 {
		limit += min(limit, r.policy.MaxDelay-limit)
	}
	return rand.N(max(1, limit)) //nolint:gosec // a wait is no secret
}

// sleep waits, or returns what ended the context.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ContextError(ctx)
	}
}
