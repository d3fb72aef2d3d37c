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

// signatureAlgorithm is what Clerk signs its tokens with.
const signatureAlgorithm = jose.RS256

// signingKey is the key of every server of this process. It is made when it is first needed, and
// never leaves the process, so that nobody can forge a token for a service that was left trusting
// it.
var signingKey = sync.OnceValue(func() jose.JSONWebKey {
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
})

// PublicKeyPEM returns the public half of the key that signs the tokens, as Clerk's dashboard shows
// it ("JWKS public key"). All servers of a process share one key.
func (s *Server) PublicKeyPEM() []byte {
	der, err := x509.MarshalPKIXPublicKey(publicKey().Key)
	if err != nil {
		panic(fmt.Sprintf("sessionstest: cannot encode the public key: %v", err))
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// publicKey returns the key that the tokens are verified with.
func publicKey() jose.JSONWebKey {
	key := signingKey()
	return key.Public()
}

// keySet returns the public keys that the tokens can be verified with.
func keySet() jose.JSONWebKeySet {
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{publicKey()}}
}
