package sessionstest_test

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
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

func TestKeySet(t *testing.T) {
	s := newServer()
	base := s.URL[:len(s.URL)-len("/v1")]
	var first jose.JSONWebKeySet
	for _, url := range []string{base + "/.well-known/jwks.json", s.URL + "/jwks"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+s.SecretKey)
		resp, err := s.HTTPClient().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var set jose.JSONWebKeySet
		if err := json.NewDecoder(resp.Body).Decode(&set); err != nil {
			t.Fatal(err)
		}
		if len(first.Keys) == 0 {
			first = set
		}
		if diff := cmp.Diff(first.Keys[0].KeyID, set.Keys[0].KeyID); diff != "" {
			t.Errorf("%s has another key:\n%s", url, diff)
		}
	}
	signed, err := jose.ParseSignedCompact(s.SignIn("user_1").SessionToken, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	key := first.Key(signed.Signatures[0].Header.KeyID)
	if len(key) != 1 {
		t.Fatalf("the key set has no key %q", signed.Signatures[0].Header.KeyID)
	}
	if _, err := signed.Verify(key[0]); err != nil {
		t.Error(err)
	}
	if !key[0].IsPublic() {
		t.Error("the key set holds the private key")
	}
	wantViolations(t, s)
	got := send(t, s, request{method: http.MethodGet, path: "/jwks", header: http.Header{"Authorization": nil}})
	wantError(t, got, 401, "authorization_header_format_invalid")
}

// TestRotateKey has tokens from before two rotations and from after them.
func TestRotateKey(t *testing.T) {
	s := newServer()
	in, ring, pem := s.SignIn("user_1"), []any{}, string(s.PublicKeyPEM())
	keyIDs := func() []string {
		t.Helper()
		resp, err := s.HTTPClient().Get(s.JWKSURL)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var set jose.JSONWebKeySet
		if err := json.NewDecoder(resp.Body).Decode(&set); err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, key := range set.Keys {
			ids = append(ids, key.KeyID)
		}
		return ids
	}
	ring = append(ring, header(t, in.SessionToken)["kid"])
	for range 2 {
		s.RotateKey()
		ring = append(ring, header(t, s.SignIn("user_1").SessionToken)["kid"])
		want := []string{ring[len(ring)-1].(string), ring[len(ring)-2].(string)}
		if diff := cmp.Diff(want, keyIDs()); diff != "" {
			t.Errorf("key ids (-want +got):\n%s", diff)
		}
	}
	if string(s.PublicKeyPEM()) == pem {
		t.Error("PublicKeyPEM is the old key")
	}
	refreshed := decode[tokenBody](t, post(t, s, "/sessions/"+in.SessionID+"/refresh", refreshBody(in, nil)))
	if said := claims(t, s, refreshed.JWT); said["sid"] != in.SessionID {
		t.Errorf("a token of the first key was refreshed to %v", said)
	}
}

func TestSignInWith(t *testing.T) {
	s := newServer()
	in := s.SignInWith(sessionstest.SignInParams{
		UserID: "user_1", Origin: "https://shop.example.test", OrganizationID: "org_1",
		Claims: map[string]any{"role": "admin", "levels": []int{1, 2}},
	})
	for name, token := range map[string]string{
		"at the sign-in": in.SessionToken,
		"minted later":   decode[tokenBody](t, post(t, s, "/sessions/"+in.SessionID+"/tokens", "")).JWT,
	} {
		said := claims(t, s, token)
		got := map[string]any{}
		for _, name := range []string{"sub", "azp", "o", "role", "levels"} {
			got[name] = said[name]
		}
		want := map[string]any{
			"sub": "user_1", "azp": "https://shop.example.test", "o": map[string]any{"id": "org_1"},
			"role": "admin", "levels": []any{1.0, 2.0},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
