package main

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestLiveOnlyReads(t *testing.T) {
	clerk := newClerk()
	defer clerk.Close()
	var out bytes.Buffer
	args := []string{"-live", "-user", "user_ada", "-base-url", clerk.URL}
	if err := run(t.Context(), args, environment{"CLERK_SECRET_KEY": clerk.SecretKey}.get, &out); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, call := range clerk.Calls() {
		got = append(got, requestLine(call.Method, call.Path, call.RawQuery))
		if want := "Bearer " + clerk.SecretKey; call.Header.Get("Authorization") != want {
			t.Errorf("%s was not sent with the key", call.Operation)
		}
	}
	want := []string{
		"GET /v1/sessions?user_id=user_ada&paginated=true&limit=3",
		"GET /v1/sessions?user_id=user_ada&paginated=true&limit=500",
		"GET /v1/sessions/sess_laptop",
		"GET /v1/sessions/sess_nobody",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	texts := append(want, clerk.URL, "3 of 4 sessions", "4 sessions: sess_laptop", "sent  nothing",
		"invalid is true", "missing is true", "All 5 steps")
	for _, text := range texts {
		if !strings.Contains(out.String(), text) {
			t.Errorf("the output lacks %q:\n%s", text, &out)
		}
	}
	if strings.Contains(out.String(), clerk.SecretKey) {
		t.Error("the output holds the key")
	}
	for line := range strings.Lines(out.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
			t.Errorf("a line of %d columns: %q", n, line)
		}
	}
}

func TestLiveSaysWhatIsWrong(t *testing.T) {
	clerk := newClerk()
	defer clerk.Close()
	closed := newClerk()
	closed.Close()
	const wrongKey = "sk_test_wrong"
	for name, row := range map[string]struct {
		key, user, baseURL string
		want               string
	}{
		"a wrong key": {
			wrongKey, "user_ada", clerk.URL,
			"step 1 (List: one page of a user's sessions, newest first): clerk: GetSessionList: 401 Unauthorized",
		},
		"an unknown user": {
			clerk.SecretKey, "user_nobody", clerk.URL,
			"the user has no sessions: sign in as that user, or name another",
		},
		"nobody there":      {clerk.SecretKey, "user_ada", closed.URL, "clerk: GetSessionList: no answer"},
		"a publishable key": {"pk_test_1", "user_ada", clerk.URL, "clerk: this is a publishable key"},
		"a URL in clear text": {
			clerk.SecretKey, "user_ada", "http://clerk.example.com/v1",
			"clerk: base URL: http would send the secret key",
		},
		"a URL with a password": {
			clerk.SecretKey, "user_ada", "https://me:secret@clerk.example.com/v1",
			"clerk: base URL: it must not hold a user or a password",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			args := []string{"-live", "-user", row.user, "-base-url", row.baseURL}
			err := run(t.Context(), args, environment{"CLERK_SECRET_KEY": row.key}.get, &out)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Fatalf("error %v, want one with %q", err, row.want)
			}
			if code := exitCode(err); code != 1 {
				t.Errorf("exit code %d, want 1", code)
			}
			for _, secret := range []string{row.key, "me:secret"} {
				if strings.Contains(out.String()+err.Error(), secret) {
					t.Errorf("%q shows", secret)
				}
			}
		})
	}
}

func TestWrongUse(t *testing.T) {
	const (
		key     = "sk_test_not_a_secret"
		noKey   = "-live needs the instance's secret key in the environment variable CLERK_SECRET_KEY"
		noUser  = "-user needs the id of a user, which starts with user_"
		notLive = "-user and -base-url mean something only with -live"
		notHere = "a secret key belongs in the environment variable CLERK_SECRET_KEY"
	)
	withKey := environment{"CLERK_SECRET_KEY": key}
	for name, row := range map[string]struct {
		args []string
		env  environment
		want string
	}{
		"live without a key":    {[]string{"-live", "-user", "user_ada"}, nil, noKey},
		"live without a user":   {[]string{"-live"}, withKey, "-live needs a user whose sessions to read: -user user_…"},
		"a user that is none":   {[]string{"-live", "-user", "ada"}, withKey, noUser},
		"a user without live":   {[]string{"-user", "user_ada"}, withKey, notLive},
		"a base URL, not live":  {[]string{"-base-url", "http://127.0.0.1/v1"}, nil, notLive},
		"an unknown flag":       {[]string{"-verbose"}, nil, "flag provided but not defined: -verbose; -h lists the flags"},
		"a flag without value":  {[]string{"-live", "-user"}, withKey, "flag needs an argument: -user; -h lists the flags"},
		"no flag":               {[]string{"user_ada"}, nil, "it takes flags only; -h lists them"},
		"the key as argument":   {[]string{"-live", key}, nil, notHere},
		"the key as user":       {[]string{"-live", "-user", key}, withKey, notHere},
		"the key for a boolean": {[]string{"-live=" + key}, withKey, notHere},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			err := run(t.Context(), row.args, row.env.get, &out)
			switch {
			case err == nil || !strings.HasPrefix(err.Error(), row.want):
				t.Fatalf("error %v, want %q", err, row.want)
			case exitCode(err) != 2:
				t.Errorf("exit code %d, want 2", exitCode(err))
			case strings.Contains(err.Error(), "\n"):
				t.Errorf("more than one line: %v", err)
			case strings.Contains(err.Error(), key):
				t.Error("the error holds the key")
			case out.Len() > 0:
				t.Errorf("it printed %q", &out)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	var out bytes.Buffer
	err := run(t.Context(), []string{"-h"}, environment{}.get, &out)
	if err != nil || exitCode(err) != 0 {
		t.Fatalf("error %v, want none", err)
	}
	for _, text := range []string{"usage: tour", "-live", "-user", "-base-url", "CLERK_SECRET_KEY"} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("the help lacks %q:\n%s", text, &out)
		}
	}
}

func TestOutputThatCannotBeWritten(t *testing.T) {
	full := errors.New("no space left")
	err := run(t.Context(), nil, environment{}.get, brokenWriter{full})
	if !errors.Is(err, full) {
		t.Errorf("error %v, want %v", err, full)
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func TestRecorderLeavesTheRequestAlone(t *testing.T) {
	var got *http.Request
	r := &recorder{next: transport(func(req *http.Request) (*http.Response, error) {
		got = req
		return nil, errors.New("not sent")
	})}
	const url = "https://api.clerk.com/v1/sessions/sess%201?limit=1"
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.RoundTrip(req); err == nil || got != req {
		t.Error("the request was not handed on as it is")
	}
	if diff := cmp.Diff([]string{"GET /v1/sessions/sess%201?limit=1"}, r.sent()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
