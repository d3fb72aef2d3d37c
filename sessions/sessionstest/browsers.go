package sessionstest

import (
	"sync"
	"time"
)

const (
	nonceLifetime = time.Minute
	maxBrowsers   = 100_000 // that are remembered; the oldest is forgotten for the next
)

// browser is a browser that the Frontend API knows.
type browser struct {
	token     string // its dev browser in development, its client cookie in production
	clientID  string
	sessionID string // "" before the first sign-in
}

// browserStore holds the browsers that the Frontend API knows and the nonces that it gave out.
type browserStore struct {
	mu      sync.Mutex
	byToken map[string]browser
	order   []string // the tokens, oldest first
	nonces  map[string]payload
}

// payload is the answer of a handshake that waits to be asked for by its nonce.
type payload struct {
	directives []string
	expires    time.Time
}

// newBrowser returns a browser that the Frontend API meets for the first time.
func (s *Server) newBrowser() browser {
	prefix := "dvb"
	if s.production {
		prefix = "cookie"
	}
	return browser{token: s.newID(prefix), clientID: s.newID("client")}
}

// add remembers a browser.
func (st *browserStore) add(b browser) browser {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.byToken == nil {
		st.byToken = map[string]browser{}
	}
	if len(st.order) >= maxBrowsers {
		delete(st.byToken, st.order[0])
		st.order = st.order[1:]
	}
	st.byToken[b.token] = b
	st.order = append(st.order, b.token)
	return b
}

// get returns the browser with a token.
func (st *browserStore) get(token string) (browser, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	b, ok := st.byToken[token]
	return b, ok
}

// setSession makes a session the browser's.
func (st *browserStore) setSession(token, sessionID string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if b, ok := st.byToken[token]; ok {
		b.sessionID = sessionID
		st.byToken[token] = b
	}
}

// keep keeps directives under a nonce, and forgets the payloads that nobody has asked for in time.
func (st *browserStore) keep(nonce string, directives []string, now time.Time) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for other, p := range st.nonces {
		if !now.Before(p.expires) {
			delete(st.nonces, other)
		}
	}
	if st.nonces == nil {
		st.nonces = map[string]payload{}
	}
	st.nonces[nonce] = payload{directives, now.Add(nonceLifetime)}
}

// take returns the directives that are kept under a nonce, once.
func (st *browserStore) take(nonce string, now time.Time) ([]string, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	p, ok := st.nonces[nonce]
	delete(st.nonces, nonce)
	return p.directives, ok && now.Before(p.expires)
}
