// Package officialsdk_test has the official SDK and our client call the same fake Clerk and compares what they return.
// `make test-official` runs it: it needs Node and the SDK, so it is not part of ./... .
package officialsdk_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// What two sessions that were created one after the other do not share.
var createdApart = cmpopts.IgnoreFields(sessions.Session{}, "ID", "ClientID", "LastActiveAt", "ExpireAt", "AbandonAt",
	"CreatedAt", "UpdatedAt")

// The SDK has no tasks.
var notInSDK = cmpopts.IgnoreFields(sessions.Session{}, "Tasks")

func TestSameValues(t *testing.T) {
	clerk := startFakeclerk(t)
	sdk := runOfficialSDK(t, clerk)

	client := newClient(t, clerk, clerk["CLERK_SECRET_KEY"])
	ctx := t.Context()
	user, id, token := clerk["CLERK_USER_ID"], clerk["CLERK_SESSION_ID"], clerk["CLERK_SESSION_TOKEN"]
	revoked := decode[sdkSession](t, sdk["revoke"].Value).ID
	list := func(p sessions.ListParams) func() (any, error) {
		return func() (any, error) { return client.List(ctx, p) }
	}
	create := func(p sessions.CreateParams) func() (any, error) {
		return func() (any, error) { return client.Create(ctx, p) }
	}
	mint := func(id string, p sessions.TokenParams) func() (any, error) {
		return func() (any, error) { return client.GetToken(ctx, id, p) }
	}
	browser := sessions.RefreshParams{
		ExpiredToken:         token,
		RefreshToken:         clerk["CLERK_REFRESH_TOKEN"],
		RequestOrigin:        "https://app.example.com",
		RequestOriginatingIP: "203.0.113.7",
		RequestHeaders:       http.Header{"host": {"app.example.com"}, "accept": {"text/html", "text/plain"}},
	}
	suffixed, mistaken := browser, browser
	suffixed.SuffixedCookies = true
	mistaken.RefreshToken = "another"
	refreshToken := func() (any, error) { return client.RefreshToken(ctx, id, browser) }
	refreshCookies := func(p sessions.RefreshParams) func() (any, error) {
		return func() (any, error) { return client.RefreshCookies(ctx, id, p) }
	}

	// The calls of check.mjs by their names there; those that only read come first, while everything is as the SDK left
	// it.
	for _, row := range []struct {
		name string
		ours func() (any, error)
		but  cmp.Option
	}{
		{name: "get", ours: func() (any, error) { return client.Get(ctx, id) }},
		{name: "list", ours: list(sessions.ListParams{Limit: 500})},
		{name: "list-default", ours: list(sessions.ListParams{})},
		{name: "list-page", ours: list(sessions.ListParams{Limit: 3, Offset: 2})},
		{
			name: "list-after-the-end",
			ours: list(sessions.ListParams{Offset: len(strings.Fields(clerk["CLERK_SESSION_IDS"])) + 2}),
		},
		{name: "list-user", ours: list(sessions.ListParams{UserID: user, Limit: 500})},
		{
			name: "list-client",
			ours: list(sessions.ListParams{ClientID: decode[sdkSession](t, sdk["get"].Value).ClientID}),
		},
		{name: "list-active", ours: list(sessions.ListParams{UserID: user, Status: sessions.StatusActive, Limit: 500})},
		{name: "list-revoked", ours: list(sessions.ListParams{Status: sessions.StatusRevoked})},
		{name: "list-nobody", ours: list(sessions.ListParams{UserID: "user_nobody"})},
		{name: "list-too-many", ours: list(sessions.ListParams{Limit: 501})},
		{name: "token", ours: mint(id, sessions.TokenParams{})},
		{name: "token-expires", ours: mint(id, sessions.TokenParams{ExpiresIn: 2 * time.Minute})},
		{name: "token-template", ours: mint(id, sessions.TokenParams{Template: "my template"})},
		{
			name: "token-template-expires",
			ours: mint(id, sessions.TokenParams{Template: "hasura", ExpiresIn: time.Hour}),
		},
		{name: "token-of-revoked", ours: mint(revoked, sessions.TokenParams{})},
		{name: "get-unknown", ours: func() (any, error) { return client.Get(ctx, "sess_unknown") }},
		{name: "get-wrong-key", ours: func() (any, error) { return newClient(t, clerk, "sk_test_wrong").Get(ctx, id) }},
		// once more, which changes nothing
		{name: "revoke", ours: func() (any, error) { return client.Revoke(ctx, revoked) }},
		{name: "revoke-unknown", ours: func() (any, error) { return client.Revoke(ctx, "sess_unknown") }},
		{name: "refresh-wrong-token", ours: refreshCookies(mistaken)},
		{name: "create-unknown-user", ours: create(sessions.CreateParams{UserID: "user_nobody"})},

		{name: "create", ours: create(sessions.CreateParams{UserID: user}), but: createdApart},
		{
			name: "create-organization",
			ours: create(sessions.CreateParams{UserID: user, ActiveOrganizationID: "org_1"}), but: createdApart,
		},
		{name: "refresh", ours: refreshToken},
		{name: "refresh-token", ours: refreshToken},
		{name: "refresh-cookies", ours: refreshCookies(browser)},
		{name: "refresh-cookies-suffixed", ours: refreshCookies(suffixed)},
	} {
		t.Run(row.name, func(t *testing.T) {
			theirs, ok := sdk[row.name]
			if !ok {
				t.Fatal("check.mjs makes no such call")
			}
			ours, err := row.ours()
			compare(t, theirs, ours, err, row.but)
		})
		delete(sdk, row.name)
	}

	// Ours asks for a version of the API that still has the endpoint; and the token that it takes is one that the fake
	// signed.
	t.Run("verify", func(t *testing.T) {
		if sdk["verify"].Error == nil || sdk["verify"].Error.Status != http.StatusNotFound {
			t.Errorf("official SDK: %+v, want a 404", sdk["verify"])
		}
		want, err := client.Get(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		//nolint:staticcheck // a fake that still has the endpoint is enough to test it
		got, err := client.Verify(ctx, id, token)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Get (-), Verify (+):\n%s", diff)
		}
	})
	delete(sdk, "verify")
	for name := range sdk {
		t.Errorf("our client does not make the call %q of check.mjs", name)
	}
}

