package wire

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/gate"
)

// How long an operation is silent after a 429: for as long as that asks, within bounds. What is
// left of a window is often rounded down to 0.
const (
	unsaidSilence = time.Second // after a 429 that does not say how long
	minSilence    = time.Second / 5
	maxSilence    = time.Minute
)

// Limiter knows a limit. Wait returns once a request may be sent, or says why it may not.
type Limiter interface {
	Wait(ctx context.Context) error
}

// holder is a Limiter that is told of a 429.
type holder interface {
	Hold(ctx context.Context, d time.Duration) error
}

// gated is the link that sends a request when the limiter allows it, if there is one, and the
// gate: it waits for the limiter, and then for the call's turn at the gate. To the gate a 429 is a
// refusal, and any other answer served.
func (l *links) gated(call *Call, req *http.Request) *Answer {
	ctx, turn, start := req.Context(), &call.turn, time.Now()
	h, holds := l.Limiter.(holder)
	turn.Operation, turn.MaxWait = call.Op.Name, l.Retry.MaxRetryAfter
	turn.Call, turn.Unpaced = call, holds
	err := l.enter(ctx, call)
	took := time.Since(start)
	call.Waited += took
	if err != nil {
		silence := l.Gate.Silence(turn.Operation)
		return &Answer{Err: err, Unsent: true, Took: took, HeldBack: true, Silence: silence}
	}
	answered, silence := false, time.Duration(0)
	defer func() { // also when the transport panics
		l.Gate.Leave(turn, answered, silence)
		if holds && silence > 0 {
			ctx, cancel := context.WithDeadline(ctx, call.Deadline)
			defer cancel()
			_ = h.Hold(ctx, silence) // the gate keeps the silence all the same
		}
	}()
	answer := l.attempt(call, req)
	answered = answer.Response != nil
	if answer.Status() == http.StatusTooManyRequests {
		asked, ok := answer.RetryAfter()
		if !ok {
			asked = unsaidSilence
		}
		silence = min(max(asked, minSilence), maxSilence)
	}
	return answer
}

// enter waits until the limiter allows the request, and then until the gate does. A request that
// the gate would turn away, or whose context has ended, takes nothing of the limit.
func (l *links) enter(ctx context.Context, call *Call) error {
	if l.Limiter == nil || ctx.Err() != nil {
		return l.Gate.Enter(ctx, &call.turn)
	}
	if err := l.Gate.Refusal(ctx, &call.turn); err != nil {
		return err
	}
	limited, cancel := context.WithDeadline(ctx, call.Deadline)
	defer cancel()
	err := l.Limiter.Wait(limited)
	if err = cmp.Or(gate.ContextError(limited), err); err != nil {
		return fmt.Errorf("not sent: the limiter says: %w", err)
	}
	return l.Gate.Enter(ctx, &call.turn)
}
