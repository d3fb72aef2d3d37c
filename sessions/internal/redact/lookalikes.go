package redact

import (
	"regexp"
	"strings"
	"sync"
)

// secretLike finds Clerk's secret keys, JWTs and Clerk's cookies. Each expression begins with
// letters that hardly any text has, and so costs next to nothing.
var secretLike = sync.OnceValue(func() []*regexp.Regexp {
	return []*regexp.Regexp{
		regexp.MustCompile(`sk_(?:test|live)_[\w.~+/=-]+`),
		regexp.MustCompile(`eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?`),
		regexp.MustCompile(`__(?:session|refresh|client|clerk)[\w-]*=[^;,\s"'<>]+`),
	}
})

// bearer finds credentials as the header Authorization has them, in any case.
var bearer = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i:bearer)[ +]+[\w.~+/=-]+`)
})

// lookalikes returns where something looks like a secret.
func lookalikes(text string) (found []span) {
	expressions := secretLike()
	if strings.Contains(strings.ToLower(text), "bearer") {
		expressions = append(expressions[:len(expressions):len(expressions)], bearer())
	}
	for _, expression := range expressions {
		for _, match := range expression.FindAllStringIndex(text, -1) {
			found = append(found, span{match[0], match[1]})
		}
	}
	return found
}
