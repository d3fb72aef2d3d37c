package sessionhttp

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/redact"
)

// verifier returns nil for a token whose signature is right. It does not look at what the token says.
type verifier func(ctx context.Context, token string) error

// newKeyVerifier returns a verifier that accepts what is signed with RS256 and the private half of a PEM-encoded public key.
func newKeyVerifier(encoded []byte) (verifier, error) {
	key, err := parsePublicKey(encoded)
	if err != nil {
		return nil, err
	}
	return func(_ context.Context, token string) error {
		signed, err := jose.ParseSignedCompact(strings.TrimRight(token, "="), []jose.SignatureAlgorithm{jose.RS256})
		if err != nil {
			return errors.New("clerk: the token is not a JWT signed with RS256") // go-jose's error quotes the token
		}
		if typ, given := signed.Signatures[0].Protected.ExtraHeaders[jose.HeaderType]; given && typ != "JWT" {
			return errors.New("clerk: the token is of another type than session tokens") // such as an OAuth access token, "at+jwt"
		}
		if _, err := signed.Verify(key); err != nil {
			return errors.New("clerk: the token's signature is wrong")
		}
		return nil
	}, nil
}

func parsePublicKey(encoded []byte) (*rsa.PublicKey, error) {
	block, rest := pem.Decode(encoded)
	switch {
	case block == nil:
		return nil, errors.New("clerk: WithJWTKey: not PEM; the dashboard shows the key as -----BEGIN PUBLIC KEY----- and so on")
	case block.Type != "PUBLIC KEY":
		return nil, fmt.Errorf("clerk: WithJWTKey: the PEM block must be a PUBLIC KEY, not a %.40q", block.Type)
	case strings.TrimSpace(string(rest)) != "":
		return nil, errors.New("clerk: WithJWTKey: there is something after the key")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, errors.New("clerk: WithJWTKey: the PEM block does not hold a public key")
	}
	key, ok := parsed.(*rsa.PublicKey)
	switch {
	case !ok:
		return nil, fmt.Errorf("clerk: WithJWTKey: the key must be an RSA key, not a %T", parsed)
	case key.N.BitLen() < 2048:
		return nil, fmt.Errorf("clerk: WithJWTKey: an RSA key of %d bits is too short", key.N.BitLen())
	}
	return key, nil
}

// verify asks every verifier. Without one, every token will do.
func (r *Refresher) verify(ctx context.Context, token string) error {
	for _, verify := range r.verifiers {
		if err := verify(ctx, token); err != nil {
			hide := redact.Redactor{Secrets: func() []string { return []string{token} }}
			return hide.Error(err)
		}
	}
	return nil
}
