package sessionstest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	// notBeforeLeeway is how far before its minting a token becomes good, so that a service whose
	// clock is slow takes it.
	notBeforeLeeway = 10 * time.Second

	// defaultOrigin is the azp of a token whose session names no origin.
	defaultOrigin = "https://app.example.test"

	// The header "cat" tells the classes of Clerk's tokens apart.
	sessionClass  = "cl_B7d4PD111AAA"
	templateClass = "cl_B7d4PD222AAA"
)

var (
	errBadToken     = errors.New("the token is not one that this instance signed for a session")
	errExpiredToken = errors.New("the token has expired")
)

// tokenMinter signs tokens and reads them back.
type tokenMinter struct {
	keys     *keyRing
	lifetime time.Duration // of a token that does not ask for its own
}

// tokenRequest describes a token to mint.
type tokenRequest struct {
	record   record
	id       string
	template string        // "" for a session token
	lifetime time.Duration // 0 for the default
	origin   string        // "" for the session's own
}

// mint signs a token that is issued at the time now: a session token in the second version of
// Clerk's claims, or a token of a template, whose one claim of its own is "template".
func (m *tokenMinter) mint(req tokenRequest, now time.Time) string {
	lifetime, origin, session := req.lifetime, req.origin, req.record.Session
	setDefault(&lifetime, func() time.Duration { return m.lifetime })
	setDefault(&origin, func() string { return req.record.origin })
	setDefault(&origin, func() string { return defaultOrigin })
	claims := map[string]any{}
	class := templateClass
	if req.template == "" {
		class = sessionClass
		maps.Copy(claims, req.record.claims)
		claims["sid"], claims["sts"], claims["v"] = session.ID, session.Status, 2
		if session.Actor != nil {
			claims["act"] = session.Actor
		}
		if id := session.LastActiveOrganizationID; id != "" {
			claims["o"] = map[string]any{"id": id}
		}
	} else {
		claims["template"] = req.template
	}
	maps.Copy(claims, map[string]any{
		"azp": origin,
		"exp": now.Add(lifetime).Unix(),
		"iat": now.Unix(),
		"iss": issuer,
		"jti": req.id,
		"nbf": now.Add(-notBeforeLeeway).Unix(),
		"sub": session.UserID,
	})
	return m.sign(claims, class)
}

// isReserved reports whether a claim of a session token is Clerk's own.
func isReserved(claim string) bool {
	switch claim {
	case "act", "azp", "exp", "iat", "iss", "jti", "nbf", "o", "sid", "sts", "sub", "v":
		return true
	}
	return false
}

// sign returns a JWT with the claims, which have to be encodable as JSON; class "" leaves the
// header "cat" out.
func (m *tokenMinter) sign(claims map[string]any, class string) string {
	opts := (&jose.SignerOptions{}).WithType("JWT")
	if class != "" {
		opts.WithHeader("cat", class)
	}
	key := jose.SigningKey{Algorithm: signatureAlgorithm, Key: m.keys.signing()}
	signer, err := jose.NewSigner(key, opts)
	if err != nil {
		panic(fmt.Sprintf("sessionstest: cannot make a signer: %v", err))
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(fmt.Sprintf("sessionstest: cannot encode the claims of a token: %v", err))
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		panic(fmt.Sprintf("sessionstest: cannot sign a token: %v", err))
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		panic(fmt.Sprintf("sessionstest: cannot encode a token: %v", err))
	}
	return token
}

// check returns nil for a session token of x that has not expired at the time now, errExpiredToken
// for one that has, and errBadToken for anything else.
func (m *tokenMinter) check(token string, x Session, now time.Time) error {
	payload, err := m.keys.verify(token)
	if err != nil {
		return errBadToken
	}
	var claims struct {
		Expiry    int64  `json:"exp"`
		SessionID string `json:"sid"` // not in a template's token
		Subject   string `json:"sub"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return errBadToken
	}
	if claims.SessionID != x.ID || claims.Subject != x.UserID {
		return errBadToken
	}
	if now.Unix() >= claims.Expiry {
		return errExpiredToken
	}
	return nil
}
