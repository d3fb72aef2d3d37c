// Package valkey shows a sessionfleet.Store on valkey-go, for a service that has this client.
package valkey

import (
	"context"
	"strconv"
	"time"

	"github.com/valkey-io/valkey-go"
)

// Store is a sessionfleet.Store in Valkey or Redis.
type Store struct {
	Client valkey.Client
	Prefix string // of the keys, as "clerk:"
}

var swap = valkey.NewLuaScript(`
local there = redis.call('GET', KEYS[1])
local old = ARGV[1] == 'true' and ARGV[2]
local next = ARGV[3] == 'true' and ARGV[4]
if there ~= old or not (old or next) then return {there, 0} end
if next then redis.call('SET', KEYS[1], next, 'PX', ARGV[5]) else redis.call('DEL', KEYS[1]) end
return {false, 1}
`)

// Swap implements sessionfleet.Store.
func (s *Store) Swap(ctx context.Context, name string, old, next []byte, ttl time.Duration) (
	[]byte, bool, error,
) {
	answer, err := swap.Exec(ctx, s.Client, []string{s.Prefix + name}, []string{
		strconv.FormatBool(old != nil), valkey.BinaryString(old),
		strconv.FormatBool(next != nil), valkey.BinaryString(next),
		strconv.FormatInt(max(1, ttl.Milliseconds()), 10),
	}).ToArray()
	if err != nil {
		return nil, false, err
	}
	if swapped, err := answer[1].AsBool(); swapped || err != nil {
		return next, swapped, err
	}
	there, err := answer[0].AsBytes()
	if valkey.IsValkeyNil(err) {
		return nil, false, nil
	}
	return there, false, err
}
