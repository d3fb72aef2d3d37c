package wire

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/gate"
)

// unsaidSilence is kept after a 429 that does not say how long.
const unsaidSilence = time.Second

// Limiter knows a limit. Wait returns once a request may be sent, or says why it may not.
type Limiter interface {
	Wait(ctx context.Context) error
}

// holder is a Limiter that is told of a 429.
type holder interface {
	Hold(ctx context.Context, d time.Duration) error
}

// gated is the link that sends a request when the limiter allows it, if there is one, and the
// gate. To the gate a 429 is a refusal, and any other answer served.
type gated struct {
	next    Link
	gate    *gate.Gate
	limiter Limiter       // nil for none
	maxWait time.Duration // for the end of a silence
}

// Send waits for the limiter, and then for the call's turn at the gate.
func (g *gated) Send(call *Call, req *http.Request) (answer *Answer) {
	ctx, turn, start := req.Context(), &call.turn, time.Now()
	turn.Operation, turn.MaxWait, turn.Deadline = call.Op.Name, g.maxWait, call.endsBy(ctx)
	turn.Unpaced = g.limiter != nil
	err := g.waitForLimiter(ctx, turn)
	if err == nil {
		err = g.gate.Enter(ctx, turn)
	}
	if err != nil {
		return &Answer{
			Err: err, Unsent: true, Took: time.Since(start),
			HeldBack: true, Silence: g.gate.Silence(turn.Operation),
		}
	}
	defer func() { g.leave(ctx, turn, answer) }() // also when the transport panics
	return g.next.Send(call, req)
}

// waitForLimiter waits until the limiter allows the request. A request that the gate would turn
// away does not come so far: it takes nothing of the limit.
func (g *gated) waitForLimiter(ctx context.Context, turn *gate.Turn) error {
	if g.limiter == nil {
		return nil
	}
	if err := g.gate.Refusal(turn); err != nil {
		return err
	}
	ctx, cancel := context.WithDeadline(ctx, turn.Deadline)
	defer cancel()
	if err := g.limiter.Wait(ctx); err != nil {
		return fmt.Errorf("not sent: the limiter says: %w", err)
	}
	return nil
}

// leave tells the gate, and a limiter that wants to know, how a request ended.
func (g *gated) leave(ctx context.Context, turn *gate.Turn, answer *Answer) {
	switch {
	case answer == nil || answer.Response == nil:
		g.gate.Leave(turn, gate.Lost, 0)
	case answer.Status() != http.StatusTooManyRequests:
		g.gate.Leave(turn, gate.Served, 0)
	default:
		asked, ok := answer.RetryAfter()
		if !ok {
			asked = unsaidSilence
		}
		g.gate.Leave(turn, gate.Refused, asked)
		if h, ok := g.limiter.(holder); ok {
			_ = h.Hold(ctx, g.gate.Silence(turn.Operation)) // the gate keeps the silence all the same
		}
	}
}
