package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

const (
	maxEscapes = 3 // how many times a text may have been escaped, such as HTML inside JSON
	minBase64  = 8 // characters, of the shortest secret
)

// unescapings take the escapes of a URL, of JSON and of HTML back.
var unescapings = []func(string) string{unhex, unslash, html.UnescapeString}

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
		if json.Unmarshal([]byte(`"`+escape+`"`), &plain) == nil {
			return plain
		}
		if plain, err := strconv.Unquote(`"` + escape + `"`); err == nil {
			return plain
		}
		return escape[1:]
	})
}

// percents finds percent-encoded bytes.
var percents = regexp.MustCompile(`(?:%[0-9A-Fa-f]{2})+`)

// slashes finds an escape that begins with a backslash. The two halves of a surrogate pair are one.
var slashes = regexp.MustCompile(`\\(?:u[0-9A-Fa-f]{4}(?:\\u[0-9A-Fa-f]{4})*` +
	`|x[0-9A-Fa-f]{2}|U[0-9A-Fa-f]{8}|.)`)

// oneRun gives base64 one alphabet, and joins its lines, also where they are indented.
var oneRun = strings.NewReplacer("-", "+", "_", "/", "\r", "", "\n", "", " ", "", "\t", "")

// unbase64 decodes every run of characters that could be base64, without the first few characters:
// where in a run the base64 begins cannot be told, but it is one of four places. text has the
// standard alphabet.
func unbase64(text []byte, skip int) string {
	decoded := make([]byte, 0, len(text))
	for run := range bytes.FieldsFuncSeq(text, isNoBase64) {
		if len(run) < minBase64 {
			continue
		}
		decoded, _ = base64.RawStdEncoding.AppendDecode(decoded, run[skip:]) // up to what is too much
	}
	return string(decoded)
}

func isNoBase64(r rune) bool {
	return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '+' && r != '/'
}
