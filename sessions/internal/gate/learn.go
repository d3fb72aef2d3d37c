package gate

import "time"

const (
	minSilence = time.Second / 5 // what is left of a window is often rounded down to 0
	maxSilence = time.Minute
	minRate    = 10 // requests a second
	acquitted  = 4  // times as many served as refused mean that no limit was met
)

// learn takes note of how a request ended.
func (l *lane) learn(t *Turn, answer Answer, asked time.Duration, now time.Time) {
	l.learnLatency(now.Sub(t.sent), answer)
	switch answer {
	case Served:
		if !t.sent.After(l.shut) {
			l.served++
		}
		if l.count == 0 || now.Sub(l.last) > time.Second {
			l.count, l.since = 0, now
		}
		l.count++
		l.last = now
	case Refused:
		t.refusals++
		if t.refusals > 1 {
			t.ticket = 0 // others may be served while this one never is
		}
		l.fallSilent(t, min(max(asked, minSilence), maxSilence), now)
		l.dropAll(now)
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
	if !t.Unpaced && (l.rate == 0 || now.Sub(l.until) > l.asked/2) {
		l.rate = max(minRate, float64(l.count)/(now.Sub(l.since)+asked).Seconds())
	}
	l.until, l.asked, l.shut = end, asked, now
	l.refused, l.served, l.count = 1, 0, 0
}

// base returns the rate at which the pace begins. If nearly all that was in flight with a refused
// request was served, the server refuses that request for its own sake, and nothing is learned.
func (l *lane) base() float64 {
	if l.served > acquitted*(l.refused-1) {
		return l.before
	}
	return l.rate
}

// learnLatency lets the latency grow by an eighth with each request that took longer, and shrink
// by a hundredth with each that was quicker. A request without an answer says only that an answer
// takes longer.
func (l *lane) learnLatency(took time.Duration, answer Answer) {
	switch {
	case l.latency == 0 && answer != Lost:
		l.latency = took
	case l.latency > 0 && took > l.latency:
		l.latency += l.latency / 8
	case answer != Lost:
		l.latency -= l.latency / 100
	}
}
