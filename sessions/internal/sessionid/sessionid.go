// Package sessionid says what a session id may look like.
package sessionid

import "strings"

// Allowed are the characters of an id. A nonce has the same.
const Allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.~-"

const maxLength = 256

// Problem returns what is wrong with an id, as the end of a sentence that starts with it; "" for a
// good one. A good id is exactly one segment of a path and cannot be read as anything else.
func Problem(id string) string {
	switch {
	case strings.Trim(id, Allowed) != "":
		return "must hold only letters, digits and any of _ . ~ -"
	case id == "":
		return "is empty"
	case len(id) > maxLength:
		return "is longer than 256 bytes"
	case strings.Trim(id, ".") == "":
		return "is made of dots alone"
	}
	return ""
}
