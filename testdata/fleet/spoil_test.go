//go:build linux

package fleet

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// spoiler changes values in Redis.
type spoiler struct {
	name string
	// change returns what is put in the place of a value, and of the value of another name.
	change func(s *stage, name string, value, other []byte) (instead, insteadOfOther []byte)
}

func spoilers() []spoiler {
	return []spoiler{
		{"is sealed by another version", func(s *stage, name string, _, other []byte) ([]byte, []byte) {
			return sealed(s.clerk.SecretKey, "clerk-sessions-go sessionfleet 2 refresh", name), other
		}},
		{"is sealed with another key", func(_ *stage, name string, _, other []byte) ([]byte, []byte) {
			return sealed("sk_test_wrong", "clerk-sessions-go sessionfleet 1 refresh", name), other
		}},
		{"is cut off", func(s *stage, _ string, value, other []byte) ([]byte, []byte) {
			return value[:s.random.IntN(len(value))], other
		}},
		{"is swapped with another name's", func(_ *stage, _ string, value, other []byte) ([]byte, []byte) {
			return other, value
		}},
		{"has one bit flipped", func(s *stage, _ string, value, other []byte) ([]byte, []byte) {
			flipped := bytes.Clone(value)
			flipped[s.random.IntN(len(value))] ^= 1 << s.random.IntN(8)
			return flipped, other
		}},
	}
}

// sealed returns a claim as it would be sealed by a key that follows from secret and info.
func sealed(secret, info, name string) []byte {
	key, _ := hkdf.Key(sha256.New, []byte(secret), nil, info, 32)
	block, _ := aes.NewCipher(key)
	aead, _ := cipher.NewGCM(block)
	nonce := make([]byte, aead.NonceSize())
	rand.Read(nonce)
	return aead.Seal(nonce, nonce, []byte(`{"Claimed":true}`), []byte(strings.TrimPrefix(name, "clerk:")))
}

// spoil changes each value that a process puts into Redis, within a few milliseconds, until all
// visitors have come.
func (by spoiler) spoil(s *stage) {
	admin := redis.NewClient(&redis.Options{Addr: s.redis.Addr})
	defer admin.Close()
	ctx, cancel := context.WithTimeout(context.Background(), sizes().lasting*4/5)
	defer cancel()
	spoiled, own := 0, make(map[string]string) // what spoil has put under a name
	put := func(name string, value []byte) {
		own[name] = string(value)
		if admin.SetXX(ctx, name, value, redis.KeepTTL).Val() {
			spoiled++
		}
	}
	for ctx.Err() == nil {
		wait(ctx, time.Millisecond)
		names, _ := admin.Keys(ctx, "*").Result()
		for _, name := range names {
			value, err := admin.Get(ctx, name).Bytes()
			if err != nil || len(value) == 0 || own[name] == string(value) { // it has expired, or is spoiled
				continue
			}
			next := names[s.random.IntN(len(names))]
			other, err := admin.Get(ctx, next).Bytes()
			if err != nil || next == name {
				continue
			}
			instead, insteadOfOther := by.change(s, name, value, other)
			put(name, instead)
			if !bytes.Equal(insteadOfOther, other) {
				put(next, insteadOfOther)
			}
		}
	}
	s.tb.Logf("%d values spoiled", spoiled)
	if spoiled < len(s.visitors)/2 {
		s.tb.Errorf("%d values spoiled of %d visitors", spoiled, len(s.visitors))
	}
}
