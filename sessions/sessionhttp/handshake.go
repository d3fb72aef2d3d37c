package sessionhttp

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

const (
	redirectsCookie = "__clerk_redirect_count" // how many redirects there were of late; the official SDK's
	maxRedirects    = 3
	redirectMemory  = 10 // seconds

	handshakeName = "__clerk_handshake" // of the query parameter or cookie with the handshake's answer
)

// handshakeURL returns where a request is redirected to; false if it is not.
func (r *Refresher) handshakeURL(req *http.Request, v *visit, out Outcome) (string, bool) {
	if !r.handshake || out.Status != StatusHandshakeNeeded || req.Method != http.MethodGet || !wantsPage(req.Header) {
		return "", false
	}
	if redirects := leadingInt(v.redirects); redirects < 0 || redirects >= maxRedirects || v.jar.handshake != "" {
		return "", false
	}
	if query := req.URL.Query(); query.Has(handshakeName) || query.Has(handshakeName+"_nonce") {
		return "", false
	}
	origin, err := r.Origin(req)
	if err != nil {
		return "", false
	}
	query := url.Values{
		"redirect_url":        {origin + target(req)},
		"suffixed_cookies":    {strconv.FormatBool(v.suffixed)},
		"__clerk_api_version": {sessions.DefaultAPIVersion},
		"__clerk_hs_reason":   {out.Reason},
	}
	return "https://" + r.instance.frontendAPI + "/v1/client/handshake?" + query.Encode(), true
}

// wantsPage reports whether a browser is about to show what it gets.
func wantsPage(h http.Header) bool {
	switch dest := h.Values("Sec-Fetch-Dest"); {
	case len(dest) == 0 || dest[0] == "":
		return strings.HasPrefix(h.Get("Accept"), "text/html")
	default:
		return dest[0] == "document" || dest[0] == "iframe"
	}
}

// redirect sends the browser through the handshake, from where it comes back to the same page, and counts how often it did.
func redirect(w http.ResponseWriter, location string, count int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // it holds a number, and has to work without TLS on loopback
		Name:     redirectsCookie,
		Value:    strconv.Itoa(count),
		Path:     "/",
		MaxAge:   redirectMemory,
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	})
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Location", location)
	w.WriteHeader(http.StatusTemporaryRedirect)
}

// target returns the path and the query of a request as the browser sent them.
func target(req *http.Request) string {
	if strings.HasPrefix(req.RequestURI, "/") { // what a router made of the URL does not matter
		return req.RequestURI
	}
	u := url.URL{Path: req.URL.Path, RawPath: req.URL.RawPath, RawQuery: req.URL.RawQuery}
	return "/" + strings.TrimPrefix(u.RequestURI(), "/")
}
