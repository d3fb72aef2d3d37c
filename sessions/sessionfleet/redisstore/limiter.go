package redisstore

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Limiter keeps a limit that all instances with one secret key share, for sessions.WithLimiter. An
// instance books one place at a time, so that a bulk job of one does not push the others' calls to
// the end of a queue. Times are those of the server of Redis, never those of two instances. It is
// safe for concurrent use.
//
// A Redis that fails is never an error of Wait: requests go out as without a Limiter, at the latest
// after 250 ms, and at once while it is known to fail; once a second one of them finds out.
type Limiter struct {
	engine *engine
	key    string
	turn   chan struct{} // held by the caller who books a place and waits for it

	// All in microseconds.
	interval  int64 // between two places
	tolerance int64 // how far before its time a place may be taken: what makes a burst
	longest   int64 // how long anybody waits
}

// Limiter returns a Limiter for requests in any time per, which is Clerk's limit, as 1000 in
// 10 * time.Second. It lets out 90 % of that steadily and 9 % at once: 99 % in any window. So a
// burst takes longer than without it: 900 requests take 9 s. Instances with equal secret keys and
// numbers share; the secret key is not part of the name in Redis and cannot be found out by it. An
// empty secret key and fewer than 2 requests are errors.
func (s *Store) Limiter(secretKey string, requests int, per time.Duration) (*Limiter, error) {
	switch {
	case secretKey == "":
		return nil, errors.New("redisstore: Limiter: the secret key is empty; " +
			"pass the key that the client has")
	case requests < 2:
		return nil, fmt.Errorf("redisstore: Limiter: a limit of %d requests cannot be shared; "+
			"pass 2 or more, in a longer time", requests)
	case per < time.Millisecond || per > 24*time.Hour:
		return nil, fmt.Errorf("redisstore: Limiter: a limit in %v cannot be kept; "+
			"pass a time from a millisecond to a day", per)
	}
	info := fmt.Sprintf("clerk-sessions-go limiter 1 %d %v", requests, per)
	name, err := hkdf.Key(sha256.New, []byte(secretKey), nil, info, 24)
	if err != nil {
		return nil, fmt.Errorf("redisstore: Limiter: %w", err)
	}
	interval := int64(float64(per.Microseconds())/(0.9*float64(requests))) + 1
	burst := max(1, 0.09*float64(requests))
	return &Limiter{
		engine:    newEngine(s.client, s.logger),
		key:       s.prefix + "limit:" + base64.RawURLEncoding.EncodeToString(name),
		turn:      make(chan struct{}, 1),
		interval:  interval,
		tolerance: int64((burst - 1) * float64(interval)),
		longest:   max(time.Minute, per).Microseconds(),
	}, nil
}

// bookScript books the next place, if it comes within ARGV[3]. ARGV: interval, tolerance, longest
// wait, and how far away the key's time can be: what is further was not set here, or before the
// clock was put back. It returns the engine's time, that of the place, and whether it is booked.
// The key has the time when a request would be on time if all before it had kept the interval.
var bookScript = redis.NewScript(`
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local due = tonumber(redis.call('GET', KEYS[1]) or '') or 0
if not (due >= now and due <= now + ARGV[4]) then due = now end
local place = math.max(now, due - ARGV[2])
if place - now > tonumber(ARGV[3]) then return {now, place, 0} end
due = due + ARGV[1]
redis.call('SET', KEYS[1], string.format('%.0f', due), 'PX', math.ceil((due - now) / 1000))
return {now, place, 1}
`)

// holdScript sets the key's time so that the next place comes after ARGV[2] or later. ARGV:
// tolerance, and that time.
var holdScript = redis.NewScript(`
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local due = now + ARGV[1] + ARGV[2]
if not ((tonumber(redis.call('GET', KEYS[1]) or '') or 0) >= due) then
	redis.call('SET', KEYS[1], string.format('%.0f', due), 'PX', math.ceil((due - now) / 1000))
end
return {}
`)

// Wait returns once one more request keeps the limit, and at once with ctx's error when ctx ends.
// If the next place comes after ctx's deadline, or in more than a minute (or the limit's time, if
// that is longer), Wait takes none and returns an error at once, which matches
// context.DeadlineExceeded. If Redis fails, Wait returns nil.
func (l *Limiter) Wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if l.engine.rests() {
		if l.engine.mayTry() {
			l.engine.start(ctx, bookScript, l.key, l.booking(l.longest)...)
		}
		return nil
	}
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-l.engine.gone():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
	longest := l.longest
	if deadline, ok := ctx.Deadline(); ok {
		longest = min(longest, time.Until(deadline).Microseconds())
	}
	answer, err := l.engine.ask(ctx, bookScript, l.key, l.booking(longest)...)
	if err != nil {
		return ctx.Err()
	}
	wait := time.Duration(answer[1]-answer[0]) * time.Microsecond
	if answer[2] == 0 {
		return fmt.Errorf("redisstore: the next place within the limit is %v away: %w",
			wait, context.DeadlineExceeded)
	}
	return pause(ctx, wait)
}

// booking returns the arguments of bookScript.
func (l *Limiter) booking(longest int64) []any {
	return []any{l.interval, l.tolerance, longest, l.tolerance + l.longest + l.interval}
}

// Hold gives no instance a place before d has passed, at most a minute (or the limit's time, if
// that is longer); those who wait for a booked place keep it. The client calls it after a 429. An
// error says that Redis was not told.
func (l *Limiter) Hold(ctx context.Context, d time.Duration) error {
	if l.engine.rests() {
		return errGone
	}
	d = min(max(d, 0), time.Duration(l.longest)*time.Microsecond)
	_, err := l.engine.ask(ctx, holdScript, l.key, l.tolerance, d.Microseconds())
	return err
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
