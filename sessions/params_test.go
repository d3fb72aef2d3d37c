package sessions_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/time/rate"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// callsOfID are the calls that take a session id.
var callsOfID = map[string]func(context.Context, *sessions.Client, string) (any, error){
	"Get":    func(ctx context.Context, c *sessions.Client, id string) (any, error) { return orNil(c.Get(ctx, id)) },
	"Revoke": func(ctx context.Context, c *sessions.Client, id string) (any, error) { return orNil(c.Revoke(ctx, id)) },
	"Verify": func(ctx context.Context, c *sessions.Client, id string) (any, error) {
		return orNil(c.Verify(ctx, id, canaryToken))
	},
	"GetToken": func(ctx context.Context, c *sessions.Client, id string) (any, error) {
		return orNil(c.GetToken(ctx, id, sessions.TokenParams{}))
	},
	"GetToken from a template": func(ctx context.Context, c *sessions.Client, id string) (any, error) {
		return orNil(c.GetToken(ctx, id, sessions.TokenParams{Template: "hasura"}))
	},
	"RefreshToken": func(ctx context.Context, c *sessions.Client, id string) (any, error) {
		return orNil(c.RefreshToken(ctx, id, canaryRefreshParams()))
	},
	"RefreshCookies": func(ctx context.Context, c *sessions.Client, id string) (any, error) {
		return orNil(c.RefreshCookies(ctx, id, canaryRefreshParams()))
	},
}

// Every call that has a session id in its path is a call whose id is checked.
func TestCallsOfIDAreAll(t *testing.T) {
	t.Parallel()
	for _, call := range apiCalls {
		_, listed := callsOfID[call.name]
		if takes := strings.Contains(call.operation.PathTemplate, "{session_id}"); takes && !listed {
			t.Errorf("%s takes a session id and is not in callsOfID", call.name)
		}
	}
}

// checkRefused checks that a call was refused before anything was sent, and that its error is
// about nothing else.
func checkRefused(t *testing.T, hits int64, result any, err error) {
	t.Helper()
	if hits != 0 {
		t.Errorf("%d requests reached the server", hits)
	}
	if result != nil {
		t.Errorf("there is a result: %v", result)
	}
	if diff := cmp.Diff([]string{"ErrInvalidParams"}, matched(err)); diff != "" {
		t.Errorf("what the error matches: want (-), got (+):\n%s\nerror: %v", diff, err)
	}
	checkRefusal(t, err)
}

// checkRefusal checks the text of an error about something that was refused.
func checkRefusal(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		t.Error("there is no error")
		return
	}
	if e := (*sessions.Error)(nil); errors.As(err, &e) {
		t.Errorf("the error is an *Error: %v", err)
	}
	if text := err.Error(); len(text) > 400 || strings.Contains(text, strings.Repeat("a", 65)) {
		t.Errorf("the text of the error is too long: %d bytes, %.500s", len(text), text)
	}
	for line := range strings.SplitSeq(err.Error(), "\n") { // joined errors are a line each
		if !strings.HasPrefix(line, "clerk: ") ||
			strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x202e }) {
			t.Errorf("the text of the error is not fit for a log: %q", err.Error())
		}
	}
	checkNoSecret(t, "the error", err)
}

// newRefusing returns a client and the count of requests that reach its server, which are failures
// of the test.
func newRefusing(t *testing.T) (*sessions.Client, *atomic.Int64) {
	t.Helper()
	var hits atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	t.Cleanup(server.Close)
	return newClient(t, server.URL), &hits
}

