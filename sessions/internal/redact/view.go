package redact

import (
	"bytes"
	"encoding/hex"
	"html"
	"iter"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// view is a text with something decoded in it. It knows which part of the text each of its bytes
// was made of.
type view struct {
	bytes []byte
	made  []span // of each byte, out of which part of the text; nil if the bytes are the text
}

func newView(size int) view { return view{make([]byte, 0, size), make([]span, 0, size)} }

// span returns out of which part of the text some bytes were made.
func (v *view) span(start, end int) span {
	if v.made == nil {
		return span{start, end}
	}
	return span{v.made[start].from, v.made[end-1].to}
}

// maxEscapes is how many times a text may have been escaped, such as HTML inside JSON.
const maxEscapes = 3

// views returns text as it is, with its escapes taken back, once and more often, and with
// everything decoded that could be base64. A view is good until the next one.
func views(text string) iter.Seq[view] {
	return func(yield func(view) bool) {
		v := view{bytes: []byte(text)}
		more := yield(v)
		for i := 0; more && i < maxEscapes; i++ {
			next, changed := unescape(v)
			if !changed {
				break
			}
			v, more = next, yield(next)
		}
		decoded := newView(len(text))
		for skip := 0; more && skip < 4; skip++ {
			decoded = unbase64(decoded, v, skip)
			more = yield(decoded)
		}
	}
}

// unescapeAll returns text with all its escapes taken back, as the last of its views has it.
func unescapeAll(text string) string {
	if !hasEscape(text) {
		return text
	}
	v := view{bytes: []byte(text)}
	for range maxEscapes {
		next, changed := unescape(v)
		if !changed {
			break
		}
		v = next
	}
	return string(v.bytes)
}

// unescape takes percent-, JSON- and HTML-escapes back, and reports whether there were any.
func unescape(v view) (plain view, changed bool) {
	if !hasEscape(string(v.bytes)) {
		return v, false
	}
	plain = newView(len(v.bytes))
	for i := 0; i < len(v.bytes); {
		n := 0
		plain.bytes, n = appendUnescaped(plain.bytes, v.bytes[i:])
		for made := v.span(i, i+n); len(plain.made) < len(plain.bytes); {
			plain.made = append(plain.made, made)
		}
		i += n
		changed = changed || n > 1
	}
	return plain, changed
}

// hasEscape reports whether there is a character that an escape begins with.
func hasEscape(s string) bool {
	return strings.Contains(s, "%") || strings.Contains(s, `\`) || strings.Contains(s, "&")
}

// appendUnescaped appends what s begins with, an escape or a byte, and returns its length in s.
func appendUnescaped(plain, s []byte) ([]byte, int) {
	switch {
	case s[0] == '%' && len(s) > 2:
		if plain, err := hex.AppendDecode(plain, s[1:3]); err == nil {
			return plain, 3
		}
	case s[0] == '&':
		if end := bytes.IndexByte(s[:min(len(s), maxEntity)], ';'); end > 0 {
			entity := string(s[:end+1])
			if char := html.UnescapeString(entity); char != entity {
				return append(plain, char...), end + 1
			}
		}
	case s[0] == '\\' && len(s) > 1:
		if s[1] == '/' {
			return append(plain, '/'), 2
		}
		if high, ok := utf16Escape(s); ok {
			if low, ok := utf16Escape(s[6:]); ok && utf16.IsSurrogate(high) {
				return utf8.AppendRune(plain, utf16.DecodeRune(high, low)), 12
			}
			return utf8.AppendRune(plain, high), 6
		}
		start := string(s[:min(len(s), maxEscape)])
		if char, multibyte, rest, err := strconv.UnquoteChar(start, '"'); err == nil {
			if multibyte {
				return utf8.AppendRune(plain, char), len(start) - len(rest)
			}
			return append(plain, byte(char&0xff)), len(start) - len(rest)
		}
	}
	return append(plain, s[0]), 1
}

const (
	maxEntity = len("&CounterClockwiseContourIntegral;") // the longest of HTML
	maxEscape = len(`\U0001F600`)                        // the longest of Go, for what %q writes
)

// utf16Escape returns what `\u` and four hexadecimal digits at the start of s stand for.
func utf16Escape(s []byte) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var unit [2]byte
	_, err := hex.Decode(unit[:], s[2:6])
	return rune(unit[0])<<8 | rune(unit[1]), err == nil
}

// sextets says what each character stands for in base64, in either alphabet; 64 is for none.
var sextets = func() (values [256]byte) {
	for i := range values {
		values[i] = 64
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		values[c] = byte(i)
	}
	values['-'], values['_'] = values['+'], values['/']
	return values
}()

// unbase64 decodes every run of characters that could be base64, without the first few: where in
// the run the base64 begins cannot be told, but it is one of four places. It reuses old.
func unbase64(old, v view, skip int) view {
	old = view{old.bytes[:0], old.made[:0]}
	start, bits, waiting := 0, 0, uint32(0)
	for i, c := range v.bytes {
		sextet := sextets[c]
		if sextet == 64 {
			start, bits = i+1, 0
			continue
		}
		if i < start+skip {
			continue
		}
		waiting, bits = waiting<<6|uint32(sextet), bits+6
		if bits >= 8 {
			bits -= 8
			old.bytes = append(old.bytes, byte(waiting>>bits&0xff))
			old.made = append(old.made, v.span(i-1, i+1))
		}
	}
	return old
}
