package sessions_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/wire"
)

// No goroutine outlives its call beside the connection pool's, which CloseIdleConnections ends.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newClient returns a client that sends to a server, without retries, and whose secret key is a
// canary.
func newClient(t *testing.T, serverURL string, opts ...sessions.Option) *sessions.Client {
	t.Helper()
	client, err := sessions.NewClient(canaryKey, append([]sessions.Option{
		sessions.WithBaseURL(serverURL + "/v1"),
		sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 1}),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// A roundTripper answers without a network.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// through makes a client send through a function.
func through(f roundTripper) sessions.Option {
	return sessions.WithHTTPClient(&http.Client{Transport: f})
}

// response is a JSON answer.
func response(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status,
		Header:     http.Header{"Content-Type": {"application/json"}},
		Body:       io.NopCloser(strings.NewReader(body)),
	}
}

// A sent is what a server saw of a request.
type sent struct {
	Method, Path, Query string
	Header              http.Header
	Body                string
}

// record returns a client whose answers are good for a call, and what it sends.
func record(t *testing.T, call apiCall, opts ...sessions.Option) (*sessions.Client, *[]sent) {
	t.Helper()
	var requests []sent
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		requests = append(requests, sent{req.Method, req.URL.EscapedPath(), req.URL.RawQuery, req.Header, string(body)})
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, call.good)
	}))
	t.Cleanup(server.Close)
	return newClient(t, server.URL, opts...), &requests
}

// Every call sends one request, with these headers and no others.
func TestHeaders(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		options []sessions.Option
		want    func(http.Header)
	}{
		{"by default", nil, func(http.Header) {}},
		{
			"another version", []sessions.Option{sessions.WithAPIVersion("2025-11-10")}, func(h http.Header) {
				h["Clerk-Api-Version"] = []string{"2025-11-10"}
			},
		},
		{"a product", []sessions.Option{sessions.WithUserAgent("billing/1.4 (x; y)")}, func(h http.Header) {
			h["User-Agent"] = []string{"billing/1.4 (x; y) " + h.Get("User-Agent")}
		}},
	} {
		for _, call := range apiCalls {
			t.Run(row.name+"/"+call.name, func(t *testing.T) {
				t.Parallel()
				client, requests := record(t, call, row.options...)
				if _, err := call.do(t.Context(), client); err != nil {
					t.Fatal(err)
				}
				if len(*requests) != 1 {
					t.Fatalf("%d requests, want 1", len(*requests))
				}
				got := (*requests)[0].Header
				want := http.Header{
					"Authorization":     {"Bearer " + canaryKey},
					"Accept":            {"application/json"},
					"Accept-Encoding":   {"gzip"},
					"Clerk-Api-Version": {sessions.DefaultAPIVersion},
					"User-Agent":        {libraryProduct(t)},
				}
				if call.operation.Method == "POST" && call.name != "Revoke" { // all others have no body at all
					want["Content-Type"] = []string{"application/json"}
				}
				row.want(want)
				if call.name == "Verify" {
					want["Clerk-Api-Version"] = []string{"2024-10-01"}
				}
				got.Del("Content-Length")
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("want (-), got (+):\n%s", diff)
				}
			})
		}
	}
}

// libraryProduct returns the library's own product token.
func libraryProduct(t *testing.T) string {
	t.Helper()
	var product string
	client := newClient(t, "https://clerk.test", through(func(req *http.Request) (*http.Response, error) {
		product = req.Header.Get("User-Agent")
		return response(200, goodSession), nil
	}))
	if _, err := client.Get(t.Context(), "sess_1"); err != nil {
		t.Fatal(err)
	}
	if name, version, _ := strings.Cut(product, "/"); name != "clerk-sessions-go" || version == "" ||
		strings.Contains(version, " ") {
		t.Errorf("the product is %q, want clerk-sessions-go and a version", product)
	}
	return product
}

