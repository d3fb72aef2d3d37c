package redact

import (
	"html"
	"slices"
	"strings"
)

const (
	// minSecret is the length below which a value is no secret: hiding it would only garble texts.
	minSecret = 6

	// enough is how much of a secret identifies it: a server that shortens a secret shows less.
	enough = 20

	// maxAlike is how many secrets with one head a text is compared with. If there are more, as many
	// bytes are hidden as the longest of all secrets has.
	maxAlike = 16
)

// index finds secrets by their heads, which are their first minSecret bytes. It never compares a
// text with all secrets one by one, of which there may be thousands.
type index struct {
	secrets map[string][]string // by head, maxAlike of them at most
	longest int                 // bytes of the longest secret
	starts  [1 << 16]bool       // by the first two bytes of a head: most places have others
}

// newIndex returns the index of secrets, and of what a server may make of them when it reads them.
func newIndex(secrets []string) *index {
	x := &index{secrets: make(map[string][]string, len(secrets))}
	for _, secret := range secrets {
		plain := html.UnescapeString(unslash(unhex(secret)))
		x.add(secret)
		x.add(plain)
		x.add(strings.ReplaceAll(plain, " ", "+")) // as a query writes it
	}
	return x
}

func (x *index) add(secret string) {
	if len(secret) < minSecret {
		return
	}
	x.longest = max(x.longest, len(secret))
	x.starts[start(secret)] = true
	alike := x.secrets[secret[:minSecret]]
	if len(alike) < maxAlike && !slices.Contains(alike, secret) {
		x.secrets[secret[:minSecret]] = append(alike, secret)
	}
}

func start(text string) int { return int(text[0])<<8 | int(text[1]) }

// hide returns text with the mark in place of each secret, and of the start of a secret, and how
// many bytes that hides.
func (x *index) hide(text string) (shown string, hidden int) {
	var clean strings.Builder
	end := -1 // of what was hidden last
	for i := range len(text) {
		if n := x.match(text[i:], end-i); n > 0 {
			if i > end { // secrets that touch become one mark
				clean.WriteString(Mark)
			}
			end = max(end, i+n)
		}
		if i >= end {
			clean.WriteByte(text[i])
		} else {
			hidden++
		}
	}
	return clean.String(), hidden
}

// match returns how many bytes to hide at the start of text, of which the first few are hidden
// already; 0 if no secret begins there. It walks over no hidden byte.
func (x *index) match(text string, hidden int) (n int) {
	if len(text) < minSecret || !x.starts[start(text)] {
		return 0
	}
	alike := x.secrets[text[:minSecret]]
	if len(alike) == maxAlike {
		return min(x.longest, len(text))
	}
	for _, secret := range alike {
		same := max(minSecret, hidden)
		for same < min(len(secret), len(text)) && secret[same] == text[same] {
			same++
		}
		if same >= min(len(secret), enough) {
			n = max(n, same)
		}
	}
	return n
}
