package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"strings"
)

const (
	maxEscapes = 3 // how many times a text may have been escaped, such as HTML inside JSON
	minBase64  = 8 // characters, of the shortest secret
)

// decoded returns text with its escapes taken back, one kind after the other and as often as they
// may be nested, and everything in it that could be base64.
func decoded(text string) (texts []string) {
	for range maxEscapes {
		before := text
		for _, takeBack := range []func(string) string{unhex, unslash, html.UnescapeString} {
			if plain := takeBack(text); plain != text {
				text = plain
				texts = append(texts, text)
			}
		}
		if text == before {
			break
		}
	}
	for skip := range 4 {
		texts = append(texts, unbase64([]byte(stdAlphabet.Replace(text)), skip))
	}
	return texts
}

// unescape takes percent-, JSON- and HTML-escapes back.
func unescape(text string) string { return html.UnescapeString(unslash(unhex(text))) }

// unhex takes percent-escapes back, and bytes as Go's %q writes them.
func unhex(text string) string {
	if !strings.Contains(text, "%") && !strings.Contains(text, `\x`) {
		return text
	}
	return bytesInHex.ReplaceAllStringFunc(text, func(escapes string) string {
		plain, _ := url.PathUnescape(strings.ReplaceAll(escapes, `\x`, "%")) // cannot fail
		return plain
	})
}

// unslash takes JSON's escapes back, and those of Go's %q.
func unslash(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	return backslash.Replace(backslashU.ReplaceAllStringFunc(text, func(escapes string) (plain string) {
		_ = json.Unmarshal([]byte(`"`+escapes+`"`), &plain) // cannot fail
		return plain
	}))
}

// bytesInHex finds percent-encoded bytes, and bytes as Go's %q writes them.
var bytesInHex = regexp.MustCompile(`(?:(?:%|\\x)[0-9A-Fa-f]{2})+`)

// backslashU finds the escapes with which JSON writes characters that are not ASCII.
var backslashU = regexp.MustCompile(`(?:\\u[0-9A-Fa-f]{4})+`)

// backslash replaces the other escapes of JSON, and those of Go's %q.
var backslash = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\/`, `/`, `\n`, "\n", `\r`, "\r",
	`\t`, "\t", `\b`, "\b", `\f`, "\f", `\a`, "\a", `\v`, "\v")

var stdAlphabet = strings.NewReplacer("-", "+", "_", "/")

// unbase64 decodes every run of characters that could be base64, without the first few characters:
// where in a run the base64 begins cannot be told, but it is one of four places. text has the
// standard alphabet.
func unbase64(text []byte, skip int) string {
	decoded := make([]byte, 0, len(text))
	for run := range bytes.FieldsFuncSeq(text, isNoBase64) {
		if len(run) < minBase64 {
			continue
		}
		run = run[skip:]
		if len(run)%4 == 1 { // of which one character is too much
			run = run[:len(run)-1]
		}
		decoded, _ = base64.RawStdEncoding.AppendDecode(decoded, run)
		decoded = append(decoded, 0) // what stood apart stays apart
	}
	return string(decoded)
}

func isNoBase64(r rune) bool {
	return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '+' && r != '/'
}
