package recorded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

const (
	officialRecordings = "../../../testdata/recordings/official-sdk"
	officialKey        = "sk_test_not_a_secret" // the one that record.mjs uses
)

// An officialDifference is where our client deliberately does not do what the official SDK does. It has to occur in
// every recording that it names; "*" names all that both clients send.
type officialDifference struct {
	in       string // names of recordings, as patterns separated by spaces
	what     string // a key of officialFacts
	official string // "" = not there
	ours     string // "" = not there
	reason   string
}

var officialDifferences = []officialDifference{
	{
		"unsafe-*", "outcome", "sent", "refused",
		"such an id or template changes which endpoint is called, or is none that Clerk gives out",
	},
	{"invalid-*", "outcome", "sent", "refused", "the API cannot accept it, so the caller learns it without a request"},

	{"*", "header User-Agent", "@clerk/backend", "clerk-sessions-go", "each names itself"},
	{"*", "header Accept", "*/*", "application/json", "Node's fetch takes anything; ours takes nothing else"},
	{
		"handshake* list-* get* revoke*", "header Content-Type", "application/json", "",
		"there is no body whose type to name",
	},
	{
		"verify*", "header Clerk-Api-Version", "2026-05-12", "2024-10-01",
		"the endpoint is gone from version 2025-04-10 on",
	},

	{
		"refresh refresh-suffixed refresh-not-suffixed", "body format", "", `"token"`,
		"the format is always named, since the answer has to have it",
	},
	{
		"refresh-cookie-address-empty", "body request_originating_ip", `""`, "",
		"an empty string is an address that is not known",
	},
	{
		"token-expires-zero token-template-expires-zero", "body expires_in_seconds", "0", "",
		"zero is the server's default, which is asked for by not sending it",
	},
	{
		"token-template-trailing-space", "path", "/v1/sessions/sess_2abcDEF/tokens/hasura",
		"/v1/sessions/sess_2abcDEF/tokens/hasura ",
		"a URL parser trims the SDK's unescaped space, and another template answers",
	},
}

// The Go call for each method of the official SDK.
var officialCalls = map[string]func(context.Context, *sessions.Client, officialArguments) error{
	"getHandshakePayload": func(ctx context.Context, c *sessions.Client, args officialArguments) error {
		var p struct {
			Nonce string `json:"nonce"`
		}
		args.decode(0, &p)
		_, err := c.HandshakeCookies(ctx, p.Nonce)
		return err
	},
	"getSessionList": func(ctx context.Context, c *sessions.Client, args officialArguments) error {
		var p struct {
			ClientID string          `json:"clientId"`
			UserID   string          `json:"userId"`
			Status   sessions.Status `json:"status"`
			Limit    int             `json:"limit"`
			Offset   int             `json:"offset"`
		}
		args.decode(0, &p)
		_, err := c.List(ctx, sessions.ListParams(p))
		return err
	},
	"getSession": func(ctx context.Context, c *sessions.Client, args officialArguments) error {
		_, err := c.Get(ctx, args.text(0))
		return err
	},
	"createSession": func(ctx context.Context, c *sessions.Client, args officialArguments) error {
		var p struct {
			UserID               string `json:"userId"`
			ActiveOrganizationID string `json:"activeOrganizationId"`
		}
		args.decode(0, &p)
		_, err := c.Create(ctx, sessions.CreateParams(p))
		return err
	},
	"revokeSession": func(ctx context.Context, c *sessions.Client, args officialArguments) error {
		_, err := c.Revoke(ctx, args.text(0))
		return err
	},
	"verifySession": func(ctx context.Context, c *sessions.Client, args officialArguments) error {
		_, err := c.Verify(ctx, args.text(0), args.text(1))
		return err
	},
	"getToken": func(ctx context.Context, c *sessions.Client, args officialArguments) error {
		_, err := c.GetToken(ctx, args.text(0),
			sessions.TokenParams{Template: args.text(1), ExpiresIn: args.seconds(2)})
		return err
	},
	"refreshSession": func(ctx context.Context, c *sessions.Client, args officialArguments) error {
		var p struct {
			ExpiredToken         string      `json:"expired_token"`
			RefreshToken         string      `json:"refresh_token"`
			RequestOrigin        string      `json:"request_origin"`
			RequestOriginatingIP string      `json:"request_originating_ip"`
			RequestHeaders       http.Header `json:"request_headers"`
			SuffixedCookies      bool        `json:"suffixed_cookies"`
			Format               string      `json:"format"`
		}
		args.decode(1, &p)
		params := sessions.RefreshParams{
			ExpiredToken:         p.ExpiredToken,
			RefreshToken:         p.RefreshToken,
			RequestOrigin:        p.RequestOrigin,
			RequestOriginatingIP: p.RequestOriginatingIP,
			RequestHeaders:       p.RequestHeaders,
			SuffixedCookies:      p.SuffixedCookies,
		}
		if p.Format == "cookie" {
			_, err := c.RefreshCookies(ctx, args.text(0), params)
			return err
		}
		_, err := c.RefreshToken(ctx, args.text(0), params)
		return err
	},
}

