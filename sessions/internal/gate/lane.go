package gate

import (
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
	waiting int       // turns in the queue
	latest  time.Time // the deadline of the turn that came last

	until   time.Time // the silence ends
	shut    time.Time // when it began
	refused int       // requests of those in flight when it began, the first refusal included
	served  int       // requests of those in flight when it began

	rate   float64   // requests a second when the silence ends; 0 = any
	before float64   // the rate before it was learned from the last silence
	next   time.Time // the next request may leave, according to the pace

	count   int           // requests served since the last silence, or second without any
	since   time.Time     // the first of these was served
	last    time.Time     // the last of these was served
	latency time.Duration // eight or nine of ten answers take less; 0 = there was none yet
}

func (l *lane) silence(now time.Time) time.Duration { return max(0, l.until.Sub(now)) }

// slowDown makes the next request wait, after one that leaves now, as long as the pace wants it.
// The pace is never so slow that those who wait would be too late.
func (l *lane) slowDown(now time.Time) {
	if rate := l.rateAt(now); rate > 0 {
		pause := time.Duration(float64(time.Second) / rate)
		enough := (l.latest.Sub(now) - l.latency) / time.Duration(l.waiting)
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
	if l.served > acquitted*(l.refused-1) {
		return 2 * l.before
	}
	return l.rate
}

// learn takes note of how a request ended, as Leave is told.
func (l *lane) learn(t *Turn, answered bool, silence time.Duration, now time.Time) {
	l.learnLatency(now.Sub(t.sent), answered)
	switch {
	case silence > 0:
		t.refusals++
		if t.refusals > 1 {
			t.ticket = 0 // others may be served while this one never is
		}
		l.fallSilent(t, silence, now)
	case answered:
		if !t.sent.After(l.shut) {
			l.served++
		}
		if l.count == 0 || now.Sub(l.last) > time.Second {
			l.count, l.since = 0, now
		}
		l.count++
		l.last = now
	}
}

// fallSilent begins a silence, or lengthens it if t was in flight when it began. The rate to go on
// with is what the server has served since the last silence, spread over the time that this took
// and the new silence: so much it serves again. A refusal right after a silence says only that the
// server refuses everything for longer than it said.
func (l *lane) fallSilent(t *Turn, asked time.Duration, now time.Time) {
	end := now.Add(asked)
	if !t.sent.After(l.shut) {
		l.refused++
		if end.After(l.until) {
			l.until = end
		}
		return
	}
	l.before, l.rate = l.base(), l.base()
	if !t.Unpaced && (l.rate == 0 || now.Sub(l.until) > l.until.Sub(l.shut)/2) {
		l.rate = max(minRate, float64(l.count)/(now.Sub(l.since)+asked).Seconds())
	}
	l.until, l.shut = end, now
	l.refused, l.served, l.count = 1, 0, 0
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
