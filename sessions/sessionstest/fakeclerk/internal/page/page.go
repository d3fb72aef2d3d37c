// Package page is the page on which a person looks at a fake Clerk and changes it. It works without
// JavaScript; with it, the page follows what happens.
package page

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest/fakeclerk/internal/instance"
)

// Prefix is the start of every path of the page, beside "/" itself.
const Prefix = "/_page/"

//go:embed page.html page.css page.js
var files embed.FS

// templates has the page.
var templates = template.Must(template.ParseFS(files, "page.html"))

// handler serves the page.
type handler struct {
	in    *instance.Instance
	links links
	done  <-chan struct{} // closed when the program ends
}

// Handler serves the page at "/" and all that belongs to it below Prefix. Its streams of events end
// when done is closed. It does nothing that a page of another site has asked for.
func Handler(in *instance.Instance, done <-chan struct{}) http.Handler {
	h := &handler{in: in, done: done}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", h.show)
	mux.HandleFunc("GET "+Prefix+"events", h.events)
	mux.HandleFunc("GET "+Prefix+"open/{link}", h.open)
	for name, contentType := range map[string]string{
		"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8",
	} {
		mux.HandleFunc("GET "+Prefix+name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", contentType)
			http.ServeFileFS(w, r, files, name)
		})
	}
	for name, act := range map[string]action{
		"end":        h.end,
		"clock":      h.advance,
		"fault":      h.inject,
		"faults":     h.clearFaults,
		"limit":      h.limit,
		"calls":      h.clearCalls,
		"sign-in":    h.signIn,
		"reset":      h.reset,
		"rotate-key": h.rotateKey,
	} {
		mux.HandleFunc("POST "+Prefix+name, func(w http.ResponseWriter, r *http.Request) {
			h.act(w, r, act)
		})
	}
	return http.NewCrossOriginProtection().Handler(secured(mux))
}

// secured keeps other sites from framing the page, and the page from loading anything of theirs.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; "+
			"style-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

// show writes the page.
func (h *handler) show(w http.ResponseWriter, r *http.Request) {
	h.write(w, r, http.StatusOK, "")
}

// write writes the page with a problem, which is "" when there is none.
func (h *handler) write(w http.ResponseWriter, r *http.Request, status int, problem string) {
	v := view(h.in)
	v.Problem = problem
	if link, ok := h.links.get(r.URL.Query().Get("signed-in")); ok {
		v.SignedIn = link.shown(r.Host)
	}
	var body bytes.Buffer
	if err := templates.ExecuteTemplate(&body, "page.html", v); err != nil {
		panic("fakeclerk: cannot write the page: " + err.Error())
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}
