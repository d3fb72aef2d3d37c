package sessionhttp_test

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

// handshakeVectors are requests that came in at the official SDK's authenticateRequest, and what that made of them.
type handshakeVectors struct {
	Now             int64
	PublishableKeys map[string]string
	DefaultHeader   string
	Tokens          map[string]struct {
		Payload, Header, Key, Raw string
		Hash                      string
		PSS                       bool
		Cut                       int
	}
	Rows []handshakeRow
}

type handshakeRow struct {
	Name, Key, Method, URL string
	Headers                [][2]string
	Options                struct {
		AuthorizedParties []string
		ProxyURL          string
	}
	JWKS bool
	BAPI []struct {
		Status     int
		Type, Body string
		Drop       bool
	}
	Want struct {
		Status, Reason, Token string
		Headers               map[string]string
		SetCookie             []string
		Calls                 []struct{ Method, Path, Query string }
		Thrown                bool
	}
}

// verdict is what was made of a request: by the official SDK, or by ours.
type verdict struct {
	Who       string   // "signed-in <token>", "signed-out reason", "handshake reason", "temporary reason"
	Location  string   // with <token> for tokens
	SetCookie []string // likewise
	Calls     []string
}

func TestRecordedHandshakes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../testdata/recordings/vectors/handshake.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors handshakeVectors
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	tokens := vectors.sign(t)
	differs := map[string]bool{}
	for _, row := range vectors.Rows {
		t.Run(row.Name, func(t *testing.T) {
			got := row.serve(t, &vectors, tokens)
			want := row.recorded()
			if ours, found := handshakeDifferences[row.Name]; found {
				differs[row.Name] = true
				if cmp.Equal(want, got) {
					t.Errorf("listed as a difference (%s), but there is none", ours.why)
				}
				want = ours.verdict()
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
	for name, row := range handshakeDifferences {
		if !differs[name] {
			t.Errorf("%s: listed as a difference (%s), but there is no such row", name, row.why)
		}
	}
	if len(vectors.Rows) != 185 {
		t.Errorf("%d rows", len(vectors.Rows))
	}
}

// recorded returns the official SDK's verdict, with what is ours everywhere: no session token and no parameter of
// Clerk's in redirect_url (HANDSHAKE.md 9), the loop guard's path and time (10), and no redirect but for an answer in
// the query (16).
func (row *handshakeRow) recorded() verdict {
	want := row.Want
	v := verdict{Who: strings.TrimSpace(want.Status + " " + want.Token + want.Reason), SetCookie: want.SetCookie}
	v.Location = want.Headers["location"]
	if at := strings.Index(v.Location, "&__session="); at >= 0 {
		rest := v.Location[at+1:]
		v.Location = v.Location[:at]
		if next := strings.IndexByte(rest, '&'); next >= 0 {
			v.Location += rest[next:]
		}
	}
	for i, cookie := range v.SetCookie {
		v.SetCookie[i] = strings.Replace(
			cookie,
			"; SameSite=Lax; HttpOnly; Max-Age=2",
			"; Path=/; Max-Age=10; HttpOnly; SameSite=Lax",
			1,
		)
	}
	for _, call := range want.Calls {
		v.Calls = append(v.Calls, strings.TrimRight(call.Method+" "+call.Path+"?"+call.Query, "?"))
	}
	return v
}

// serve gives the request to the middleware, and returns what came of it.
func (row *handshakeRow) serve(t *testing.T, vectors *handshakeVectors, tokens map[string]string) (v verdict) {
	t.Helper()
	var fill, blank []string
	for name, token := range tokens {
		fill = append(fill, "<"+name+">", token)
		blank = append(blank, token, "<"+name+">")
	}
	filled, blanked := strings.NewReplacer(fill...), strings.NewReplacer(blank...)

	var auth sessionhttp.Auth
	options := []sessionhttp.Option{
		sessionhttp.WithTrustedProxy(), // the official SDK always trusts it
		sessionhttp.WithClock(func() time.Time { return time.UnixMilli(vectors.Now) }),
		sessionhttp.WithObserver(func(_ *http.Request, a sessionhttp.Auth, _ time.Duration) { auth = a }),
	}
	if len(row.Options.AuthorizedParties) > 0 {
		options = append(options, sessionhttp.WithAuthorizedParties(row.Options.AuthorizedParties...))
	}
	if row.Options.ProxyURL != "" {
		options = append(options, sessionhttp.WithFrontendAPI(row.Options.ProxyURL))
	}
	if row.JWKS {
		clerk := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			v.Calls = append(v.Calls, req.Method+" "+req.URL.Path)
			w.WriteHeader(row.BAPI[0].Status)
			_, _ = io.WriteString(w, keySetText(t, row.BAPI[0].Body))
		}))
		defer clerk.Close()
		options = append(options, sessionhttp.WithFrontendAPI(clerk.URL))
	} else {
		options = append(options, sessionhttp.WithJWTKey(officialKeys().pem))
	}
	calls := 0
	transport := roundTripper(func(req *http.Request) (*http.Response, error) {
		v.Calls = append(v.Calls, strings.TrimRight(req.Method+" "+req.URL.EscapedPath()+"?"+req.URL.RawQuery, "?"))
		answer := row.BAPI[min(calls, len(row.BAPI)-1)]
		calls++
		if answer.Drop {
			return nil, io.ErrUnexpectedEOF
		}
		return &http.Response{
			StatusCode: answer.Status,
			Header:     http.Header{"Content-Type": {answer.Type}},
			Body:       io.NopCloser(strings.NewReader(filled.Replace(answer.Body))),
		}, nil
	})
	a := newAuthenticator(t, newClient(t, transport), vectors.PublishableKeys[row.Key], options...)
	w := httptest.NewRecorder()
	a.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, row.request(t, filled))

	resp := w.Result()
	v.Location = blanked.Replace(resp.Header.Get("Location"))
	for _, cookie := range resp.Header["Set-Cookie"] {
		v.SetCookie = append(v.SetCookie, blanked.Replace(cookie))
	}
	changed := v.Location != "" || len(v.SetCookie) > 0
	if got := resp.Header.Get("Cache-Control"); changed != (got == "private, no-store") {
		t.Errorf("Cache-Control: %q", got)
	}
	for name := range resp.Header {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("%s is set", name)
		}
	}
	switch {
	case auth.SignedIn:
		v.Who = "signed-in " + blanked.Replace(auth.Token.JWT)
	case auth.Temporary:
		v.Who = "temporary " + auth.Reason
	case strings.Contains(v.Location, "/v1/client/handshake?"):
		v.Who = "handshake " + auth.Reason
	default:
		v.Who = "signed-out " + auth.Reason
	}
	return v
}

