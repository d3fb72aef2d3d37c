package sessions

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/redact"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/sessionid"
)

// ErrInvalidParams is matched by every error about a parameter that was found wrong before anything
// was sent, and by nothing else. A session id has 1 to 256 letters, digits and any of _ . ~ - and
// is not made of dots alone. The name of a template has up to 256 bytes, is not made of dots alone,
// and holds none of / \ % ? # and no control or format characters. A nonce has 1 to 512 letters,
// digits and any of _ . ~ -. All other text is valid UTF-8, numbers are not negative, ExpiresIn is
// in whole seconds, and the context is not nil.
var ErrInvalidParams = errors.New("clerk: invalid parameters")

const (
	maxName   = 256 // bytes of a template's name
	maxNonce  = 512 // bytes of a handshake's nonce
	maxQuoted = 64  // bytes of an input that an error shows
)

// invalid returns an error that matches ErrInvalidParams.
func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrInvalidParams}, args...)...)
}

// quote returns the start of an input for an error, without what looks like a secret.
func quote(input string) string {
	input = redact.Patterns(input[:min(len(input), 4*maxQuoted)])
	if len(input) > maxQuoted {
		return fmt.Sprintf("%q…", input[:maxQuoted])
	}
	return fmt.Sprintf("%q", input)
}

// checkKey refuses what cannot be a secret key, without showing it.
func checkKey(key string) error {
	switch {
	case key == "":
		return errors.New("clerk: the secret key is empty; it starts with sk_")
	case strings.HasPrefix(key, "pk_"):
		return errors.New("clerk: this is a publishable key; the secret key starts with sk_")
	case !printableASCII(key) || strings.ContainsAny(key, " \"'"):
		return errors.New("clerk: the secret key must be ASCII without spaces and quotes; copy it again")
	}
	return nil
}

// checkSessionID lets through what is exactly one segment of a path and cannot be read as anything
// else.
func checkSessionID(id string) error {
	if !sessionid.Valid(id) {
		return invalid("session id %s must be 1 to 256 letters, digits and any of _ . ~ -, "+
			"and not dots alone", quote(id))
	}
	return nil
}

// checkTemplate lets through what is exactly one segment of a path once it is escaped; "" stands
// for no template.
func checkTemplate(name string) error {
	isDots := name != "" && strings.Trim(name, ".") == ""
	if isDots || len(name) > maxName || !utf8.ValidString(name) ||
		strings.ContainsAny(name, `/\%?#`) || strings.ContainsFunc(name, isInvisible) {
		return invalid(`template %s must be up to %d bytes of UTF-8, with no / \ %% ? #, control or `+
			"format characters, and not dots alone", quote(name), maxName)
	}
	return nil
}

func isInvisible(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf) }

// checkNonce refuses text that no nonce of a handshake can be, without showing it.
func checkNonce(nonce string) error {
	if nonce == "" || len(nonce) > maxNonce || strings.Trim(nonce, sessionid.Allowed) != "" {
		return invalid("the nonce must be 1 to %d letters, digits and any of _ . ~ -", maxNonce)
	}
	return nil
}

// checkUTF8 refuses text that the wire cannot carry unchanged. It shows nothing of it: it may be a
// token.
func checkUTF8(field, value string) error {
	if !utf8.ValidString(value) {
		return invalid("%s is not valid UTF-8", field)
	}
	return nil
}

// checkRequired refuses text that is empty, or that the wire cannot carry unchanged.
func checkRequired(field, value string) error {
	if value == "" {
		return invalid("%s is empty", field)
	}
	return checkUTF8(field, value)
}

// printableASCII reports whether s holds nothing but ASCII from the space to the tilde.
func printableASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}
