package redact

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
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
		for _, form := range [...]string{secret, plain} {
			x.add(form)
			x.add(strings.ReplaceAll(form, " ", "+")) // as a query writes it
		}
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

// maxEscapes is how many times a text may have been escaped, such as HTML inside JSON.
const maxEscapes = 3

// unescapings take the escapes of a URL, of JSON and of HTML back.
var unescapings = []func(string) string{unhex, unslash, html.UnescapeString}

// meanings returns what a text may mean if it was escaped or is in base64. Beside each meaning is
// how many of its bytes are hidden in any case: as many as of the text, none of what was base64.
func meanings(text string, hidden int) map[string]int {
	expected := make(map[string]int)
	for round, before := 0, ""; round < maxEscapes && before != text; round++ {
		before = text
		for _, unescape := range unescapings {
			if text != before { // alone: where one did not write, another takes apart
				expected[unescape(before)] = hidden
			}
			text = unescape(text)
			expected[text] = hidden
		}
	}
	expected[unbase64(text)] = 0
	return expected
}

// unhex takes percent-escapes back.
func unhex(text string) string {
	return percents.ReplaceAllStringFunc(text, func(escapes string) string {
		plain, _ := url.PathUnescape(escapes) // cannot fail
		return plain
	})
}

// unslash takes the escapes of JSON back, and those of Go's %q.
func unslash(text string) string {
	return slashes.ReplaceAllStringFunc(text, func(escape string) (plain string) {
		quoted := `"` + escape + `"`
		if json.Unmarshal([]byte(quoted), &plain) != nil {
			plain, _ = strconv.Unquote(quoted)
		}
		return cmp.Or(plain, escape[1:])
	})
}

// percents finds percent-encoded bytes.
var percents = regexp.MustCompile(`(?:%[0-9A-Fa-f]{2})+`)

// slashes finds an escape that begins with a backslash. The two halves of a surrogate pair are one.
var slashes = regexp.MustCompile(`\\(?:u[0-9A-Fa-f]{4}(?:\\u[0-9A-Fa-f]{4})*` +
	`|x[0-9A-Fa-f]{2}|U[0-9A-Fa-f]{8}|.)`)

// oneRun gives base64 one alphabet, and joins its lines, also where they are indented.
var oneRun = strings.NewReplacer("-", "+", "_", "/", "\r", "", "\n", "", " ", "", "\t", "")

// unbase64 decodes every run of characters that could be base64, from each of its first four
// characters: where in a run the base64 begins cannot be told, but it is one of four places.
func unbase64(text string) string {
	decoded := make([]byte, 0, 3*len(text))
	runs := bytes.FieldsFunc([]byte(oneRun.Replace(text)), isNoBase64)
	for skip := range 4 {
		for _, run := range runs {
			if len(run) >= base64.RawStdEncoding.EncodedLen(minSecret) {
				decoded, _ = base64.RawStdEncoding.AppendDecode(decoded, run[skip:]) // up to what is too much
			}
		}
	}
	return string(decoded)
}

func isNoBase64(r rune) bool {
	return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '+' && r != '/'
}
