//go:build linux

package fleet

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// spoiler changes values in Redis.
type spoiler struct {
	name string
	// change returns what is put in the place of a value, nil for nothing, and of the value of another name.
	change func(s *stage, name string, value, other []byte) (instead, insteadOfOther []byte)
}

func spoilers() []spoiler {
	return []spoiler{
		{"is sealed by another version", func(s *stage, name string, _, other []byte) ([]byte, []byte) {
			return s.claim(name, s.clerk.SecretKey, "2"), other
		}},
		{"is sealed with another key", func(s *stage, name string, _, other []byte) ([]byte, []byte) {
			return s.claim(name, "sk_test_wrong", "1"), other
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

// claimer puts a good claim in the place of each value. That pages wait for it shows that a claim
// of another version or key is not open to anybody for no other reason.
var claimer = spoiler{"gives way to a claim", func(s *stage, name string, _, other []byte) ([]byte, []byte) {
	return s.claim(name, s.clerk.SecretKey, "1"), other
}}

// claim returns a claim for the name of a visitor's refresh, as an instance with that key and of
// that version seals it; nil for another name.
func (s *stage) claim(name, key, version string) []byte {
	name = strings.TrimPrefix(name, "clerk:")
	for _, who := range s.visitors {
		if own, _ := derive(s.clerk.SecretKey, "1", who); own == name {
			_, aead := derive(key, version, who)
			return aead.Seal(nil, nil, []byte(`{"Claimed":true}`), []byte(name))
		}
	}
	return nil
}

// derive returns the name under which a visitor's refresh is shared, and what seals what is there.
func derive(key, version string, who sessionstest.SignIn) (name string, aead cipher.AEAD) {
	const suffixed, generations = "true", ""
	secret := fmt.Appendf(nil, "%q",
		[]string{key, who.SessionID, who.RefreshToken, who.SessionToken, origin, suffixed, generations})
	derived, _ := hkdf.Key(sha256.New, secret, nil, "clerk-sessions-go sessionfleet "+version+" refresh", 24+32)
	block, _ := aes.NewCipher(derived[24:])
	aead, _ = cipher.NewGCMWithRandomNonce(block)
	return base64.RawURLEncoding.EncodeToString(derived[:24]), aead
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
			if instead == nil {
				continue
			}
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