// Our client sends what the official SDK sends, but for the differences above.
func TestOfficialTraffic(t *testing.T) {
	recordings := readOfficialRecordings(t)
	if len(recordings) < 40 {
		t.Fatalf("%d recordings in %s, want at least 40: run make record-official", len(recordings), officialRecordings)
	}
	for method := range officialCalls {
		if !slices.ContainsFunc(recordings, func(r officialRecording) bool { return r.Method == method }) {
			t.Errorf("no recording of %s", method)
		}
	}
	for _, d := range officialDifferences {
		for pattern := range strings.FieldsSeq(d.in) {
			if !slices.ContainsFunc(recordings, func(r officialRecording) bool {
				return matchesName(pattern, r.Name)
			}) {
				t.Errorf("the list of differences names %s, and there is no such recording", pattern)
			}
		}
	}

	for _, r := range recordings {
		t.Run(r.Name, func(t *testing.T) {
			want := r.facts(t)
			for _, d := range officialDifferences {
				if !matchesName(d.in, r.Name) || d.in == "*" && want["outcome"] == "refused" {
					continue
				}
				if got := want[d.what]; got != d.official || got == d.ours {
					t.Errorf("the list of differences has %s %q for the official SDK, the recording %q", d.what,
						d.official, got)
				}
				want = want.with(d)
			}
			if diff := cmp.Diff(want, callAsOfficial(t, r)); diff != "" {
				t.Errorf("official SDK with the listed differences (-), our client (+):\n%s", diff)
			}
		})
	}
}

// callAsOfficial makes the recorded call with our client and returns what it sent.
func callAsOfficial(t *testing.T, r officialRecording) officialFacts {
	t.Helper()
	var sent []officialFacts
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		headers := make(map[string]string)
		for name, values := range req.Header {
			headers[name] = strings.Join(values, ", ")
		}
		sent = append(sent,
			officialRequest{req.Method, req.URL.EscapedPath(), req.URL.RawQuery, headers, body}.facts(t))
		// The answers are not what is tested here, and this one is final whatever was asked.
		w.WriteHeader(http.StatusBadRequest)
	}))
	defer srv.Close()
	client, err := sessions.NewClient(officialKey, sessions.WithBaseURL(srv.URL+"/v1"))
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	call, ok := officialCalls[r.Method]
	if !ok {
		t.Fatalf("no Go call for %s", r.Method)
	}

	err = call(t.Context(), client, officialArguments{t, r.Args})
	switch {
	case errors.Is(err, sessions.ErrInvalidParams) && len(sent) == 0:
		return officialFacts{"outcome": "refused"}
	case errors.Is(err, sessions.ErrBadRequest) && len(sent) == 1:
		return sent[0]
	default:
		t.Fatalf("%d requests were sent, and the call returned: %v", len(sent), err)
		return nil
	}
}

// An officialRecording is what record.mjs writes about one call of the official SDK.
type officialRecording struct {
	Name    string           `json:"name"`
	Method  string           `json:"method"`
	Args    []jsontext.Value `json:"args"`
	Threw   string           `json:"threw"`   // why nothing was sent
	Request *officialRequest `json:"request"` // nil when nothing was sent
}

