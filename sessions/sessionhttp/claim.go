package sessionhttp

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// claim is a JSON value of whatever kind: anybody can write anything into a token.
type claim struct {
	kind   jsontext.Kind // 0 = the claim is missing
	text   string        // of a string
	number float64       // of a number; one that is too large is infinite
}

func newClaim(value jsontext.Value) claim {
	c := claim{kind: value.Kind()}
	switch c.kind {
	case '"':
		c.text = unquote(value)
	case '0':
		c.number = parseNumber(value)
	}
	return c
}

// unquote is jsontext.AppendUnquote with a short way for plain text.
func unquote(value jsontext.Value) string {
	if inner := value[1 : len(value)-1]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner)
	}
	text, _ := jsontext.AppendUnquote(nil, value) // its error is about what is not valid UTF-8, and is replaced
	return string(text)
}

// parseNumber is strconv.ParseFloat with a short way for the whole numbers that times are.
func parseNumber(value jsontext.Value) float64 {
	number := 0
	for _, digit := range value {
		if digit < '0' || digit > '9' || len(value) > 15 {
			long, _ := strconv.ParseFloat(string(value), 64)
			return long
		}
		number = 10*number + int(digit-'0')
	}
	return float64(number)
}

// asNumber returns what a claim counts as in a comparison of JavaScript, NaN where it is no number. A missing one is absent.
func (c claim) asNumber(absent float64) float64 {
	switch c.kind {
	case 0:
		return absent
	case '0':
		return c.number
	case 't':
		return 1
	case 'n', 'f':
		return 0
	case '"':
		return textAsNumber(c.text)
	}
	return math.NaN()
}

func textAsNumber(text string) float64 {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0
	}
	number, err := strconv.ParseFloat(text, 64)
	if strings.Trim(text, "+-.eE0123456789") != "" || err != nil && !math.IsInf(number, 0) {
		return math.NaN()
	}
	return number
}

// falsy reports whether JavaScript takes the claim for false.
func (c claim) falsy() bool {
	switch c.kind {
	case '"':
		return c.text == ""
	case '0':
		return c.number == 0
	case '{', '[', 't':
		return false
	}
	return true // null, false, missing
}

// leadingInt returns the whole number that a text starts with, 0 if it starts with none, as JavaScript's parseInt.
func leadingInt(text string) float64 {
	text = strings.TrimSpace(text)
	sign := 1.0
	if text != "" && (text[0] == '+' || text[0] == '-') {
		if text[0] == '-' {
			sign = -1
		}
		text = text[1:]
	}
	digits, base := "0123456789", 10.0
	if len(text) > 1 && text[0] == '0' && text[1]|0x20 == 'x' {
		text, digits, base = text[2:], "0123456789abcdef", 16
	}
	number := 0.0
	for i := range len(text) {
		digit := strings.IndexByte(digits, lowerLetter(text[i]))
		if digit < 0 {
			break
		}
		number = number*base + float64(digit)
	}
	return sign * number
}

func lowerLetter(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b | 0x20
	}
	return b
}