// What would change the path of a request, or is too long to be a name, is refused as a session id
// and as a template alike.
var badNames = map[string]string{
	"a dot":                       ".",
	"two dots":                    "..",
	"three dots":                  "...",
	"a slash":                     "a/b",
	"a slash at the end":          "sess_1/",
	"a slash alone":               "/",
	"dots and slashes":            "../users/user_1",
	"a backslash":                 `a\b`,
	"dots and backslashes":        `..\users`,
	"a query":                     "a?x=1",
	"a fragment":                  "a#b",
	"a fragment that is empty":    "sess_1#",
	"encoded dots":                "%2e%2e",
	"encoded dots in capitals":    "%2E%2E",
	"dots encoded twice":          "%252e%252e",
	"an encoded slash":            "a%2fb",
	"a percent sign":              "100%",
	"CR LF":                       "a\r\nb",
	"a line's end":                "sess_1\n",
	"a tab":                       "a\tb",
	"NUL":                         "a\x00b",
	"DEL":                         "a\x7fb",
	"a C1 control character":      "a\u0085b",
	"U+202E":                      "a\u202eb",
	"a zero-width space":          "a\u200bb",
	"a byte order mark":           "\ufeffa",
	"a tag character":             "a\U000e0041",
	"a byte that is not UTF-8":    "a\xffb",
	"an overlong slash":           "a\xc0\xafb",
	"half a surrogate pair":       "a\xed\xa0\x80b",
	"257 bytes":                   strings.Repeat("a", 257),
	"2 MB":                        strings.Repeat("a", 2_000_000),
	"2 MB of what is not allowed": strings.Repeat("/", 2_000_000),
	"257 bytes of no text":        strings.Repeat("\xff", 257),
	"a key with a line's end":     "sk_live_canary1234\n",
	"a token with a line's end":   freshJWT + "\n",
	"a token of a real length":    freshJWT + strings.Repeat("a", 600),
	"a bearer token":              "Bearer canary?",
	"a secret after a long text":  strings.Repeat("x", 50) + "sk_live_canary1234567890/",
}

func TestBadSessionIDs(t *testing.T) {
	t.Parallel()
	ids := map[string]string{
		"empty":            "",
		"a blank":          " ",
		"blanks around":    " sess_1 ",
		"a blank inside":   "a b",
		"a letter outside": "sess_é",
		"full-width dots":  "．．",
		"an emoji":         "sess_🦀",
		"a colon":          "a:b",
		"a semicolon":      "a;b",
		"an ampersand":     "a&b",
		"a plus":           "a+b",
		"an at":            "a@b",
		"a comma":          "a,b",
		"an asterisk":      "*",
	}
	for name, id := range badNames {
		ids[name] = id
	}
	for name, id := range ids {
		for call, do := range callsOfID {
			t.Run(name+"/"+call, func(t *testing.T) {
				t.Parallel()
				client, hits := newRefusing(t)
				result, err := do(t.Context(), client, id)
				checkRefused(t, hits.Load(), result, err)
			})
		}
	}
}

func TestBadTemplates(t *testing.T) {
	t.Parallel()
	for name, template := range badNames {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, hits := newRefusing(t)
			result, err := orNil(client.GetToken(t.Context(), "sess_1", sessions.TokenParams{Template: template}))
			checkRefused(t, hits.Load(), result, err)
		})
	}
}

// Good ids and templates arrive as exactly one segment of the path, as they are.
func TestGoodNames(t *testing.T) {
	t.Parallel()
	ids := []string{
		"sess_2abcDEF", "a", "0", "_", "-", "~", "a.b", "a..b", ".a", "a.", "..a", "a-._~Z", "..-..", "sess",
		"sessions", "refresh",
		strings.Repeat("a", 256), strings.Repeat(".", 255) + "a",
	}
	templates := append([]string{
		"my template", " ", "  a  ", "é", "日本", "🦀", "a+b", "a&b=c", "a;b", "a:b", ":", "a@b", "a,b", "$", "*", "!",
		"'", "(x)", "[x]", "{x}", "<x>",
		`"`, "|", "^", "`", ". .", " ..", ".. ", "．．", "\u2028", "a\u0301", strings.Repeat("é", 128),
	}, ids...)

	for _, id := range ids {
		for call, do := range callsOfID {
			t.Run(fmt.Sprintf("%.20s/%s", id, call), func(t *testing.T) {
				t.Parallel()
				if got := segmentsOf(t, func(ctx context.Context, c *sessions.Client) {
					_, _ = do(ctx, c, id)
				}); len(got) < 3 || got[2] != id {
					t.Errorf("the id arrived as %q", got)
				} else if diff := cmp.Diff(idTails[call], got[3:]); diff != "" {
					t.Errorf("what follows the id: want (-), got (+):\n%s", diff)
				}
			})
		}
	}
	for _, template := range templates {
		t.Run(fmt.Sprintf("template/%.20q", template), func(t *testing.T) {
			t.Parallel()
			got := segmentsOf(t, func(ctx context.Context, c *sessions.Client) {
				_, _ = c.GetToken(ctx, "sess_1", sessions.TokenParams{Template: template})
			})
			if diff := cmp.Diff([]string{"v1", "sessions", "sess_1", "tokens", template}, got); diff != "" {
				t.Errorf("the path: want (-), got (+):\n%s", diff)
			}
		})
	}
}

