package gate

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// call is whose turn it is. When the call has to be over may change while it waits.
type call interface{ EndsBy() time.Time }

// Turn is a call's place at the gate, the same for each of its requests.
type Turn struct {
	Operation string
	MaxWait   time.Duration // for the end of a silence
	Call      call          // says when it has to be over
	Unpaced   bool          // no pace holds the turn, and its refusals set none: a limit is known

	lane     *lane    // of the operation
	queue    *[]*Turn // the lane's that t waits in
	ticket   int64    // the turn's place in the queue; 0 = at the end
	refusals int
	came     time.Time // when the turn came to the gate
	sent     time.Time // when it was let out
	rouse    func()    // ends the turn's sleep; nil before the first
}

func byTicket(a, b *Turn) int { return cmp.Compare(a.ticket, b.ticket) }

// opens returns when t may leave, as far as its operation is concerned.
func (t *Turn) opens() time.Time {
	if t.lane.next.After(t.lane.until) && !t.Unpaced {
		return t.lane.next
	}
	return t.lane.until
}

// tooLate reports whether t may not wait for the end of the silence, or cannot be answered in
// time. A turn that does not have to wait is sent however little time it has.
func (t *Turn) tooLate(now time.Time) bool {
	sent := now.Add(t.lane.silence(now))
	return sent.After(t.came) &&
		(sent.Sub(now) > t.MaxWait || !sent.Add(t.lane.latency).Before(t.Call.EndsBy()))
}

// heldBack returns the error of a turn that is turned away, or whose wait has ended.
func (t *Turn) heldBack(now time.Time, end error) error {
	waited := now.Sub(t.came).Round(time.Millisecond)
	text := fmt.Sprintf("not sent: waited %v for its turn", waited)
	if t.lane.until.After(t.came) {
		text += " after a 429"
	}
	if silence := t.lane.silence(now); silence > 0 {
		text += fmt.Sprintf(", which asks for %v more", silence.Round(time.Millisecond))
	}
	if end != nil {
		return fmt.Errorf("%s: %w", text, end)
	}
	return errors.New(text)
}
