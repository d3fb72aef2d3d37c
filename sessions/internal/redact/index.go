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

	// maxAlike is how many secrets with one key a text is compared with. If there are more, as many
	// bytes are hidden as the longest of all secrets has.
	maxAlike = 16
)

// index finds secrets by their keys: their first keyLength bytes, or all of a shorter secret. It
// never compares a text with all secrets one by one, of which there may be thousands.
type index struct {
	heads   []bool              // by the hash of the first minSecret bytes of a secret
	lengths []int               // of the keys, each once
	keys    map[string][]string // by key: its secrets, maxAlike of them at most
	longest int                 // bytes of the longest secret
}

// newIndex returns the index of secrets, and of what a server may make of them when it reads them.
func newIndex(secrets []string) *index {
	x := &index{
		heads: make([]bool, 1<<bits.Len(uint(64*len(secrets)))),
		keys:  make(map[string][]string, len(secrets)),
	}
	for _, secret := range secrets {
		x.add(secret)
		plain := unescape(secret)
		if plain != secret {
			x.add(plain)
		}
		if strings.Contains(plain, " ") {
			x.add(strings.ReplaceAll(plain, " ", "+")) // as a query writes it
		}
	}
	return x
}

func (x *index) add(secret string) {
	if len(secret) < minSecret {
		return
	}
	x.heads[x.hash(secret)] = true
	x.longest = max(x.longest, len(secret))
	key := secret[:min(len(secret), keyLength)]
	if len(x.keys[key]) < maxAlike {
		x.keys[key] = append(x.keys[key], secret)
	}
	if !slices.Contains(x.lengths, len(key)) {
		x.lengths = append(x.lengths, len(key))
	}
}

// hide returns text with the mark in place of each secret, and of the start of a secret.
func (x *index) hide(text string) string {
	var clean strings.Builder
	end := 0 // of what was hidden last
	for i := range len(text) {
		if n := x.match(text[i:], end-i); n > 0 {
			if i > end || end == 0 { // secrets that touch become one mark
				clean.WriteString(Mark)
			}
			end = max(end, i+n)
		}
		if i >= end {
			clean.WriteByte(text[i])
		}
	}
	return clean.String()
}

// match returns how many bytes to hide at the start of text, of which the first few are hidden
// already; 0 if no secret begins there. It walks over no hidden byte.
func (x *index) match(text string, hidden int) (n int) {
	if len(text) < minSecret || !x.heads[x.hash(text)] {
		return 0
	}
	for _, length := range x.lengths {
		if length > len(text) {
			continue
		}
		alike := x.keys[text[:length]]
		if len(alike) == maxAlike {
			n = max(n, min(x.longest, len(text)))
			continue
		}
		for _, secret := range alike {
			same := max(length, hidden)
			for same < min(len(secret), len(text)) && secret[same] == text[same] {
				same++
			}
			n = max(n, same)
		}
	}
	return n
}

// hash returns the place in heads of what text begins with.
func (x *index) hash(text string) int {
	var head uint64
	for i := range minSecret {
		head = head<<8 | uint64(text[i])
	}
	return int(head*0x9e3779b97f4a7c15>>34) & (len(x.heads) - 1)
}
