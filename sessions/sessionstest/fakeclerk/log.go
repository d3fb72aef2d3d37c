package main

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// logged serves the instance and writes a line for each request, with neither its headers nor its
// query, and for each violation.
func logged(clerk *sessionstest.Server, w io.Writer) http.Handler {
	var mu sync.Mutex
	reported := 0
	handler := clerk.Handler()
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		start := time.Now()
		status := &statusWriter{ResponseWriter: rw}
		defer func() {
			mu.Lock()
			defer mu.Unlock()
			fmt.Fprintf(w, "%s %s %d %v\n", r.Method, r.URL.EscapedPath(), status.status,
				time.Since(start).Round(time.Microsecond))
			violations := clerk.Violations()
			for _, violation := range violations[reported:] {
				fmt.Fprintln(w, "violation:", violation)
			}
			reported = len(violations)
		}()
		handler.ServeHTTP(status, r)
	})
}

// statusWriter remembers the status of an answer; 0 is none.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader passes the status on.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}