// Verify is gone from version 2025-04-10 on: it asks for the last listed one before, unless an
// earlier one was chosen.
func TestVerifyVersion(t *testing.T) {
	t.Parallel()
	for chosen, want := range map[string]string{
		"2026-05-12": "2024-10-01",
		"2025-11-10": "2024-10-01",
		"2025-04-10": "2024-10-01",
		"2025-04-09": "2025-04-09",
		"2025-03-12": "2025-03-12",
		"2024-10-01": "2024-10-01",
		"2021-02-05": "2021-02-05",
	} {
		t.Run(chosen, func(t *testing.T) {
			t.Parallel()
			call := callsNamed("Verify")[0]
			client, requests := record(t, call, sessions.WithAPIVersion(chosen))
			if _, err := call.do(t.Context(), client); err != nil {
				t.Fatal(err)
			}
			if got := (*requests)[0].Header.Get("Clerk-API-Version"); got != want {
				t.Errorf("Verify asks for version %s, want %s", got, want)
			}
		})
	}
}

// What each call sends, beside its headers.
func TestRequests(t *testing.T) {
	t.Parallel()
	refresh := sessions.RefreshParams{
		ExpiredToken: "expired", RefreshToken: "refresh",
		RequestOrigin: "https://app.example.com",
	}
	with := func(edit func(*sessions.RefreshParams)) sessions.RefreshParams {
		params := refresh
		edit(&params)
		return params
	}
	const (
		minimal = `{"expired_token":"expired","refresh_token":"refresh","request_origin":"https://app.example.com",` +
			`"format":"token"}`
		path = "/v1/sessions/sess_1/refresh"
	)
	list := func(params sessions.ListParams) func(context.Context, *sessions.Client) error {
		return func(ctx context.Context, c *sessions.Client) error { _, err := c.List(ctx, params); return err }
	}
	create := func(params sessions.CreateParams) func(context.Context, *sessions.Client) error {
		return func(ctx context.Context, c *sessions.Client) error { _, err := c.Create(ctx, params); return err }
	}
	getToken := func(params sessions.TokenParams) func(context.Context, *sessions.Client) error {
		return func(ctx context.Context, c *sessions.Client) error {
			_, err := c.GetToken(ctx, "sess_1", params)
			return err
		}
	}
	longestNonce := strings.Repeat("n", 512)
	handshake := func(nonce string) func(context.Context, *sessions.Client) error {
		return func(ctx context.Context, c *sessions.Client) error {
			_, err := c.HandshakeCookies(ctx, nonce)
			return err
		}
	}
	refreshToken := func(params sessions.RefreshParams) func(context.Context, *sessions.Client) error {
		return func(ctx context.Context, c *sessions.Client) error {
			_, err := c.RefreshToken(ctx, "sess_1", params)
			return err
		}
	}
	for _, row := range []struct {
		name string
		do   func(context.Context, *sessions.Client) error
		want sent // its query sorted by name
	}{
		{"List", list(sessions.ListParams{}), sent{Method: "GET", Path: "/v1/sessions", Query: "paginated=true"}},
		{
			"List with everything",
			list(sessions.ListParams{
				ClientID: "client_1", UserID: "user_1", Status: sessions.StatusActive,
				Limit: 500, Offset: 7,
			}),
			sent{
				Method: "GET", Path: "/v1/sessions",
				Query: "client_id=client_1&limit=500&offset=7&paginated=true&status=active&user_id=user_1",
			},
		},
		{
			"List with odd characters",
			list(sessions.ListParams{ClientID: "a&b=c+d%20", UserID: "é ü/?#", Status: "not known"}),
			sent{
				Method: "GET", Path: "/v1/sessions",
				Query: "client_id=a%26b%3Dc%2Bd%2520&paginated=true&status=not+known&user_id=%C3%A9+%C3%BC%2F%3F%23",
			},
		},
		{
			"List with control characters", list(sessions.ListParams{UserID: "a\r\nb\x00"}),
			sent{Method: "GET", Path: "/v1/sessions", Query: "paginated=true&user_id=a%0D%0Ab%00"},
		},
		{
			"List with bounds for the server to judge", list(sessions.ListParams{Limit: 100000}),
			sent{Method: "GET", Path: "/v1/sessions", Query: "limit=100000&paginated=true"},
		},
		{
			"Create", create(sessions.CreateParams{UserID: "user_1"}),
			sent{Method: "POST", Path: "/v1/sessions", Body: `{"user_id":"user_1"}`},
		},
		{
			"Create in an organization", create(sessions.CreateParams{UserID: "user_1", ActiveOrganizationID: "org_1"}),
			sent{Method: "POST", Path: "/v1/sessions", Body: `{"user_id":"user_1","active_organization_id":"org_1"}`},
		},
		{
			"Create with odd characters", create(sessions.CreateParams{UserID: "é\"\\<&>\u2028\x00"}),
			sent{Method: "POST", Path: "/v1/sessions", Body: `{"user_id":"é\"\\<&>\u2028\u0000"}`},
		},
		{
			"HandshakeCookies", handshake("aZ09_.~-"),
			sent{Method: "GET", Path: "/v1/clients/handshake_payload", Query: "nonce=aZ09_.~-"},
		},
		{
			"HandshakeCookies with the longest nonce", handshake(longestNonce),
			sent{Method: "GET", Path: "/v1/clients/handshake_payload", Query: "nonce=" + longestNonce},
		},
		{
			"Get", func(ctx context.Context, c *sessions.Client) error {
				_, err := c.Get(ctx, "sess_1")
				return err
			}, sent{Method: "GET", Path: "/v1/sessions/sess_1"},
		},
		{
			"Revoke", func(ctx context.Context, c *sessions.Client) error {
				_, err := c.Revoke(ctx, "sess_1")
				return err
			}, sent{Method: "POST", Path: "/v1/sessions/sess_1/revoke"},
		},
		{"Verify", func(ctx context.Context, c *sessions.Client) error {
			_, err := c.Verify(ctx, "sess_1", "the.token")
			return err
		}, sent{Method: "POST", Path: "/v1/sessions/sess_1/verify", Body: `{"token":"the.token"}`}},
		{"GetToken", getToken(sessions.TokenParams{}), sent{Method: "POST", Path: "/v1/sessions/sess_1/tokens"}},
		{
			"GetToken for a while", getToken(sessions.TokenParams{ExpiresIn: time.Minute}),
			sent{Method: "POST", Path: "/v1/sessions/sess_1/tokens", Body: `{"expires_in_seconds":60}`},
		},
		{
			"GetToken for longer than the server takes",
			getToken(sessions.TokenParams{ExpiresIn: 400_000_000 * time.Second}),
			sent{Method: "POST", Path: "/v1/sessions/sess_1/tokens", Body: `{"expires_in_seconds":400000000}`},
		},
		{
			"GetToken for longer than 32 bits count",
			getToken(sessions.TokenParams{ExpiresIn: 5_000_000_000 * time.Second}),
			sent{Method: "POST", Path: "/v1/sessions/sess_1/tokens", Body: `{"expires_in_seconds":5000000000}`},
		},
		{
			"GetToken from a template", getToken(sessions.TokenParams{Template: "hasura"}),
			sent{Method: "POST", Path: "/v1/sessions/sess_1/tokens/hasura"},
		},
		{
			"GetToken from a template for a while",
			getToken(sessions.TokenParams{Template: "my template", ExpiresIn: time.Minute}),
			sent{Method: "POST", Path: "/v1/sessions/sess_1/tokens/my%20template", Body: `{"expires_in_seconds":60}`},
		},
		{"RefreshToken", refreshToken(refresh), sent{Method: "POST", Path: path, Body: minimal}},
		{
			"RefreshCookies", func(ctx context.Context, c *sessions.Client) error {
				_, err := c.RefreshCookies(ctx, "sess_1", refresh)
				return err
			},
			sent{Method: "POST", Path: path, Body: strings.Replace(minimal, `"token"`, `"cookie"`, 1)},
		},
		{
			"RefreshToken with suffixed cookies",
			refreshToken(with(func(p *sessions.RefreshParams) { p.SuffixedCookies = true })),
			sent{Method: "POST", Path: path, Query: "suffixed_cookies=true", Body: minimal},
		},
		{
			"RefreshToken with an address",
			refreshToken(with(func(p *sessions.RefreshParams) { p.RequestOriginatingIP = "2001:db8::1" })),
			sent{Method: "POST", Path: path, Body: edited(minimal, "request_originating_ip", `"2001:db8::1"`)},
		},
		{
			"RefreshToken with no headers",
			refreshToken(with(func(p *sessions.RefreshParams) { p.RequestHeaders = http.Header{} })),
			sent{Method: "POST", Path: path, Body: edited(minimal, "request_headers", `{}`)},
		},
		{
			"RefreshToken with headers as they are", refreshToken(with(func(p *sessions.RefreshParams) {
				p.RequestHeaders = http.Header{
					"host": {"app.example.com"}, "X-Two": {"a", "b"}, "x-two": {"c"},
					"X-oDD": {"é<&>"},
				}
			})),
			sent{
				Method: "POST", Path: path,
				Body: edited(minimal, "request_headers",
					`{"host":["app.example.com"],"X-Two":["a","b"],"x-two":["c"],"X-oDD":["é<&>"]}`),
			},
		},
		{
			"RefreshToken with a header without values", refreshToken(with(func(p *sessions.RefreshParams) {
				p.RequestHeaders = http.Header{"empty": {}, "nil": nil, "blank": {""}}
			})),
			sent{
				Method: "POST", Path: path,
				Body: edited(minimal, "request_headers", `{"empty":[],"nil":[],"blank":[""]}`),
			},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			client, requests := record(t, apiCall{good: "{}"})
			if err := row.do(t.Context(), client); !errors.Is(err, sessions.ErrInvalidResponse) {
				t.Fatalf("want an error about the empty answer, got: %v", err)
			}
			if len(*requests) != 1 {
				t.Fatalf("%d requests, want 1", len(*requests))
			}
			got, want := (*requests)[0], row.want
			got.Header = nil
			got.Query = sortedQuery(t, got.Query)
			got.Body, want.Body = canonical(t, got.Body), canonical(t, want.Body)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
}

func sortedQuery(t *testing.T, query string) string {
	t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Error(err)
	}
	return values.Encode()
}

// canonical returns a JSON document in the one form that all ways of writing it have.
func canonical(t *testing.T, document string) string {
	t.Helper()
	if document == "" {
		return ""
	}
	value := jsontext.Value(document)
	if err := value.Canonicalize(); err != nil {
		t.Errorf("%s: %v", document, err)
	}
	return string(value)
}

// The parameters of a call are as they were when it returns.
func TestParamsAreNotChanged(t *testing.T) {
	t.Parallel()
	params, want := canaryRefreshParams(), canaryRefreshParams()
	params.RequestHeaders["nil"], want.RequestHeaders["nil"] = nil, nil
	client, _ := record(t, callsNamed("RefreshToken")[0])
	if _, err := client.RefreshToken(t.Context(), "sess_1", params); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, params); diff != "" {
		t.Errorf("before (-), after (+):\n%s", diff)
	}
}

