package sessionhttp_test

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

// An incoming is a request that came in at the official SDK's authenticateRequest, what that said of it, and the
// refresh that it
// asked for. testdata/official-sdk/refresh-record.mjs made it.
type incoming struct {
	Name           string               `json:"name"`
	PublishableKey string               `json:"publishableKey"`
	Now            int64                `json:"now"`
	Tokens         map[string]tokenSpec `json:"tokens"`
	Request        struct {
		Method  string      `json:"method"`
		URL     string      `json:"url"`
		Headers [][2]string `json:"headers"`
	} `json:"request"`
	Status  string   `json:"status"`
	Reason  string   `json:"reason"`
	Refresh *refresh `json:"refresh"`
}

type tokenSpec struct {
	Payload string  `json:"payload"`
	Header  *string `json:"header"` // nil for the usual
	Key     string  `json:"key"`    // "other" for one that is not the instance's
}

// A refresh is what was sent, with "<name>" where a token was.
type refresh struct {
	Method string         `json:"method"`
	Path   string         `json:"path"`
	Query  string         `json:"query"`
	Body   map[string]any `json:"body"`
}

// Where the official SDK and this package differ, and why: the refresh that is sent, or "none" and the reason.
var knownDifferences = []struct{ name, official, ours, why string }{
	{"session-id/number", "/v1/sessions/12/refresh https://app.example.com", noSID, notASessionID},
	{"session-id/true", "/v1/sessions/true/refresh https://app.example.com", noSID, notASessionID},
	{"session-id/dot", "none session-token-expired-refresh-unexpected-bapi-error", noSID, notASessionID},
	{"session-id/dots", "none session-token-expired-refresh-unexpected-bapi-error", noSID, notASessionID},
	{"session-id/percent", "none session-token-expired-refresh-unexpected-bapi-error", noSID, notASessionID},
	{"session-id/three dots", "/v1/sessions/.../refresh https://app.example.com", noSID, notASessionID},
	{"session-id/slash", "/v1/sessions/a/b/refresh https://app.example.com", noSID, notASessionID},
	{"session-id/blank", "/v1/sessions/a%20b/refresh https://app.example.com", noSID, notASessionID},
	{"session-id/query", "/v1/sessions/a https://app.example.com", noSID, notASessionID},
	{"session-id/non-ASCII", "/v1/sessions/sess_%C3%A9/refresh https://app.example.com", noSID, notASessionID},
	{
		"session-id/too long",
		"/v1/sessions/" + strings.Repeat("x", 257) + "/refresh https://app.example.com",
		noSID,
		notASessionID,
	},
	{"origin/forwarded wss", "/v1/sessions/sess_1/refresh wss://app.example.com", badOrigin, notHTTP},
	{"origin/forwarded gopher", "/v1/sessions/sess_1/refresh null", badOrigin, notHTTP},
	{
		"authorization/expired, no cookie token",
		"/v1/sessions/sess_header/refresh https://app.example.com",
		otherSession,
		notTheCookies,
	},
	{
		"authorization/expired, cookie expired",
		"/v1/sessions/sess_1/refresh https://app.example.com",
		otherSession,
		notTheCookies,
	},
	{
		"authorization/expired, cookie fresh",
		"/v1/sessions/sess_1/refresh https://app.example.com",
		otherSession,
		notTheCookies,
	},
	{
		"authorization/expired, no uat",
		"/v1/sessions/sess_header/refresh https://app.example.com",
		otherSession,
		notTheCookies,
	},
	{
		"authorization/expired, newer uat",
		"/v1/sessions/sess_header/refresh https://app.example.com",
		otherSession,
		notTheCookies,
	},
	{"authorization/one word", "/v1/sessions/sess_1/refresh https://app.example.com", otherSession, notTheCookies},
	{"authorization/three words", "/v1/sessions/sess_1/refresh https://app.example.com", otherSession, notTheCookies},
	{
		"signature/algorithm RS512",
		"none token-verification-failed",
		"none token-invalid-algorithm",
		"ours takes RS256 alone",
	},
	{"signature/header an array", "none token-invalid-algorithm", "none token-invalid", notAnObject},
	{"signature/header null", "none unexpected-error", "none token-invalid", notAnObject},
	{"signature/payload null", "none", "none token-invalid", notAnObject},
	{"signature/payload an array", "none token-verification-failed", "none token-invalid", notAnObject},
	{"signature/payload a number", "none token-verification-failed", "none token-invalid", notAnObject},
	{"signature/payload text", "none token-verification-failed", "none token-invalid", notAnObject},
}

