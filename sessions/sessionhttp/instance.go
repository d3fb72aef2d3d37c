package sessionhttp

import (
	"crypto/sha1" //nolint:gosec // Clerk's cookie suffix is made with SHA-1
	"encoding/base64"
	"errors"
	"net/netip"
	"net/url"
	"strings"
)

// The names of Clerk's cookies. The first three also exist with an underscore and the instance's
// suffix, which tells several instances on one domain apart.
const (
	sessionCookie   = "__session"      // the session token
	refreshCookie   = "__refresh"      // the refresh token
	clientUATCookie = "__client_uat"   // when the browser last signed in, in Unix seconds; 0: out
	devBrowser      = "__clerk_db_jwt" // cookie and query parameter of a development instance
	redirectsCookie = "__clerk_redirect_count"
	answerToken     = "__clerk_handshake"       //nolint:gosec // a cookie or parameter: a JWT
	answerNonce     = "__clerk_handshake_nonce" // likewise: an answer that Clerk keeps
)

// instance is what a publishable key tells of a Clerk instance.
type instance struct {
	frontendAPI string // the host of the Frontend API: "clerk.example.com"
	production  bool
	suffix      string // of the cookies that are the instance's own: "_naoXFJnI"
}

// parsePublishableKey reads "pk_live_" or "pk_test_" and the base64 of "<frontend-api>$".
func parsePublishableKey(key string) (instance, error) {
	parts := strings.Split(key, "_")
	last := parts[len(parts)-1]
	decoded, decodeErr := base64.RawStdEncoding.DecodeString(strings.TrimRight(last, "="))
	host, isWhole := strings.CutSuffix(string(decoded), "$")
	normal, hostErr := parseHost(host)
	var problem string
	switch {
	case key == "":
		problem = "it is empty; it starts with pk_live_ or pk_test_"
	case parts[0] == "sk":
		problem = "this is a secret key, which belongs to sessions.NewClient"
	case strings.TrimSpace(key) != key:
		problem = "there is white space around it"
	case len(parts) != 3 || parts[0] != "pk" || parts[1] != "live" && parts[1] != "test":
		problem = "it must be pk_live_ or pk_test_ and one more part without an underscore"
	case decodeErr != nil, strings.ContainsAny(last, "\r\n"): // which the decoder skips
		problem = "its last part is not base64"
	case !isWhole:
		problem = "what it encodes does not end in $; part of the key may be missing"
	case strings.Contains(host, "$"):
		problem = "what it encodes has more than one $"
	case !strings.Contains(host, "."):
		problem = "what it encodes is not a host with a dot in it"
	case hostErr != nil || normal != strings.ToLower(host):
		problem = "what it encodes is not a host"
	}
	if problem != "" {
		return instance{}, errors.New("clerk: publishable key: " + problem)
	}
	sum := sha1.Sum([]byte(key)) //nolint:gosec // Clerk's cookie suffix is made with SHA-1
	suffix := "_" + base64.URLEncoding.EncodeToString(sum[:])[:8]
	return instance{host, parts[1] == "live", suffix}, nil
}

// parseOrigin returns the normal form of an origin.
func parseOrigin(origin string) (string, error) {
	scheme, host, _ := strings.Cut(origin, "://")
	normal, err := buildOrigin(scheme, host)
	if err != nil || strings.ContainsAny(host, `/\?#@*`) {
		return "", errors.New(
			`it must be a scheme and a host and nothing else, as in "https://app.example.com"`)
	}
	return normal, nil
}

// parseFrontendAPI returns the address of a Frontend API without a slash at its end.
func parseFrontendAPI(address string) (string, error) {
	u, err := url.Parse(address)
	if err == nil {
		_, err = buildOrigin(u.Scheme, u.Host)
	}
	if err != nil || u.User != nil || strings.ContainsAny(address, "?#\\") ||
		u.EscapedPath() != u.Path || strings.Contains(u.Path, "/.") {
		return "", errors.New(`it must be an address as in "https://clerk.example.com", with no ` +
			"user, no query, nor a blank, a quote or /.. in its path")
	}
	ip, err := netip.ParseAddr(u.Hostname())
	isLoopback := u.Hostname() == "localhost" || err == nil && ip.Unmap().IsLoopback()
	if u.Scheme != "https" && !isLoopback {
		return "", errors.New("it must be https, or http to loopback")
	}
	return strings.TrimRight(address, "/"), nil
}

// isSignInURL reports whether a browser takes a text for an address or for a path of the service.
func isSignInURL(text string) bool {
	u, err := url.Parse(text)
	isPath := strings.HasPrefix(text, "/") && !strings.HasPrefix(text, "//")
	return err == nil && u.User == nil && !strings.ContainsAny(text, `\ `) &&
		(isPath || (u.Scheme == "https" || u.Scheme == "http") && u.Host != "")
}