// The path of a base URL is used as given, with or without a slash at its end.
func TestBaseURLPaths(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"":                "/sessions/sess_1",
		"/":               "/sessions/sess_1",
		"/v1":             "/v1/sessions/sess_1",
		"/v1/":            "/v1/sessions/sess_1",
		"/a/proxy/v1":     "/a/proxy/v1/sessions/sess_1",
		"/a%2Fb/v1/":      "/a%2Fb/v1/sessions/sess_1",
		"/with%20blank":   "/with%20blank/sessions/sess_1",
		"/a.b/..c/d../e":  "/a.b/..c/d../e/sessions/sess_1",
		"/sessions":       "/sessions/sessions/sess_1",
		"/tenant:1/v1":    "/tenant:1/v1/sessions/sess_1",
		"/caf%C3%A9/v1":   "/caf%C3%A9/v1/sessions/sess_1",
		"/%7Euser/v1":     "/%7Euser/v1/sessions/sess_1",
		"/semi;colon=1/":  "/semi;colon=1/sessions/sess_1",
		"/plus+and&equ=l": "/plus+and&equ=l/sessions/sess_1",
		"//other.test/v1": "//other.test/v1/sessions/sess_1",
		"///v1":           "///v1/sessions/sess_1",
		"//":              "//sessions/sess_1",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			var got, target, host string
			client := newClient(t, "https://clerk.test", sessions.WithBaseURL("https://clerk.test:8443"+path),
				through(func(req *http.Request) (*http.Response, error) {
					got, target, host = req.URL.EscapedPath(), req.URL.Scheme+"://"+req.URL.Host, req.Host
					return response(200, goodSession), nil
				}))
			if _, err := client.Get(t.Context(), "sess_1"); err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Errorf("the path is %s, want %s", got, want)
			}
			if target != "https://clerk.test:8443" || host != "clerk.test:8443" {
				t.Errorf("it goes to %s as %s, want https://clerk.test:8443", target, host)
			}
		})
	}
}

