package sessionstest_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
)

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
