package sessionstest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// signatureAlgorithm is the algorithm of Clerk's tokens.
const signatureAlgorithm = jose.RS256

// firstKey is the key that every server of this process begins with. It is made when it is first
// needed, and never leaves the process, so that nobody can forge a token for a service that was
// left trusting it.
var firstKey = sync.OnceValue(newKey)

func newKey() jose.JSONWebKey {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(fmt.Sprintf("sessionstest: cannot make a signing key: %v", err))
	}
	key := jose.JSONWebKey{Key: private, Algorithm: string(signatureAlgorithm), Use: "sig"}
	thumbprint, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		panic(fmt.Sprintf("sessionstest: cannot name the signing key: %v", err))
	}
	key.KeyID = "ins_" + base64.RawURLEncoding.EncodeToString(thumbprint[:18])
	return key
}

// keyRing holds the keys of a server.
type keyRing struct {
	mu      sync.RWMutex
	rotated []jose.JSONWebKey // the keys after the first, oldest first
}

// all returns every key that the server has had, newest first.
func (k *keyRing) all() []jose.JSONWebKey {
	k.mu.RLock()
	defer k.mu.RUnlock()
	var keys []jose.JSONWebKey
	for i := range k.rotated {
		keys = append(keys, k.rotated[len(k.rotated)-1-i])
	}
	return append(keys, firstKey())
}

// signing returns the key that signs tokens now.
func (k *keyRing) signing() jose.JSONWebKey { return k.all()[0] }

// verify returns the payload of a token that one of the server's keys has signed.
func (k *keyRing) verify(token string) ([]byte, error) {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{signatureAlgorithm})
	if err != nil {
		return nil, err
	}
	for _, key := range k.all() {
		if key.KeyID == signed.Signatures[0].Header.KeyID {
			return signed.Verify(key.Public())
		}
	}
	return nil, errBadToken
}

// published returns the key set that services verify tokens with: the newest key, and the key
// before it, so that tokens from before a rotation stay good.
func (k *keyRing) published() jose.JSONWebKeySet {
	var set jose.JSONWebKeySet
	for _, key := range k.all() {
		if len(set.Keys) < 2 {
			set.Keys = append(set.Keys, key.Public())
		}
	}
	return set
}

// RotateKey makes the server sign with a new key, which has another key id. The key set at JWKSURL
// then has the new key and the key before it, and PublicKeyPEM returns the new key. Before a visit
// with a token of the new key, Advance by a minute, with the middleware on the server's clock
// (sessionhttp.WithClock): it fetches the key set no more often.
func (s *Server) RotateKey() {
	key := newKey()
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	s.keys.rotated = append(s.keys.rotated, key)
}

// PublicKeyPEM returns the public half of the key that signs the tokens, as Clerk's dashboard shows
// it ("JWKS public key"). All servers of a process share one key until RotateKey is called.
func (s *Server) PublicKeyPEM() []byte {
	key := s.keys.signing()
	der, err := x509.MarshalPKIXPublicKey(key.Public().Key)
	if err != nil {
		panic(fmt.Sprintf("sessionstest: cannot encode the public key: %v", err))
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}
