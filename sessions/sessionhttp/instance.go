package sessionhttp

import (
	"crypto/sha1" //nolint:gosec // Clerk's cookie suffix is made with SHA-1
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// instance is what a publishable key tells of a Clerk instance.
type instance struct {
	frontendAPI string // the host of the Frontend API: "clerk.example.com"
	production  bool
	suffix      string // of the cookies that are the instance's own, without the underscore

	// The names of the cookies.
	session, ownSession, ownRefresh, clientUAT, ownClientUAT string
}

// parsePublishableKey reads "pk_live_" or "pk_test_" and the base64 of "<frontend-api>$".
func parsePublishableKey(key string) (*instance, error) {
	refuse := func(format string, args ...any) (*instance, error) {
		return nil, fmt.Errorf("clerk: publishable key: "+format, args...)
	}
	parts := strings.Split(key, "_")
	switch {
	case key == "":
		return refuse("it is empty; it starts with pk_live_ or pk_test_")
	case parts[0] == "sk":
		return refuse("this is a secret key, which belongs to sessions.NewClient")
	case strings.TrimSpace(key) != key:
		return refuse("there is white space around it")
	case len(parts) != 3 || parts[0] != "pk" || parts[1] != "live" && parts[1] != "test":
		return refuse("it must be pk_live_ or pk_test_ and one more part without an underscore")
	}
	host, err := decodeFrontendAPI(parts[2])
	if err != nil {
		return refuse("%w", err)
	}
	sum := sha1.Sum([]byte(key)) //nolint:gosec // Clerk's cookie suffix is made with SHA-1
	suffix := base64.URLEncoding.EncodeToString(sum[:])[:8]
	return &instance{
		frontendAPI:  host,
		production:   parts[1] == "live",
		suffix:       suffix,
		session:      "__session",
		ownSession:   "__session_" + suffix,
		ownRefresh:   "__refresh_" + suffix,
		clientUAT:    "__client_uat",
		ownClientUAT: "__client_uat_" + suffix,
	}, nil
}

// decodeFrontendAPI returns the host in the last part of a publishable key.
func decodeFrontendAPI(part string) (string, error) {
	if strings.ContainsAny(part, "\r\n") { // the decoder would skip them
		return "", errors.New("its last part is not base64")
	}
	decoded, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(part, "="))
	if err != nil {
		return "", errors.New("its last part is not base64")
	}
	host, found := strings.CutSuffix(string(decoded), "$")
	switch {
	case !found:
		return "", errors.New("what it encodes does not end in $; part of the key may be missing")
	case strings.Contains(host, "$"):
		return "", errors.New("what it encodes has more than one $")
	case !strings.Contains(host, "."):
		return "", errors.New("what it encodes is not a host with a dot in it")
	}
	if normal, err := parseHost(host); err != nil || normal != strings.ToLower(host) {
		return "", errors.New("what it encodes is not a host")
	}
	return host, nil
}