type officialRequest struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Query   string            `json:"query"`
	Headers map[string]string `json:"headers"`
	Body    jsontext.Value    `json:"body"`
}

func readOfficialRecordings(t *testing.T) []officialRecording {
	t.Helper()
	files, err := filepath.Glob(officialRecordings + "/*.json")
	if err != nil {
		t.Fatal(err)
	}
	var recordings []officialRecording
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var r officialRecording
		if err := json.Unmarshal(text, &r, json.RejectUnknownMembers(true)); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if r.Name+".json" != filepath.Base(file) || (r.Threw == "") != (r.Request != nil) {
			t.Fatalf("%s: not as the recorder writes it", file)
		}
		recordings = append(recordings, r)
	}
	return recordings
}

// matchesName reports whether one of the patterns, separated by spaces, matches the name of a recording.
func matchesName(patterns, name string) bool {
	return slices.ContainsFunc(strings.Fields(patterns), func(pattern string) bool {
		ok, err := path.Match(pattern, name)
		return ok && err == nil
	})
}

// officialFacts are what is compared of a call: its "outcome" (sent or refused) and, when it was sent, "method", "path"
// (decoded segment by segment), and each "query NAME", "header NAME" and "body FIELD", as text.
type officialFacts map[string]string

// with returns the facts after a difference was applied.
func (f officialFacts) with(d officialDifference) officialFacts {
	switch {
	case d.what == "outcome":
		return officialFacts{"outcome": d.ours}
	case d.ours == "":
		delete(f, d.what)
	default:
		f[d.what] = d.ours
	}
	return f
}

func (r officialRecording) facts(t *testing.T) officialFacts {
	t.Helper()
	if r.Request == nil {
		return officialFacts{"outcome": "refused"}
	}
	return r.Request.facts(t)
}

// Headers that the two HTTP clients and their versions decide about.
var fromTransport = []string{"Accept-Encoding", "Content-Length"}

// The version at the end of a product's name; it changes with every release.
var versionOfProduct = regexp.MustCompile(`[@/]\d\S*$`)

func (r officialRequest) facts(t *testing.T) officialFacts {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Errorf("%s %s?%s: %v", r.Method, r.Path, r.Query, err)
		}
	}

	segments := strings.Split(r.Path, "/")
	for i, segment := range segments {
		decoded, err := url.PathUnescape(segment)
		must(err)
		// A slash inside a segment must not look like one between two.
		segments[i] = strings.ReplaceAll(decoded, "/", "%2F")
	}
	f := officialFacts{"outcome": "sent", "method": r.Method, "path": strings.Join(segments, "/")}

	query, err := url.ParseQuery(r.Query)
	must(err)
	for name, values := range query {
		f["query "+name] = fmt.Sprintf("%q", values)
	}

	for name, value := range r.Headers {
		if name = http.CanonicalHeaderKey(name); !slices.Contains(fromTransport, name) {
			f["header "+name] = value
		}
	}
	f["header User-Agent"] = versionOfProduct.ReplaceAllString(f["header User-Agent"], "")

	if len(r.Body) > 0 {
		var body map[string]jsontext.Value
		must(json.Unmarshal(r.Body, &body))
		for name, value := range body {
			must(value.Canonicalize())
			f["body "+name] = string(value)
		}
		if len(body) == 0 {
			f["body"] = "{}"
		}
	}
	return f
}

// officialArguments are what the official SDK was called with. One that was not given, or was undefined, is the zero
// value here.
type officialArguments struct {
	t      *testing.T
	values []jsontext.Value
}

// decode fails the test on a field that to does not have: the Go call would leave it out without a word.
func (a officialArguments) decode(i int, to any) {
	a.t.Helper()
	if i >= len(a.values) {
		return
	}
	if err := json.Unmarshal(a.values[i], to, json.RejectUnknownMembers(true)); err != nil {
		a.t.Fatalf("argument %d: %v", i, err)
	}
}

func (a officialArguments) text(i int) (s string) {
	a.t.Helper()
	a.decode(i, &s)
	return s
}

func (a officialArguments) seconds(i int) time.Duration {
	a.t.Helper()
	var s float64
	a.decode(i, &s)
	return time.Duration(s * float64(time.Second))
}
