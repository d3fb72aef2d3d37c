package gate

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// maxRate is the pace, in requests a second, beyond which there is none: the bound on the requests
// in flight is enough.
const maxRate = 1000

// lane is what the gate knows of one operation. Its methods run under the gate's lock.
type lane struct {
	queue []*Turn // by ticket

	until   time.Time     // the silence ends
	asked   time.Duration // how long the last silence was
	shut    time.Time     // when it began
	refused int           // requests of those in flight when it began, the first refusal included
	served  int           // requests of those in flight when it began

	rate   float64   // requests a second when the silence ends; 0 = any
	before float64   // the rate before it was learned from the last silence
	next   time.Time // the next request may leave, according to the pace

	count   int           // requests served since the last silence or second of rest
	since   time.Time     // the first of these was served
	last    time.Time     // the last of these was served
	latency time.Duration // nine of ten answers take less, about; 0 = there was none yet
}

// add puts t into the queue.
func (l *lane) add(t *Turn) {
	at, _ := slices.BinarySearchFunc(l.queue, t, func(a, b *Turn) int {
		return cmp.Compare(a.ticket, b.ticket)
	})
	l.queue = slices.Insert(l.queue, at, t)
}

// remove takes t out of the queue, and tells it so.
func (l *lane) remove(t *Turn) {
	at := slices.Index(l.queue, t)
	l.queue = slices.Delete(l.queue, at, at+1)
	t.settled = true
	if t.wake != nil {
		close(t.wake)
	}
}

func (l *lane) silence(now time.Time) time.Duration { return max(0, l.until.Sub(now)) }

// opens returns when the head of the queue may leave, as far as its operation is concerned.
func (l *lane) opens() time.Time {
	if l.next.After(l.until) && !l.queue[0].Unpaced {
		return l.next
	}
	return l.until
}

// release lets the head of the queue go. The pace is never so slow that those who wait would be
// too late.
func (l *lane) release(now time.Time) {
	t := l.queue[0]
	t.sent = now
	if rate := l.rateAt(now); rate > 0 {
		pause := time.Duration(float64(time.Second) / rate)
		if last := l.queue[len(l.queue)-1]; !last.Deadline.IsZero() {
			pause = min(pause, (last.Deadline.Sub(now)-l.latency)/time.Duration(len(l.queue)))
		}
		l.next = now.Add(pause)
	}
	l.remove(t)
}

// rateAt returns the pace, which doubles every second: what was learned from one silence is
// forgotten within seconds.
func (l *lane) rateAt(now time.Time) float64 {
	rate := l.base() * math.Exp2(now.Sub(l.until).Seconds())
	if rate <= maxRate { // which is false for the NaN that 0 times infinity is
		return rate
	}
	return 0
}

// tooLate reports whether t may not wait for the end of the silence, or cannot be answered in
// time. A turn that does not have to wait is sent however little time it has.
func (l *lane) tooLate(t *Turn, now time.Time) bool {
	silence := l.silence(now)
	sent := now.Add(silence)
	if !sent.After(t.came) {
		return false
	}
	answered := sent.Add(l.latency)
	return silence > t.MaxWait || !t.Deadline.IsZero() && answered.After(t.Deadline)
}

// turnAway ends t's wait.
func (l *lane) turnAway(t *Turn, now time.Time) {
	t.held = l.heldBack(t, now)
	l.remove(t)
}

func (l *lane) heldBack(t *Turn, now time.Time) *HeldError {
	return &HeldError{Waited: now.Sub(t.came), Silence: l.silence(now), refused: !l.shut.IsZero()}
}

// dropHead turns away all at the head of the queue that are too late.
func (l *lane) dropHead(now time.Time) {
	for len(l.queue) > 0 && l.tooLate(l.queue[0], now) {
		l.turnAway(l.queue[0], now)
	}
}

// dropAll turns away all in the queue that are too late.
func (l *lane) dropAll(now time.Time) {
	for _, t := range slices.Clone(l.queue) {
		if l.tooLate(t, now) {
			l.turnAway(t, now)
		}
	}
}
