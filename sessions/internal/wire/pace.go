package wire

import (
	"math"
	"sync/atomic"
	"time"
)

const (
	defaultSilence = time.Second      // after a 429 that does not say how long
	minSilence     = time.Second / 5  // after one that asks for less: what is left of a window is often rounded down to 0
	minRate        = 1.0              // requests a second
	backOff        = 0.75             // of the rate that was refused
	searchGrowth   = 2.0              // of the rate, in a period, until a paced request is refused
	steadyGrowth   = 1.05             // from then on
	paceFor        = time.Minute      // after the last refusal the gate stands open again
	maxPeriod      = 30 * time.Second // in which the rate grows once
)

// pace is how fast the gate lets requests out after a 429. It knows nothing of the server's limit. The first rate is what the
// server served before it refused, spread over the time that took and the silence it asked for: that much it serves again. The
// rate then doubles with every such silence's length until a request that was sent at that rate is refused; from then on it stays
// under what was refused and grows slowly. Its methods run under the gate's lock.
type pace struct {
	episode int64     // counts the refusals that were learned from; 0 = none that still counts
	until   time.Time // the silence ends
	since   time.Time // the rate has been growing
	rate    float64   // requests a second, then
	growth  float64   // of the rate, in a period
	period  time.Duration
	next    time.Time // the next request may leave
}

// holds reports whether requests are paced at all.
func (p *pace) holds(now time.Time) bool {
	return p.episode != 0 && now.Before(p.until.Add(paceFor))
}

// silentFor returns how long nothing may be sent.
func (p *pace) silentFor(now time.Time) time.Duration { return max(0, p.until.Sub(now)) }

// untilNext returns how long until the next request may leave.
func (p *pace) untilNext(now time.Time) time.Duration {
	if !p.holds(now) {
		return 0
	}
	return max(0, p.until.Sub(now), p.next.Sub(now))
}

// release takes note that a request leaves, and returns the episode it belongs to.
func (p *pace) release(now time.Time) int64 {
	if !p.holds(now) {
		return 0
	}
	p.next = now.Add(time.Duration(float64(time.Second) / p.rateAt(now)))
	return p.episode
}

func (p *pace) rateAt(now time.Time) float64 {
	periods := float64(max(0, now.Sub(p.since))) / float64(p.period)
	return p.rate * math.Pow(p.growth, periods)
}

// refused takes note of a 429 to a request of an episode; 0 = one that was not paced.
func (p *pace) refused(now time.Time, episode int64, silence time.Duration, open *openCount) {
	end := now.Add(silence)
	switch {
	case p.holds(now) && episode != p.episode:
		// It left before the last refusal was known, which has been learned from already.
		if end.After(p.until) {
			p.until, p.since = end, end
		}
		return
	case p.holds(now):
		p.rate, p.growth = backOff*p.rateAt(now), steadyGrowth
	default:
		served, took := open.take(now)
		p.rate, p.growth = float64(served)/(took+silence).Seconds(), searchGrowth
	}
	if !(p.rate >= minRate) || math.IsInf(p.rate, 0) {
		p.rate = minRate
	}
	p.episode++
	p.period = min(max(silence, defaultSilence), maxPeriod)
	p.until, p.since, p.next = end, end, end
}

// openCount counts what a server serves while nothing is paced, since the last second in which nothing was.
type openCount struct {
	served      atomic.Int64
	first, last atomic.Int64 // when, in nanoseconds since the Unix epoch
}

// add counts one. Two that come at the same instant after a pause may lose one of them: it is an estimate.
func (o *openCount) add(now time.Time) {
	at := now.UnixNano()
	if at-o.last.Swap(at) > int64(time.Second) {
		o.first.Store(at)
		o.served.Store(0)
	}
	o.served.Add(1)
}

// take returns how many were served, and in which time, and starts anew.
func (o *openCount) take(now time.Time) (served int64, took time.Duration) {
	served = o.served.Swap(0)
	took = time.Duration(now.UnixNano() - o.first.Load())
	if served == 0 || took < 0 {
		return served, 0
	}
	return served, took
}
