package redact

import (
	"regexp"
	"strings"
	"sync"
)

// secretLike finds Clerk's secret keys, JWTs, bearer credentials and Clerk's cookies.
var secretLike = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`sk_(?:test|live)_[\w.~+/=-]+` +
		`|eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?` +
		`|(?i:bearer)[ +]+[\w.~+/=-]+` +
		`|__(?:session|refresh|client|clerk)[\w-]*=[^;,\s"'<>]+`)
})

// lookalikes returns where something looks like a secret.
func lookalikes(text string) (found []span) {
	if !strings.Contains(text, "sk_") && !strings.Contains(text, "eyJ") &&
		!strings.Contains(text, "__") && !strings.Contains(strings.ToLower(text), "bearer") {
		return nil // as with hardly any text
	}
	for _, match := range secretLike().FindAllStringIndex(text, -1) {
		found = append(found, span{match[0], match[1]})
	}
	return found
}
