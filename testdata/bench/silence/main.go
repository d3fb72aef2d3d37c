// Silence measures, in real time and on loopback, how a client fares whose connections go silent
// without being closed. It sends a Get a second from then on, and writes silence.csv for the plots.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/csv"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

const (
	calls   = 25              // of which the failures count
	patient = 2 * time.Minute // for the first call that succeeds
)

// A row is one client.
type row struct {
	name   string
	secure bool                   // HTTP/2
	kept   int                    // connections
	given  func() *http.Transport // nil for the client's own
	ours   bool                   // a transport that this library makes, for what it is used for

	first  time.Duration // until a call succeeded; 0 if none did
	failed int
}

func main() {
	withoutPings := func() *http.Transport {
		t := sessions.NewTransport()
		t.HTTP2 = nil
		return t
	}
	rows := []*row{
		{name: "HTTP/2, NewTransport", secure: true, kept: 1, given: sessions.NewTransport, ours: true},
		{name: "HTTP/2, without pings", secure: true, kept: 1, given: withoutPings},
		{name: "HTTP/1.1, the client's own", kept: 32, ours: true},
		{name: "HTTP/1.1, the caller's", kept: 32, given: sessions.NewTransport},
	}
	var all sync.WaitGroup
	for _, r := range rows {
		all.Go(r.run)
	}
	all.Wait()
	out := csv.NewWriter(os.Stdout)
	must(out.Write([]string{"transport", "kept", "failed of 25", "first success s", "whose"}))
	for _, r := range rows {
		first, whose := "", "the caller's"
		if r.first > 0 {
			first = fmt.Sprintf("%.1f", r.first.Seconds())
		}
		if r.ours {
			whose = "ours"
		}
		must(out.Write([]string{
			r.name, strconv.Itoa(r.kept), strconv.Itoa(r.failed), first, whose,
		}))
	}
	out.Flush()
	must(out.Error())
}

func (r *row) run() {
	full := make(chan struct{}) // closed when each kept connection is in use
	var arrived sync.WaitGroup
	arrived.Add(r.kept)
	go func() {
		arrived.Wait()
		close(full)
	}()
	answer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		select {
		case <-full:
		default:
			arrived.Done()
			<-full
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, session)
	})
	server := httptest.NewUnstartedServer(answer)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	scheme := "http"
	if r.secure {
		scheme, server.EnableHTTP2 = "https", true
		server.StartTLS()
	} else {
		server.Start()
	}
	between := listen(server.Listener.Addr().String())
	client := r.client(scheme+"://"+between.listener.Addr().String(), server)

	var warm sync.WaitGroup
	for range r.kept {
		warm.Go(func() { must(get(client)) })
	}
	warm.Wait()
	between.cut()
	r.measure(client)
}

func (r *row) client(url string, server *httptest.Server) *sessions.Client {
	opts := []sessions.Option{sessions.WithBaseURL(url)}
	if r.given != nil {
		transport := r.given()
		if r.secure {
			roots := x509.NewCertPool()
			roots.AddCert(server.Certificate())
			transport.TLSClientConfig = &tls.Config{RootCAs: roots}
		}
		opts = append(opts, sessions.WithHTTPClient(&http.Client{Transport: transport}))
	}
	client, err := sessions.NewClient("sk_test_not_a_secret_not_a_secret_not_a_secret", opts...)
	must(err)
	return client
}

// measure sends a Get a second until enough are sent and one has succeeded.
func (r *row) measure(client *sessions.Client) {
	start, second := time.Now(), time.NewTicker(time.Second)
	var mu sync.Mutex
	served := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return r.first > 0
	}
	var sent sync.WaitGroup
	for n := 0; n < calls || !served() && time.Since(start) < patient; n++ {
		sent.Go(func() {
			err := get(client)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil && r.first == 0:
				r.first = time.Since(start)
			case err != nil && n < calls:
				r.failed++
			}
		})
		<-second.C
	}
	sent.Wait()
}

const session = `{"object":"session","id":"sess_1","user_id":"user_1","client_id":"client_1",` +
	`"status":"active",` +
	`"last_active_at":1,"expire_at":2,"abandon_at":3,"created_at":1,"updated_at":1}`

func get(client *sessions.Client) error {
	_, err := client.Get(context.Background(), "sess_1")
	return err
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// A proxy forwards connections, until they are cut.
type proxy struct {
	listener net.Listener
	to       string
	mu       sync.Mutex
	silent   chan struct{} // closed to cut the connections that were made until then
}

func listen(to string) *proxy {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	p := &proxy{listener: listener, to: to, silent: make(chan struct{})}
	go func() {
		for {
			client, err := listener.Accept()
			must(err)
			server, err := net.Dial("tcp", to)
			must(err)
			p.mu.Lock()
			silent := p.silent
			p.mu.Unlock()
			go forward(server, client, silent)
			go forward(client, server, silent)
		}
	}()
	return p
}

// forward copies until the connection is silent, and from then on reads what nobody gets.
func forward(to, from net.Conn, silent chan struct{}) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		select {
		case <-silent:
		default:
			if err != nil {
				_ = to.Close()
				return
			}
			_, _ = to.Write(buf[:n])
		}
		if err != nil {
			return
		}
	}
}

func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.silent)
	p.silent = make(chan struct{})
}
