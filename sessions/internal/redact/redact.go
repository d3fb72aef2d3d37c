// Package redact hides secrets: those of a call, however somebody has written them, and everything
// that looks like a secret, whoever's it is.
package redact

import (
	"errors"
	"fmt"
	"net/http"
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
	for meaning, expected := range meanings(text, hidden) {
		if _, hidden := r.known.hide(meaning); hidden > expected {
			return Mark // a secret that is escaped, or in base64, cannot be cut out of the text
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
	return &failure{err: err, text: r.Text(err.Error()), open: !r.shows(err)}
}

// shows reports whether err or an error that it wraps shows a secret. A nil error shows none.
func (r *Redactor) shows(err error) bool {
	joined, ok := err.(interface{ Unwrap() []error })
	if ok && slices.ContainsFunc(joined.Unwrap(), r.shows) {
		return true
	}
	return err != nil && (r.hide(err.Error()) != err.Error() || r.shows(errors.Unwrap(err)))
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

// harmless are the headers of a browser whose values are secret in no request, and so common as
// words that hiding them would garble the text of errors. Any other header may hold a credential.
var harmless = regexp.MustCompile(`(?i)^(accept(-charset|-encoding|-language)?|cache-control|` +
	`connection|content-(length|type)|dnt|host|origin|pragma|priority|sec-(gpc|ch-.*|fetch-.*)|te|` +
	`upgrade(-insecure-requests)?|x-forwarded-(host|port|proto)|x-requested-with)$`)

// origin finds the scheme and host of a page's address.
var origin = regexp.MustCompile(`(?s)^.*?://[^/]*`)

// HeaderSecrets returns what is secret in the headers of a browser's request, in the parts that a
// server may take them apart to: the value of each cookie, credentials without their scheme, the
// path and query of the page before, and any other value that is not known to be harmless.
func HeaderSecrets(headers http.Header) (secrets []string) {
	for name, values := range headers {
		if harmless.MatchString(name) {
			continue
		}
		for _, value := range values {
			value = strings.TrimSpace(value)
			switch http.CanonicalHeaderKey(name) {
			case "Authorization", "Proxy-Authorization":
				value = strings.TrimSpace(value[strings.Index(value, " ")+1:])
			case "Cookie": // the value of each cookie without quotes, or all of what has no value
				for cookie := range strings.SplitSeq(value, ";") {
					cookie = strings.Trim(cookie[strings.Index(cookie, "=")+1:], ` "`)
					if len(cookie) >= minSecret {
						secrets = append(secrets, cookie)
					}
				}
				continue
			case "Referer":
				value = origin.ReplaceAllLiteralString(value, "")
			}
			secrets = append(secrets, value)
		}
	}
	return secrets
}
