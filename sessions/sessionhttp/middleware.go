package sessionhttp

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Middleware returns a handler that finds out who sends each request, and then serves the request
// by next, which learns it from [FromContext]. It answers a request itself only to send the browser
// through Clerk's handshake, with 307. No request waits for Clerk longer than WithTimeout.
//
// When a request gets new cookies, by a refresh or a handshake, it goes on with the new session
// token in its Cookie header, and without its headers Range, If-Range, If-None-Match and
// If-Modified-Since. The response then sets Clerk's cookies, before those of next, and has
// "Cache-Control: private, no-store". A handler that hijacks the connection of such a request finds
// these headers in w.Header, and has to write them itself. All other requests and responses stay as
// they are.
//
// Only a GET is refreshed, as in the JavaScript SDK, see [WithRefreshMethods], and no upgrade to a
// WebSocket is: a page should GET something first, and connect then.
//
// POST /sessions/{session_id}/refresh
//
// GET /clients/handshake_payload
func (a *Authenticator) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		v := a.read(req)
		ctx, cancel := a.wait(v)
		d := a.authenticate(ctx, v) //nolint:contextcheck // it outlasts a visitor who leaves
		cancel()
		a.observer(req, d.auth, time.Since(v.start))
		if len(d.directives) > 0 {
			rw := &response{ResponseWriter: w, cookies: d.directives}
			defer rw.prepare() // for a handler that writes nothing
			w = rw
		}
		if d.location != "" {
			w.Header().Set("Location", d.location)
			w.WriteHeader(http.StatusTemporaryRedirect)
			return
		}
		req = req.WithContext(context.WithValue(req.Context(), authKey{}, &d.auth))
		if len(d.directives) > 0 {
			req = a.renewed(req, &d)
		}
		next.ServeHTTP(w, req)
	})
}

// renewed gives a request, whose headers stay untouched, headers with the new cookies.
func (a *Authenticator) renewed(req *http.Request, d *decision) *http.Request {
	h := req.Header.Clone()
	for _, name := range []string{"If-None-Match", "If-Modified-Since", "If-Range", "Range"} {
		h.Del(name) // no part of a page, and no 304, can tell who is signed in now
	}
	h["Cookie"] = replaceCookies(h["Cookie"], d.directives)
	req.Header = h
	if v := a.read(req); v.token.text != d.token { // an old cookie counts more: it changes, too
		h["Cookie"] = replaceCookies(h["Cookie"],
			[]directive{{name: sessionCookie + v.suffix, value: d.token, deletes: d.token == ""}})
	}
	return req
}

// Require returns a handler that serves a request by next if its sender is signed in. Put it behind
// the Middleware; without that, every answer is 500. Whoever is not signed in gets 401 or, where a
// browser asks for a page and with WithSignInURL, a redirect to that address with 303: so serve
// that address without Require. If Clerk could not be asked, so that the sender may well be signed
// in, the answer is 503. Users with tasks to do count as not signed in, see Auth.Pending. For pages
// and answers of your own, look at FromContext instead.
//
// A preflight request of CORS has no token: put what answers it around Require.
func (a *Authenticator) Require(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		auth, ok := FromContext(req.Context())
		if auth.SignedIn {
			next.ServeHTTP(w, req)
			return
		}
		forbidCaching(w.Header())
		switch {
		case !ok:
			http.Error(w, "Require has no Middleware around it.", http.StatusInternalServerError)
		case auth.Temporary:
			w.Header().Set("Retry-After", "1")
			http.Error(w, "Please try again in a moment.", http.StatusServiceUnavailable)
		case a.signInURL != "" && showsPage(req.Header):
			w.Header().Set("Location", a.signInURL)
			w.WriteHeader(http.StatusSeeOther)
		default:
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "Please sign in.", http.StatusUnauthorized)
		}
	})
}

// response is a ResponseWriter that sets cookies when the header is written. They go before those
// of the handler: a browser takes the last of a name, so the handler has the last word.
type response struct {
	http.ResponseWriter
	cookies []directive // none once they are in the header
}

// Unwrap is for http.ResponseController.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Format writes no cookie, for every verb.
func (w *response) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "sessionhttp.response") }

// WriteHeader sets the cookies, unless the status is one of those that another follows.
func (w *response) WriteHeader(status int) {
	if status >= 200 || status == http.StatusSwitchingProtocols {
		w.prepare()
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(p []byte) (int, error) {
	w.prepare()
	return w.ResponseWriter.Write(p)
}

// Flush is FlushError for those who look for an http.Flusher.
func (w *response) Flush() { _ = w.FlushError() }

// FlushError sends what was written so far, and the header. It is what http.ResponseController
// looks for.
func (w *response) FlushError() error {
	w.prepare()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Hijack puts the cookies into the header, which the handler has to write to the connection then.
func (w *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.prepare()
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// CloseNotify is there for frameworks that take it for granted, such as gin. It never tells
// anything where the server cannot.
func (w *response) CloseNotify() <-chan bool {
	//nolint:staticcheck // handlers that still use it must not fail on requests that were refreshed
	if notifier, ok := w.ResponseWriter.(http.CloseNotifier); ok {
		return notifier.CloseNotify()
	}
	return make(chan bool)
}

// prepare puts the cookies into the header, and forbids every cache to keep them, whatever the
// handler chose: once more where the header was not written after all.
func (w *response) prepare() {
	h := w.Header()
	forbidCaching(h)
	for i, d := range w.cookies {
		h["Set-Cookie"] = slices.Insert(h["Set-Cookie"], i, d.text)
	}
	w.cookies = nil
}

// cacheHeaders tell caches what to keep, beside the many kinds of Cache-Control.
var cacheHeaders = []string{"expires", "surrogate-control", "edge-control", "x-accel-expires"}

// forbidCaching replaces whatever a header tells caches. Some networks put their own above
// Cache-Control.
func forbidCaching(h http.Header) {
	for name := range h {
		lower := strings.ToLower(name)
		if slices.Contains(cacheHeaders, lower) || strings.HasSuffix(lower, "cache-control") {
			delete(h, name)
		}
	}
	h.Set("Cache-Control", "private, no-store")
}
