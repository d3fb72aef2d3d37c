package sessionhttp

import (
	"errors"
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// This file holds the places where JavaScript reads a number, a cookie or a text in another way
// than Go does. The official SDK's answers depend on them.

// toNumber returns a decoded JSON value as JavaScript counts it in a comparison: NaN for what is
// no number.
func toNumber(value any) float64 {
	switch v := value.(type) {
	case float64:
		return v
	case string:
		return textToNumber(v)
	case bool, nil:
		if v == true {
			return 1
		}
		return 0
	}
	return math.NaN()
}

var (
	decimal  = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)
	based    = regexp.MustCompile(`^0([xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)$`)
	intStart = regexp.MustCompile(`^[+-]?(0[xX][0-9a-fA-F]+|[0-9]+)`)
)

// maxNumber is how much of a text is read as a number. One with more digits is infinite anyway.
const maxNumber = 1000

// textToNumber is JavaScript's Number: decimal, or whole with 0x, 0o or 0b before it.
func textToNumber(text string) float64 {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return 0
	case len(text) > maxNumber:
		return math.NaN()
	case based.MatchString(text):
		number, _ := strconv.ParseUint(text, 0, 64) // at most, beyond the range
		return float64(number)
	case decimal.MatchString(text):
		number, _ := strconv.ParseFloat(text, 64) // infinite, beyond the range
		return number
	}
	return math.NaN()
}

// parseInt returns the whole number that a text starts with, 0 where it starts with none.
func parseInt(text string) float64 {
	text = intStart.FindString(strings.TrimSpace(text[:min(len(text), maxNumber)]))
	if strings.ContainsAny(text, "xX") {
		text += "p0" // without which Go knows no hexadecimal floats
	}
	number, _ := strconv.ParseFloat(text, 64)
	return number
}

// isFalsy reports whether an if would not be taken for a decoded JSON value.
func isFalsy(value any) bool {
	return value == nil || value == false || value == "" || value == 0.0
}

// toDate returns a claim in Unix seconds as a date, in milliseconds: NaN beyond JavaScript's dates,
// which is neither past nor to come.
func toDate(seconds float64) float64 {
	const maxDate = 8.64e15
	ms := math.Trunc(seconds) * 1000
	if math.Abs(ms) > maxDate {
		return math.NaN()
	}
	return ms
}

// jsonRules are those of JSON.parse: the last of several members of a name counts, bytes that are
// not UTF-8 are replaced, and a number that is too large is infinite.
var jsonRules = json.JoinOptions(
	jsontext.AllowDuplicateNames(true),
	jsontext.AllowInvalidUTF8(true),
	json.WithUnmarshalers(json.UnmarshalFromFunc(func(dec *jsontext.Decoder, v *any) error {
		if dec.PeekKind() != '0' {
			*v = nil // of a member of the same name before: the two are not merged
			return errors.ErrUnsupported
		}
		text, err := dec.ReadValue()
		if err != nil {
			return err
		}
		*v, _ = strconv.ParseFloat(string(text), 64) // the only possible error is about the range
		return nil
	})),
)

// cutPair splits one part of a Cookie header at its first "=". Blanks around name and value go.
func cutPair(pair string) (name, value string, found bool) {
	name, value, found = strings.Cut(pair, "=")
	return strings.Trim(name, " \t"), strings.Trim(value, " \t"), found
}

// cookieValue decodes the value of a cookie: quotes belong to it.
func cookieValue(raw string) string { return decoded(fromLatin1(raw), url.PathUnescape) }

// parameterText decodes the name or the value of a query's parameter.
func parameterText(raw string) string { return decoded(raw, url.QueryUnescape) }

// decoded returns a text without its escapes, unless these are broken or stand for no text.
func decoded(raw string, unescape func(string) (string, error)) string {
	text, err := unescape(raw)
	if err != nil || !utf8.ValidString(text) {
		return raw
	}
	return text
}

// fromLatin1 reads the bytes of a header as Node does, each as one character: what comes out is
// valid UTF-8.
func fromLatin1(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
		return s
	}
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}
