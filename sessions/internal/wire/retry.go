package wire

import (
	"context"
	"math"
	"math/rand/v2"
	"net/http"
	"time"
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
	gate   *Gate
	budget *Budget
	log    recorder
}

// Send returns the first answer that is good or final, or the last one that there is time for.
func (r *retry) Send(call *Call, req *http.Request) *Answer {
	ctx := req.Context()
	var last *Answer // after which the request is sent again
	for {
		answer := r.next.Send(call, req)
		if answer.Attempts == 0 { // held back by the gate, or by the end of the context
			if last == nil {
				return answer
			}
			return r.giveUp(ctx, call, last, answer.Err)
		}
		if last != nil {
			answer.Attempts += last.Attempts
		}
		if answer.Whole() && answer.Status() == http.StatusOK {
			r.budget.refill()
		}
		outcome := outcomeOf(answer)
		if call.Op.Retry&outcome == 0 || ctx.Err() != nil {
			r.log.attempt(ctx, call, answer, 0)
			return answer
		}
		wait, stop := r.wait(ctx, answer, outcome)
		if stop != "" {
			r.log.attempt(ctx, call, answer, 0)
			r.log.gaveUp(ctx, call, answer, stop, wait)
			return answer
		}
		r.log.attempt(ctx, call, answer, wait)
		if outcome != RateLimited {
			if err := sleep(ctx, wait); err != nil {
				return r.giveUp(ctx, call, answer, err)
			}
		}
		last = answer
	}
}

// giveUp returns the last answer of a call whose wait for a better one has ended.
func (r *retry) giveUp(ctx context.Context, call *Call, last *Answer, ended error) *Answer {
	r.log.gaveUp(ctx, call, last, "the wait ended", 0)
	last.Ended = ended
	return last
}

// wait returns how long to wait before the next attempt, or why there is none.
func (r *retry) wait(
	ctx context.Context, answer *Answer, outcome Outcome,
) (wait time.Duration, stop string) {
	asked, _ := answer.RetryAfter()
	if outcome == RateLimited {
		wait = max(asked, r.gate.silence())
	} else {
		wait = r.jitter(answer.Attempts)
		wait += min(asked, math.MaxInt64-wait)
	}
	deadline, hasDeadline := ctx.Deadline()
	switch {
	case answer.Attempts >= r.policy.MaxAttempts:
		return wait, "no attempts left"
	case asked > r.policy.MaxRetryAfter:
		return wait, "the server asks for too long a wait"
	case hasDeadline && time.Until(deadline) < wait:
		return wait, "the deadline comes before the wait is over"
	case outcome != RateLimited && !r.budget.withdraw():
		return wait, "the retry budget is used up"
	}
	return wait, ""
}

// jitter returns a random wait before attempt n+1, up to a limit that doubles with n: full jitter, so
// that calls that failed together do not come back together.
func (r *retry) jitter(n int) time.Duration {
	limit := r.policy.BaseDelay
	for range n - 1 {
		if limit > r.policy.MaxDelay/2 {
			limit = r.policy.MaxDelay
			break
		}
		limit *= 2
	}
	return rand.N(max(1, min(limit, r.policy.MaxDelay))) //nolint:gosec // a wait is no secret
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
