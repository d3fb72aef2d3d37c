package wire

import "net/http"

// lastVersionWithVerify is the newest of Clerk's listed versions that still has VerifySession; it is gone from verifyGoneSince on.
const (
	lastVersionWithVerify = "2024-10-01"
	verifyGoneSince       = "2025-04-10"
)

// headers is the link that addresses a request: where it goes, its key, its API version and who sends it. The values are made once and
// shared by every request: the contract of http.RoundTripper forbids a transport to change them.
type headers struct {
	next                                          Link
	scheme, host                                  string
	authorization, version, verifyVersion, accept []string
	userAgent                                     []string
}

func newHeaders(cfg Config, next Link) *headers {
	h := &headers{
		next:          next,
		scheme:        cfg.Scheme,
		host:          cfg.Host,
		authorization: []string{"Bearer " + cfg.Key},
		version:       []string{cfg.APIVersion},
		verifyVersion: []string{cfg.APIVersion},
		accept:        []string{"application/json"},
		userAgent:     []string{cfg.UserAgent},
	}
	if cfg.APIVersion >= verifyGoneSince {
		h.verifyVersion = []string{lastVersionWithVerify}
	}
	return h
}

// Do sets the address, and the headers under their canonical names, without http.Header.Set, which would allocate a slice for each.
func (h *headers) Do(req *http.Request) (*http.Response, error) {
	req.URL.Scheme, req.URL.Host, req.Host = h.scheme, h.host, h.host
	req.Header["Authorization"] = h.authorization
	req.Header["Clerk-Api-Version"] = h.version
	if FromContext(req.Context()).Op == VerifySession {
		req.Header["Clerk-Api-Version"] = h.verifyVersion
	}
	req.Header["Accept"] = h.accept
	req.Header["User-Agent"] = h.userAgent
	return h.next.Do(req)
}
