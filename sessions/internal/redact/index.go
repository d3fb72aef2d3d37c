package redact

import (
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// minSecret is the length below which a value is no secret: hiding it would only garble texts.
	minSecret = 6

	// keyLength is how much of a secret identifies it: a server that shortens a secret shows less.
	keyLength = 20
)

// index finds secrets. It looks at a text once, and compares nothing with secrets one by one: for
// nearly every byte of a text, the hash of the next few says that no secret begins there. Where one
// may, the secrets with this hash become keys, and the map of the keys says whether it is one.
type index struct {
	secrets []string
	heads   []int32 // by the hash of a start: 1 + the secret that has it, 0 for none, or inKeys
	next    []int32 // by secret: 1 + another secret with the same hash, 0 for none
	shift   int     // of a hash, so that it fits heads
	keys    map[string]key
	lengths []int // of the keys, each once
}

// key is what is known of the secrets that begin alike: with the same keyLength bytes, or with all
// the bytes of a shorter secret.
type key struct {
	longest   int    // bytes of the longest of the secrets
	low, high uint64 // the set of the ASCII characters that stand in the secrets behind the key
	any       byte   // all the bytes there in one: its highest bit says whether some are not ASCII
}

// inKeys says that all secrets with a hash are in the map of the keys.
const inKeys = -1

// newIndex returns the index of secrets, or nil if none of them is long enough.
func newIndex(secrets []string) *index {
	x := &index{keys: make(map[string]key)}
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
	if len(x.secrets) == 0 {
		return nil
	}
	size := bits.Len(uint(len(x.secrets))) + 4
	x.heads, x.next, x.shift = make([]int32, 1<<size), make([]int32, len(x.secrets)), 64-size
	for i, secret := range x.secrets {
		var start uint64
		for j := range minSecret {
			start = slide(start, secret[j])
		}
		head := &x.heads[x.hash(start)]
		x.next[i], *head = *head, int32(i+1)
	}
	return x
}

func (x *index) add(secret string) {
	if len(secret) >= minSecret {
		x.secrets = append(x.secrets, secret)
	}
}

// learn makes keys of the secrets with a hash, and reports whether there are any.
func (x *index) learn(hash uint64) bool {
	head := x.heads[hash]
	if head == 0 {
		return false
	}
	for ; head != 0 && head != inKeys; head = x.next[head-1] {
		secret := x.secrets[head-1]
		length := min(len(secret), keyLength)
		if !slices.Contains(x.lengths, length) {
			x.lengths = append(x.lengths, length)
		}
		known := x.keys[secret[:length]]
		known.longest = max(known.longest, len(secret))
		for i := length; i < len(secret); i++ {
			known.low |= 1 << secret[i]
			known.high |= 1 << (secret[i] - 64)
			known.any |= secret[i]
		}
		x.keys[secret[:length]] = known
	}
	x.heads[hash] = inKeys
	return true
}

// find adds to spans where secrets stand in the text that v is a view of. Behind a key it takes
// as much as could belong to one of the secrets that begin so, by their bytes and their length.
// That is never too little, and it compares no secrets, of which there may be thousands.
func (x *index) find(v view, spans []span) []span {
	var window uint64 // the bytes that a secret's start is compared with
	end := 0          // of what was found last
	for last := range v.bytes {
		window = slide(window, v.bytes[last])
		start := last + 1 - minSecret
		if start < 0 || !x.learn(x.hash(window)) {
			continue
		}
		for _, length := range x.lengths {
			if start+length > len(v.bytes) {
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

// has reports whether b may stand in one of the secrets behind the key.
func (k *key) has(b byte) bool {
	return k.low&(1<<b)|k.high&(1<<(b-64)) != 0 || k.any&b >= utf8.RuneSelf
}

// slide returns the window of the last minSecret bytes, moved on by one.
func slide(window uint64, next byte) uint64 {
	return window>>8 | uint64(next)<<(8*(minSecret-1))
}

// hash returns the place of a window in heads.
func (x *index) hash(window uint64) uint64 { return window * 0x9e3779b97f4a7c15 >> x.shift }
