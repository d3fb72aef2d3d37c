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

// Limiter keeps a rate limit that all instances share. [Store.Limiter] makes one; give it to
// sessions.WithLimiter. An instance books one place at a time, so that a bulk job of one instance
// does not push the calls of the others to the end of a queue. Times are those of the Redis server.
// A Limiter is safe for concurrent use.
//
// If Redis fails, requests go out as without a Limiter: after 250 ms at the latest, and at once
// while Redis is known to fail. Once a second a request finds out, in the background, whether Redis
// answers again.
type Limiter struct {
	engine *engine
	key    string
	turn   chan struct{} // held by the caller who books a place and waits for it

	// All in microseconds.
	interval  int64 // between two places
	tolerance int64 // how far before its time a place may be taken: what makes a burst
	longest   int64 // how long anybody waits
}

// Limiter returns a Limiter for Clerk's limit of so many requests in a time, as in
// Limiter(secretKey, 1000, 10*time.Second). It lets out 90 % of the limit steadily and 9 % at once:
// never more than 99 % in any time as long as per. So a burst takes longer than without it: 900 of
// these requests take 9 s.
//
// All instances with equal secret keys, requests and per share the limit. The secret key cannot be
// found out from the name in Redis. An empty secret key, fewer than 2 requests, and a time under 1
// ms or over 24 h are errors.
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

// Wait returns nil once one more request keeps the limit, or if Redis fails. It returns ctx's error
// as soon as ctx ends. If the next place within the limit comes after ctx's deadline, or in more
// than a minute (or per, if that is longer), Wait takes no place and returns at once with an error
// that matches context.DeadlineExceeded.
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

// Hold gives no instance a place before d has passed, a minute at most (or per, if that is longer).
// Those who have booked a place keep it. The client calls Hold after a 429. The error says that
// Redis was not told.
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
