// Package redisstore keeps what the instances of a service share in Redis or Valkey: [Store] is a
// sessionfleet.Store, and [Limiter] keeps one rate limit for all instances.
//
//	engine := redis.NewClient(&redis.Options{
//		Addr:                  "redis.example.com:6379",
//		ContextTimeoutEnabled: true,
//		MaxRetries:            -1, // none
//		DialerRetries:         1,
//	})
//	store, err := redisstore.New(engine)
//	if err != nil {
//		return err
//	}
//	fleet, err := sessionfleet.New(client, store, secretKey)
//
// By default, go-redis ignores the deadlines of contexts and tries again for seconds. A Fleet and a
// Limiter do not wait for that, but take the engine for one that fails. The example of [New] has
// all options of a client whose operations end in time, and turns off what go-redis writes to
// standard error.
//
// # Engines
//
// It works with every client of go-redis: a single server, Sentinel, Cluster, where an operation
// touches one key, and Ring. TLS, passwords and users are the client's matter. It is tested with
// Redis 7, needs nothing newer than Redis 5, and speaks what Valkey speaks. A user with an ACL
// needs the commands EVALSHA, EVAL, GET, SET, DEL and TIME, on the keys that start with the prefix
// ("clerk:", see [WithPrefix]), and what go-redis needs to connect, +@connection.
//
// Give the server enough memory, or the policy volatile-ttl: a key that is evicted is work done
// twice, and a limit that starts anew. Turn persistence off: nothing here is worth a recording.
package redisstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"time"
	"unicode"

	"github.com/redis/go-redis/v9"
)

// Store is a sessionfleet.Store in Redis or Valkey. [New] makes one. It is safe for concurrent use.
type Store struct {
	client redis.Scripter
	prefix string
	logger *slog.Logger
}

// Option changes a Store that New makes. An argument that cannot be used is an error of New; a nil
// Option is ignored.
type Option func(*Store) error

// WithPrefix sets what the name of every key starts with; "clerk:" unless set. A prefix must not
// hold spaces, control characters or braces: Redis Cluster keeps all keys with equal braces on one
// node.
func WithPrefix(prefix string) Option {
	return func(s *Store) error {
		if strings.ContainsFunc(prefix, func(r rune) bool {
			return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("{}\uFFFD", r)
		}) {
			return fmt.Errorf("redisstore: WithPrefix: the prefix %q has a space, a brace or a "+
				`character that cannot be printed; use one like "clerk:"`, prefix)
		}
		s.prefix = prefix
		return nil
	}
}

// WithLogger writes a record to l when a Limiter no longer reaches Redis, and one when it does
// again; l must not be nil. For the operations of the Store, sessionfleet.WithLogger does the same.
func WithLogger(l *slog.Logger) Option {
	return func(s *Store) error {
		if l == nil {
			return errors.New("redisstore: WithLogger: the logger is nil; leave the option out")
		}
		s.logger = l
		return nil
	}
}

// New returns a Store that uses c: a *redis.Client, a *redis.ClusterClient or a *redis.Ring. It
// sends nothing. A nil client and an option that cannot be used are errors.
func New(c redis.Scripter, opts ...Option) (*Store, error) {
	if v := reflect.ValueOf(c); c == nil || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, errors.New("redisstore: New: the client is nil; make one by redis.NewClient")
	}
	s := &Store{client: c, prefix: "clerk:", logger: slog.New(slog.DiscardHandler)}
	for _, opt := range opts {
		if opt == nil {
			continue
		}
		if err := opt(s); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// swapScript compares and swaps. ARGV: old, next, each behind "1" if it is there or "0" if it is
// nil, and the milliseconds that next is kept. It returns what is there unless that is next, and
// whether it swapped. False is nil: an empty value is true in Lua.
var swapScript = redis.NewScript(`
local there = redis.call('GET', KEYS[1])
local old = ARGV[1] == '1' and ARGV[2]
local next = ARGV[3] == '1' and ARGV[4]
if there ~= old or not (old or next) then return {there, 0} end
if next then redis.call('SET', KEYS[1], next, 'PX', ARGV[5]) else redis.call('DEL', KEYS[1]) end
return {false, 1}
`)

// Swap implements sessionfleet.Store: it puts next in the place of old for ttl, rounded up to whole
// milliseconds, if old is there now. It returns what is there afterwards, and whether it swapped.
// The errors are those of the client, which also decides whether Swap ends with ctx.
func (s *Store) Swap(ctx context.Context, name string, old, next []byte, ttl time.Duration) (
	now []byte, swapped bool, err error,
) {
	answer, err := swapScript.Run(ctx, s.client, []string{s.prefix + name},
		old != nil, old, next != nil, next, (ttl + time.Millisecond - 1).Milliseconds()).Slice()
	if err != nil {
		return nil, false, fmt.Errorf("redisstore: %w", err)
	}
	if answer[1] == int64(1) {
		return next, true, nil
	}
	if there, ok := answer[0].(string); ok {
		return []byte(there), false, nil
	}
	return nil, false, nil
}
