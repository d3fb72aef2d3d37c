package sessions_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/http2"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/gate"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/wire"
)

// What NewTransport promises, and that each transport is a new one.
func TestNewTransport(t *testing.T) {
	t.Parallel()
	transport := sessions.NewTransport()
	type figures struct {
		Ping, Pong, TLS, Idle    time.Duration
		Conns, PerHost, MaxConns int
		HTTP2                    bool
	}
	got := figures{
		transport.HTTP2.SendPingTimeout, transport.HTTP2.PingTimeout, transport.TLSHandshakeTimeout,
		transport.IdleConnTimeout, transport.MaxIdleConns, transport.MaxIdleConnsPerHost, transport.MaxConnsPerHost,
		transport.ForceAttemptHTTP2,
	}
	const s = time.Second
	if diff := cmp.Diff(figures{5 * s, 3 * s, 5 * s, 90 * s, 64, 64, 64, true}, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	if other := sessions.NewTransport(); other == transport || other.HTTP2 == transport.HTTP2 {
		t.Error("two transports are one")
	}
}

// trusting makes a transport trust the certificate of the tests' servers.
func trusting(transport *http.Transport) *http.Transport {
	roots := x509.NewCertPool()
	roots.AddCert(certified().Certificate())
	transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	return transport
}

// A cable is a network in memory, whose connections can go silent.
type cable struct {
	accepted chan net.Conn
	mu       sync.Mutex
	conns    []*cableConn
}

// A cableConn loses what is written to it when it is silent, and gets no answer then.
type cableConn struct {
	net.Conn
	silent atomic.Bool
}

func (c *cableConn) Write(b []byte) (int, error) {
	if c.silent.Load() {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

func (c *cable) dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	conn := &cableConn{Conn: near}
	c.mu.Lock()
	c.conns = append(c.conns, conn)
	c.mu.Unlock()
	c.accepted <- far
	return conn, nil
}

// cut makes the connections of today silent and returns how many there are.
func (c *cable) cut() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		conn.silent.Store(true)
	}
	return len(c.conns)
}

func (c *cable) Accept() (net.Conn, error) {
	conn, ok := <-c.accepted
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}
func (c *cable) Close() error   { return nil }
func (c *cable) Addr() net.Addr { return &net.TCPAddr{} }

// Connections that go silent without being closed, with the true figures in fake time: 25 Gets,
// one a second, begin when it happens.
func TestSilentConnections(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		secure bool // HTTP/2
		conns  int  // kept connections
	}{
		{"one of HTTP/2", true, 1},
		{"32 of HTTP/1.1", false, 32},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			certified()
			synctest.Test(t, func(t *testing.T) {
				network := &cable{accepted: make(chan net.Conn)}
				server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
					time.Sleep(50 * time.Millisecond)
					answerWith(200, goodSession)(w, req)
				})}
				transport := trusting(sessions.NewTransport())
				transport.DialContext = network.dial
				serve, scheme := server.Serve, "http"
				if row.secure {
					server.TLSConfig = &tls.Config{Certificates: certified().TLS.Certificates}
					serve, scheme = func(l net.Listener) error { return server.ServeTLS(l, "", "") }, "https"
				}
				go func() { _ = serve(network) }()
				defer func() {
					transport.CloseIdleConnections()
					close(network.accepted)
					_ = server.Close()
				}()
				get := getThrough(t, scheme, transport)

				var warm sync.WaitGroup
				for range row.conns {
					warm.Go(func() {
						if err := get(); err != nil {
							t.Error(err)
						}
					})
				}
				warm.Wait()
				if n := network.cut(); n != row.conns {
					t.Fatalf("%d connections, want %d", n, row.conns)
				}
				start, first, failed := time.Now(), time.Duration(0), 0
				var mu sync.Mutex
				var calls sync.WaitGroup
				for range 25 {
					calls.Go(func() {
						err := get()
						mu.Lock()
						defer mu.Unlock()
						switch {
						case err != nil:
							failed++
						case first == 0:
							first = time.Since(start)
						}
					})
					time.Sleep(time.Second)
				}
				calls.Wait()
				t.Logf("the first call succeeds after %v; %d of 25 fail", first, failed)
				if first == 0 || first > 12*time.Second || failed > 1 {
					t.Error("want at most 12s, and 1 failed")
				}
			})
		})
	}
}