// A result is what check.mjs prints about a call.
type result struct {
	Value jsontext.Value `json:"value"`
	Error *sdkError      `json:"error"`
}

type sdkError struct {
	Status       int        `json:"status"`
	Errors       []sdkIssue `json:"errors"`
	ClerkTraceID string     `json:"clerkTraceId"`
	RetryAfter   int        `json:"retryAfter"` // seconds
}

type sdkIssue struct {
	Code        string         `json:"code"`
	Message     string         `json:"message"`
	LongMessage string         `json:"longMessage"`
	Meta        map[string]any `json:"meta"`
}

// sdkSession is the SDK's Session.
type sdkSession struct {
	ID                       string         `json:"id"`
	ClientID                 string         `json:"clientId"`
	UserID                   string         `json:"userId"`
	Status                   string         `json:"status"`
	LastActiveOrganizationID string         `json:"lastActiveOrganizationId"`
	LatestActivity           *sdkActivity   `json:"latestActivity"`
	Actor                    map[string]any `json:"actor"`
	LastActiveAt             int64          `json:"lastActiveAt"`
	ExpireAt                 int64          `json:"expireAt"`
	AbandonAt                int64          `json:"abandonAt"`
	CreatedAt                int64          `json:"createdAt"`
	UpdatedAt                int64          `json:"updatedAt"`
}

