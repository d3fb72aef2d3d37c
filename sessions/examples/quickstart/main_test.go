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
		if line := "sent  " + requestLine(call.Method, call.Path, call.RawQuery) + "\n"; !strings.Contains(out, line) {
			t.Errorf("the output lacks the line %q", line)
		}
	}
	slices.Sort(operations)
	want := []string{
		"CreateSession", "CreateSessionToken", "CreateSessionTokenFromTemplate", "GetSession", "GetSessionList", "RefreshSession",
		"RevokeSession", "VerifySession",
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

func TestCodeIsWhatRuns(t *testing.T) {
	source, err := os.ReadFile("steps.go")
	if err != nil {
		t.Fatal(err)
	}
	normal := func(code string) string {
		return strings.Join(strings.Fields(strings.ReplaceAll(code, ":=", "=")), " ")
	}
	all := &tour{}
	for _, s := range slices.Concat(all.reading(), all.changing(), all.refreshing(), all.failing()) {
		if n := strings.Count(normal(string(source)), normal(s.code)); n < 2 {
			t.Errorf("the code of %q is %d times in steps.go, want once to be shown and once to run", s.title, n)
		}
	}
}

func TestDemoNoticesWrongAnswers(t *testing.T) {
	const (
		stranger = `{"object":"session","id":"sess_laptop","client_id":"client_1","user_id":"user_eve","status":"active",` +
			`"last_active_at":1,"expire_at":1,"abandon_at":1,"created_at":1,"updated_at":1}`
		noExpiry  = `{"object":"token","jwt":"e30.e30.c2ln"}`
		noSession = `{"object":"cookies","cookies":["__client_uat=1"]}`
	)
	usual := func(operation string) sessionstest.Fault { return sessionstest.Fault{Operation: operation, Delay: 1} }
	for name, row := range map[string]struct {
		faults []sessionstest.Fault
		want   string
	}{
		"an empty list": {
			[]sessionstest.Fault{{Operation: "GetSessionList", Body: `{"data":[],"total_count":0}`}},
			"step 1 (List: a user's sessions, newest first): the user has no sessions",
		},
		"a list of somebody else's sessions": {
			[]sessionstest.Fault{{Operation: "GetSessionList", Body: `{"data":[` + stranger + `],"total_count":1}`}},
			"step 1 (List: a user's sessions, newest first): a session is another user's",
		},
		"somebody else's session": {
			[]sessionstest.Fault{{Operation: "GetSession", Body: stranger}},
			"step 2 (Get: one session): the session is another user's",
		},
		"a token without an end": {
			[]sessionstest.Fault{{Operation: "CreateSessionToken", Body: noExpiry}},
			"step 4 (GetToken: a session token): the token does not say when it expires",
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
			"step 11 (A session that is not there): there should be no such session",
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

func TestColoursChangeNoText(t *testing.T) {
	clerk, same := newClerk(), newClerk()
	defer clerk.Close()
	defer same.Close()
	plain, colourful := playDemo(t, clerk, false), playDemo(t, same, true)
	if strings.Contains(plain, "\x1b") {
		t.Error("the plain output holds escape sequences")
	}
	stripped := regexp.MustCompile("\x1b\\[[0-9]*m").ReplaceAllString(colourful, "")
	if stripped == colourful {
		t.Error("the coloured output has no colours")
	}
	if diff := cmp.Diff(plain, stripped); diff != "" {
		t.Errorf("the outputs differ by more than colours (-plain +stripped):\n%s", diff)
	}
}

func TestColoursAreForTerminals(t *testing.T) {
	terminal, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0) // a character device as well
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	file, err := os.Create(filepath.Join(t.TempDir(), "out.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for name, row := range map[string]struct {
		out  *os.File
		env  environment
		want bool
	}{
		"a terminal":            {terminal, nil, true},
		"a file":                {file, nil, false},
		"NO_COLOR":              {terminal, environment{"NO_COLOR": "1"}, false},
		"a terminal that can't": {terminal, environment{"TERM": "dumb"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := inColour(row.out, row.env.get); got != row.want {
				t.Errorf("inColour = %t, want %t", got, row.want)
			}
		})
	}
}

func TestWhatAServerSaysDoesNotSteerTheTerminal(t *testing.T) {
	got := wrap("Fire\x1b[2Jfox\r\n\u202e145 on a rather long device name", 20)
	want := []string{"Fire?[2Jfox???145 on", "a rather long device", "name"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
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
