package page

import (
	"fmt"
	"net/http"
	"time"
)

const (
	leastPause = 250 * time.Millisecond // between two events, however much happens
	mostPause  = 5 * time.Second        // so that "20 s ago" does not grow old
)

// events tells the browser, as server-sent events, when the page has to be looked at anew.
func (h *handler) events(w http.ResponseWriter, r *http.Request) {
	changes, end := h.in.Watch()
	defer end()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	for {
		if _, err := fmt.Fprint(w, "data: changed\n\n"); err != nil || out.Flush() != nil {
			return
		}
		if !h.pause(r, leastPause, nil) || !h.pause(r, mostPause-leastPause, changes) {
			return
		}
	}
}

// pause waits for a time, or for a change, and reports whether somebody still looks.
func (h *handler) pause(r *http.Request, d time.Duration, changes <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-changes:
		return true
	case <-h.done:
		return false
	case <-r.Context().Done():
		return false
	}
}
