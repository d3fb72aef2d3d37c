package wire

import (
	"cmp"
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

// mayHoldSecret reports whether it is worth looking: hardly any text has one of these in it.
func mayHoldSecret(text string) bool {
	return strings.Contains(text, "sk_") || strings.Contains(text, "eyJ") || strings.Contains(text, "__") ||
		strings.Contains(strings.ToLower(text), "bearer")
}

// Scrub returns text without the call's secrets and without what looks like one.
func (c *Call) Scrub(text string) string {
	if text == "" {
		return ""
	}
	if c.forms == nil && c.Secrets != nil {
		c.forms = forms(c.Secrets())
	}
	for _, form := range c.forms {
		text = strings.ReplaceAll(text, form, redacted)
	}
	return ScrubPatterns(text)
}

// ScrubPatterns returns text without what looks like a secret.
func ScrubPatterns(text string) string {
	if !mayHoldSecret(text) {
		return text
	}
	return secretLike().ReplaceAllLiteralString(text, redacted)
}

// forms returns secrets as they are and as URLs, JSON and HTML write them, the longest first: another may be a part of it.
func forms(secrets []string) []string {
	all := []string{}
	for _, secret := range secrets {
		if len(secret) < minSecret {
			continue
		}
		quoted, _ := json.Marshal(secret)
		all = append(all, secret, url.QueryEscape(secret), url.PathEscape(secret), string(quoted[1:len(quoted)-1]), html.EscapeString(secret))
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(all)
}
