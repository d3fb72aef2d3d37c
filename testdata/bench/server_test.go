package bench

import (
	"bytes"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// answerTo returns what a server answers.
func answerTo(req *http.Request) (status int, body string) {
	path := strings.TrimPrefix(req.URL.Path, "/v1/sessions")
	switch {
	case path == "" && strings.Contains(req.URL.RawQuery, "limit=100"):
		return 200, page100
	case path == "":
		return 200, page500
	case strings.HasSuffix(path, "/tokens"):
		return 200, token
	case strings.HasSuffix(path, "/revoke"):
		return 200, revokedSession
	case path == "/"+sessionID:
		return 200, activeSession
	}
	return 404, notFound
}

// memory is a transport without a network, and with as little work of its own as may be.
type memory struct{}

var jsonHeader = http.Header{"Content-Type": {"application/json"}}

func (memory) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
		_ = req.Body.Close()
	}
	status, body := answerTo(req)
	return response(req, status, strings.NewReader(body), len(body)), nil
}

func response(req *http.Request, status int, body io.Reader, length int) *http.Response {
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: jsonHeader, Body: io.NopCloser(body), ContentLength: int64(length), Request: req,
	}
}

// loopback is a server on loopback that counts its connections.
type loopback struct {
	*httptest.Server
	connections atomic.Int64
}

// newLoopback starts a server; start is one of the methods that start an httptest.Server.
func newLoopback(b *testing.B, start func(*httptest.Server)) *loopback {
	s := &loopback{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		status, body := answerTo(req)
		w.Header()["Content-Type"] = jsonHeader["Content-Type"]
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.connections.Add(1)
		}
	}
	// of connections that end in the middle of their handshake when the server closes
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	start(s.Server)
	b.Cleanup(s.Close)
	return s
}

// slow is a transport to a server with a long list, whose every answer takes the latency, and which counts its
// requests.
type slow struct {
	latency  func() // waits
	list     *longList
	requests atomic.Int64
}

func (s *slow) RoundTrip(req *http.Request) (*http.Response, error) {
	s.requests.Add(1)
	s.latency()
	if req.Method == http.MethodPost {
		return response(req, 200, strings.NewReader(token), len(token)), nil
	}
	offset, _ := strconv.Atoi(req.URL.Query().Get("offset"))
	body := s.list.answer(offset)
	return response(req, 200, bytes.NewReader(body), len(body)), nil
}

// dwindling is a transport to a server with some active sessions, each of which leaves the list when it is revoked.
type dwindling struct {
	mu     sync.Mutex
	active []string
}

func newDwindling(n int) *dwindling {
	d := &dwindling{}
	for range n {
		d.active = append(d.active, newID("sess"))
	}
	return d
}

func (d *dwindling) RoundTrip(req *http.Request) (*http.Response, error) {
	sleep()
	d.mu.Lock()
	defer d.mu.Unlock()
	path := strings.TrimPrefix(req.URL.Path, "/v1/sessions")
	if id, ok := strings.CutSuffix(path, "/revoke"); ok {
		d.active = slices.DeleteFunc(d.active, func(active string) bool { return active == id[1:] })
		body := strings.ReplaceAll(revokedSession, sessionID, id[1:])
		return response(req, 200, strings.NewReader(body), len(body)), nil
	}
	var rows []string
	query := req.URL.Query()
	total := 0
	if query.Get("status") == "active" {
		total = len(d.active)
		offset, _ := strconv.Atoi(query.Get("offset"))
		for _, id := range d.active[min(offset, total):min(offset+pageSize, total)] {
			rows = append(rows, strings.ReplaceAll(activeSession, sessionID, id))
		}
	}
	body := `{"data":[` + strings.Join(rows, ",") + `],"total_count":` + strconv.Itoa(total) + `}`
	return response(req, 200, strings.NewReader(body), len(body)), nil
}