// A counter is a server that counts its connections.
type counter struct {
	url         string
	opts        []sessions.Option // to reach it
	connections atomic.Int64
}

// newCounter starts a server of HTTP/1.1, or of HTTP/2.0, which is with TLS.
func newCounter(t *testing.T, protocol string, handler http.HandlerFunc) *counter {
	t.Helper()
	c := &counter{}
	server := httptest.NewUnstartedServer(handler)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			c.connections.Add(1)
		}
	}
	t.Cleanup(server.Close)
	if protocol == "HTTP/1.1" {
		server.Start()
		c.url = server.URL
		return c
	}
	server.EnableHTTP2 = true
	server.StartTLS()
	c.url, c.opts = server.URL,
		[]sessions.Option{sessions.WithHTTPClient(&http.Client{Transport: server.Client().Transport})}
	return c
}

func answerWith(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// A connection is used again after any answer that was read to its end.
func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		status int
		body   string
	}{
		{"after an answer", 200, goodSession},
		{"after a bad answer", 200, "<h1>Hi</h1>"},
		{"after nothing", 204, ""},
		{"after a redirect", 302, "elsewhere"},
		{"after a refusal", 404, goodError},
		{"after a refusal with nothing", 401, ""},
		{"after a refusal with HTML", 403, strings.Repeat("<p>", 10_000)},
		{"after a refusal as large as can be", 422, strings.Repeat("x", errorCap)},
		{"after a server's error", 500, goodError},
		{"after a server's error with HTML", 503, "<h1>No</h1>"},
	} {
		for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
			t.Run(protocol+" "+row.name, func(t *testing.T) {
				t.Parallel()
				handler := answerWith(row.status, row.body)
				server := newCounter(t, protocol, func(w http.ResponseWriter, req *http.Request) {
					if req.Proto != protocol {
						t.Errorf("the request came over %s", req.Proto)
					}
					handler(w, req)
				})
				client := newClient(t, server.url, server.opts...)
				for range 5 {
					_, _ = client.Get(t.Context(), "sess_1")
					_, _ = client.Revoke(t.Context(), "sess_1")
				}
				if n := server.connections.Load(); n != 1 {
					t.Errorf("%d connections, want 1", n)
				}
			})
		}
	}
}

