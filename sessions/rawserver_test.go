package sessions_test

import (
	"bufio"
	"io"
	"iter"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// A rawServer answers requests with bytes of the test's making, which need not be HTTP.
type rawServer struct {
	url  string       // without a path
	hits atomic.Int64 // requests that were read to their end

	mu    sync.Mutex
	conns []net.Conn
}

// A reply is what a raw server does about a request that it has read. It reports whether the
// connection stays open for another.
type reply func(conn *net.TCPConn) (open bool)

// say answers with raw bytes and closes the connection.
func say(raw string) reply {
	return func(conn *net.TCPConn) bool {
		_, _ = io.WriteString(conn, raw) // a client that has read enough closes early
		return false
	}
}

// sayAndReset answers with raw bytes and resets the connection.
func sayAndReset(raw string) reply {
	return func(conn *net.TCPConn) bool {
		_, _ = io.WriteString(conn, raw)
		_ = conn.SetLinger(0)
		return false
	}
}

// answer is a well-formed answer; each header is a line of its own. It says how long it is and
// that the connection closes.
func answer(status int, body string, headers ...string) string {
	return head(status, append(headers, "Content-Length: "+strconv.Itoa(len(body)), "Connection: close")...) + body
}

// jsonAnswer is a well-formed answer of type application/json.
func jsonAnswer(status int, body string, headers ...string) string {
	return answer(status, body, append(headers, "Content-Type: application/json")...)
}

// head is the start of an answer, up to its body.
func head(status int, headers ...string) string {
	return "HTTP/1.1 " + strconv.Itoa(status) + " Whatever\r\n" + strings.Join(append(headers, "\r\n"), "\r\n")
}

// newRawServer starts a server on loopback. It gives the first reply to the first request, and so
// on, and the last to all others.
func newRawServer(t *testing.T, replies ...reply) *rawServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &rawServer{url: "http://" + listener.Addr().String()}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, conn)
			s.mu.Unlock()
			running.Go(func() { s.serve(conn.(*net.TCPConn), replies) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		s.mu.Lock()
		for _, conn := range s.conns {
			conn.Close()
		}
		s.mu.Unlock()
		running.Wait()
	})
	return s
}

func (s *rawServer) serve(conn *net.TCPConn, replies []reply) {
	defer conn.Close()
	for range requestsOf(conn) {
		n := int(s.hits.Add(1))
		if !replies[min(n, len(replies))-1](conn) {
			return
		}
	}
}

// requestsOf reads a connection, and yields each request when its end has come.
func requestsOf(conn io.Reader) iter.Seq[*http.Request] {
	return func(yield func(*http.Request) bool) {
		requests := bufio.NewReader(conn)
		for {
			req, err := http.ReadRequest(requests)
			if err != nil {
				return
			}
			if _, err := io.Copy(io.Discard, req.Body); err != nil || !yield(req) {
				return
			}
		}
	}
}

// refusedURL returns where nothing listens. The port is that of a connection: nobody else can be
// given it while the test runs.
func refusedURL(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return "http://" + conn.LocalAddr().String()
}
