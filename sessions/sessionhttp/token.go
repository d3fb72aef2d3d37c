package sessionhttp

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
)

// jwt is a token that was decoded. Nothing that it says is verified.
type jwt struct {
	text      string         // "" for none
	readable  bool           // the token could be decoded; if not, the fields below are empty
	header    map[string]any // a member that is missing is nil
	claims    map[string]any // the payload
	signed    string         // the part of text that the signature is of
	signature []byte
}

// maxToken is how many bytes a token may have. A cookie has at most 4096.
const maxToken = 96 << 10

// decodeJWT reads a token: three parts, all of them base64url, the first two of them JSON objects.
func decodeJWT(text string) jwt {
	t := jwt{text: text}
	parts := strings.SplitN(text, ".", 4)
	if len(parts) != 3 || len(text) > maxToken || strings.ContainsAny(text, "\r\n") {
		return t // line breaks, too: base64's decoder would skip them
	}
	header, claims := decodeObject(parts[0]), decodeObject(parts[1])
	signature, err := decodePart(parts[2])
	if header == nil || claims == nil || err != nil {
		return t
	}
	t.header, t.claims, t.signature = header, claims, signature
	t.readable, t.signed = true, parts[0]+"."+parts[1]
	return t
}

// decodeObject decodes a part that is a JSON object. It returns nil for one that is not.
func decodeObject(part string) (object map[string]any) {
	text, err := decodePart(part)
	if err != nil || json.Unmarshal(text, &object, jsonRules) != nil {
		return nil
	}
	return object
}

var base64URL = base64.RawURLEncoding.Strict()

// decodePart decodes base64url with or without the "=" at its end.
func decodePart(part string) ([]byte, error) {
	return base64URL.DecodeString(strings.TrimRight(part, "="))
}

// claim returns a claim that is a string, "" if it is none.
func (t *jwt) claim(name string) string {
	text, _ := t.claims[name].(string)
	return text
}

// issuedAt returns the iat of a token as a number, 0 where there is none.
func (t *jwt) issuedAt() float64 { return toNumber(t.claims["iat"]) }

// The categories of session tokens, and of tokens without a category. Clerk signs tokens of other
// categories with the same key: a customer's JWT templates can hold any claim.
const (
	categorySession = "cl_B7d4PD111AAA"
	categoryNone    = "cl_I7d4PD111III"
)

// isForeign reports whether a token is of a class that is no session token: a template's, an OAuth
// access token, a machine's.
func (t *jwt) isForeign() bool {
	category, kind := t.header["cat"], t.header["typ"]
	return category != nil && category != categorySession && category != categoryNone ||
		kind == "at+jwt" || kind == "application/at+jwt" || strings.HasPrefix(t.claim("sub"), "mch_")
}

// signatureCheck finds out whether the instance signed a token. It does not look at the claims.
type signatureCheck func(ctx context.Context, t *jwt) *problem

// verify returns nil for a session token of the instance that is good now, else the first problem.
// A problem with reasonExpired is about a token that is good but for its age.
func (a *Authenticator) verify(ctx context.Context, t *jwt) *problem {
	if p := a.verifySignature(ctx, t); p != nil {
		return p
	}
	azp := t.claims["azp"]
	isBound := len(a.parties) > 0 && azp != nil && azp != ""
	switch {
	case t.claim("sub") == "":
		return refuse(reasonClaims, "the token's sub is no user id")
	case isBound && !slices.Contains(a.parties, t.claim("azp")):
		return refuse("token-invalid-authorized-parties", "the token is for another origin")
	}
	return a.verifyTimes(t, true)
}

// verifySignature returns nil for a token of the instance, of the class of session tokens, whatever
// its claims.
func (a *Authenticator) verifySignature(ctx context.Context, t *jwt) *problem {
	switch {
	case !t.readable:
		return refuse(reasonUnreadable, "the token is no JWT")
	case t.isForeign():
		return refuse(reasonForeign, "the token is of another class than session tokens")
	case t.header["typ"] != nil && t.header["typ"] != "JWT" || t.header["crit"] != nil:
		return refuse(reasonUnreadable, "session tokens have no such typ or crit")
	case t.header["alg"] != "RS256":
		return refuse("token-invalid-algorithm", "the token is not signed with RS256")
	}
	for _, check := range a.checks {
		if p := check(ctx, t); p != nil {
			return p
		}
	}
	return nil
}

// verifyTimes looks at exp, nbf and iat, each with the clock skew.
func (a *Authenticator) verifyTimes(t *jwt, needsExpiry bool) *problem {
	now := a.now()
	early, late := float64(now.Add(-a.skew).UnixMilli()), float64(now.Add(a.skew).UnixMilli())
	if _, found := t.claims["exp"]; needsExpiry && !found {
		return refuse(reasonClaims, "the token has no exp")
	}
	for _, name := range []string{"exp", "nbf", "iat"} { // the first that is broken counts
		value, found := t.claims[name]
		seconds, isNumber := value.(float64)
		date := toDate(seconds)
		switch {
		case !found:
		case !isNumber:
			return refuse(reasonClaims, "the token's "+name+" is no number")
		case name == "exp" && date <= early:
			return refuse(reasonExpired, "the token has expired")
		case name == "nbf" && date > late:
			return refuse(reasonEarly, "the token is not good yet")
		case name == "iat" && date > late:
			return refuse(reasonFuture, "the token was issued in the future")
		}
	}
	return nil
}
