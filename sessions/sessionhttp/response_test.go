package sessionhttp_test

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"
)

// Whatever a handler does, on a real connection, the browser gets the cookies of both.
func TestResponses(t *testing.T) {
	t.Parallel()
	flush := func(t *testing.T, w http.ResponseWriter) {
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Errorf("Flush: %v", err)
		}
	}
	for _, row := range []struct {
		name   string
		handle func(t *testing.T, w http.ResponseWriter)
		status int
		body   string
		own    bool // the handler sets a cookie of its own
	}{
		{"nothing", func(*testing.T, http.ResponseWriter) {}, 200, "", false},
		{"only a header", func(_ *testing.T, w http.ResponseWriter) { w.Header().Set("X-A", "1") }, 200, "", false},
		{"Write", func(_ *testing.T, w http.ResponseWriter) { _, _ = w.Write([]byte("page")) }, 200, "page", false},
		{"WriteString", func(_ *testing.T, w http.ResponseWriter) { _, _ = io.WriteString(w, "page") }, 200, "page", false},
		{"WriteHeader", func(_ *testing.T, w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) }, 404, "", false},
		{"redirect", func(_ *testing.T, w http.ResponseWriter) {
			w.Header().Set("Location", "/")
			w.WriteHeader(http.StatusSeeOther)
		}, 303, "", false},
		{"not modified", func(_ *testing.T, w http.ResponseWriter) { w.WriteHeader(http.StatusNotModified) }, 304, "", false},
		{"a cookie set", func(_ *testing.T, w http.ResponseWriter) {
			w.Header().Set("Set-Cookie", "own=1")
			_, _ = w.Write([]byte("page"))
		}, 200, "page", true},
		{"a cookie added", func(_ *testing.T, w http.ResponseWriter) {
			http.SetCookie(w, &http.Cookie{Name: "own", Value: "1"})
			w.WriteHeader(http.StatusOK)
		}, 200, "", true},
		{"caching", func(_ *testing.T, w http.ResponseWriter) {
			for _, name := range []string{
				"Cache-Control", "CDN-Cache-Control", "Cloudflare-CDN-Cache-Control", "Surrogate-Control", "Expires",
			} {
				w.Header().Set(name, "public, max-age=3600")
			}
			w.Header()["cache-control"] = []string{"public"}
			_, _ = w.Write([]byte("page"))
		}, 200, "page", false},
		{"flushes", func(t *testing.T, w http.ResponseWriter) {
			_, _ = w.Write([]byte("pa"))
			flush(t, w)
			w.Header().Set("Cache-Control", "public") // too late
			_, _ = w.Write([]byte("ge"))
		}, 200, "page", false},
		{"flushes first", func(t *testing.T, w http.ResponseWriter) {
			w.Header().Set("Cache-Control", "public")
			w.(http.Flusher).Flush()
			_, _ = w.Write([]byte("page"))
		}, 200, "page", false},
		{"early hints", func(_ *testing.T, w http.ResponseWriter) {
			w.Header().Set("Link", "</a.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			w.Header().Set("Cache-Control", "public")
			_, _ = w.Write([]byte("page"))
		}, 200, "page", false},
		{"copies", func(_ *testing.T, w http.ResponseWriter) {
			_, _ = io.Copy(w, io.LimitReader(strings.NewReader("page and more"), 4))
		}, 200, "page", false},
		{"copies nothing", func(_ *testing.T, w http.ResponseWriter) {
			_, _ = io.Copy(w, strings.NewReader(""))
			w.Header().Set("Cache-Control", "public")
		}, 200, "", false},
		{"sets a deadline", func(t *testing.T, w http.ResponseWriter) {
			if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
				t.Errorf("SetWriteDeadline: %v", err)
			}
		}, 200, "", false},
		{"listens for the end", func(t *testing.T, w http.ResponseWriter) {
			//nolint:staticcheck // handlers that still use it must not fail on requests that were refreshed
			if w.(http.CloseNotifier).CloseNotify() == nil {
				t.Error("no channel")
			}
		}, 200, "", false},
		{"takes the connection over", func(t *testing.T, w http.ResponseWriter) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Errorf("Hijack: %v", err)
				return
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n")
			_ = w.Header().Write(conn)
			_, _ = io.WriteString(conn, "\r\npage")
		}, 200, "page", false},
		{"writes the header twice", func(_ *testing.T, w http.ResponseWriter) {
			w.WriteHeader(http.StatusAccepted)
			w.WriteHeader(http.StatusOK)
		}, 202, "", false},
		{"switches protocols", func(_ *testing.T, w http.ResponseWriter) {
			w.WriteHeader(http.StatusSwitchingProtocols)
		}, 101, "", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, &backend{refresh: renew(t, func() time.Time { return start })})
			server := httptest.NewUnstartedServer(s.Middleware(
				http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { row.handle(t, w) })))
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.Start()
			defer server.Close()

			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Cookie", cookieLine(oldToken(t, "sess_1", start), "rt"))
			early := http.Header{}
			req = req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
				Got1xxResponse: func(_ int, h textproto.MIMEHeader) error { early = http.Header(h); return nil },
			}))
			transport := &http.Transport{DisableKeepAlives: true}
			resp, err := transport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			body := ""
			if resp.StatusCode != http.StatusSwitchingProtocols {
				text, err := io.ReadAll(resp.Body)
				if err != nil {
					t.Error(err)
				}
				body = string(text)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != row.status || body != row.body {
				t.Errorf("status %d, body %q", resp.StatusCode, body)
			}
			if n := len(
				resp.Header["Set-Cookie"],
			); n != 4 && !row.own ||
				row.own && (n != 5 || resp.Cookies()[4].String() != "own=1") {
				t.Errorf("%d cookies are set", n)
			}
			if got := resp.Header["Cache-Control"]; !slices.Equal(got, []string{"private, no-store"}) {
				t.Errorf("Cache-Control: %q", got)
			}
			for _, name := range []string{"CDN-Cache-Control", "Cloudflare-CDN-Cache-Control", "Surrogate-Control", "Expires"} {
				if got := resp.Header.Get(name); got != "" {
					t.Errorf("%s: %q", name, got)
				}
			}
			if early.Get("Set-Cookie") != "" {
				t.Error("the cookies were set too early")
			}
		})
	}
}

// plainWriter can do nothing but write.
type plainWriter struct{ http.ResponseWriter }

func TestPlainWriter(t *testing.T) {
	t.Parallel()
	s := newService(t, &backend{refresh: renew(t, func() time.Time { return start })})
	w := httptest.NewRecorder()
	s.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		controller := http.NewResponseController(w)
		if err := controller.Flush(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("Flush: %v", err)
		}
		if _, _, err := controller.Hijack(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("Hijack: %v", err)
		}
		w.Header().Set("Cache-Control", "public")
	})).ServeHTTP(plainWriter{w}, newPage(t, cookieLine(oldToken(t, "sess_1", start), "rt")))
	if got, n := w.Header()["Cache-Control"], len(w.Header()["Set-Cookie"]); n != 4 ||
		!slices.Equal(got, []string{"private, no-store"}) {
		t.Errorf("Cache-Control %q, %d cookies", got, n)
	}
}
