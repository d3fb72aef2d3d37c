package sessionstest

import (
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
)

// firstWithoutVerify is the first API version that has no verify endpoint.
const firstWithoutVerify = "2025-04-10"

// apiVersions returns the versions that Clerk lists, newest first.
func apiVersions() []string {
	return []string{"2026-05-12", "2025-11-10", firstWithoutVerify, "2024-10-01", "2021-02-05"}
}

// bearer returns the credentials of a request, if it has any.
func bearer(h http.Header) (key string, ok bool) {
	scheme, key, _ := strings.Cut(h.Get("Authorization"), " ")
	return key, strings.EqualFold(scheme, "Bearer") && key != ""
}

// authenticate refuses a request without the server's key.
func (s *Server) authenticate(h http.Header) *refusal {
	key, ok := bearer(h)
	if !ok {
		return refuse(http.StatusUnauthorized,
			"authorization_header_format_invalid", "Invalid Authorization header format",
			`The Authorization header has to be "Bearer <secret key>".`)
	}
	if subtle.ConstantTimeCompare([]byte(key), []byte(secretKey)) != 1 {
		const message = "The provided Clerk Secret Key is invalid. " +
			"Make sure that your Clerk Secret Key is correct."
		return refuse(http.StatusUnauthorized, "clerk_key_invalid", message, message)
	}
	return nil
}

// version returns the API version that a request asks for, the newest if the request
// names none. A version that Clerk does not list is refused.
func version(h http.Header) (string, *refusal) {
	asked := h.Get("Clerk-API-Version")
	if asked == "" {
		return apiVersions()[0], nil
	}
	if !slices.Contains(apiVersions(), asked) {
		return "", refuse(http.StatusBadRequest, "api_version_invalid", "API version is invalid",
			"The Clerk-API-Version header has to be one of "+strings.Join(apiVersions(), ", ")+".")
	}
	return asked, nil
}