const (
	noSID        = "none session-token-expired-refresh-expired-session-token-missing-sid-claim"
	badOrigin    = "none session-token-expired-refresh-invalid-request-origin"
	otherSession = "none session-token-expired-refresh-non-eligible-other-session"

	notASessionID = "ours: a sid that no session id looks like is not eligible"
	notHTTP       = "ours: an origin that is not http or https is refused (REFRESH.md, 8)"
	notTheCookies = "ours: with a Bearer token, only if the cookies' sid is the same (REFRESH.md, 9)"
	notAnObject   = "a token whose header or payload is no JSON object is undecodable (REFRESH.md, 4)"
)

func TestLikeOfficialSDK(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../testdata/recordings/official-sdk-refresh/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	differs := map[string]bool{}
	requests, refreshes := 0, 0
	for _, file := range files {
		group := strings.TrimSuffix(filepath.Base(file), ".json")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var rows []incoming
		if err := json.Unmarshal(text, &rows); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, row := range rows {
			requests++
			if row.Refresh != nil {
				refreshes++
			}
			name := group + "/" + row.Name
			t.Run(name, func(t *testing.T) {
				ours, auth := row.serve(t)
				official := row.Refresh.text(row.Reason)
				for _, known := range knownDifferences {
					if known.name == name {
						differs[name] = true
						if diff := cmp.Diff(
							[]string{known.official, known.ours},
							[]string{official, ours.text(auth.Reason)},
						); diff != "" {
							t.Errorf("known difference (-), this run (+):\n%s", diff)
						}
						return
					}
				}
				if diff := cmp.Diff(row.Refresh, ours); diff != "" {
					t.Errorf("official SDK (-), ours (+):\n%s\nofficial: %s %s; ours: %+v", diff, row.Status, row.Reason, auth)
				}
				if auth.SignedIn != (row.Status == "signed-in") || auth.Reason != row.Reason {
					t.Errorf("ours: %+v, the official SDK: %s %s", auth, row.Status, row.Reason)
				}
			})
		}
	}
	for _, known := range knownDifferences {
		if !differs[known.name] {
			t.Errorf("%s: listed as a difference (%s), but there is none", known.name, known.why)
		}
	}
	if requests != 471 {
		t.Errorf("%d requests", requests)
	}
	t.Logf(
		"%d requests, %d refreshed by the official SDK, %d known differences",
		requests,
		refreshes,
		len(knownDifferences),
	)
}

// text returns what tells one refresh of a difference from the other, and for none the reason.
func (r *refresh) text(reason string) string {
	if r == nil {
		return strings.TrimSpace("none " + reason)
	}
	return fmt.Sprintf("%s %s", r.Path, r.Body["request_origin"])
}

