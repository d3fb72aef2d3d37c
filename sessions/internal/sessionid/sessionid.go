// Package sessionid says what a session id may look like.
package sessionid

import "strings"

const (
	maxLength = 256
	allowed   = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.~-"
)

// Problem returns what is wrong with an id, as the end of a sentence that starts with it; "" for a
// good one. A good id is exactly one segment of a path and cannot be read as anything else.
func Problem(id string) string {
	switch {
	case strings.Trim(id, allowed) != "":
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
