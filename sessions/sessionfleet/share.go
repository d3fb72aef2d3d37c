package sessionfleet

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/flight"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/minted"
)

const lease = 1500 * time.Millisecond // of a claim; it is renewed each third of it

// call asks Clerk. The entry has Clerk's answer.
type call func(ctx context.Context) (entry, error)

// share returns another instance's answer or refusal, or else asks Clerk and shares what comes of
// it. names make the call what it is, and some are secret; the first is the session's id, "" if it
// is not known. Wherever the store is of no use, Clerk is asked.
func (f *Fleet) share(ctx context.Context, kind string, names []string, ask call) (entry, error) {
	if ctx == nil || ctx.Err() != nil { // the client says what is to be said
		return ask(ctx)
	}
	places, err := f.places(ctx, kind, names)
	if err != nil {
		return ask(ctx)
	}
	e, claim := entry{}, places[0].seal(entry{Claimed: true})
	for i := 1; i < len(places) && !e.good(); i++ { // an answer that was sealed with an old key
		e = places[i].open(f.store.swap(ctx, operation{name: places[i].name}).now, f.now())
	}
	if !e.good() {
		e = f.claim(ctx, places[0], claim)
	}
	switch {
	case e.good():
		minted.MarkEarlier(ctx)
		return e, nil
	case e.Refusal != nil:
		return entry{}, e.Refusal
	}
	return f.hold(ctx, places[0], claim, ask)
}

// patience returns how long a caller waits for the store and for others: so long that there is
// still time to ask Clerk.
func patience(ctx context.Context) time.Duration {
	const most = 30 * time.Second // of one who waits without a deadline
	if deadline, ok := flight.Deadline(ctx); ok {
		return min(time.Until(deadline)/4*3, most) // 4 first: 3 overflows after 97 years
	}
	return most
}

// places returns where a call is shared, and after that where instances with old keys share it.
func (f *Fleet) places(ctx context.Context, kind string, names []string) ([]place, error) {
	places, generations := make([]place, len(f.keys())), ""
	for i, key := range slices.Backward(f.keys()) {
		if names[0] != "" {
			r := f.store.swap(ctx, operation{name: newPlace("generation", key, names[0]).name})
			if r.err != nil {
				return nil, r.err
			}
			generations += string(r.now[:min(len(r.now), 64)]) // a store may answer anything
		}
		// An instance that has the keys from here on alone, or fewer, can forget as well.
		places[i] = newPlace(kind, key, append(names, generations)...)
	}
	return places, nil
}

// claim returns another instance's answer or refusal, which it waits for if need be. It returns
// neither if Clerk is to be asked: the claim is in its place, an answer there is late, the store is
// of no use, or there is just time to ask Clerk. A nil claim takes no place: claim only waits.
func (f *Fleet) claim(ctx context.Context, p place, claim []byte) entry {
	ctx, cancel := context.WithTimeout(ctx, patience(ctx))
	defer cancel()
	// old is what the claim takes the place of: nothing, or what counts as nothing.
	old, trouble, waited := []byte(nil), 0, false
	const first, last = 10 * time.Millisecond, 100 * time.Millisecond
	for delay := first; trouble < 2 && ctx.Err() == nil; delay = min(delay*5/4, last) {
		r := f.store.swap(ctx, operation{name: p.name, old: old, new: claim, ttl: lease})
		there := p.open(r.now, f.now())
		switch {
		case r.swapped, string(r.now) == string(claim), r.err != nil && !waited: // or seems to fail
			return entry{}
		case there.good(), there.Refusal != nil, there.late: // late by the clock here, so it stays
			return there
		case there.Claimed: // by another instance, until its lease is over
			old, waited = nil, true
		default:
			old = r.now
			trouble++
		}
		pause(ctx, delay/2+rand.N(delay/2)) //nolint:gosec // a wait is no secret
	}
	return entry{}
}

// pause waits for d, and reports whether ctx has not ended.
func pause(ctx context.Context, d time.Duration) bool {
	waiting, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-waiting.Done()
	return ctx.Err() == nil
}

// hold asks while it renews the claim, and then puts what came of it in the claim's place. A
// refusal gives way to another instance's good answer, also to one that is on its way.
func (f *Fleet) hold(ctx context.Context, p place, claim []byte, ask call) (own entry, err error) {
	renewing, stop := context.WithCancel(ctx)
	go func() {
		for pause(renewing, lease/3) { // a claim that is lost, or no longer needed, stays away
			f.store.swap(renewing, operation{name: p.name, old: claim, new: claim, ttl: lease})
		}
	}()
	var outcome entry // nothing, if ask panics
	defer func() {
		stop()
		there := f.settle(ctx, p, claim, outcome)
		if outcome.Refusal != nil && there.Claimed { // by an instance that may have been first
			there = f.claim(ctx, p, nil)
		}
		if err != nil && there.good() {
			minted.MarkEarlier(ctx)
			own, err = there, nil
		}
	}()
	if own, err = ask(ctx); err == nil {
		outcome = own
	} else if ctx.Err() == nil {
		outcome.Refusal = refusal(err)
	}
	return own, err
}

// settle puts an outcome in the place of the claim; without one it takes the claim back. A good
// answer takes the place of whatever is there but another good answer, which settle returns.
func (f *Fleet) settle(ctx context.Context, p place, claim []byte, outcome entry) (there entry) {
	ttl := f.keep(outcome)
	outcome.Until = f.now().Add(ttl)
	op := operation{name: p.name, old: claim, new: p.seal(outcome), ttl: ttl}
	_ = f.store.replace(ctx, op, func(now []byte) bool {
		there = p.open(now, f.now())
		return there.good() || !outcome.good() || op.new == nil
	})
	return there
}

// keep returns how long an answer or a refusal is shared that has come just now.
func (f *Fleet) keep(e entry) time.Duration {
	const failure = 500 * time.Millisecond // trouble that may pass, for those who wait just now
	switch {
	case e.Token != nil:
		life := min(minted.GoodUntil(e.Token.JWT, f.now(), false).Sub(f.now()), time.Hour)
		return max(max(0, life)-f.margin, failure)
	case e.Refusal != nil && !slices.Contains([]int{401, 403, 404, 422}, e.Refusal.StatusCode):
		return failure
	}
	return 10 * time.Second // for the stragglers of a page
}
