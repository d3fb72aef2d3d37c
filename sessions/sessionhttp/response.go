package sessionhttp

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
)

// response is a ResponseWriter that sets cookies when the header is written: until then the handler may do with Set-Cookie and
// Cache-Control what it likes.
type response struct {
	http.ResponseWriter
	cookies []string // the directives; nil once they are set
	wrote   bool     // the header is out
}

// Unwrap is for http.ResponseController.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader sets the cookies, unless the status is one of those that another follows.
func (w *response) WriteHeader(status int) {
	if status >= 200 || status == http.StatusSwitchingProtocols {
		w.prepare()
		w.wrote = true
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(p []byte) (int, error) {
	w.prepare()
	w.wrote = true
	return w.ResponseWriter.Write(p)
}

// WriteString is Write without a copy, where the server knows how.
func (w *response) WriteString(s string) (int, error) {
	w.prepare()
	w.wrote = true
	return io.WriteString(w.ResponseWriter, s)
}

// ReadFrom lets the server copy from a file by itself.
func (w *response) ReadFrom(src io.Reader) (int64, error) {
	w.prepare()
	n, err := io.Copy(w.ResponseWriter, src)
	w.wrote = w.wrote || n > 0
	return n, err
}

// Flush is FlushError for those who look for an http.Flusher.
func (w *response) Flush() { _ = w.FlushError() }

// FlushError sends what was written so far, and the header. It is what http.ResponseController looks for.
func (w *response) FlushError() error {
	w.prepare()
	err := http.NewResponseController(w.ResponseWriter).Flush()
	w.wrote = w.wrote || err == nil
	return err
}

// Hijack hands over the connection, where the server can. The cookies are then in Header, for a handler that writes its own answer.
func (w *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.prepare()
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// CloseNotify is there for frameworks that take it for granted, such as gin. It never tells anything where the server cannot.
func (w *response) CloseNotify() <-chan bool {
	if notifier, ok := w.ResponseWriter.(http.CloseNotifier); ok { //nolint:staticcheck // handlers that still use it must not fail on the requests that were refreshed
		return notifier.CloseNotify()
	}
	return make(chan bool)
}

// prepare puts the cookies into the header, and forbids every cache to keep them, whatever the handler chose.
func (w *response) prepare() {
	if w.wrote {
		return
	}
	h := w.Header()
	for name := range h {
		if steersCaches(name) {
			delete(h, name)
		}
	}
	h.Set("Cache-Control", "private, no-store")
	for _, directive := range w.cookies {
		h.Add("Set-Cookie", directive)
	}
	w.cookies = nil
}

// steersCaches reports whether a header tells a cache what to keep. Some networks put their own above Cache-Control.
func steersCaches(name string) bool {
	name = strings.ToLower(name)
	return name == "cache-control" || strings.HasSuffix(name, "cdn-cache-control") || name == "surrogate-control" || name == "expires"
}