// getThrough returns a function that gets a session as a client does that sends through a
// transport of its own. A client's own transport cannot be given a network in memory, and so the
// way out is put together here.
func getThrough(t *testing.T, scheme string, own *http.Transport) func() error {
	chain := wire.NewChain(wire.Config{
		Key:       func() []string { return []string{canaryKey} },
		Transport: own,
		DropIdle:  own.CloseIdleConnections,
		Timeout:   10 * time.Second,
		Retry: wire.RetryPolicy{
			MaxAttempts: 3, BaseDelay: 200 * time.Millisecond, MaxDelay: 5 * time.Second, MaxRetryAfter: 10 * time.Second,
		},
		Gate:   &gate.Gate{},
		Budget: &wire.Budget{},
	})
	return func() error {
		req, err := http.NewRequestWithContext(t.Context(), "GET", scheme+"://example.com/v1/sessions/sess_1", http.NoBody)
		if err != nil {
			return err
		}
		answer := chain.Send(&wire.Call{Op: wire.GetSession, Deadline: time.Now().Add(30 * time.Second)}, req)
		if answer.Err == nil && answer.Status() != 200 {
			return fmt.Errorf("status %d", answer.Status())
		}
		return answer.Err
	}
}

// A client drops the idle connections of its own transport when a kept one is silent, and those of
// nobody else's.
func TestWhoseIdleConnectionsAreDropped(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		opts []sessions.Option
		good bool // the second attempt goes well
	}{
		{"the client's own", nil, true},
		{"its own, beside the timeout of an http.Client", []sessions.Option{sessions.WithHTTPClient(&http.Client{})}, true},
		{
			"a transport that may serve others",
			[]sessions.Option{sessions.WithHTTPClient(&http.Client{Transport: sessions.NewTransport()})},
			false,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			const kept = 3
			var cut atomic.Bool
			var known sync.Map
			warm := make(chan struct{})
			var arrived atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				if _, old := known.LoadOrStore(req.RemoteAddr, true); old && cut.Load() {
					<-req.Context().Done()
					return
				}
				if arrived.Add(1) == kept {
					close(warm)
				}
				<-warm
				answerWith(200, goodSession)(w, req)
			}))
			t.Cleanup(server.Close)
			client := newClient(t, server.URL, append(row.opts, sessions.WithTimeout(time.Second),
				sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 2, BaseDelay: 1}))...)
			var calls sync.WaitGroup
			for range kept {
				calls.Go(func() {
					if _, err := client.Get(t.Context(), "sess_1"); err != nil {
						t.Error(err)
					}
				})
			}
			calls.Wait()
			cut.Store(true)
			if _, err := client.Get(t.Context(), "sess_1"); (err == nil) != row.good {
				t.Errorf("got %v, want success: %v", err, row.good)
			}
		})
	}
}

// Servers that allow few streams a connection, which net/http learns only after it has sent. No
// call fails.
func TestFewStreams(t *testing.T) {
	t.Parallel()
	for _, streams := range []uint32{1, 4, 10} {
		t.Run(fmt.Sprint(streams), func(t *testing.T) { // one after the other: each has 64 connections
			var refused atomic.Int64
			url := serveFrames(t, func(conn net.Conn) { serveFewStreams(conn, streams, &refused) })
			transport := trusting(sessions.NewTransport())
			t.Cleanup(transport.CloseIdleConnections)
			client := newClient(t, url, sessions.WithHTTPClient(&http.Client{Transport: transport}),
				sessions.WithTimeout(time.Hour), sessions.WithCallTimeout(time.Hour)) // however slow the machine is
			var calls sync.WaitGroup
			for _, call := range callsNamed("Get,Create") {
				for range 250 {
					calls.Go(func() {
						if _, err := call.do(t.Context(), client); err != nil {
							t.Error(err)
						}
					})
				}
			}
			calls.Wait()
			if refused.Load() == 0 {
				t.Error("no stream was refused")
			}
		})
	}
}

// serveFewStreams serves a connection until it ends: with a good session for each request, with so
// many streams at once, which it says after the first request. It counts the streams that it
// refuses. Go's own server does not do here: for a moment after the end of a stream it still counts
// that stream, and calls the next one an error of the protocol.
func serveFewStreams(conn net.Conn, streams uint32, refused *atomic.Int64) {
	if _, err := io.CopyN(io.Discard, conn, int64(len(http2.ClientPreface))); err != nil {
		return
	}
	var answers sync.WaitGroup
	defer answers.Wait()
	var mu sync.Mutex // over the open streams, and what is written
	open, framer := make(map[uint32]bool), http2.NewFramer(conn, conn)
	toldLimit := sync.OnceValue(func() error {
		return framer.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: streams})
	})
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return
		}
		id := frame.Header().StreamID
		mu.Lock()
		switch frame := frame.(type) {
		case *http2.PingFrame:
			_, _ = toldLimit(), framer.WritePing(true, frame.Data)
		case *http2.HeadersFrame:
			_ = toldLimit()
			if len(open) < int(streams) {
				open[id] = true
			} else {
				refused.Add(1)
				_ = framer.WriteRSTStream(id, http2.ErrCodeRefusedStream)
			}
		}
		if open[id] && frame.Header().Flags.Has(http2.FlagDataEndStream) {
			answers.Go(func() {
				mu.Lock()
				defer mu.Unlock()
				delete(open, id)
				answerFrames(conn, id, goodSession)
			})
		}
		mu.Unlock()
	}
}

