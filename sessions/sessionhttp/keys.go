package sessionhttp

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/flight"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/redact"
)

// minKeyBits is how long an RSA key must be.
const minKeyBits = 2048

// checkWithKey is a signatureCheck by one key, whatever key a token names.
func checkWithKey(key *rsa.PublicKey) signatureCheck {
	return func(_ context.Context, t *jwt) *problem {
		sum := sha256.Sum256([]byte(t.signed))
		if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], t.signature) != nil {
			return refuse(reasonSignature, "the token's signature is wrong")
		}
		return nil
	}
}

// checkWithVerifier is a signatureCheck by a function of the service's own.
func checkWithVerifier(verify func(ctx context.Context, token string) error) signatureCheck {
	return func(ctx context.Context, t *jwt) *problem {
		hide := redact.Redactor{Secrets: func() []string { return []string{t.text} }}
		err := verify(ctx, t.text)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil, errors.Is(err, context.DeadlineExceeded),
			errors.Is(err, context.Canceled): // it could not tell
			return &problem{reasonNoKeys, true, hide.Error(err)}
		}
		return &problem{reasonSignature, false, hide.Error(err)}
	}
}

// parsePublicKey reads a key as Clerk's dashboard shows it: PEM, also with its line breaks written
// as \n, or its base64 alone.
func parsePublicKey(encoded []byte) (*rsa.PublicKey, error) {
	text := strings.TrimSpace(strings.ReplaceAll(string(encoded), `\n`, "\n"))
	if !strings.HasPrefix(text, "-") {
		text = "-----BEGIN PUBLIC KEY-----\n" + text + "\n-----END PUBLIC KEY-----"
	}
	block, rest := pem.Decode([]byte(text))
	switch {
	case block == nil || len(block.Bytes) == 0:
		return nil, errors.New(
			"neither PEM nor base64; the dashboard shows the key as -----BEGIN PUBLIC KEY----- and so on")
	case block.Type != "PUBLIC KEY":
		return nil, fmt.Errorf("the PEM block must be a PUBLIC KEY, not a %.40q", block.Type)
	case len(rest) > 0:
		return nil, errors.New("there is something after the key")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	key, ok := parsed.(*rsa.PublicKey)
	switch {
	case err != nil:
		return nil, errors.New("there is no public key in it")
	case !ok:
		return nil, fmt.Errorf("the key must be an RSA key, not a %T", parsed)
	case key.N.BitLen() < minKeyBits:
		return nil, fmt.Errorf("an RSA key of %d bits is too short", key.N.BitLen())
	}
	return key, nil
}

const (
	maxKeySet   = 64 << 10    // bytes
	keySetEvery = time.Minute // between fetches
)

// keySet holds the public keys of an instance by their ids. They are fetched when a token names
// one that is not there, by one request at a time for everybody who waits, and never for a token
// whose key is there: at most once a minute. The keys stay while newer ones cannot be had. Only as
// long as there is no key at all, so that nobody can be signed in, they are fetched again as soon
// as any other trouble with Clerk is forgotten, after rememberTrouble.
type keySet struct {
	url    string
	client *http.Client
	now    func() time.Time
	flight flight.Group[struct{}, publicKeys]

	mu   sync.Mutex
	keys publicKeys
	err  error     // of the last fetch
	next time.Time // when the keys may be fetched again
}

// publicKeys are keys by their ids; nil where the instance has no such key.
type publicKeys map[string]*rsa.PublicKey

func newKeySet(cfg *config) *keySet {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}
	refuse := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client := &http.Client{Transport: transport, CheckRedirect: refuse, Timeout: cfg.timeout}
	return &keySet{url: cfg.frontendAPI + "/.well-known/jwks.json", client: client, now: cfg.now}
}

// check is the signatureCheck by the key that a token names.
func (s *keySet) check(ctx context.Context, t *jwt) *problem {
	id, _ := t.header["kid"].(string)
	if id == "" {
		return refuse(reasonUnknownKey, "the token does not name its key")
	}
	keys, _, err := s.current()
	if keys[id] == nil {
		keys, err = s.flight.Do(ctx, struct{}{},
			func(ctx context.Context, _ func() bool) (publicKeys, error) { return s.fetch(ctx, id) })
	}
	key, isKnown := keys[id]
	switch {
	case key != nil:
		return checkWithKey(key)(ctx, t)
	case err != nil:
		return &problem{reasonNoKeys, true, err}
	case isKnown:
		return refuse(reasonUnknownKey, "the instance has no such key")
	}
	return &problem{reasonUnknownKey, true, errors.New("the key set was fetched just now")}
}

// current returns the keys, whether a fetch is due, and the error of the last one.
func (s *keySet) current() (keys publicKeys, isDue bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wait := s.next.Sub(s.now())
	return s.keys, wait <= 0 || wait > keySetEvery, s.err // longer: the clock was set back
}

// fetch returns the keys, fetched anew if that is due.
func (s *keySet) fetch(ctx context.Context, id string) (publicKeys, error) {
	keys, isDue, err := s.current()
	if !isDue {
		return keys, err
	}
	fetched, err := s.get(ctx, id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.keys = fetched
	}
	s.err, s.next = err, s.now().Add(keySetEvery)
	if s.keys == nil {
		s.next = s.now().Add(rememberTrouble)
	}
	return s.keys, err
}

// get asks Clerk for the keys, GET https://<frontend-api>/.well-known/jwks.json, and notes if there
// is none with an id.
func (s *keySet) get(ctx context.Context, id string) (publicKeys, error) {
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil) // New has checked the URL
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxKeySet+1))
	keys := parseKeySet(body)
	switch {
	case err != nil:
		return nil, err
	case resp.StatusCode != http.StatusOK, len(body) > maxKeySet, len(keys) == 0:
		return nil, fmt.Errorf("the key set: status %d, %d bytes, %d keys that sign session tokens",
			resp.StatusCode, len(body), len(keys))
	}
	if _, found := keys[id]; !found {
		keys[id] = nil // no token from before now can be signed by such a key
	}
	return keys, nil
}

// parseKeySet returns the keys of a JSON Web Key Set that sign session tokens. A kind of key that
// is yet to be invented does no harm to the others.
func parseKeySet(body []byte) publicKeys {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	_ = json.Unmarshal(body, &set) // a body that is no set has no keys
	keys := publicKeys{}
	for _, member := range set.Keys {
		var jwk jose.JSONWebKey
		if json.Unmarshal(member, &jwk) != nil {
			continue
		}
		key, isRSA := jwk.Key.(*rsa.PublicKey)
		signs := jwk.Use != "enc" && (jwk.Algorithm == "" || jwk.Algorithm == string(jose.RS256))
		if isRSA && signs && jwk.KeyID != "" && key.N.BitLen() >= minKeyBits {
			keys[jwk.KeyID] = key
		}
	}
	return keys
}
