package gate

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"time"
)

const (
	minRate = 10   // requests a second
	maxRate = 1000 // beyond this there is no pace: the bound on the requests in flight is enough

	// acquitted is how many of those in flight with a refused request have to be served for each that
	// is refused, so that no limit counts as met.
	acquitted = 4
)

// lane is what the gate knows of one operation. Its methods run under the gate's lock.
type lane struct {
	operation string

	paced   []*Turn // the queue of the turns that the pace holds, by ticket
	unpaced []*Turn // the queue of the other turns, by ticket

	until  time.Time // the silence ends
	shut   time.Time // when it began
	excess int       // of those in flight then: the served ones, less acquitted for each refused

	rate   float64   // requests a second when the silence ends; 0 = any
	before float64   // the rate before it was learned from the last silence
	next   time.Time // the next request may leave, according to the pace

	count   int           // requests served since the last silence, or second without any
	since   time.Time     // the first of these was served
	last    time.Time     // the last of these was served
	latency time.Duration // eight or nine of ten answers take less; 0 = there was none yet
}

func (l *lane) silence(now time.Time) time.Duration { return max(0, l.until.Sub(now)) }

// slowDown makes the next request wait, after t, which leaves now, as long as the pace wants it.
// The pace is never so slow that those who wait would be too late.
func (l *lane) slowDown(t *Turn, now time.Time) {
	if rate := l.rateAt(now); rate > 0 && !t.Unpaced {
		pause := time.Duration(float64(time.Second) / rate)
		last := l.paced[len(l.paced)-1]
		enough := (last.Call.EndsBy().Sub(now) - l.latency) / time.Duration(len(l.paced))
		l.next = now.Add(min(pause, enough))
	}
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

// base returns the rate at which the pace begins. If nearly all that was in flight with a refused
// request was served, the server refuses that request for its own sake: nothing is learned, and
// what was learned before doubles. Otherwise silence upon silence would keep it.
func (l *lane) base() float64 {
	if l.excess > -acquitted {
		return 2 * l.before
	}
	return l.rate
}

// countServed takes note that t was served.
func (l *lane) countServed(t *Turn, now time.Time) {
	if !t.sent.After(l.shut) {
		l.excess++
	}
	if l.count == 0 || now.Sub(l.last) > time.Second {
		l.count, l.since = 0, now
	}
	l.count++
	l.last = now
}

// fallSilent begins a silence, or lengthens it if t was in flight when it began. The rate to go on
// with is what the server has served since the last silence, spread over the time that this took
// and the new silence: so much it serves again. A refusal right after a silence says only that the
// server refuses everything for longer than it said.
func (l *lane) fallSilent(t *Turn, asked time.Duration, now time.Time) {
	if t.sent.After(l.shut) {
		l.before, l.rate = l.base(), l.base()
		if !t.Unpaced && (l.rate == 0 || now.Sub(l.until) > l.until.Sub(l.shut)/2) {
			l.rate = max(minRate, float64(l.count)/(now.Sub(l.since)+asked).Seconds())
		}
		l.shut, l.excess, l.count = now, 0, 0
	}
	l.excess -= acquitted
	if end := now.Add(asked); end.After(l.until) {
		l.until = end
	}
}

// learnLatency lets the latency grow by an eighth with each answer that took longer, and shrink
// by a hundredth with each that was quicker, or by a sixteenth with each that was far quicker. A
// request without an answer teaches nothing: after a hang it would hold back calls for minutes.
func (l *lane) learnLatency(took time.Duration, answered bool) {
	switch {
	case !answered:
	case l.latency == 0:
		l.latency = took
	case took > l.latency:
		l.latency += l.latency / 8
	case took < l.latency/8:
		l.latency -= l.latency / 16
	default:
		l.latency -= l.latency / 100
	}
}

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
