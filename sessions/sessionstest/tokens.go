package sessionstest

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// notBeforeLeeway is how far before its minting a token becomes good, so that a service whose clock
// is slow takes it.
const notBeforeLeeway = 10 * time.Second

var (
	errBadToken     = errors.New("the token is not one that this instance signed for a session")
	errExpiredToken = errors.New("the token has expired")
)

// tokenMinter signs tokens and reads them back.
type tokenMinter struct {
	lifetime time.Duration // of a token that does not ask for its own
}

// tokenClaims are the claims of Clerk's session tokens, in their second version.
type tokenClaims struct {
	AuthorizedParty string             `json:"azp,omitempty"`
	Expiry          int64              `json:"exp"`
	IssuedAt        int64              `json:"iat"`
	Issuer          string             `json:"iss"`
	ID              string             `json:"jti"`
	NotBefore       int64              `json:"nbf"`
	SessionID       string             `json:"sid"`
	SessionStatus   string             `json:"sts,omitempty"`
	Subject         string             `json:"sub"`
	Version         int                `json:"v,omitempty"`
	Actor           map[string]any     `json:"act,omitempty"`
	Organization    *organizationClaim `json:"o,omitempty"`
	Template        string             `json:"template,omitempty"` // the claim of our templates
}

type organizationClaim struct {
	ID string `json:"id"`
}

// tokenRequest describes a token to mint.
type tokenRequest struct {
	session  Session
	id       string
	template string        // "" for a session token
	lifetime time.Duration // 0 for the default
	origin   string        // "" when unknown
}

// mint signs a token that is issued at the time now.
func (m *tokenMinter) mint(req tokenRequest, now time.Time) string {
	if req.lifetime == 0 {
		req.lifetime = m.lifetime
	}
	claims := tokenClaims{
		AuthorizedParty: req.origin,
		Expiry:          now.Add(req.lifetime).Unix(),
		IssuedAt:        now.Unix(),
		Issuer:          "https://" + frontendAPI,
		ID:              req.id,
		NotBefore:       now.Add(-notBeforeLeeway).Unix(),
		SessionID:       req.session.ID,
		Subject:         req.session.UserID,
		Template:        req.template,
	}
	if req.template == "" {
		claims.Version, claims.SessionStatus, claims.Actor = 2, req.session.Status, req.session.Actor
		if id := req.session.LastActiveOrganizationID; id != "" {
			claims.Organization = &organizationClaim{ID: id}
		}
	}
	token, err := sign(claims)
	if err != nil {
		panic(fmt.Sprintf("sessionstest: cannot sign a token: %v", err))
	}
	return token
}

func sign(claims tokenClaims) (string, error) {
	key := jose.SigningKey{Algorithm: signatureAlgorithm, Key: signingKey()}
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// check returns nil for a session token of x that has not expired at the time now, errExpiredToken
// for one that has, and errBadToken for anything else.
func (m *tokenMinter) check(token string, x Session, now time.Time) error {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{signatureAlgorithm})
	if err != nil {
		return errBadToken
	}
	payload, err := signed.Verify(publicKey())
	if err != nil {
		return errBadToken
	}
	var claims tokenClaims
	if err := json.Unmarshal(payload, &claims); err != nil {
		return errBadToken
	}
	if claims.SessionID != x.ID || claims.Subject != x.UserID || claims.Template != "" {
		return errBadToken
	}
	if now.Unix() >= claims.Expiry {
		return errExpiredToken
	}
	return nil
}
