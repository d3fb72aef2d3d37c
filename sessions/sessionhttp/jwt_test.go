package sessionhttp

import (
	"encoding/base64"
	"testing"
)

// What a token has to be to be decoded: two JSON objects, each with nothing but white space around it, and a signature.
func TestDecodeToken(t *testing.T) {
	t.Parallel()
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	token := func(header, payload string) string { return encode(header) + "." + encode(payload) + ".AAAA" }
	const head, body = `{"alg":"RS256"}`, `{"exp":1}`
	for _, row := range []struct {
		name, token string
		want        bool
	}{
		{"a token", token(head, body), true},
		{"padded", encode(head) + "==." + encode(body) + "=.AAAA", true},
		{"white space around the payload", token(head, " \t"+body+"\r\n "), true},
		{"white space around the header", token(" \t"+head+"\r\n ", body), true},
		{"a second object after the payload", token(head, body+`{}`), false},
		{"garbage after the payload", token(head, body+" x"), false},
		{"half a string after the payload", token(head, body+`"`), false},
		{"a comma after the payload", token(head, body+","), false},
		{"a second object after the header", token(head+`{}`, body), false},
		{"the payload's end is missing", token(head, `{"exp":1`), false},
		{"the payload's end is that of an array", token(head, `{"exp":1]`), false},
		{"a claim without a value", token(head, `{"exp":}`), false},
		{"a payload that is null", token(head, "null"), false},
		{"a payload that is a list", token(head, "[]"), false},
		{"an empty payload", token(head, ""), false},
		{"a header that is a list", token("[]", body), false},
		{"two parts", encode(head) + "." + encode(body), false},
		{"four parts", token(head, body) + ".AAAA", false},
		{"a line break", encode(head) + ".\n" + encode(body) + ".AAAA", false},
		{"no token", "", false},
	} {
		c, ok := decodeToken(row.token)
		if ok != row.want {
			t.Errorf("%s: decoded %t, want %t", row.name, ok, row.want)
		}
		if (c != claims{}) != row.want || row.want && c.expiry.number != 1 {
			t.Errorf("%s: its claims are %+v", row.name, c)
		}
	}
}
