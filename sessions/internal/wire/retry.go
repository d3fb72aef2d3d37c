package wire

import (
	"context"
	"errors"
	"fmt"
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

// retry sends a request again where its operation allows that for the outcome, and waits in between. After a 429 the gate does
// the waiting, for every call of the client at once.
type retry struct {
	next   Link
	policy RetryPolicy
	gate   *Gate
	budget *Budget
	log    recorder
}

func (r *retry) Do(req *http.Request) (*http.Response, error) {
	call := FromContext(req.Context())
	var last *http.Response // the 429 that the gate has waited for
	for {
		attempts := call.Attempts
		resp, err := r.next.Do(req)
		if last != nil {
			if lost, ok := errors.AsType[*LostError](err); ok && call.Attempts == attempts {
				r.log.gaveUp(call, last, nil, "the context ended", 0)
				return endEarly(call, last, err, lost.Err)
			}
			_ = last.Body.Close()
			last = nil
		}
		outcome := outcomeOf(call, resp, err)
		if err == nil && resp.StatusCode == http.StatusOK && resp.Body.(*Body).Err() == nil {
			r.budget.refill()
		}
		var wait time.Duration
		var stop string // why it is not sent again although its outcome allows it
		again := call.Op.Retry&outcome != 0
		if again {
			wait, stop = r.wait(call, outcome, resp)
		}
		if stop != "" {
			again = false
		}
		if call.Attempts > attempts {
			r.log.attempt(call, resp, err, again, wait)
		}
		if stop != "" {
			r.log.gaveUp(call, resp, err, stop, wait)
		}
		if !again {
			return resp, err
		}
		if outcome != RateLimited {
			if ended := sleep(call, wait); ended != nil {
				r.log.gaveUp(call, resp, err, "the context ended", wait)
				return endEarly(call, resp, err, ended)
			}
		}
		switch {
		case outcome == RateLimited:
			last = resp
		case resp != nil:
			_ = resp.Body.Close()
		}
	}
}

// wait returns how long to wait before the next attempt, or why there is none.
func (r *retry) wait(call *Call, outcome Outcome, resp *http.Response) (wait time.Duration, stop string) {
	var asked time.Duration
	if resp != nil {
		asked, _ = RetryAfter(resp.Header, time.Now())
	}
	if outcome == RateLimited {
		wait = max(asked, r.gate.silence())
	} else {
		wait = r.jitter(call.Attempts)
		wait += min(asked, math.MaxInt64-wait)
	}
	deadline, hasDeadline := call.Deadline()
	switch {
	case call.Attempts >= r.policy.MaxAttempts:
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

// jitter returns a random wait before attempt n+1, up to a limit that doubles with n: full jitter, so that calls that failed
// together do not come back together.
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

// endEarly returns what is known of a call whose context ended between two attempts: the last answer, if there was one, and why
// there is no better one.
func endEarly(call *Call, resp *http.Response, err, ended error) (*http.Response, error) {
	if resp != nil {
		call.Ended = ended
		return resp, nil
	}
	if lost, ok := errors.AsType[*LostError](err); ok {
		return nil, &LostError{Err: fmt.Errorf("%w, after: %w", ended, lost.Err), Unsent: lost.Unsent}
	}
	return nil, err
}