// serve gives the request to the middleware and returns the refresh that this asked for.
func (row incoming) serve(t *testing.T) (*refresh, sessionhttp.Auth) {
	t.Helper()
	fill, blank := row.replacers(t)
	var sent []refresh
	clerk := roundTripper(func(req *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		r := refresh{Method: req.Method, Path: req.URL.EscapedPath(), Query: req.URL.RawQuery}
		if err := json.Unmarshal([]byte(blank.Replace(string(body))), &r.Body); err != nil {
			return nil, err
		}
		sent = append(sent, r)
		claims := fmt.Sprintf(`{"sub":"user_1","sid":%q,"exp":%d}`, strings.Split(r.Path, "/")[3], row.Now/1000+60)
		answer := fmt.Sprintf(`{"object":"cookies","cookies":["__session=%s; Path=/"]}`, sign(t, tokenSpec{Payload: claims}))
		return &http.Response{
			StatusCode: 200,
			Header:     http.Header{"Content-Type": {"application/json"}},
			Body:       io.NopCloser(strings.NewReader(answer)),
		}, nil
	})
	client := newClient(t, clerk)
	var auth sessionhttp.Auth
	a := newAuthenticator(t, client, row.PublishableKey,
		sessionhttp.WithJWTKey(officialKeys().pem),
		sessionhttp.WithTrustedProxy(), // the official SDK always trusts it
		sessionhttp.WithClock(func() time.Time { return time.UnixMilli(row.Now) }),
		sessionhttp.WithObserver(func(_ *http.Request, decided sessionhttp.Auth, _ time.Duration) { auth = decided }))
	w := httptest.NewRecorder()
	a.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, row.request(t, fill))
	if len(sent) == 0 {
		return nil, auth
	}
	if len(sent) > 1 {
		t.Errorf("%d refreshes", len(sent))
	}
	return &sent[0], auth
}

// replacers puts the signed tokens into texts, and takes them out again.
func (row incoming) replacers(t *testing.T) (fill, blank *strings.Replacer) {
	t.Helper()
	var names, tokens []string
	for name, spec := range row.Tokens {
		token := sign(t, spec)
		names = append(names, "<"+name+">", token)
		tokens = append(tokens, token, "<"+name+">")
	}
	return strings.NewReplacer(names...), strings.NewReplacer(tokens...)
}

// request returns the request as net/http reads it from a connection.
func (row incoming) request(t *testing.T, fill *strings.Replacer) *http.Request {
	t.Helper()
	u, err := url.Parse(row.Request.URL)
	if err != nil {
		t.Fatal(err)
	}
	_, target, _ := strings.Cut(strings.TrimPrefix(row.Request.URL, u.Scheme+"://"), "/")
	var raw bytes.Buffer
	fmt.Fprintf(&raw, "%s /%s HTTP/1.1\r\n", row.Request.Method, target)
	for _, header := range row.Request.Headers {
		fmt.Fprintf(&raw, "%s: ", header[0])
		for _, char := range fill.Replace(header[1]) {
			raw.WriteByte(byte(char)) // Latin-1 is what Node sends and reads
		}
		raw.WriteString("\r\n")
	}
	raw.WriteString("\r\n")
	req, err := http.ReadRequest(bufio.NewReader(&raw))
	if err != nil {
		t.Fatal(err)
	}
	if u.Scheme == "https" {
		req.TLS = &tls.ConnectionState{}
	}
	return req.WithContext(t.Context())
}

type roundTripper func(*http.Request) (*http.Response, error)

func (rt roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return rt(req) }

type signingKeys struct {
	own, other *rsa.PrivateKey
	pem        []byte // the public half of own
}

var officialKeys = sync.OnceValue(func() signingKeys {
	var keys signingKeys
	for _, key := range []**rsa.PrivateKey{&keys.own, &keys.other} {
		made, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		*key = made
	}
	der, err := x509.MarshalPKIXPublicKey(keys.own.Public())
	if err != nil {
		panic(err)
	}
	keys.pem = pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	return keys
})

// sign returns a token with exactly that header and payload.
func sign(t testing.TB, spec tokenSpec) string {
	t.Helper()
	header := `{"alg":"RS256","typ":"JWT"}`
	if spec.Header != nil {
		header = *spec.Header
	}
	key := officialKeys().own
	if spec.Key == "other" {
		key = officialKeys().other
	}
	text := base64.RawURLEncoding.EncodeToString(
		[]byte(header),
	) + "." + base64.RawURLEncoding.EncodeToString(
		[]byte(spec.Payload),
	)
	hash, sum := crypto.SHA256, slices.Clone(sum256(text))
	if strings.Contains(header, "RS512") {
		long := sha512.Sum512([]byte(text))
		hash, sum = crypto.SHA512, long[:]
	}
	signature, err := rsa.SignPKCS1v15(nil, key, hash, sum)
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func sum256(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}