// What follows the id in the path of each call.
var idTails = map[string][]string{
	"Get":                      {},
	"Revoke":                   {"revoke"},
	"Verify":                   {"verify"},
	"GetToken":                 {"tokens"},
	"GetToken from a template": {"tokens", "hasura"},
	"RefreshToken":             {"refresh"},
	"RefreshCookies":           {"refresh"},
}

// segmentsOf makes a call and returns the segments of the path that a server sees, each decoded
// once.
func segmentsOf(t *testing.T, do func(context.Context, *sessions.Client)) (segments []string) {
	t.Helper()
	var target string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		target = req.RequestURI
	}))
	defer server.Close()
	do(t.Context(), newClient(t, server.URL))
	for segment := range strings.SplitSeq(strings.TrimPrefix(target, "/"), "/") {
		decoded, err := url.PathUnescape(segment)
		if err != nil {
			t.Errorf("%q: %v", target, err)
		}
		segments = append(segments, decoded)
	}
	return segments
}

func TestBadParams(t *testing.T) {
	t.Parallel()
	refresh := func(edit func(*sessions.RefreshParams)) func(context.Context, *sessions.Client) (any, error) {
		params := canaryRefreshParams()
		edit(&params)
		return func(ctx context.Context, c *sessions.Client) (any, error) {
			if result, err := c.RefreshCookies(ctx, "sess_1", params); !errors.Is(err, sessions.ErrInvalidParams) {
				return orNil(result, err)
			}
			return orNil(c.RefreshToken(ctx, "sess_1", params))
		}
	}
	list := func(params sessions.ListParams) func(context.Context, *sessions.Client) (any, error) {
		return func(ctx context.Context, c *sessions.Client) (any, error) { return orNil(c.List(ctx, params)) }
	}
	create := func(params sessions.CreateParams) func(context.Context, *sessions.Client) (any, error) {
		return func(ctx context.Context, c *sessions.Client) (any, error) { return orNil(c.Create(ctx, params)) }
	}
	handshake := func(nonce string) func(context.Context, *sessions.Client) (any, error) {
		return func(ctx context.Context, c *sessions.Client) (any, error) {
			return orNil(c.HandshakeCookies(ctx, nonce))
		}
	}
	verify := func(token string) func(context.Context, *sessions.Client) (any, error) {
		return func(ctx context.Context, c *sessions.Client) (any, error) {
			return orNil(c.Verify(ctx, "sess_1", token))
		}
	}
	getToken := func(expiresIn time.Duration, template string) func(context.Context, *sessions.Client) (any, error) {
		return func(ctx context.Context, c *sessions.Client) (any, error) {
			return orNil(c.GetToken(ctx, "sess_1", sessions.TokenParams{ExpiresIn: expiresIn, Template: template}))
		}
	}
	for _, row := range []struct {
		name string
		do   func(context.Context, *sessions.Client) (any, error)
	}{
		{"a negative limit", list(sessions.ListParams{Limit: -1})},
		{"a negative offset", list(sessions.ListParams{Offset: -1})},
		{"both negative", list(sessions.ListParams{Limit: -5, Offset: -5})},
		{"a user to list that is no text", list(sessions.ListParams{UserID: "a\xff"})},
		{"a client to list that is no text", list(sessions.ListParams{ClientID: "a\xff"})},
		{"a status to list that is no text", list(sessions.ListParams{Status: "a\xff"})},
		{"create without a user", create(sessions.CreateParams{})},
		{"create in an organization without a user", create(sessions.CreateParams{ActiveOrganizationID: "org_1"})},
		{"create for a user that is no text", create(sessions.CreateParams{UserID: "a\xff"})},
		{
			"create in an organization that is no text",
			create(sessions.CreateParams{UserID: "user_1", ActiveOrganizationID: "a\xff"}),
		},
		{"no nonce", handshake("")},
		{"a nonce of more than 512 bytes", handshake(strings.Repeat("n", 513))},
		{"a nonce with a blank", handshake(canaryNonce + " ")},
		{"a nonce that would be a parameter more", handshake(canaryNonce + "&a=b")},
		{"a nonce that would leave the query", handshake(canaryNonce + "#")},
		{"a nonce that is escaped", handshake(canaryNonce + "%41")},
		{"a nonce with a line break", handshake(canaryNonce + "\r\n")},
		{"a nonce of other letters", handshake(canaryNonce + "é")},
		{"a nonce that is no text", handshake(canaryNonce + "\xff")},
		{"verify without a token", verify("")},
		{"verify with a token that is no text", verify(canaryToken + "\xff")},
		{"a negative lifetime", getToken(-time.Second, "")},
		{"a negative lifetime below a second", getToken(-1, "")},
		{"a lifetime with a fraction", getToken(1500*time.Millisecond, "")},
		{"a lifetime below a second", getToken(1, "")},
		{"a lifetime with a fraction, for a template", getToken(time.Minute+1, "hasura")},
		{"the longest lifetime", getToken(1<<63-1, "hasura")},
		{"the shortest lifetime", getToken(-1<<63, "hasura")},
		{"refresh with nothing", refresh(func(p *sessions.RefreshParams) { *p = sessions.RefreshParams{} })},
		{"refresh without the expired token", refresh(func(p *sessions.RefreshParams) { p.ExpiredToken = "" })},
		{"refresh without the refresh token", refresh(func(p *sessions.RefreshParams) { p.RefreshToken = "" })},
		{"refresh without the origin", refresh(func(p *sessions.RefreshParams) { p.RequestOrigin = "" })},
		{
			"refresh with an expired token that is no text",
			refresh(func(p *sessions.RefreshParams) { p.ExpiredToken += "\xff" }),
		},
		{
			"refresh with a refresh token that is no text",
			refresh(func(p *sessions.RefreshParams) { p.RefreshToken += "\xff" }),
		},
		{
			"refresh with an origin that is no text",
			refresh(func(p *sessions.RefreshParams) { p.RequestOrigin += canaryCookie + "\xff" }),
		},
		{
			"refresh with an address that is no text",
			refresh(func(p *sessions.RefreshParams) { p.RequestOriginatingIP += "\xff" }),
		},
		{
			"refresh with a header that is no text",
			refresh(func(p *sessions.RefreshParams) { p.RequestHeaders.Set("X", canaryCookie+"\xff") }),
		},
		{
			"refresh with a header whose name is no text",
			refresh(func(p *sessions.RefreshParams) { p.RequestHeaders[canaryCookie+"\xff"] = nil }),
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			client, hits := newRefusing(t)
			result, err := row.do(t.Context(), client)
			checkRefused(t, hits.Load(), result, err)
		})
	}
}

