// Package redact hides secrets: those of a call, however somebody has written them, and everything
// that looks like a secret, whoever's it is.
package redact

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

const (
	// Mark stands in a text for what was hidden.
	Mark = "[redacted]"

	// MaxText is how many bytes of a text from outside are kept, whatever the text is.
	MaxText = 512
)

// Redactor hides the secrets of one call. A nil and a zero Redactor hide what looks like a secret.
// It is safe for concurrent use.
type Redactor struct {
	// Secrets returns the secrets that are known. It is called once, when there is a text to clean,
	// so that a call without an error or a log spends nothing on them.
	Secrets func() []string

	mu    sync.Mutex
	asked bool // for the secrets
	index *index
}

// Text returns the first MaxText bytes of text, without the known secrets and without what looks
// like a secret. A known secret is found as it is, percent-, JSON-, HTML- and base64-encoded, inside
// something else or not; of a long secret, its first 20 bytes are enough. The cost is one pass over
// the text, whatever the number of secrets.
func (r *Redactor) Text(text string) string { return start(r.hide(text)) }

// start returns the first MaxText bytes of text, without a part of a character at their end.
func start(text string) string {
	if len(text) <= MaxText {
		return text
	}
	end := MaxText
	for end > MaxText-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// hide returns all of text without secrets.
func (r *Redactor) hide(text string) string {
	if len(text) < minSecret {
		return text
	}
	found := lookalikes(text)
	if r != nil && r.Secrets != nil {
		found = append(found, r.find(text)...)
	}
	return without(text, found)
}

// Patterns returns text without what looks like a secret.
func Patterns(text string) string { return without(text, lookalikes(text)) }

// JSON returns a decoded JSON value whose texts, at any depth and the names of members too, are what
// Text returns.
func (r *Redactor) JSON(value any) any {
	switch value := value.(type) {
	case string:
		return r.Text(value)
	case map[string]any:
		clean := make(map[string]any, len(value))
		for name, member := range value {
			clean[r.Text(name)] = r.JSON(member)
		}
		return clean
	case []any:
		clean := make([]any, len(value))
		for i := range value {
			clean[i] = r.JSON(value[i])
		}
		return clean
	}
	return value
}

// find returns where text holds a known secret.
func (r *Redactor) find(text string) (found []span) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.asked {
		r.asked, r.index = true, newIndex(r.Secrets())
	}
	if r.index == nil {
		return nil
	}
	for view := range views(text) {
		found = r.index.find(view, found)
	}
	return found
}

// span is a part of a text: its bytes from one offset up to, and without, another.
type span struct{ from, to int }

// without returns text with the mark in place of every span. Spans that touch become one mark.
func without(text string, spans []span) string {
	if len(spans) == 0 {
		return text
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var clean strings.Builder
	shown := 0 // everything before this offset is written or hidden
	for i, s := range spans {
		if i == 0 || s.from > shown {
			clean.WriteString(text[shown:s.from])
			clean.WriteString(Mark)
		}
		shown = max(shown, s.to)
	}
	clean.WriteString(text[shown:])
	return clean.String()
}
