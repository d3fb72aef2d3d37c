package sessionhttp_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

func TestPublishableKeys(t *testing.T) {
	t.Parallel()
	encode := base64.StdEncoding.EncodeToString
	for _, row := range []struct{ name, key, want string }{
		{"live", liveKey, ""},
		{"test", testKey, ""},
		{"padded", "pk_test_" + encode([]byte("a.clerk.accounts.dev$")), ""},
		{"without its padding", "pk_test_" + strings.TrimRight(encode([]byte("ab.clerk.accounts.dev$")), "="), ""},
		{"empty", "", "it is empty"},
		{"a secret key", "sk_test_abcdefgh", "a secret key"},
		{"white space", liveKey + "\n", "white space"},
		{"no prefix", "Y2xlcmsuZXhhbXBsZS5jb20k", "pk_live_ or pk_test_"},
		{"another kind", "pk_prod_Y2xlcmsuZXhhbXBsZS5jb20k", "pk_live_ or pk_test_"},
		{"in upper case", "PK_LIVE_Y2xlcmsuZXhhbXBsZS5jb20k", "pk_live_ or pk_test_"},
		{"four parts", liveKey + "_x", "pk_live_ or pk_test_"},
		{"two parts", "pk_live", "pk_live_ or pk_test_"},
		{"nothing after the prefix", "pk_live_", "does not end in $"},
		{"not base64", "pk_live_!!!!", "not base64"},
		{"base64url", "pk_live_Y2xlcmsuZXhhbXBsZS5j-20k", "not base64"},
		{"a line break inside", "pk_live_Y2xlcmsu\nZXhhbXBsZS5jb20k", "not base64"},
		{"cut off", liveKey[:len(liveKey)-4], "does not end in $"},
		{"no $", "pk_live_" + encode([]byte("clerk.example.com")), "does not end in $"},
		{"two $", "pk_live_" + encode([]byte("clerk.example.com$$")), "more than one $"},
		{"$ in the middle", "pk_live_" + encode([]byte("clerk$.example.com$")), "more than one $"},
		{"no dot", "pk_live_" + encode([]byte("localhost$")), "dot"},
		{"a URL", "pk_live_" + encode([]byte("https://clerk.example.com$")), "not a host"},
		{"a path", "pk_live_" + encode([]byte("clerk.example.com/x$")), "not a host"},
		{"a user", "pk_live_" + encode([]byte("a@clerk.example.com$")), "not a host"},
		{"a blank", "pk_live_" + encode([]byte("clerk .example.com$")), "not a host"},
		{"a line break", "pk_live_" + encode([]byte("clerk.example.com\r\n$")), "not a host"},
		{"not UTF-8", "pk_live_" + encode([]byte("clerk.\xff.com$")), "not a host"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			_, err := sessionhttp.New(noBackend{}, row.key)
			checkError(t, err, row.want)
			if err != nil && strings.Contains(err.Error(), "abcdefgh") {
				t.Errorf("the error shows the key: %v", err)
			}
		})
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	encode := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	public := func(key any) []byte {
		der, err := x509.MarshalPKIXPublicKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return encode("PUBLIC KEY", der)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := officialKeys().pem
	written := bytes.ReplaceAll(good, []byte("\n"), []byte(`\n`))
	bare := bytes.Join(bytes.Split(bytes.TrimSpace(good), []byte("\n"))[1:8], []byte("\n"))
	short := &rsa.PublicKey{N: new(big.Int).Rsh(officialKeys().own.N, 1100), E: 65537}
	for _, row := range []struct {
		name   string
		option sessionhttp.Option
		want   string
	}{
		{"key", sessionhttp.WithJWTKey(good), ""},
		{"key with blanks around", sessionhttp.WithJWTKey([]byte("\n" + string(good) + "\n ")), ""},
		{"key as base64", sessionhttp.WithJWTKey(bare), ""},
		{"key as base64 in one line", sessionhttp.WithJWTKey(bytes.ReplaceAll(bare, []byte("\n"), nil)), ""},
		{"key with its line breaks written out", sessionhttp.WithJWTKey(written), ""},
		{"no key", sessionhttp.WithJWTKey(nil), "neither PEM nor base64"},
		{"half a key", sessionhttp.WithJWTKey(good[:100]), "neither PEM nor base64"},
		{"base64 of something else", sessionhttp.WithJWTKey([]byte("AAAA")), "no public key"},
		{"key without its lines", sessionhttp.WithJWTKey(bytes.ReplaceAll(good, []byte("\n"), nil)), "neither PEM"},
		{"private key", sessionhttp.WithJWTKey(encode("RSA PRIVATE KEY", []byte("secret"))), "RSA PRIVATE KEY"},
		{"two keys", sessionhttp.WithJWTKey(append(good, good...)), "after the key"},
		{"junk in the key", sessionhttp.WithJWTKey(encode("PUBLIC KEY", []byte("junk"))), "no public key"},
		{"key of a curve", sessionhttp.WithJWTKey(public(curve.Public())), "RSA"},
		{"short key", sessionhttp.WithJWTKey(public(short)), "too short"},
		{"nil verifier", sessionhttp.WithVerifier(nil), "WithVerifier"},
		{"nil client IP", sessionhttp.WithClientIP(nil), "WithClientIP"},
		{"nil clock", sessionhttp.WithClock(nil), "WithClock"},
		{"nil option", nil, "option 1 is nil"},
		{"origin", sessionhttp.WithOrigin("https://app.example.com"), ""},
		{"origin with a port", sessionhttp.WithOrigin("http://localhost:8080"), ""},
		{"origin with a path", sessionhttp.WithOrigin("https://app.example.com/"), "WithOrigin"},
		{"origin with a user", sessionhttp.WithOrigin("https://u:secret@app.example.com"), "WithOrigin"},
		{"origin with a query", sessionhttp.WithOrigin("https://app.example.com?x"), "WithOrigin"},
		{"origin of another scheme", sessionhttp.WithOrigin("ftp://app.example.com"), "WithOrigin"},
		{"origin without a scheme", sessionhttp.WithOrigin("app.example.com"), "WithOrigin"},
		{"origin without a host", sessionhttp.WithOrigin("https://"), "WithOrigin"},
		{"origin of no host", sessionhttp.WithOrigin("https://a..%zz"), "WithOrigin"},
		{"rate", sessionhttp.WithRefreshRate(0.5, 1), ""},
		{"no rate", sessionhttp.WithRefreshRate(0, 1), "WithRefreshRate"},
		{"negative rate", sessionhttp.WithRefreshRate(-1, 1), "WithRefreshRate"},
		{"no burst", sessionhttp.WithRefreshRate(1, 0), "WithRefreshRate"},
		{"Frontend API", sessionhttp.WithFrontendAPI("https://clerk.example.com/"), ""},
		{"Frontend API behind a proxy", sessionhttp.WithFrontendAPI("https://app.example.com/__clerk"), ""},
		{"Frontend API on loopback", sessionhttp.WithFrontendAPI("http://127.0.0.1:4000"), ""},
		{"Frontend API in clear text", sessionhttp.WithFrontendAPI("http://clerk.example.com"), "it must be https"},
		{"Frontend API without a scheme", sessionhttp.WithFrontendAPI("clerk.example.com"), "WithFrontendAPI"},
		{"Frontend API with a user", sessionhttp.WithFrontendAPI("https://u:secret@clerk.example.com"), "WithFrontendAPI"},
		{"Frontend API with a query", sessionhttp.WithFrontendAPI("https://clerk.example.com?x"), "WithFrontendAPI"},
		{"Frontend API of no host", sessionhttp.WithFrontendAPI("https://a b"), "WithFrontendAPI"},
		{"Frontend API with a blank", sessionhttp.WithFrontendAPI("https://clerk.example.com/a b"), "nor a blank"},
		{"Frontend API with a quote", sessionhttp.WithFrontendAPI(`https://clerk.example.com/"x`), "nor a blank"},
		{"Frontend API with dots", sessionhttp.WithFrontendAPI("https://clerk.example.com/../.."), "nor a blank"},
		{"Frontend API with encoded dots", sessionhttp.WithFrontendAPI("https://a.example.com/%2e%2e"), "nor a blank"},
		{"parties", sessionhttp.WithAuthorizedParties("https://a.example.com", "http://localhost:3000"), ""},
		{"no parties", sessionhttp.WithAuthorizedParties(), "WithAuthorizedParties"},
		{"a party with a star", sessionhttp.WithAuthorizedParties("https://*.example.com"), "WithAuthorizedParties"},
		{"an origin with a star", sessionhttp.WithOrigin("https://*.example.com"), "WithOrigin"},
		{"methods", sessionhttp.WithRefreshMethods("GET", "POST"), ""},
		{"no methods", sessionhttp.WithRefreshMethods(), "each must be a method"},
		{"an empty method", sessionhttp.WithRefreshMethods("GET", ""), "each must be a method"},
		{"a method in lower case", sessionhttp.WithRefreshMethods("get"), "each must be a method"},
		{"two methods in one", sessionhttp.WithRefreshMethods("GET,POST"), "each must be a method"},
		{"a party with a slash", sessionhttp.WithAuthorizedParties("https://a.example.com/"), "WithAuthorizedParties"},
		{"a party that is no origin", sessionhttp.WithAuthorizedParties("a.example.com"), "WithAuthorizedParties"},
		{"a party in capitals", sessionhttp.WithAuthorizedParties("https://A.example.com"), "WithAuthorizedParties"},
		{"no skew", sessionhttp.WithClockSkew(0), ""},
		{"negative skew", sessionhttp.WithClockSkew(-1), "WithClockSkew"},
		{"a day of skew", sessionhttp.WithClockSkew(24 * time.Hour), "WithClockSkew"},
		{"no timeout", sessionhttp.WithTimeout(0), "WithTimeout"},
		{"negative grace", sessionhttp.WithOutageGrace(-1), "WithOutageGrace"},
		{"a day of grace", sessionhttp.WithOutageGrace(24 * time.Hour), ""},
		{"grace for ever", sessionhttp.WithOutageGrace(1<<63 - 1), "it must be 0 to 24 h"},
		{"nil observer", sessionhttp.WithObserver(nil), "WithObserver"},
		{"a path to sign in", sessionhttp.WithSignInURL("/sign-in?x=1"), ""},
		{"an address to sign in", sessionhttp.WithSignInURL("https://accounts.example.com/sign-in"), ""},
		{"nowhere to sign in", sessionhttp.WithSignInURL(""), "WithSignInURL"},
		{"another host to sign in", sessionhttp.WithSignInURL("//evil.test/"), "WithSignInURL"},
		{"another host by a backslash", sessionhttp.WithSignInURL(`/\evil.test`), "WithSignInURL"},
		{"a blank to sign in", sessionhttp.WithSignInURL("/sign in"), "without user, blank"},
		{"a blank in a query to sign in", sessionhttp.WithSignInURL("/sign-in?a b"), "without user, blank"},
		{"a user to sign in", sessionhttp.WithSignInURL("https://u:secret@accounts.example.com/"), "without user"},
		{"a line break to sign in", sessionhttp.WithSignInURL("/x\r\nEvil: 1"), "WithSignInURL"},
		{"a script to sign in", sessionhttp.WithSignInURL("javascript:alert(1)"), "WithSignInURL"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			_, err := sessionhttp.New(noBackend{}, liveKey, row.option)
			checkError(t, err, row.want)
			if err != nil && strings.Contains(err.Error(), "u:secret") {
				t.Errorf("the error shows a password: %v", err)
			}
		})
	}
}

// A client that could not be made is refused at once, not at the first visit.
func TestNilClients(t *testing.T) {
	t.Parallel()
	for _, b := range []sessionhttp.Backend{nil, (*sessions.Client)(nil), (*backend)(nil)} {
		_, err := sessionhttp.New(b, liveKey)
		checkError(t, err, "New needs a client, as sessions.NewClient makes it")
	}
}

func TestErrorsComeJoined(t *testing.T) {
	t.Parallel()
	_, err := sessionhttp.New(nil, "", nil, sessionhttp.WithVerifier(nil))
	for _, want := range []string{"needs a client", "it is empty", "option 1 is nil", "WithVerifier"} {
		checkError(t, err, want)
	}
}

// checkError fails the test unless err says want, or is nil where want is "".
func checkError(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("got the error %v", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("got the error %v, want one about %q", err, want)
	}
}
