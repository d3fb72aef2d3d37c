package redact

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// maxEscapes is how many times a text may have been escaped, such as HTML inside JSON.
const maxEscapes = 3

// unescapings take the escapes of a URL, of JSON and of HTML back.
var unescapings = []func(string) string{unhex, unslash, html.UnescapeString}

// meanings returns what a text may mean if it was escaped or is in base64. Beside each meaning is
// how many of its bytes are hidden in any case: as many as of the text, none of what was base64.
func meanings(text string, hidden int) map[string]int {
	expected := make(map[string]int)
	for range maxEscapes {
		inTurn := text
		for _, unescape := range unescapings {
			expected[unescape(text)] = hidden // alone: where one did not write, another takes apart
			inTurn = unescape(inTurn)
			expected[inTurn] = hidden
		}
		text = inTurn
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
