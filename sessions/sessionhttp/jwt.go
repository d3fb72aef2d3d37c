package sessionhttp

import (
	"bytes"
	"encoding/base64"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// claims are what this package reads of a token, by their exact names, before or without its signature being verified.
type claims struct {
	issuer, issuedAt, expiry, notBefore, sessionID claim
}

// named returns the claim of that name, as it stands in JSON; nil for one that is not read.
func (c *claims) named(name []byte) *claim {
	switch string(name) {
	case `"iss"`:
		return &c.issuer
	case `"iat"`:
		return &c.issuedAt
	case `"exp"`:
		return &c.expiry
	case `"nbf"`:
		return &c.notBefore
	case `"sid"`:
		return &c.sessionID
	}
	return nil
}

// decoder is what decoding takes, to be used again: every request of a signed-in browser has a token.
type decoder struct {
	json    *jsontext.Decoder // twice as fast as json.Unmarshal
	payload bytes.Buffer
	part    []byte // of the token, decoded
}

var decoders = sync.Pool{New: func() any { return &decoder{json: jsontext.NewDecoder(new(bytes.Buffer))} }}

// maxPart is how large a part may be for its buffer to be kept.
const maxPart = 8 << 10

// readClaims reads a payload that is one JSON object.
func (d *decoder) readClaims(payload []byte) (c claims, ok bool) {
	d.payload = *bytes.NewBuffer(payload)
	dec := d.json
	dec.Reset(&d.payload, lenient)
	if start, err := dec.ReadToken(); err != nil || start.Kind() != '{' {
		return claims{}, false
	}
	for dec.PeekKind() == '"' {
		name, err := dec.ReadValue()
		if err != nil {
			return claims{}, false
		}
		if bytes.IndexByte(name, '\\') >= 0 {
			name, _ = jsontext.AppendQuote(nil, unquote(name))
		}
		target := c.named(name)
		value, err := dec.ReadValue()
		if err != nil {
			return claims{}, false
		}
		if target != nil {
			*target = newClaim(value)
		}
	}
	if _, err := dec.ReadToken(); err != nil { // not the object's end
		return claims{}, false
	}
	if _, err := dec.ReadToken(); err != io.EOF { //nolint:errorlint // the decoder returns io.EOF itself
		return claims{}, false // there is more after the object
	}
	return c, true
}

// lenient reads JSON as JavaScript does: the last of several members of a name counts, and so does text that is not valid UTF-8.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// decodeToken reads a token without verifying it. It is undecodable unless it has three parts, all of them base64url, of which
// the first two are JSON objects.
func decodeToken(token string) (c claims, ok bool) {
	header, rest, _ := strings.Cut(token, ".")
	payload, signature, found := strings.Cut(rest, ".")
	if !found || strings.Contains(signature, ".") {
		return claims{}, false
	}
	d := decoders.Get().(*decoder)
	defer func() {
		if cap(d.part) <= maxPart {
			decoders.Put(d)
		}
	}()
	if _, ok := d.decode(signature); !ok {
		return claims{}, false
	}
	object, ok := d.decode(header)
	if !ok || object.Kind() != '{' || !object.IsValid(lenient) {
		return claims{}, false
	}
	if object, ok = d.decode(payload); !ok {
		return claims{}, false
	}
	return d.readClaims(object)
}

var base64URL = base64.RawURLEncoding.Strict()

// decode decodes a part, base64url with or without the "=" at its end. Line breaks, which Go's decoder skips, are refused. What it
// returns is good until the next part.
func (d *decoder) decode(part string) (jsontext.Value, bool) {
	if strings.IndexByte(part, '\n') >= 0 || strings.IndexByte(part, '\r') >= 0 {
		return nil, false
	}
	d.part = slices.Grow(d.part[:0], len(part))[:len(part)]
	n, err := base64URL.Decode(d.part, []byte(strings.TrimRight(part, "=")))
	return d.part[:n], err == nil
}
