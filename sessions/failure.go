package sessions

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/gen"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/gate"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/wire"
)

// failure returns the error of a call, whatever went wrong: all that is known of its answer,
// without secrets. cause says what is wrong with an answer that came whole with status 200;
// otherwise the answer itself says what went wrong.
func failure(call *wire.Call, answer *wire.Answer, cause error) *Error {
	e := &Error{
		Operation:  call.Op.Name,
		StatusCode: answer.Status(),
		Attempts:   answer.Attempts,
		answered:   answer.Response != nil,
		brokenOff:  answer.Status() == http.StatusOK && answer.Lost(),
	}
	e.RetryAfter, _ = answer.RetryAfter()
	if answer.HeldBack {
		e.heldBack, e.RetryAfter = true, cmp.Or(max(e.RetryAfter, answer.Silence), time.Second)
	}
	if answer.Silence > 0 && answer.Response == nil {
		e.StatusCode = http.StatusTooManyRequests
	}
	e.outcomeUnknown = !call.Op.Repeatable && mayHaveHappened(answer)
	e.cause = call.Secrets.Error(causeOf(answer, cause))
	if answer.Whole() {
		e.readDetails(call, answer.Body)
	}
	e.TraceID = call.Secrets.Text(cmp.Or(e.TraceID, answer.TraceID()))
	return e
}

// notTried returns the error of a call that was not tried, because ctx ended first.
func notTried(ctx context.Context, op *wire.Operation) *Error {
	return failure(&wire.Call{Op: op}, &wire.Answer{Err: gate.ContextError(ctx), Unsent: true}, nil)
}

// badList returns the error of a list that fits ill with what was asked for.
func badList(format string, args ...any) *Error {
	answer := &wire.Answer{Response: &http.Response{StatusCode: http.StatusOK}, Attempts: 1}
	return failure(&wire.Call{Op: wire.GetSessionList}, answer, fmt.Errorf(format, args...))
}

// fromTheWay are the statuses by which a network in front of Clerk says that it has passed the
// request on and got no answer that will do. Those from 520 on are Cloudflare's.
var fromTheWay = []int{502, 504, 520, 522, 524}

// mayHaveHappened reports whether Clerk may have done what the request asked for, although the
// answer is not a good one.
func mayHaveHappened(answer *wire.Answer) bool {
	status := answer.Status()
	return status/100 == 2 || slices.Contains(fromTheWay, status) ||
		answer.Response == nil && !answer.Unsent
}

// causeOf returns why there is no good answer; nil where the status says it all.
func causeOf(answer *wire.Answer, cause error) error {
	switch {
	case answer.Ended != nil && answer.Response == nil:
		return fmt.Errorf("%w, after: %w", answer.Ended, answer.Err)
	case answer.Ended != nil:
		return answer.Ended
	case answer.Response == nil, answer.Lost(), answer.Status() == http.StatusOK && cause == nil:
		return answer.Err
	}
	return cause
}

// minting are the operations whose good answers hold new tokens or cookies.
var minting = []*wire.Operation{
	wire.GetHandshakePayload, wire.CreateSessionToken, wire.CreateSessionTokenFromTemplate,
}

// mayHoldTokens reports whether an answer may hold new tokens or cookies, in whatever form.
func mayHoldTokens(op *wire.Operation, status int) bool {
	return op == wire.RefreshSession || status < 400 && slices.Contains(minting, op)
}

// readDetails takes what Clerk says is wrong out of a body. Of a body that is not JSON it keeps as
// much as Text does.
func (e *Error) readDetails(call *wire.Call, body []byte) {
	if !json.Valid(body) && !mayHoldTokens(call.Op, e.StatusCode) {
		e.Body = call.Secrets.Text(strings.ToValidUTF8(string(body), "\uFFFD"))
	}
	var answer gen.ErrorAnswer
	_ = json.Unmarshal(body, &answer) // what is not JSON, or not as Clerk documents it, stays empty
	e.TraceID = answer.ClerkTraceID
	for _, item := range answer.Errors[:min(len(answer.Errors), 16)] {
		if cmp.Or(item.Code, item.Message, item.LongMessage) == "" {
			continue
		}
		detail := ErrorDetail{
			Code:        call.Secrets.Text(item.Code),
			Message:     call.Secrets.Text(item.Message),
			LongMessage: call.Secrets.Text(item.LongMessage),
		}
		if meta, _ := json.Marshal(item.Meta); item.Meta != nil && len(meta) <= 4<<10 {
			detail.Meta, _ = call.Secrets.JSON(item.Meta).(map[string]any)
		}
		e.Details = append(e.Details, detail)
	}
}
