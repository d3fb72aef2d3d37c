package sessionfleet

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

const version = "clerk-sessions-go sessionfleet 1 " // in every name

const nameSize = 24 // bytes; 32 letters, digits, - and _

// place is where something is shared: a name, and the key of what is there. Both follow from
// secrets: who lacks one of them can neither find the place nor open what is there.
type place struct {
	name string
	aead cipher.AEAD
}

// newPlace returns the place of something, by its kind, the secret key, and texts of which some may
// be secret too.
func newPlace(kind, key string, texts ...string) place {
	secret := fmt.Appendf(nil, "%q", append([]string{key}, texts...))
	derived, _ := hkdf.Key(sha256.New, secret, nil, version+kind, nameSize+32) // short enough
	block, _ := aes.NewCipher(derived[nameSize:])                              // 32 bytes will do
	aead, _ := cipher.NewGCMWithRandomNonce(block)                             // AES will do
	return place{base64.RawURLEncoding.EncodeToString(derived[:nameSize]), aead}
}

// entry is what is at a place: a claim, an answer or a refusal. The zero entry stands for nothing,
// and for what cannot be opened.
type entry struct {
	Claimed bool // an instance is asking Clerk
	Token   *token
	Cookies *cookies
	Refusal *sessions.Error
	Until   time.Time // of an answer or a refusal
	late    bool      // an answer should not be there any more, by the clock here
}

// token is a sessions.Token without its methods, so JSON and fmt write what is in it.
type token sessions.Token

// cookies are sessions.Cookies without their methods.
type cookies sessions.Cookies

// good reports whether an entry is a good answer.
func (e entry) good() bool { return e.Token != nil || e.Cookies != nil }

// seal returns an entry as only those can read it who know the place; nil if the entry is nothing,
// or cannot be shared.
func (p place) seal(e entry) []byte {
	text, _ := json.Marshal(e)
	isWhole := utf8.Valid(fmt.Append(nil, e.Token, e.Cookies)) // JSON changes what is not UTF-8
	isNothing := !e.Claimed && !e.good() && e.Refusal == nil
	if isNothing || !isWhole || len(text) > 64<<10-p.aead.Overhead() {
		return nil
	}
	return p.aead.Seal(nil, nil, text, []byte(p.name)) //nolint:gosec // it makes the nonce itself
}

// open returns the entry of a sealed value; the zero entry if the value was not sealed for this
// place, or should not be there any more.
func (p place) open(sealed []byte, now time.Time) (e entry) {
	text, err := p.aead.Open(nil, nil, sealed, []byte(p.name))
	if err != nil || json.Unmarshal(text, &e) != nil {
		return entry{}
	}
	if !e.Claimed && now.After(e.Until.Add(5*time.Second)) { // by which clocks may differ
		return entry{late: e.good()}
	}
	return e
}

// refusal returns what the other instances are told of an error: if it is Clerk's answer, or the
// lack of one, as much as errors.Is, HasCode and sessionhttp decide by, and what Clerk's support
// asks for; no other text. A call that was not sent says nothing to them, and neither does a
// foreign error.
func refusal(err error) *sessions.Error {
	e, ok := errors.AsType[*sessions.Error](err)
	if !ok || e.Attempts == 0 {
		return nil
	}
	told := &sessions.Error{Operation: e.Operation, TraceID: e.TraceID, RetryAfter: e.RetryAfter}
	if e.StatusCode >= 400 || errors.Is(err, sessions.ErrInvalidResponse) { // half a 200 is no answer
		told.StatusCode = e.StatusCode
	}
	for _, detail := range e.Details {
		told.Details = append(told.Details, sessions.ErrorDetail{Code: detail.Code})
	}
	return told
}
