package ecosystem

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	clerkjwks "github.com/clerk/clerk-sdk-go/v2/jwks"
	clerkjwt "github.com/clerk/clerk-sdk-go/v2/jwt"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// A verifier returns the subject and the session of a token that a library takes for good at the fake's time.
type verifier func(ctx context.Context, token string) (user, session string, err error)

// verifiers are the libraries, each with the fake's key set fetched anew.
var verifiers = map[string]func(*testing.T, *sessionstest.Server) verifier{
	"clerk-sdk-go": func(_ *testing.T, fake *sessionstest.Server) verifier {
		keys := clerkjwks.NewClient(config(fake, fake.SecretKey))
		return func(ctx context.Context, token string) (user, session string, err error) {
			claims, err := clerkjwt.Verify(ctx, &clerkjwt.VerifyParams{Token: token, JWKSClient: keys, Clock: fake})
			if err != nil {
				return "", "", err
			}
			return claims.Subject, claims.SessionID, nil
		}
	},
	"golang-jwt with keyfunc": func(t *testing.T, fake *sessionstest.Server) verifier {
		keys, err := keyfunc.NewDefaultCtx(t.Context(), []string{fake.JWKSURL})
		if err != nil {
			t.Fatal(err)
		}
		parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer(fake.Issuer),
			jwt.WithExpirationRequired(), jwt.WithTimeFunc(fake.Now))
		return func(ctx context.Context, token string) (user, session string, err error) {
			var claims struct {
				jwt.RegisteredClaims
				SessionID string `json:"sid"`
			}
			_, err = parser.ParseWithClaims(token, &claims, keys.KeyfuncCtx(ctx))
			return claims.Subject, claims.SessionID, err
		}
	},
}

// TestVerifyTokens has each library verify tokens of the fake with its key set.
func TestVerifyTokens(t *testing.T) {
	for library, newVerifier := range verifiers {
		for name, row := range map[string]struct {
			change func(*sessionstest.Server)
			token  func(string) string
			good   bool
		}{
			"fresh":                      {good: true},
			"before its key was rotated": {change: (*sessionstest.Server).RotateKey, good: true},
			"two rotations ago": {change: func(fake *sessionstest.Server) {
				fake.RotateKey()
				fake.RotateKey()
			}},
			"expired":               {change: func(fake *sessionstest.Server) { fake.Advance(2 * time.Minute) }},
			"without its signature": {token: func(token string) string { return token[:strings.LastIndex(token, ".")+1] }},
			"tampered with": {token: func(token string) string {
				parts := strings.Split(token, ".")
				parts[1] = parts[1][:8] + flip(parts[1][8:9]) + parts[1][9:]
				return strings.Join(parts, ".")
			}},
		} {
			t.Run(library+"/"+name, func(t *testing.T) {
				fake := sessionstest.New(t)
				browser := fake.SignIn("user_ada")
				if row.change != nil {
					row.change(fake)
				}
				token := browser.SessionToken
				if row.token != nil {
					token = row.token(token)
				}
				user, session, err := newVerifier(t, fake)(t.Context(), token)
				switch {
				case (err == nil) != row.good:
					t.Errorf("%v, want good: %t", err, row.good)
				case row.good && (user != "user_ada" || session != browser.SessionID):
					t.Errorf("user %q, session %q", user, session)
				}
			})
		}
	}
}

// flip returns another letter of base64.
func flip(letter string) string {
	if letter == "A" {
		return "B"
	}
	return "A"
}

// TestKeySet has Clerk's SDK fetch the fake's key set from the Backend API.
func TestKeySet(t *testing.T) {
	fake := sessionstest.New(t)
	fake.RotateKey()
	set, err := clerkjwks.NewClient(config(fake, fake.SecretKey)).Get(t.Context(), &clerkjwks.GetParams{})
	if err != nil || len(set.Keys) != 2 {
		t.Fatalf("%+v, %v", set, err)
	}
	decoded, err := clerkjwt.Decode(t.Context(), &clerkjwt.DecodeParams{Token: fake.SignIn("user_ada").SessionToken})
	if err != nil {
		t.Fatal(err)
	}
	if key := set.Keys[0]; key.KeyID != decoded.KeyID || key.Algorithm != "RS256" || key.Use != "sig" {
		t.Errorf("the newest key is %s, %s, %s; the token names %s", key.KeyID, key.Algorithm, key.Use, decoded.KeyID)
	}
	if _, err := clerkjwks.NewClient(config(fake, "sk_test_wrong")).Get(t.Context(), &clerkjwks.GetParams{}); err == nil {
		t.Error("a wrong key gets the key set")
	}
}

// TestVerifierOfGolangJWT has a service that checks signatures by golang-jwt already.
func TestVerifierOfGolangJWT(t *testing.T) {
	fake := sessionstest.New(t)
	keys, err := keyfunc.NewDefaultCtx(t.Context(), []string{fake.JWKSURL})
	if err != nil {
		t.Fatal(err)
	}
	// The claims are for the middleware to check: an expired token is one to refresh.
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation())
	auth := newAuth(t, fake, sessionhttp.WithVerifier(func(ctx context.Context, token string) error {
		_, err := parser.Parse(token, keys.KeyfuncCtx(ctx))
		return err
	}))
	service := newService(t, fake, auth.Middleware(auth.Require(whoami)))
	service.signIn("user_ada")
	for _, later := range []time.Duration{0, 2 * time.Minute} {
		fake.Advance(later)
		if status, body := service.send(http.MethodGet, "/me"); status != http.StatusOK || body != "user_ada" {
			t.Errorf("%v later: %d %q", later, status, body)
		}
	}
	if _, err := parser.Parse("made-up.session.token", keys.Keyfunc); !errors.Is(err, jwt.ErrTokenMalformed) {
		t.Errorf("a made-up token: %v", err)
	}
}
