package sessionhttp_test

import (
	"encoding/base64"
	"testing"

	"go.uber.org/goleak"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newAuthenticator returns what New does.
func newAuthenticator(
	t testing.TB, b sessionhttp.Backend, key string, opts ...sessionhttp.Option,
) *sessionhttp.Authenticator {
	t.Helper()
	a, err := sessionhttp.New(b, key, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// noBackend is one that nobody should ask.
type noBackend struct{ sessionhttp.Backend }

// unsigned returns a token that nobody signed.
func unsigned(payload string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + encode([]byte(payload)) + ".AAAA"
}