type sdkActivity struct {
	ID             string `json:"id"`
	DeviceType     string `json:"deviceType"`
	BrowserName    string `json:"browserName"`
	BrowserVersion string `json:"browserVersion"`
	IPAddress      string `json:"ipAddress"`
	City           string `json:"city"`
	Country        string `json:"country"`
	IsMobile       bool   `json:"isMobile"`
}

// asOurs returns the session as our client would.
func (s sdkSession) asOurs() sessions.Session {
	at := func(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
	return sessions.Session{
		ID:                       s.ID,
		ClientID:                 s.ClientID,
		UserID:                   s.UserID,
		Status:                   sessions.Status(s.Status),
		LastActiveOrganizationID: s.LastActiveOrganizationID,
		LatestActivity:           (*sessions.Activity)(s.LatestActivity),
		Actor:                    s.Actor,
		LastActiveAt:             at(s.LastActiveAt),
		ExpireAt:                 at(s.ExpireAt),
		AbandonAt:                at(s.AbandonAt),
		CreatedAt:                at(s.CreatedAt),
		UpdatedAt:                at(s.UpdatedAt),
	}
}

// compare fails the test unless both clients returned the same, but for what the option leaves out.
func compare(t *testing.T, theirs result, ours any, err error, but cmp.Option) {
	t.Helper()
	if err != nil || theirs.Error != nil {
		compareErrors(t, theirs.Error, err)
		return
	}
	var want, got any
	switch ours := ours.(type) {
	case *sessions.Session:
		want, got = decode[sdkSession](t, theirs.Value).asOurs(), *ours
	case *sessions.SessionList:
		list := decode[struct {
			Data       []sdkSession `json:"data"`
			TotalCount int          `json:"totalCount"`
		}](t, theirs.Value)
		rows := []sessions.Session{}
		for _, row := range list.Data {
			rows = append(rows, row.asOurs())
		}
		want, got = sessions.SessionList{Data: rows, TotalCount: list.TotalCount}, *ours
	case *sessions.Token:
		token := decode[struct {
			JWT string `json:"jwt"`
		}](t, theirs.Value)
		want, got = claims(t, token.JWT), claims(t, ours.JWT)
	case *sessions.Cookies:
		cookies := decode[struct {
			Cookies []string `json:"cookies"`
		}](t, theirs.Value)
		want, got = parseCookies(t, cookies.Cookies), parseCookies(t, ours.Directives)
	default:
		t.Fatalf("nothing is known about a %T", ours)
	}
	if diff := cmp.Diff(want, got, notInSDK, cmpopts.EquateEmpty(), cmp.Options{but}); diff != "" {
		t.Errorf("official SDK (-), our client (+):\n%s", diff)
	}
}

func compareErrors(t *testing.T, theirs *sdkError, err error) {
	t.Helper()
	var ours *sessions.Error
	if theirs == nil || !errors.As(err, &ours) {
		t.Fatalf("official SDK: %+v, our client: %v", theirs, err)
	}
	if ours.TraceID == "" || theirs.ClerkTraceID == "" {
		t.Error("no trace id")
	}
	got := sdkError{
		Status: ours.StatusCode, ClerkTraceID: theirs.ClerkTraceID,
		RetryAfter: int(ours.RetryAfter.Seconds()),
	}
	for _, d := range ours.Details {
		issue := sdkIssue{Code: d.Code, Message: d.Message, LongMessage: d.LongMessage, Meta: map[string]any{}}
		// The only one of the SDK's names for it that an operation on sessions has.
		if name, ok := d.Meta["param_name"]; ok {
			issue.Meta["paramName"] = name
		}
		got.Errors = append(got.Errors, issue)
	}
	if diff := cmp.Diff(*theirs, got); diff != "" {
		t.Errorf("official SDK (-), our client (+):\n%s", diff)
	}
}

// claims returns the claims of a JWT, its times relative to when it was issued, and without what is different in each.
func claims(t *testing.T, jwt string) map[string]any {
	t.Helper()
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		t.Fatalf("a JWT of %d parts", len(parts))
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	out := decode[map[string]any](t, payload)
	issued, _ := out["iat"].(float64)
	for _, name := range []string{"exp", "nbf"} {
		at, _ := out[name].(float64)
		out[name] = at - issued
	}
	delete(out, "iat")
	delete(out, "jti")
	return out
}

type cookie struct {
	http.Cookie
	Claims map[string]any // of a cookie that is a JWT, in the place of its Value
}

func parseCookies(t *testing.T, directives []string) []cookie {
	t.Helper()
	var cookies []cookie
	for _, directive := range directives {
		parsed, err := http.ParseSetCookie(directive)
		if err != nil {
			t.Fatal(err)
		}
		c := cookie{Cookie: *parsed}
		if strings.HasPrefix(c.Name, "__session") {
			c.Claims, c.Value = claims(t, c.Value), ""
		}
		c.Raw = ""
		c.MaxAge = 0 // counts down; Expires says the same
		cookies = append(cookies, c)
	}
	return cookies
}

// decode fails the test on a field that T does not have: it would go uncompared.
func decode[T any](t *testing.T, text []byte) (v T) {
	t.Helper()
	if err := json.Unmarshal(text, &v, json.RejectUnknownMembers(true)); err != nil {
		t.Fatal(err)
	}
	return v
}

func newClient(t *testing.T, clerk map[string]string, key string) *sessions.Client {
	t.Helper()
	client, err := sessions.NewClient(key, sessions.WithBaseURL(clerk["CLERK_BASE_URL"]))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// runOfficialSDK runs check.mjs, which fails on a wrong answer, and returns the results by name.
func runOfficialSDK(t *testing.T, clerk map[string]string) map[string]result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "check.mjs")
	cmd.Env = os.Environ()
	for name, value := range clerk {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node check.mjs: %v\n%s", err, stderr.Bytes())
	}
	return decode[map[string]result](t, out)
}

