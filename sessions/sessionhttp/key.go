package sessionhttp

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
)

// key names a refresh without showing anything of it.
type key [sha256.Size]byte

// keyMaker makes keys with a secret that is drawn anew for each Refresher, so that nobody can choose what collides.
type keyMaker struct{ secret []byte }

func newKeyMaker() keyMaker {
	m := keyMaker{secret: make([]byte, sha256.Size)}
	_, _ = rand.Read(m.secret) // it never fails
	return m
}

// key returns the key of parts, each with its length in front.
func (m keyMaker) key(parts ...string) (k key) {
	h := hmac.New(sha256.New, m.secret)
	for _, part := range parts {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		_, _ = h.Write(length[:])
		_, _ = h.Write([]byte(part))
	}
	h.Sum(k[:0])
	return k
}