func TestNilContext(t *testing.T) {
	t.Parallel()
	for _, call := range apiCalls {
		t.Run(call.name, func(t *testing.T) {
			t.Parallel()
			client, hits := newRefusing(t)
			var none context.Context
			result, err := call.do(none, client)
			checkRefused(t, hits.Load(), result, err)
		})
	}
}

func TestBadKeys(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{
		"empty":                       "",
		"a publishable key":           "pk_test_canary",
		"a live publishable key":      "pk_live_canary",
		"the start of one":            "pk_",
		"a blank":                     " ",
		"a blank at the start":        " sk_test_canary",
		"a blank at the end":          "sk_test_canary ",
		"a blank inside":              "sk_test_canary canary",
		"quotes, as of an env file":   `"sk_test_canary"`,
		"a single quote":              "'sk_test_canary'",
		"CR LF":                       "sk_test_canary\r\nX-Evil: 1",
		"a line's end":                "sk_test_canary\n",
		"a tab":                       "sk_test_canary\t",
		"NUL":                         "sk_test_canary\x00",
		"DEL":                         "sk_test_canary\x7f",
		"a letter outside ASCII":      "sk_test_canaryé",
		"a no-break space":            "sk_test_canary\u00a0",
		"a zero-width space":          "sk_test_canary\u200b",
		"a byte that is not UTF-8":    "sk_test_canary\xff",
		"a byte order mark before it": "\ufeffsk_test_canary",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := sessions.NewClient(key)
			if client != nil {
				t.Errorf("there is a client: %v", client)
			}
			checkRefusedOption(t, err)
		})
	}
}

// checkRefusedOption checks an error of NewClient or With, which is no error of a call.
func checkRefusedOption(t *testing.T, err error) {
	t.Helper()
	for _, name := range matched(err) {
		if name != "ErrInvalidParams" {
			t.Errorf("the error matches %s: %v", name, err)
		}
	}
	checkRefusal(t, err)
}

