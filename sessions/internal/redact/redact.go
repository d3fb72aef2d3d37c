// Package redact hides secrets: those of a call, however somebody has written them, and everything
// that looks like a secret, whoever's it is.
package redact

import (
	"errors"
	"fmt"
	"regexp"
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

	once  sync.Once
	known *index
}

// Text returns the first MaxText bytes of text, without the known secrets and without what looks
// like a secret. Of a long secret, its first 20 bytes are enough to be found. A text that holds a
// secret percent-, JSON-, HTML- or base64-encoded, inside something else or not, is not kept at
// all. The cost is one pass over the text, and its decoded forms, whatever the number of secrets.
func (r *Redactor) Text(text string) string {
	text = r.hide(text)
	end := min(len(text), MaxText)
	for end < len(text) && end > MaxText-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end-- // a character is kept as a whole
	}
	return text[:end]
}

// hide returns all of text without secrets.
func (r *Redactor) hide(text string) string {
	if r == nil || r.Secrets == nil || len(text) < minSecret {
		return Patterns(text)
	}
	r.once.Do(func() { r.known = newIndex(r.Secrets()) })
	clean, hidden := r.known.hide(text)
	// What a text has escaped, or in base64, cannot be cut out of it: nothing of the text is kept.
	for _, unescape := range unescapings { // alone: where one did not write, another takes apart
		if plain := unescape(text); plain != text && r.known.hidden(plain) > hidden {
			return Mark
		}
	}
	for range maxEscapes {
		for _, unescape := range unescapings {
			before := text
			text = unescape(text)
			if text != before && r.known.hidden(text) > hidden {
				return Mark
			}
		}
	}
	text = oneRun.Replace(text)
	for skip := range 4 {
		if r.known.hidden(unbase64([]byte(text), skip)) > 0 {
			return Mark
		}
	}
	return Patterns(clean)
}

// Patterns returns text without what looks like a secret, whoever's it is.
func Patterns(text string) string {
	for _, expression := range lookalikes {
		text = expression.ReplaceAllLiteralString(text, Mark)
	}
	if strings.Contains(strings.ToLower(text), "bearer") {
		text = bearer.ReplaceAllLiteralString(text, Mark)
	}
	return text
}

// lookalikes find Clerk's secret keys, JWTs and Clerk's cookies. Each begins with letters that
// hardly any text has, and so costs next to nothing.
var lookalikes = []*regexp.Regexp{
	regexp.MustCompile(`sk_(?:test|live)_[\w.~+/=-]+`),
	regexp.MustCompile(`eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?`),
	regexp.MustCompile(`__(?:session|refresh|client|clerk)[\w-]*=[^;,\s"'<>]+`),
}

// bearer finds credentials as the header Authorization has them, in any case.
var bearer = regexp.MustCompile(`(?i:bearer)[ +]+[\w.~+/=-]+`)

// JSON returns a decoded JSON value in which every text, at any depth and the names of members too,
// is what Text makes of it.
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

// Error returns err so that neither its text nor what it wraps shows a secret. The result matches
// with errors.Is whatever err matches; errors.As reaches err if no error inside shows a secret. nil
// stays nil.
func (r *Redactor) Error(err error) error {
	if err == nil {
		return nil
	}
	return &failure{err: err, text: r.Text(err.Error()), open: r.clean(err)}
}

// clean reports whether neither err nor an error that it wraps shows a secret.
func (r *Redactor) clean(err error) bool {
	if text := err.Error(); r.hide(text) != text {
		return false
	}
	switch err := err.(type) { //nolint:errorlint // each error of the tree is looked at by itself
	case interface{ Unwrap() error }:
		inner := err.Unwrap()
		return inner == nil || r.clean(inner)
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(err.Unwrap(), func(inner error) bool { return !r.clean(inner) })
	}
	return true
}

// failure is an error from outside. It has no Unwrap, since the fields of an error may show more
// than its text does.
type failure struct {
	err  error
	text string
	open bool // no error inside shows a secret
}

func (f *failure) Error() string { return f.text }

func (f *failure) Is(target error) bool { return errors.Is(f.err, target) }

func (f *failure) As(target any) bool { return f.open && errors.As(f.err, target) }

// Format writes the text, for every verb.
func (f *failure) Format(state fmt.State, _ rune) { fmt.Fprint(state, f.text) }
