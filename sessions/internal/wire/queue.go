package wire

import (
	"context"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/flight"
)

// waiter is a call that waits for its turn.
type waiter struct {
	ctx     context.Context
	ticket  int64
	episode int64
	maxWait time.Duration
	wake    chan struct{}
	index   int // in the queue
}

// cannotWait reports whether the silence lasts longer than the call may wait. What the queue ahead will take is not counted: it
// is not known during the silence, and calls that could be served would be turned away.
func (w *waiter) cannotWait(now time.Time, left time.Duration) bool {
	deadline, ok := flight.Deadline(w.ctx)
	return left > w.maxWait || ok && now.Add(left).After(deadline)
}

func (w *waiter) wakeUp() {
	select {
	case w.wake <- struct{}{}:
	default: // it has been told already
	}
}

// sleep waits for d, or without end if d is negative, until w is woken; it returns what ended the context.
func (w *waiter) sleep(d time.Duration) error {
	var after <-chan time.Time
	if d >= 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		after = timer.C
	}
	select {
	case <-after:
	case <-w.wake:
	case <-w.ctx.Done():
		return ContextError(w.ctx)
	}
	return nil
}

// queue orders the waiters by their tickets: a call that was refused stands where it stood.
type queue []*waiter

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].ticket < q[j].ticket }

func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

func (q *queue) Push(x any) {
	w := x.(*waiter)
	w.index = len(*q)
	*q = append(*q, w)
}

func (q *queue) Pop() any {
	last := len(*q) - 1
	w := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return w
}