func TestBadBaseURLs(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"empty":                             "",
		"a blank":                           " ",
		"no scheme":                         "api.clerk.com/v1",
		"no scheme, but a port":             "localhost:8080/v1",
		"no scheme, but slashes":            "//api.clerk.com/v1",
		"a path":                            "/v1",
		"ftp":                               "ftp://api.clerk.com/v1",
		"file":                              "file:///v1",
		"javascript":                        "javascript:alert(1)",
		"a scheme that starts alike":        "https2://api.clerk.com/v1",
		"opaque":                            "https:api.clerk.com/v1",
		"no host":                           "https:///v1",
		"nothing after the scheme":          "https://",
		"a port without a host":             "https://:443/v1",
		"a user":                            "https://canary@api.clerk.com/v1",
		"a user and a password":             "https://canary:canary@api.clerk.com/v1",
		"an empty user":                     "https://@api.clerk.com/v1",
		"an empty user and password":        "https://:@api.clerk.com/v1",
		"a password in a URL that is none":  "https://user:canary%zz@api.clerk.com/v1",
		"a password and a bad port":         "https://user:canary@api.clerk.com:99999/v1",
		"a password and plain http":         "http://user:canary@api.clerk.com/v1",
		"a password and no scheme":          "//user:canary@api.clerk.com/v1",
		"a password and another scheme":     "ftp://user:canary@api.clerk.com/v1",
		"a password where a port should be": "https://api.clerk.com:canary/v1",
		"a query":                           "https://api.clerk.com/v1?key=canary",
		"a query without a value":           "https://api.clerk.com/v1?canary",
		"a bare ?":                          "https://api.clerk.com/v1?",
		"a query in a URL that is none":     "https://api.clerk.com:x/v1?key=canary",
		"a query and plain http":            "http://api.clerk.com/v1?key=canary",
		"a fragment":                        "https://api.clerk.com/v1#canary",
		"a bare #":                          "https://api.clerk.com/v1#",
		"two dots":                          "https://api.clerk.com/v1/../v2",
		"two dots at the end":               "https://api.clerk.com/v1/..",
		"a dot":                             "https://api.clerk.com/./v1",
		"encoded dots":                      "https://api.clerk.com/v1/%2e%2e/v2",
		"a dot and an encoded dot":          "https://api.clerk.com/v1/.%2E/v2",
		"dots encoded twice":                "https://api.clerk.com/v1/%252e%252e/v2",
		"dots encoded three times":          "https://api.clerk.com/v1/%25252e%25252e/v2",
		"dots encoded twice beside a %":     "https://api.clerk.com/%25zz/%252e%252e/v2",
		"dots after an encoded slash":       "https://api.clerk.com/v1%2f..%2fv2",
		"dots after a backslash":            `https://api.clerk.com/v1\..\v2`,
		"dots after an encoded backslash":   "https://api.clerk.com/v1%5c..%5cv2",
		"port 0":                            "https://api.clerk.com:0/v1",
		"port 65536":                        "https://api.clerk.com:65536/v1",
		"a port that is longer still":       "https://api.clerk.com:99999999999999999999/v1",
		"a negative port":                   "https://api.clerk.com:-1/v1",
		"an empty port":                     "https://api.clerk.com:/v1",
		"an empty port of an IPv6 address":  "https://[::1]:/v1",
		"a blank in the host":               "https://api clerk.com/v1",
		"CR LF":                             "https://api.clerk.com/v1\r\nX-Evil: 1",
		"NUL":                               "https://api.clerk.com/\x00",
		"half an escape":                    "https://api.clerk.com/%4",
		"half an IPv6 address":              "https://[::1/v1",
		"a very long host":                  "http://" + strings.Repeat("a", 5000) + "/v1",

		"http":                                 "http://api.clerk.com/v1",
		"HTTP":                                 "HTTP://api.clerk.com/v1",
		"http to a name that starts alike":     "http://127.0.0.1.evil.test/v1",
		"http to localhost of somebody":        "http://localhost.evil.test/v1",
		"http to a name that ends in it":       "http://evil-localhost/v1",
		"http to a name below localhost":       "http://evil.localhost/v1",
		"http to a private address":            "http://10.0.0.1/v1",
		"http to any address":                  "http://0.0.0.0/v1",
		"http to any IPv6 address":             "http://[::]/v1",
		"http to an address written as number": "http://2130706433/v1",
		"http to an IPv6 address":              "http://[2001:db8::1]/v1",
		"http to 128.0.0.1":                    "http://128.0.0.1/v1",
		"http to a service":                    "http://clerk-proxy:8080/v1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := sessions.NewClient(canaryKey, sessions.WithBaseURL(raw))
			if client != nil {
				t.Errorf("there is a client: %v", client)
			}
			checkRefusedOption(t, err)
		})
	}
}

