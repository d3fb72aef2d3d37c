package sessionstest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	secretKey = "sk_test_fake_clerk_not_a_secret" //nolint:gosec // made up, and says so

	// The publishable keys have the base64 of frontendAPI and "$".
	developmentKey = "pk_test_Y2xlcmsuZXhhbXBsZS50ZXN0JA"
	productionKey  = "pk_live_Y2xlcmsuZXhhbXBsZS50ZXN0JA"

	domain      = "example.test" // of the services that a production instance serves
	frontendAPI = "clerk." + domain
	issuer      = "https://" + frontendAPI

	// listenerlessURL is the address of a server that only its own HTTPClient reaches.
	listenerlessURL = "https://api.fake." + frontendAPI
)

// Server is an in-process Clerk instance. [New] and [NewServer] make one. It is safe for concurrent
// use.
type Server struct {
	URL            string // the base URL of the Backend API, ends in "/v1"
	FrontendAPI    string // the URL of the Frontend API, without a path
	JWKSURL        string // the URL of the instance's key set
	Issuer         string // the iss of the instance's tokens, "https://clerk.example.test"
	SecretKey      string // the one key that the server accepts, "sk_test_…"
	PublishableKey string // the instance's publishable key, "pk_test_…" or "pk_live_…"

	fragment   *fragment
	production bool
	keys       keyRing
	browsers   browserStore
	clock      clock
	tokens     tokenMinter
	store      store
	journal    journal
	faults     faultQueue
	limiter    limiter
	ids        atomic.Int64
	traces     atomic.Int64
	close      func()
}

// NewServer starts a server on a loopback port of the system's choice; Close it after use. In a
// test, New is shorter. NewServer panics if it cannot listen.
func NewServer(opts ...Option) *Server {
	cfg := config{now: time.Now, tokenLifetime: defaultTokenLifetime}
	for _, opt := range opts {
		opt(&cfg)
	}
	s := &Server{
		URL:            listenerlessURL,
		FrontendAPI:    issuer,
		Issuer:         issuer,
		SecretKey:      secretKey,
		PublishableKey: developmentKey,
		fragment:       loadFragment(),
		production:     cfg.production,
		clock:          clock{base: cfg.now},
		journal:        journal{withoutCalls: cfg.withoutCalls, maxCalls: cfg.maxCalls},
		close:          func() {},
	}
	s.tokens = tokenMinter{keys: &s.keys, lifetime: cfg.tokenLifetime}
	if cfg.production {
		s.PublishableKey = productionKey
	}
	if !cfg.withoutListener {
		s.URL, s.close = s.listen()
		s.FrontendAPI = s.URL
	}
	s.JWKSURL = s.FrontendAPI + keySetPath
	s.URL += s.fragment.base
	return s
}

// Close ends the listener and every connection, also those of requests that a Fault delays, and
// returns when no request is being served any more. For a server without a listener it does
// nothing.
func (s *Server) Close() { s.close() }

// Handler returns the server's endpoints, to be served at another address: the Backend API below
// /v1, and the Frontend API with /v1/client/handshake, /.well-known/jwks.json and the page
// /sign-in.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serve) }

// listen serves on a loopback port and returns its address and a function that ends it.
func (s *Server) listen() (address string, end func()) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(fmt.Sprintf("sessionstest: cannot listen on a loopback port: %v", err))
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	server := &http.Server{
		Handler:           s.Handler(),
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: 10 * time.Second,
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				running.Add(1)
			case http.StateClosed, http.StateHijacked:
				running.Done()
			}
		},
	}
	running.Go(func() { _ = server.Serve(listener) }) // it only ever ends with ErrServerClosed
	return "http://" + listener.Addr().String(), func() {
		cancel()
		_ = server.Close()
		running.Wait()
	}
}

// newID returns an id that no other object of the server has.
func (s *Server) newID(prefix string) string {
	return fmt.Sprintf("%s_fake%08d", prefix, s.ids.Add(1))
}
