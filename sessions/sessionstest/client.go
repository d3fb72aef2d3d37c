package sessionstest

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
)

// HTTPClient returns a client that hands every request straight to the server, whatever the
// request's host, without a socket or a goroutine. It works inside a testing/synctest bubble, and
// also after Close. A request whose context ends during a Fault's Delay fails with the context's
// cause, and a request that a Fault drops fails with io.ErrUnexpectedEOF.
func (s *Server) HTTPClient() *http.Client {
	return &http.Client{Transport: direct{s.Handler()}}
}

// direct is a transport that calls a handler in the goroutine of the request.
type direct struct {
	handler http.Handler
}

// RoundTrip takes the request through its form on the wire, so that the handler sees what it would
// see behind a socket.
func (d direct) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	var wire bytes.Buffer
	if err := req.Write(&wire); err != nil {
		return nil, err
	}
	received, err := http.ReadRequest(bufio.NewReader(&wire))
	if err != nil {
		return nil, fmt.Errorf("sessionstest: the request cannot be read back: %w", err)
	}
	received.RemoteAddr = "127.0.0.1:0"
	recorder := &recorder{header: http.Header{}}
	served := ctx.Err() == nil && serveUnlessAborted(d.handler, recorder, received.WithContext(ctx))
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if !served {
		return nil, io.ErrUnexpectedEOF
	}
	return recorder.response(req), nil
}

// serveUnlessAborted reports whether the handler came to an answer.
func serveUnlessAborted(h http.Handler, w http.ResponseWriter, r *http.Request) (served bool) {
	defer func() {
		if err := recover(); err != nil &&
			err != http.ErrAbortHandler { //nolint:errorlint // net/http compares it in the same way
			panic(err)
		}
	}()
	h.ServeHTTP(w, r)
	return true
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) { r.status = status }

func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }

func (r *recorder) response(req *http.Request) *http.Response {
	body := r.body.Bytes()
	if req.Method == http.MethodHead || r.status == http.StatusNoContent ||
		r.status == http.StatusNotModified {
		body = nil
	}
	return &http.Response{
		Status:        fmt.Sprintf("%03d %s", r.status, http.StatusText(r.status)),
		StatusCode:    r.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        r.header,
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       req,
	}
}