func TestGoodBaseURLs(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		sessions.DefaultBaseURL, "https://api.clerk.com", "https://api.clerk.com/", "https://api.clerk.com/v1/",
		"HTTPS://API.CLERK.COM/v1",
		"https://proxy.example.com:8443/clerk/v1", "https://proxy.example.com:1", "https://proxy.example.com:65535",
		"https://192.0.2.1/v1",
		"https://[2001:db8::1]/v1", "https://[2001:db8::1]:8443/v1", "https://a.b/..c/d../...x",
		"https://a.b/%20/%2F/%25",
		"http://127.0.0.1/v1", "http://127.0.0.1:8080", "http://127.255.255.254/v1", "http://[::1]/v1",
		"http://[::1]:8080/v1",
		"http://localhost/v1", "http://localhost:8080", "http://LocalHost:8080/v1",
	} {
		t.Run(raw, func(t *testing.T) {
			t.Parallel()
			if _, err := sessions.NewClient(canaryKey, sessions.WithBaseURL(raw)); err != nil {
				t.Error(err)
			}
		})
	}
	for _, raw := range []string{"http://clerk-proxy:8080/v1", "http://10.0.0.1", "http://[2001:db8::1]/v1"} {
		t.Run("insecure "+raw, func(t *testing.T) {
			t.Parallel()
			if _, err := sessions.NewClient(canaryKey, sessions.WithBaseURL(raw),
				sessions.WithInsecureHTTP()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestBadOptions(t *testing.T) {
	t.Parallel()
	for name, option := range map[string]sessions.Option{
		"nil":                           nil,
		"a nil http.Client":             sessions.WithHTTPClient(nil),
		"a nil logger":                  sessions.WithLogger(nil),
		"no timeout":                    sessions.WithTimeout(0),
		"a negative timeout":            sessions.WithTimeout(-time.Second),
		"no time for a call":            sessions.WithCallTimeout(0),
		"negative time for a call":      sessions.WithCallTimeout(-time.Second),
		"a nil limiter":                 sessions.WithLimiter(nil),
		"a nil pointer as a limiter":    sessions.WithLimiter((*rate.Limiter)(nil)),
		"negative attempts":             sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: -1}),
		"a negative base delay":         sessions.WithRetry(sessions.RetryPolicy{BaseDelay: -1}),
		"a negative longest delay":      sessions.WithRetry(sessions.RetryPolicy{MaxDelay: -1}),
		"a negative longest wait":       sessions.WithRetry(sessions.RetryPolicy{MaxRetryAfter: -1}),
		"no version":                    sessions.WithAPIVersion(""),
		"a version that is no date":     sessions.WithAPIVersion("latest"),
		"a version that is no day":      sessions.WithAPIVersion("2026-02-30"),
		"a version with more behind it": sessions.WithAPIVersion("2026-05-12\r\nX-Evil: 1"),
		"a very long version":           sessions.WithAPIVersion(strings.Repeat("a", 5000)),
		"no product":                    sessions.WithUserAgent(""),
		"a product with CR LF":          sessions.WithUserAgent("a\r\nX-Evil: 1"),
		"a product with NUL":            sessions.WithUserAgent("a\x00"),
		"a product outside ASCII":       sessions.WithUserAgent("é"),
		"a very long bad product":       sessions.WithUserAgent(strings.Repeat("a", 5000) + "\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := sessions.NewClient(canaryKey, option)
			if client != nil {
				t.Errorf("there is a client: %v", client)
			}
			checkRefusedOption(t, err)

			client, err = newClient(t, "https://clerk.test").With(option)
			if client != nil {
				t.Errorf("With: there is a client: %v", client)
			}
			checkRefusedOption(t, err)
		})
	}
}

// One error names everything that is wrong.
func TestJoinedOptionErrors(t *testing.T) {
	t.Parallel()
	_, err := sessions.NewClient(canaryKey,
		sessions.WithTimeout(-1), nil, sessions.WithBaseURL("ftp://x"), sessions.WithLogger(nil),
		sessions.WithUserAgent("ok"), sessions.WithHTTPClient(nil))
	checkRefusedOption(t, err)
	for _, part := range []string{"WithTimeout", "option 2 is nil", "base URL", "WithLogger", "WithHTTPClient"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error does not name %s:\n%v", part, err)
		}
	}
	if got, want := strings.Count(err.Error(), "\n")+1, 5; got != want {
		t.Errorf("%d lines, want %d:\n%v", got, want, err)
	}
}