// A cluster is three servers behind a balancer of TCP connections, which does not know which of
// them are up. It counts what was refreshed.
type cluster struct {
	url       string
	handler   http.Handler
	secure    bool // HTTP/2
	running   sync.WaitGroup
	mu        sync.Mutex
	servers   [3]*http.Server
	addresses [3]string
	done      map[string]int
}

func newCluster(t *testing.T, secure bool) *cluster {
	t.Helper()
	c := &cluster{secure: secure, done: make(map[string]int)}
	c.handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return // the request did not come whole
		}
		c.mu.Lock()
		c.done[path.Base(path.Dir(req.URL.Path))]++
		c.mu.Unlock()
		answerWith(200, goodToken)(w, req)
	})
	for i := range c.servers {
		c.start(t, i)
	}
	balancer, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c.url = "http://" + balancer.Addr().String()
	if secure {
		c.url = "https://" + balancer.Addr().String()
	}
	c.running.Go(func() {
		for n := 0; ; n++ {
			client, err := balancer.Accept()
			if err != nil {
				return
			}
			c.mu.Lock()
			address := c.addresses[n%len(c.addresses)]
			c.mu.Unlock()
			c.running.Go(func() { forward(client, address) })
		}
	})
	t.Cleanup(func() {
		balancer.Close()
		for _, server := range c.servers {
			server.Close()
		}
		c.running.Wait()
	})
	return c
}

// forward connects a client with a server until one of them ends the connection.
func forward(client net.Conn, address string) {
	defer client.Close()
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer server.Close()
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
		both.Go(func() {
			_, _ = io.Copy(way[0], way[1])
			_ = way[0].(*net.TCPConn).CloseWrite()
		})
	}
	both.Wait()
}

func (c *cluster) start(t *testing.T, i int) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: c.handler}
	c.mu.Lock()
	c.servers[i], c.addresses[i] = server, listener.Addr().String()
	c.mu.Unlock()
	c.running.Go(func() {
		if !c.secure {
			_ = server.Serve(listener)
			return
		}
		server.TLSConfig = &tls.Config{Certificates: certified().TLS.Certificates}
		_ = server.ServeTLS(listener, "", "")
	})
}

// restart ends a server, either at once or with some time for what it is doing, and starts another
// in its place.
func (c *cluster) restart(t *testing.T, i int, grace time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), grace)
	defer cancel()
	_ = c.servers[i].Shutdown(ctx)
	_ = c.servers[i].Close()
	c.start(t, i)
}

// While servers are restarted, no refresh is made twice, and its caller knows whether it was made,
// or that this is not known.
func TestRefreshesUnderRestarts(t *testing.T) {
	t.Parallel()
	for name, secure := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster := newCluster(t, secure)
			transport := trusting(sessions.NewTransport())
			t.Cleanup(transport.CloseIdleConnections)
			client := newClient(t, cluster.url, sessions.WithHTTPClient(&http.Client{Transport: transport}),
				sessions.WithRetry(sessions.RetryPolicy{BaseDelay: time.Millisecond}))
			var mu sync.Mutex
			outcomes := make(map[string]error)
			over := make(chan struct{})
			refreshed := make(chan struct{})
			var workers sync.WaitGroup
			for worker := range 16 {
				workers.Go(func() {
					for n := 0; ; n++ {
						id := fmt.Sprintf("sess_%d_%d", worker, n)
						_, err := client.RefreshToken(t.Context(), id, canaryRefreshParams())
						mu.Lock()
						outcomes[id] = err
						mu.Unlock()
						if err != nil {
							continue
						}
						select {
						case refreshed <- struct{}{}:
						case <-over:
							return
						}
					}
				})
			}
			for n := range 20 {
				for range 50 {
					<-refreshed
				}
				cluster.restart(t, n%3, time.Duration(n%2)*50*time.Millisecond)
			}
			close(over)
			workers.Wait()

			good, unknown, failed := 0, 0, 0
			for id, err := range outcomes {
				least, most := 0, 0
				switch {
				case err == nil:
					least, most = 1, 1
					good++
				case errors.Is(err, sessions.ErrOutcomeUnknown):
					most = 1
					unknown++
				default:
					failed++
				}
				if made := cluster.done[id]; made < least || made > most {
					t.Errorf("%s was refreshed %d times, and the client says: %v", id, made, err)
				}
			}
			t.Logf("%d refreshes were answered, %d may have been made, %d were not", good, unknown, failed)
		})
	}
}