// The calls that both clients make with a parameter that the API does not take.
const expectedViolations = 2

// startFakeclerk runs the program and returns the variables that it prints. It is told to stop when the test ends, and
// the test fails if either client broke openapi/sessions.yaml with what it sent.
func startFakeclerk(t *testing.T) map[string]string {
	t.Helper()
	program := buildFakeclerk(t)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	cmd := exec.CommandContext(ctx, program, "-addr", "127.0.0.1:0")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	var log bytes.Buffer
	cmd.Stderr = &log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := cmd.Wait(); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("fakeclerk: %v\n%s", err, log.Bytes())
		}
		if n := strings.Count(log.String(), "violation: "); n != expectedViolations && !t.Failed() {
			t.Errorf("%d violations of the fragment, want %d:\n%s", n, expectedViolations, log.Bytes())
		}
	})
	return readEnvironment(t, bufio.NewReader(stdout))
}

// buildFakeclerk returns the program. "go run" would not do: it does not pass on a signal.
func buildFakeclerk(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "fakeclerk")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program,
		"../../sessions/sessionstest/fakeclerk").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

var export = regexp.MustCompile(`(?m)^export (\w+)='([^']*)'$`)

// readEnvironment returns when it has seen the last variable, since the program then goes on running.
func readEnvironment(t *testing.T, stdout *bufio.Reader) map[string]string {
	t.Helper()
	var text strings.Builder
	for {
		line, err := stdout.ReadString('\n')
		if err != nil {
			t.Fatalf("fakeclerk ended early: %v", err)
		}
		text.WriteString(line)
		if strings.HasPrefix(line, "export CLERK_REFRESH_TOKEN=") {
			break
		}
	}
	variables := make(map[string]string)
	for _, match := range export.FindAllStringSubmatch(text.String(), -1) {
		variables[match[1]] = match[2]
	}
	return variables
}
