package sessionhttp_test

import (
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

// A keyServer is a Frontend API with a key set, and a service that believes it.
type keyServer struct {
	*service
	mu      sync.Mutex
	keys    map[string]*rsa.PrivateKey
	answer  func(http.ResponseWriter) // instead of the keys
	fetches atomic.Int64
	now     time.Time
}

func newKeyServer(t *testing.T, opts ...sessionhttp.Option) *keyServer {
	t.Helper()
	s := &keyServer{now: start, keys: map[string]*rsa.PrivateKey{"ins_own": officialKeys().own}}
	clerk := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		s.fetches.Add(1)
		s.mu.Lock()
		answer := s.answer
		s.mu.Unlock()
		switch {
		case req.URL.Path != "/.well-known/jwks.json":
			http.NotFound(w, req)
		case answer != nil:
			answer(w)
		default:
			s.mu.Lock()
			defer s.mu.Unlock()
			var set jose.JSONWebKeySet
			for id, key := range s.keys {
				set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.Public(), KeyID: id, Algorithm: "RS256", Use: "sig"})
			}
			_ = json.NewEncoder(w).Encode(set)
		}
	}))
	t.Cleanup(clerk.Close)
	s.service = &service{}
	s.Authenticator = newAuthenticator(t, &backend{}, liveKey, append([]sessionhttp.Option{
		sessionhttp.WithFrontendAPI(clerk.URL),
		sessionhttp.WithClock(func() time.Time { s.mu.Lock(); defer s.mu.Unlock(); return s.now }),
		sessionhttp.WithObserver(func(_ *http.Request, auth sessionhttp.Auth, _ time.Duration) {
			s.service.mu.Lock()
			s.auth = auth
			s.service.mu.Unlock()
		}),
	}, opts...)...)
	s.Handler = s.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	return s
}

// as returns a request with a token that names a key and is signed by one.
func (s *keyServer) as(t *testing.T, kid, key string) *http.Request {
	t.Helper()
	header := fmt.Sprintf(`{"alg":"RS256","typ":"JWT","kid":%q}`, kid)
	payload, _ := json.Marshal(claims("sess_1", start, map[string]any{"exp": start.Unix() + 100_000}))
	text := sign(t, tokenSpec{Header: &header, Payload: string(payload), Key: key})
	return newPage(t, "__session="+text+"; __client_uat=1000")
}

func (s *keyServer) change(edit func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	edit()
}

func TestKeySet(t *testing.T) {
	t.Parallel()
	s := newKeyServer(t)
	step := func(name string, req *http.Request, who string, fetches int64) {
		t.Helper()
		resp := s.serve(req)
		got := "signed out " + s.auth.Reason
		switch {
		case s.auth.SignedIn:
			got = "signed in"
		case s.auth.Temporary:
			got = "temporary " + s.auth.Reason
		}
		if got != who || s.fetches.Load() != fetches || resp.StatusCode != http.StatusOK || len(resp.Cookies()) > 0 {
			t.Errorf(
				"%s: %s, want %s; %d fetches, want %d; status %d",
				name,
				got,
				who,
				s.fetches.Load(),
				fetches,
				resp.StatusCode,
			)
		}
	}
	step("nobody", newPage(t, ""), "signed out session-token-and-uat-missing", 0)
	step("no key id", s.as(t, "", ""), "signed out jwk-kid-mismatch", 0)
	step("the first", s.as(t, "ins_own", ""), "signed in", 1)
	step("the second", s.as(t, "ins_own", ""), "signed in", 1)
	step("a wrong signature", s.as(t, "ins_own", "other"), "signed out token-invalid-signature", 1)
	step("an unknown key at once", s.as(t, "ins_new", "other"), "temporary jwk-kid-mismatch", 1)
	s.change(func() { s.now = s.now.Add(time.Minute); s.keys["ins_new"] = officialKeys().other })
	step("a wrong signature later", s.as(t, "ins_own", "other"), "signed out token-invalid-signature", 1)
	step("after the key was changed", s.as(t, "ins_new", "other"), "signed in", 2)
	step("the old key", s.as(t, "ins_own", ""), "signed in", 2)
	s.change(func() {
		s.now = s.now.Add(time.Minute)
		s.answer = func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) }
	})
	step("an unknown key while Clerk is down", s.as(t, "ins_x", ""), "temporary jwk-remote-failed-to-load", 3)
	step("the keys stay", s.as(t, "ins_own", ""), "signed in", 3)
	step("no other fetch in that minute", s.as(t, "ins_x", ""), "temporary jwk-remote-failed-to-load", 3)
	s.change(func() { s.now = s.now.Add(time.Minute); s.answer = nil; delete(s.keys, "ins_own") })
	step("a key that the instance never had", s.as(t, "ins_x", ""), "signed out jwk-kid-mismatch", 4)
	step("the same again", s.as(t, "ins_x", ""), "signed out jwk-kid-mismatch", 4)
	step("a key that was taken away", s.as(t, "ins_own", ""), "temporary jwk-kid-mismatch", 4)
}