// A burst of calls opens no more connections than it has calls, and the next burst none.
func TestBurstsKeepTheirConnections(t *testing.T) {
	t.Parallel()
	server := newCounter(t, "HTTP/1.1", answerWith(200, goodSession))
	client := newClient(t, server.url)
	for range 10 {
		var burst sync.WaitGroup
		for range 50 {
			burst.Go(func() {
				if _, err := client.Get(t.Context(), "sess_1"); err != nil {
					t.Error(err)
				}
			})
		}
		burst.Wait()
	}
	if n := server.connections.Load(); n > 64 {
		t.Errorf("500 calls, 50 at a time, opened %d connections, want at most 64", n)
	}
}

// A copy shares the connections of the client it was made of, unless its transport or its host
// differs.
func TestWithSharesConnections(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		opts []sessions.Option
		want int64 // connections of the two clients
	}{
		{"nothing", nil, 1},
		{"another timeout", []sessions.Option{sessions.WithTimeout(time.Minute)}, 1},
		{"another version", []sessions.Option{sessions.WithAPIVersion("2025-11-10")}, 1},
		{"a logger", []sessions.Option{sessions.WithLogger(slog.New(slog.DiscardHandler))}, 1},
		{"another retry policy", []sessions.Option{sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 2})}, 1},
		{
			"an http.Client without a transport",
			[]sessions.Option{sessions.WithHTTPClient(&http.Client{Timeout: time.Minute})},
			1,
		},
		{
			"another transport",
			[]sessions.Option{sessions.WithHTTPClient(&http.Client{Transport: &http.Transport{}})},
			2,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			server := newCounter(t, "HTTP/1.1", answerWith(200, goodSession))
			client := newClient(t, server.url)
			other, err := client.With(row.opts...)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(other.CloseIdleConnections)
			for _, c := range []*sessions.Client{client, other, client, other} {
				if _, err := c.Get(t.Context(), "sess_1"); err != nil {
					t.Fatal(err)
				}
			}
			if n := server.connections.Load(); n != row.want {
				t.Errorf("%d connections, want %d", n, row.want)
			}
		})
	}

	t.Run("another path of the same host", func(t *testing.T) {
		t.Parallel()
		server := newCounter(t, "HTTP/1.1", answerWith(200, goodSession))
		client := newClient(t, server.url)
		other := must(client.With(sessions.WithBaseURL(server.url + "/v2")))
		for _, c := range []*sessions.Client{client, other} {
			if _, err := c.Get(t.Context(), "sess_1"); err != nil {
				t.Fatal(err)
			}
		}
		if n := server.connections.Load(); n != 1 {
			t.Errorf("%d connections, want 1", n)
		}
	})

	t.Run("CloseIdleConnections ends them for all copies", func(t *testing.T) {
		t.Parallel()
		server := newCounter(t, "HTTP/1.1", answerWith(200, goodSession))
		client := newClient(t, server.url)
		other := must(client.With(sessions.WithTimeout(time.Minute)))
		for range 2 {
			if _, err := client.Get(t.Context(), "sess_1"); err != nil {
				t.Fatal(err)
			}
			other.CloseIdleConnections()
		}
		if n := server.connections.Load(); n != 2 {
			t.Errorf("%d connections, want 2", n)
		}
	})
}

