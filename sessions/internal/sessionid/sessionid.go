// Package sessionid says what a session id may look like.
package sessionid

import "strings"

const maxLength = 256

// Problem returns what is wrong with an id, as the end of a sentence that starts with it; "" for a
// good one. A good id is exactly one segment of a path and cannot be read as anything else.
func Problem(id string) string {
	for i := range min(len(id), maxLength+1) {
		if !isAllowed(id[i]) {
			return "must hold only letters, digits and any of _ . ~ -"
		}
	}
	switch {
	case id == "":
		return "is empty"
	case len(id) > maxLength:
		return "is longer than 256 bytes"
	case strings.Trim(id, ".") == "":
		return "is made of dots alone"
	}
	return ""
}

func isAllowed(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		strings.IndexByte("_.~-", c) >= 0
}
