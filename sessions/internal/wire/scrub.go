package wire

import (
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

const redacted = "[redacted]"

// minSecret is the length below which a value is no secret worth hiding: replacing it would only garble the text.
const minSecret = 6

// secretLike finds what looks like a secret, whoever's it is: Clerk's secret keys, JWTs, bearer credentials, Clerk's cookies.
var secretLike = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`sk_(?:test|live)_[\w.~+/=-]+` +
		`|eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?` +
		`|(?i:bearer)[ +]+[\w.~+/=-]+` +
		`|__(?:session|refresh|client|clerk)[\w-]*=[^;,\s"'<>]+`)
})

// Scrub returns text without the call's secrets and without what looks like one.
func (c *Call) Scrub(text string) string {
	if text == "" {
		return ""
	}
	if c.Secrets != nil {
		secrets := slices.SortedFunc(slices.Values(c.Secrets()), func(a, b string) int { return len(b) - len(a) })
		for _, secret := range secrets { // the longest first: another may be a part of it
			text = without(text, secret)
		}
	}
	return ScrubPatterns(text)
}

// ScrubPatterns returns text without what looks like a secret.
func ScrubPatterns(text string) string { return secretLike().ReplaceAllLiteralString(text, redacted) }

// without returns text without secret, as it is or as URLs, JSON and HTML write it.
func without(text, secret string) string {
	if len(secret) < minSecret {
		return text
	}
	quoted, _ := json.Marshal(secret)
	forms := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), string(quoted[1 : len(quoted)-1]), html.EscapeString(secret)}
	for _, form := range forms {
		text = strings.ReplaceAll(text, form, redacted)
	}
	return text
}
