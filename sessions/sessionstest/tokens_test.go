package sessionstest_test

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

type tokenBody struct {
	Object string `json:"object"`
	JWT    string `json:"jwt"`
}

// claims verifies a token with the server's public key, as a service would, and returns what it says.
func claims(t testing.TB, s *sessionstest.Server, token string) map[string]any {
	t.Helper()
	block, _ := pem.Decode(s.PublicKeyPEM())
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	payload, err := signed.Verify(public.(*rsa.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(payload, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// header returns the header of a token.
func header(t testing.TB, token string) map[string]any {
	t.Helper()
	encoded, _, _ := strings.Cut(token, ".")
	decoded, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return unmarshal[map[string]any](t, string(decoded))
}

func TestTokens(t *testing.T) {
	seconds := func(d time.Duration) float64 { return float64(start.Add(d).Unix()) }
	active := func(lifetime time.Duration) map[string]any {
		return map[string]any{"exp": seconds(lifetime), "v": 2.0, "sts": "active"}
	}
	for name, row := range map[string]struct {
		session    sessionstest.Session
		path, body string
		want       map[string]any // besides what all tokens have
	}{
		"session token":        {want: active(time.Minute)},
		"with an empty object": {body: "{}", want: active(time.Minute)},
		"with null":            {body: `{"expires_in_seconds":null}`, want: active(time.Minute)},
		"for 30 seconds":       {body: `{"expires_in_seconds":30}`, want: active(30 * time.Second)},
		"for ten years":        {body: `{"expires_in_seconds":315360000}`, want: active(315360000 * time.Second)},
		"of a pending session": {
			session: sessionstest.Session{Status: "pending"},
			want:    map[string]any{"exp": seconds(time.Minute), "v": 2.0, "sts": "pending"},
		},
		"of an impersonator in an organization": {
			session: sessionstest.Session{LastActiveOrganizationID: "org_1", Actor: map[string]any{"sub": "user_2"}},
			want: map[string]any{
				"exp": seconds(time.Minute), "v": 2.0, "sts": "active",
				"o": map[string]any{"id": "org_1"}, "act": map[string]any{"sub": "user_2"},
			},
		},
		"from a template": {
			path: "/supabase",
			want: map[string]any{"exp": seconds(time.Minute), "template": "supabase"},
		},
		"from a template with an odd name": {
			path: "/my%20t%C3%A9mplate", body: `{"expires_in_seconds":60}`,
			want: map[string]any{"exp": seconds(time.Minute), "template": "my témplate"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer()
			row.session.ID, row.session.UserID = "sess_1", "user_1"
			s.AddSession(row.session)
			got := decode[tokenBody](t, post(t, s, "/sessions/sess_1/tokens"+row.path, row.body))
			if got.Object != "token" {
				t.Errorf("object %q", got.Object)
			}
			said := claims(t, s, got.JWT)
			if said["jti"] == "" {
				t.Error("no jti")
			}
			delete(said, "jti")
			maps.Copy(row.want, map[string]any{
				"azp": "https://app.example.test", "iss": s.Issuer, "sub": "user_1",
				"iat": seconds(0), "nbf": seconds(-10 * time.Second),
			})
			class := "cl_B7d4PD222AAA"
			if row.want["template"] == nil {
				row.want["sid"], class = "sess_1", "cl_B7d4PD111AAA"
			}
			if got := header(t, got.JWT)["cat"]; got != class {
				t.Errorf("class %v, want %s", got, class)
			}
			if diff := cmp.Diff(row.want, said); diff != "" {
				t.Errorf("claims (-want +got):\n%s", diff)
			}
			wantViolations(t, s)
		})
	}
}

func TestTokenLifetime(t *testing.T) {
	s := newServer(sessionstest.WithTokenLifetime(90 * time.Second))
	s.Advance(time.Hour)
	said := claims(t, s, s.SignIn("user_1").SessionToken)
	if got := said["exp"].(float64) - said["iat"].(float64); got != 90 {
		t.Errorf("good for %v seconds, want 90", got)
	}
	if said["iat"] != float64(start.Add(time.Hour).Unix()) {
		t.Errorf("issued at %v, not by the server's clock", said["iat"])
	}
}
