package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

var update = flag.Bool("update", false, "rewrite the golden file")

const golden = "testdata/demo.txt"

// environment is what getenv reads in a test.
type environment map[string]string

func (e environment) get(name string) string { return e[name] }

func TestDemoPrintsTheGoldenFile(t *testing.T) {
	var out bytes.Buffer
	// A key without -live must change nothing.
	if err := run(t.Context(), nil, environment{"CLERK_SECRET_KEY": "sk_test_ignored"}.get, &out); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(filepath.FromSlash(golden), out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(filepath.FromSlash(golden))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("the demo prints something else (-golden +got); if that is meant, run go test with -update:\n%s", diff)
	}
}

func TestDemoShowsEveryRequestAndNoSecret(t *testing.T) {
	clerk := newClerk()
	defer clerk.Close()
	out := playDemo(t, clerk, false)

	var operations []string
	for _, call := range clerk.Calls() {
		operations = append(operations, call.Operation)
		if line := "  " + requestLine(call.Method, call.Path, call.RawQuery) + "\n"; !strings.Contains(out, line) {
			t.Errorf("the output lacks the line %q", line)
		}
	}
	slices.Sort(operations)
	want := []string{
		"CreateSession", "CreateSessionToken", "CreateSessionTokenFromTemplate", "GetSession", "GetSessionList",
		"RefreshSession", "RevokeSession", "VerifySession",
	}
	if diff := cmp.Diff(want, slices.Compact(operations)); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
	for _, secret := range secretsOf(t, clerk) {
		if strings.Contains(out, secret) {
			t.Errorf("the output holds the secret %q", secret)
		}
	}
	if jwt := regexp.MustCompile(`eyJ[\w-]+`).FindString(out); jwt != "" {
		t.Errorf("the output holds a part of a token: %q", jwt)
	}
	for line := range strings.Lines(out) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
			t.Errorf("a line of %d columns: %q", n, line)
		}
	}
}

// secretsOf returns the key and every token that clerk was sent.
func secretsOf(t *testing.T, clerk *sessionstest.Server) []string {
	t.Helper()
	secrets := []string{clerk.SecretKey}
	for _, call := range clerk.Calls() {
		if len(call.Body) == 0 {
			continue
		}
		var body struct {
			Token        string `json:"token"`
			ExpiredToken string `json:"expired_token"`
			RefreshToken string `json:"refresh_token"`
		}
		if err := json.Unmarshal(call.Body, &body); err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{body.Token, body.ExpiredToken, body.RefreshToken} {
			if secret != "" {
				secrets = append(secrets, secret)
			}
		}
	}
	if len(secrets) != 6 { // the key, one token to verify, two tokens for each of two refreshes
		t.Fatalf("the demo sent %d secrets: this test no longer knows where they are", len(secrets))
	}
	return secrets
}

func TestDemoNoticesWrongAnswers(t *testing.T) {
	const (
		stranger = `{"object":"session","id":"sess_laptop","client_id":"client_1","user_id":"user_eve",` +
			`"status":"active",` +
			`"last_active_at":1,"expire_at":1,"abandon_at":1,"created_at":1,"updated_at":1}`
		noExpiry  = `{"object":"token","jwt":"e30.e30.c2ln"}`
		noSession = `{"object":"cookies","cookies":["__client_uat=1"]}`
	)
	noSessions := sessionstest.Fault{Operation: "GetSessionList", Body: `{"data":[],"total_count":0}`}
	usual := func(operation string) sessionstest.Fault { return sessionstest.Fault{Operation: operation, Delay: 1} }
	for name, row := range map[string]struct {
		faults []sessionstest.Fault
		want   string
	}{
		"an empty list": {
			[]sessionstest.Fault{noSessions},
			"step 1 (List: one page of a user's sessions, newest first): the user has no sessions",
		},
		"a list of somebody else's sessions": {
			[]sessionstest.Fault{{Operation: "GetSessionList", Body: `{"data":[` + stranger + `],"total_count":1}`}},
			"step 1 (List: one page of a user's sessions, newest first): clerk: GetSessionList: 200 OK: row 0 " +
				"belongs to another user",
		},
		"somebody else's session": {
			[]sessionstest.Fault{{Operation: "GetSession", Body: stranger}},
			"step 3 (Get: one session): the session is another user's",
		},
		"a refused page": {
			[]sessionstest.Fault{usual("GetSessionList"), {Operation: "GetSessionList", Status: http.StatusForbidden}},
			"500 a page): clerk: GetSessionList: 403 Forbidden",
		},
		"a page that lacks a session": {
			[]sessionstest.Fault{usual("GetSessionList"), noSessions},
			"500 a page): these are not the user's sessions",
		},
		"a token that no cache keeps": {
			[]sessionstest.Fault{usual("CreateSessionToken"), {Operation: "CreateSessionToken", Body: noExpiry}},
			"the cache should have kept the token",
		},
		"sessions that are not found to end them": {
			append(slices.Repeat([]sessionstest.Fault{usual("GetSessionList")}, 2), noSessions, noSessions),
			"every session but the first should be revoked",
		},
		"a token without an end": {
			[]sessionstest.Fault{{Operation: "CreateSessionToken", Body: noExpiry}},
			"step 5 (GetToken: a session token): the token does not say when it expires",
		},
		"a refused call": {
			[]sessionstest.Fault{{Operation: "RevokeSession", Status: http.StatusForbidden}},
			"clerk: RevokeSession: 403 Forbidden",
		},
		"cookies without a session": {
			[]sessionstest.Fault{usual("RefreshSession"), {Operation: "RefreshSession", Body: noSession}},
			"no cookie holds a session token",
		},
		"another error than not found": {
			[]sessionstest.Fault{usual("GetSession"), {Operation: "GetSession", Status: http.StatusForbidden}},
			"step 14 (A session that is not there): this is not how the call should fail",
		},
	} {
		t.Run(name, func(t *testing.T) {
			clerk := newClerk()
			defer clerk.Close()
			for _, fault := range row.faults {
				clerk.Inject(fault)
			}
			var out bytes.Buffer
			err := demo(t.Context(), newPrinter(&out, false), clerk)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("error %v, want one with %q", err, row.want)
			}
			if code := exitCode(err); code != 1 {
				t.Errorf("exit code %d, want 1", code)
			}
		})
	}
}

// playDemo returns what the demo prints.
func playDemo(t *testing.T, clerk *sessionstest.Server, colour bool) string {
	t.Helper()
	var out bytes.Buffer
	if err := demo(context.Background(), newPrinter(&out, colour), clerk); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