// request returns the request as net/http reads it from a connection.
func (row *handshakeRow) request(t *testing.T, filled *strings.Replacer) *http.Request {
	t.Helper()
	var r incoming
	r.Request.Method, r.Request.URL = row.Method, filled.Replace(row.URL)
	r.Request.Headers = row.Headers
	return r.request(t, filled)
}

// sign makes the tokens, by name. Some hold others in their payloads.
func (vectors *handshakeVectors) sign(t *testing.T) map[string]string {
	t.Helper()
	tokens := map[string]string{}
	for len(tokens) < len(vectors.Tokens) {
		before := len(tokens)
		for name, spec := range vectors.Tokens {
			text := spec.Raw + spec.Payload
			for other, token := range tokens {
				text = strings.ReplaceAll(text, "<"+other+">", token)
			}
			if _, done := tokens[name]; done || strings.Contains(text, "<") && strings.Contains(text, ">") {
				continue
			}
			if spec.Raw != "" {
				tokens[name] = text
				continue
			}
			header := spec.Header
			if header == "" {
				header = vectors.DefaultHeader
			}
			tokens[name] = signAs(t, header, text, spec.Key, spec.Hash, spec.PSS)
			tokens[name] = tokens[name][:len(tokens[name])-spec.Cut]
		}
		if len(tokens) == before {
			t.Fatal("a token holds one that is not there")
		}
	}
	return tokens
}

// signAs returns a token with that header and payload and a signature of some kind.
func signAs(t testing.TB, header, payload, key, hash string, pss bool) string {
	t.Helper()
	text := base64.RawURLEncoding.EncodeToString(
		[]byte(header),
	) + "." + base64.RawURLEncoding.EncodeToString(
		[]byte(payload),
	)
	algorithm, sum := crypto.SHA256, sum256(text)
	switch {
	case strings.HasSuffix(hash, "384"):
		long := sha512.Sum384([]byte(text))
		algorithm, sum = crypto.SHA384, long[:]
	case strings.HasSuffix(hash, "512"):
		long := sha512.Sum512([]byte(text))
		algorithm, sum = crypto.SHA512, long[:]
	}
	private := officialKeys().own
	var signature []byte
	var err error
	switch key {
	case "none":
	case "hmac":
		mac := hmac.New(sha256.New, officialKeys().pem)
		mac.Write([]byte(text))
		signature = mac.Sum(nil)
	case "other":
		private = officialKeys().other
		fallthrough
	default:
		if pss {
			signature, err = rsa.SignPSS(rand.Reader, private, algorithm, sum, nil)
		} else {
			signature, err = rsa.SignPKCS1v15(nil, private, algorithm, sum)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// keySetText returns the key set that a recorded answer stands for.
func keySetText(t testing.TB, body string) string {
	t.Helper()
	ids, found := strings.CutPrefix(body, "<jwks>:")
	if !found {
		return body
	}
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, id := range strings.FieldsFunc(ids, func(r rune) bool { return r == ',' }) {
		key := officialKeys().own
		if id == "ins_other" {
			key = officialKeys().other
		}
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.Public(), KeyID: id, Algorithm: "RS256", Use: "sig"})
	}
	var text bytes.Buffer
	if err := json.NewEncoder(&text).Encode(set); err != nil {
		t.Fatal(err)
	}
	return text.String()
}
