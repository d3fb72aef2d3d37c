// Package sessionid says what a session id may look like.
package sessionid

import "strings"

// Allowed are the characters of an id. A nonce has the same.
const Allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.~-"

// Valid reports whether an id is 1 to 256 of these characters, and not dots alone: it is exactly
// one segment of a path then, and cannot be read as anything else.
func Valid(id string) bool {
	return len(id) <= 256 && strings.Trim(id, Allowed) == "" && strings.Trim(id, ".") != ""
}
