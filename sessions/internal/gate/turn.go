package gate

import (
	"context"
	"fmt"
	"time"
)

// Turn is a call's place at the gate, the same for each of its requests.
type Turn struct {
	Operation string
	MaxWait   time.Duration // for the end of a silence
	Deadline  time.Time     // of the call; zero for none
	Unpaced   bool          // the caller knows the limit: no pace is kept or learned

	ticket   int64 // the turn's place in the queue; 0 = at the end
	refusals int
	came     time.Time     // when the turn entered the queue
	sent     time.Time     // when it left the queue
	settled  bool          // it has left the queue
	held     *HeldError    // why it may not send, once it is settled; nil if it may
	wake     chan struct{} // closed when the turn is settled; nil if it did not wait
}

// wait waits until t is settled, its deadline has come, or ctx has ended.
func (t *Turn) wait(ctx context.Context) {
	var late <-chan time.Time
	if !t.Deadline.IsZero() {
		timer := time.NewTimer(time.Until(t.Deadline))
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-t.wake:
	case <-late:
	case <-ctx.Done():
	}
}

// Answer is how a request ended, as far as the gate is concerned.
type Answer int

// The kinds of answers.
const (
	Lost    Answer = iota // there is none
	Served                // anything but a refusal
	Refused               // the operation has to be silent for a while
)

// HeldError says that a request was not sent.
type HeldError struct {
	Waited  time.Duration // for its turn
	Silence time.Duration // for how long its operation is still silent; 0 = it is not
	refused bool          // its operation has been refused before
	ended   []error       // the error of the call's context and its cause; nil if it has not ended
}

// Error says how long the request waited for its turn, and for what.
func (e *HeldError) Error() string {
	text := fmt.Sprintf("not sent: waited %v for its turn", e.Waited.Round(time.Millisecond))
	if e.refused {
		text += " after a 429"
	}
	if e.Silence > 0 {
		text += fmt.Sprintf(", which asks for %v more", e.Silence.Round(time.Millisecond))
	}
	for i, err := range e.ended {
		if i == 0 || err != e.ended[0] { //nolint:errorlint // the error is its own cause, or not
			text += ": " + err.Error()
		}
	}
	return text
}

// Unwrap returns the error of the call's context and its cause, if the context has ended.
func (e *HeldError) Unwrap() []error { return e.ended }