// A copy has the options of the client it was made of, and the client keeps its own.
func TestWithKeepsOptions(t *testing.T) {
	t.Parallel()
	call := callsNamed("Get")[0]
	client, requests := record(t, call, sessions.WithAPIVersion("2025-11-10"), sessions.WithUserAgent("one"))
	other := must(client.With(sessions.WithUserAgent("two")))
	third := must(other.With(sessions.WithAPIVersion("2024-10-01")))
	for _, c := range []*sessions.Client{client, other, third, client} {
		if _, err := call.do(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	type header struct{ Key, Version, Product string }
	var got []header
	for _, r := range *requests {
		product, _, _ := strings.Cut(r.Header.Get("User-Agent"), " ")
		got = append(got, header{r.Header.Get("Authorization"), r.Header.Get("Clerk-API-Version"), product})
	}
	key := "Bearer " + canaryKey
	want := []header{
		{key, "2025-11-10", "one"},
		{key, "2025-11-10", "two"},
		{key, "2024-10-01", "two"},
		{key, "2025-11-10", "one"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
}

// The order of options does not matter, and of the same option twice the last counts.
func TestOptionOrder(t *testing.T) {
	t.Parallel()
	base, insecure := sessions.WithBaseURL("http://clerk.internal/v1"), sessions.WithInsecureHTTP()
	for name, opts := range map[string][]sessions.Option{
		"insecure after":  {base, insecure},
		"insecure before": {insecure, base},
	} {
		if _, err := sessions.NewClient(canaryKey, opts...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}

	options := []sessions.Option{
		sessions.WithBaseURL("https://clerk.test/v2"), sessions.WithAPIVersion("2025-11-10"),
		sessions.WithUserAgent("product"), sessions.WithTimeout(time.Minute),
	}
	for range options {
		options = append(options[1:], options[0])
		var got string
		client := newClient(t, "https://clerk.test",
			append(options, through(func(req *http.Request) (*http.Response, error) {
				product, _, _ := strings.Cut(req.Header.Get("User-Agent"), " ")
				got = req.URL.Path + " " + req.Header.Get("Clerk-API-Version") + " " + product
				return response(200, goodSession), nil
			}))...)
		if _, err := client.Get(t.Context(), "sess_1"); err != nil {
			t.Fatal(err)
		}
		if want := "/v2/sessions/sess_1 2025-11-10 product"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// Inside a RoundTripper, every request says which operation it belongs to.
func TestOperationFromContext(t *testing.T) {
	t.Parallel()
	for _, call := range apiCalls {
		t.Run(call.name, func(t *testing.T) {
			t.Parallel()
			var got sessions.Operation
			client := newClient(t, "https://clerk.test", through(func(req *http.Request) (*http.Response, error) {
				got, _ = sessions.OperationFromContext(req.Context())
				return response(200, call.good), nil
			}))
			result, err := call.do(t.Context(), client)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(call.operation, got); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
			if diff := cmp.Diff(call.result, result); diff != "" {
				t.Errorf("the result: want (-), got (+):\n%s", diff)
			}
		})
	}
	for _, op := range wire.Operations() {
		want := sessions.Operation{Name: op.Name, Method: op.Method, PathTemplate: op.PathTemplate}
		if !slices.ContainsFunc(apiCalls, func(c apiCall) bool { return c.operation == want }) {
			t.Errorf("no call is tested that sends %v", want)
		}
	}
	if op, ok := sessions.OperationFromContext(t.Context()); ok {
		t.Errorf("a context of nobody's has the operation %v", op)
	}
}

// Inside a RoundTripper, every request says which attempt of its call it is.
func TestAttemptFromContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var got []int
		client := newClient(t, "https://clerk.test", through(func(req *http.Request) (*http.Response, error) {
			got = append(got, sessions.AttemptFromContext(req.Context()))
			return response(map[bool]int{true: 429, false: 503}[len(got) == 1], "{}"), nil
		}), sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 3}))
		for range 2 {
			if _, err := client.Get(t.Context(), "sess_1"); !errors.Is(err, sessions.ErrServer) {
				t.Error(err)
			}
		}
		if want := []int{1, 2, 3, 1, 2, 3}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	if n := sessions.AttemptFromContext(t.Context()); n != 0 {
		t.Errorf("a context of nobody's is of attempt %d", n)
	}
}

// The caller's own values are in the context of the request.
func TestContextValues(t *testing.T) {
	t.Parallel()
	type key struct{}
	client := newClient(t, "https://clerk.test", through(func(req *http.Request) (*http.Response, error) {
		if got := req.Context().Value(key{}); got != "value" {
			t.Errorf("the context has %v, want the caller's value", got)
		}
		return response(200, goodSession), nil
	}))
	if _, err := client.Get(context.WithValue(t.Context(), key{}, "value"), "sess_1"); err != nil {
		t.Error(err)
	}
}

// A client that was not made by NewClient fails and does not panic.
func TestZeroClient(t *testing.T) {
	t.Parallel()
	for name, client := range map[string]*sessions.Client{"nil": nil, "zero": {}} {
		client.CloseIdleConnections()
		if other, err := client.With(); err == nil || other != nil {
			t.Errorf("%s: With returned %v, %v", name, other, err)
		}
		for _, call := range apiCalls {
			if result, err := call.do(t.Context(), client); err == nil || result != nil {
				t.Errorf("%s: %s returned %v, %v", name, call.name, result, err)
			}
		}
	}
}