// Whatever is served instead of a key set, nobody is signed in or redirected, and the next second does better.
func TestBadKeySets(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(http.ResponseWriter){
		"500":          func(w http.ResponseWriter) { w.WriteHeader(500) },
		"204":          func(w http.ResponseWriter) { w.WriteHeader(204) },
		"a redirect":   func(w http.ResponseWriter) { w.Header().Set("Location", "/elsewhere"); w.WriteHeader(302) },
		"HTML":         func(w http.ResponseWriter) { _, _ = io.WriteString(w, "<h1>") },
		"an empty set": func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"keys":[]}`) },
		"no set":       func(w http.ResponseWriter) { _, _ = io.WriteString(w, `[]`) },
		"too large":    func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"keys":[]}`+strings.Repeat(" ", 64<<10)) },
		"endless":      func(w http.ResponseWriter) { _, _ = io.WriteString(w, strings.Repeat("x", 1<<20)) },
		"another kind": func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, `{"keys":[{"kty":"oct","k":"AAAA","kid":"ins_own"}]}`)
		},
		"an unknown": func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"keys":[{"kty":"new","kid":"ins_own"},5]}`) },
		"cut off": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"keys":`)
		},
		"for something": func(w http.ResponseWriter) { _, _ = io.WriteString(w, encryptionKeys()) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newKeyServer(t)
			s.change(func() { s.answer = answer })
			for range 3 {
				resp := s.serve(s.as(t, "ins_own", ""))
				if !s.auth.Temporary || s.auth.Reason != "jwk-remote-failed-to-load" || s.auth.Err == nil ||
					resp.StatusCode != 200 {
					t.Errorf("status %d, %+v", resp.StatusCode, s.auth)
				}
			}
			if got := s.fetches.Load(); got != 1 {
				t.Errorf("%d fetches", got)
			}
			s.change(func() { s.answer = nil; s.now = s.now.Add(time.Second) })
			if s.serve(s.as(t, "ins_own", "")); !s.auth.SignedIn {
				t.Errorf("a second later: %+v", s.auth)
			}
		})
	}
}

func encryptionKeys() string {
	text, _ := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		{Key: officialKeys().own.Public(), KeyID: "ins_own", Algorithm: "RS256", Use: "enc"},
		{Key: officialKeys().own.Public(), KeyID: "ins_own", Algorithm: "PS256", Use: "sig"},
	}})
	return string(text)
}

// While there is no key at all, and so nobody can be signed in, the key set is asked for once a second, and a second
// after Clerk is well again all is well. Once there are keys, one that is not among them is asked for once a minute.
func TestHowOftenTheKeySetIsFetched(t *testing.T) {
	t.Parallel()
	s := newKeyServer(t)
	down := func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) }
	known, unknown := s.as(t, "ins_own", ""), s.as(t, "ins_x", "")
	visits := func(req *http.Request, n int, apart time.Duration) int64 {
		before := s.fetches.Load()
		for range n {
			s.serve(req)
			s.change(func() { s.now = s.now.Add(apart) })
		}
		return s.fetches.Load() - before
	}
	s.change(func() { s.answer = down })
	if got := visits(known, 100, 100*time.Millisecond); got != 10 || !s.auth.Temporary {
		t.Errorf("%d fetches in 10 s without a key, %+v", got, s.auth)
	}
	s.change(func() { s.answer = nil })
	if got := visits(known, 100, time.Second); got != 1 || !s.auth.SignedIn {
		t.Errorf("%d fetches once Clerk is well, %+v", got, s.auth)
	}
	if got := visits(unknown, 600, time.Second); got != 10 || s.auth.Temporary {
		t.Errorf("%d fetches in 10 min for an unknown key, %+v", got, s.auth)
	}
	s.change(func() { s.answer = down })
	if got := visits(unknown, 600, time.Second); got != 10 || !s.auth.Temporary {
		t.Errorf("%d fetches in 10 min for an unknown key while Clerk is down, %+v", got, s.auth)
	}
	s.change(func() { s.now = s.now.Add(-time.Hour) }) // the clock was set back
	if got := visits(unknown, 1, 0); got != 1 {
		t.Errorf("%d fetches after the clock was set back", got)
	}
}

// One fetch serves everybody who waits for it.
func TestKeySetIsFetchedOnce(t *testing.T) {
	t.Parallel()
	s := newKeyServer(t)
	var wg, arrived sync.WaitGroup
	arrived.Add(50)
	s.change(func() {
		s.answer = func(w http.ResponseWriter) {
			arrived.Wait()
			_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{
				Keys: []jose.JSONWebKey{{Key: officialKeys().own.Public(), KeyID: "ins_own"}},
			})
		}
	})
	req := s.as(t, "ins_own", "")
	for range 50 {
		wg.Go(func() {
			arrived.Done()
			s.serve(req.Clone(t.Context()))
		})
	}
	wg.Wait()
	if got := s.fetches.Load(); got != 1 || !s.auth.SignedIn {
		t.Errorf("%d fetches, %+v", got, s.auth)
	}
}

// A key set that does not come holds a page up no longer than the timeout.
func TestKeySetThatDoesNotCome(t *testing.T) {
	t.Parallel()
	s := newKeyServer(t, sessionhttp.WithTimeout(50*time.Millisecond))
	done := make(chan struct{})
	s.change(func() { s.answer = func(http.ResponseWriter) { <-done } })
	s.serve(s.as(t, "ins_own", "")) // returns, although the key set never comes
	if !s.auth.Temporary {
		t.Errorf("%+v", s.auth)
	}
	close(done)
}
