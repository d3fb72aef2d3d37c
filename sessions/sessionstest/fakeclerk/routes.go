package main

import (
	"net/http"
	"strings"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest/fakeclerk/internal/control"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest/fakeclerk/internal/guard"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest/fakeclerk/internal/instance"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest/fakeclerk/internal/page"
)

// routes serves the control API and the page, and leaves every other path to clerk. Unless public,
// the two are for loopback names only. Streams of events end when done is closed.
func routes(
	in *instance.Instance, clerk http.Handler, public bool, done <-chan struct{},
) http.Handler {
	controls, shown := control.Handler(in), page.Handler(in, done)
	if !public {
		refuse := http.HandlerFunc(misdirected)
		controls, shown = guard.Loopback(controls, refuse), guard.Loopback(shown, refuse)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case strings.HasPrefix(path, control.Prefix):
			controls.ServeHTTP(w, r)
		case path == "/" || strings.HasPrefix(path, page.Prefix):
			shown.ServeHTTP(w, r)
		default:
			clerk.ServeHTTP(w, r)
		}
	})
}

func misdirected(w http.ResponseWriter, _ *http.Request) {
	control.Refuse(w, http.StatusMisdirectedRequest,
		"Use localhost or 127.0.0.1 as the host name, or start fakeclerk with -public.")
}
