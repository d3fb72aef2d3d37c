package redact

import (
	"math/bits"
	"slices"
	"strings"
)

const (
	// minSecret is the length below which a value is no secret: hiding it would only garble texts.
	minSecret = 6

	// keyLength is how much of a secret identifies it: a server that shortens a secret shows less.
	keyLength = 20
)

// index finds secrets. A text is looked at once, and nothing is compared with secrets one by one:
// the filter says for nearly every byte that no secret begins there, and the map says for the rest
// which secrets may.
type index struct {
	filter  []uint64       // a set of hashes of the first minSecret bytes
	shift   int            // of a hash, so that it fits the filter
	keys    map[string]key // by the first keyLength bytes of the secret, or by a shorter secret
	lengths []int          // of the keys, each once
}

// key is what is known of the secrets that begin alike.
type key struct {
	longest int       // bytes of the longest of the secrets
	bytes   [4]uint64 // the set of the bytes that stand in the secrets behind the key
}

// newIndex returns the index of secrets, or nil if none of them is long enough.
func newIndex(secrets []string) *index {
	x := &index{keys: make(map[string]key, len(secrets))}
	size := min(20, bits.Len(uint(len(secrets)))+5)
	x.shift, x.filter = 64-size, make([]uint64, 1<<size/64)
	for _, secret := range secrets {
		x.add(secret)
		if plain := unescapeAll(secret); plain != secret { // a server may decode what it gets
			x.add(plain)
			secret = plain
		}
		if strings.Contains(secret, " ") { // a query writes blanks like this
			x.add(strings.ReplaceAll(secret, " ", "+"))
		}
	}
	if len(x.keys) == 0 {
		return nil
	}
	return x
}

func (x *index) add(secret string) {
	if len(secret) < minSecret {
		return
	}
	var window uint64
	for i := range minSecret {
		window = slide(window, secret[i])
	}
	word, bit := x.slot(window)
	x.filter[word] |= bit
	length := min(len(secret), keyLength)
	if !slices.Contains(x.lengths, length) {
		x.lengths = append(x.lengths, length)
	}
	known := x.keys[secret[:length]]
	known.longest = max(known.longest, len(secret))
	for i := length; i < len(secret); i++ {
		known.bytes[secret[i]/64] |= 1 << (secret[i] % 64)
	}
	x.keys[secret[:length]] = known
}

// find adds to spans where secrets stand in the text that v is a view of. Behind a key it takes as
// much as could belong to one of the secrets that begin so, by their bytes and their length. That is
// never too little, and it takes no look at these secrets, of which there may be thousands.
func (x *index) find(v view, spans []span) []span {
	var window uint64
	end := 0 // of what was found last
	for last := range v.bytes {
		window = slide(window, v.bytes[last])
		word, bit := x.slot(window)
		if x.filter[word]&bit == 0 {
			continue
		}
		start := last + 1 - minSecret
		for _, length := range x.lengths {
			if start < 0 || start+length > len(v.bytes) {
				continue
			}
			known, ok := x.keys[string(v.bytes[start:start+length])]
			if !ok {
				continue
			}
			end = max(end, start+length) // no byte is walked over twice
			for end < min(len(v.bytes), start+known.longest) && known.has(v.bytes[end]) {
				end++
			}
			spans = append(spans, v.span(start, end))
		}
	}
	return spans
}

func (k *key) has(b byte) bool { return k.bytes[b/64]&(1<<(b%64)) != 0 }

// slide returns the window of the last minSecret bytes, moved on by one.
func slide(window uint64, next byte) uint64 {
	return window>>8 | uint64(next)<<(8*(minSecret-1))
}

// slot returns the filter's word and bit for a window.
func (x *index) slot(window uint64) (word, bit uint64) {
	hash := window * 0x9e3779b97f4a7c15 >> x.shift
	return hash / 64, 1 << (hash % 64)
}
