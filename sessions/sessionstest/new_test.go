package sessionstest_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// recordingTB is a test that notes what it is told.
type recordingTB struct {
	testing.TB
	errors  []string
	cleanup []func()
}

func (tb *recordingTB) Helper() {}

func (tb *recordingTB) Cleanup(f func()) { tb.cleanup = append(tb.cleanup, f) }

func (tb *recordingTB) Errorf(format string, args ...any) {
	tb.errors = append(tb.errors, fmt.Sprintf(format, args...))
}

func TestNew(t *testing.T) {
	tb := &recordingTB{TB: t}
	s := sessionstest.New(tb)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for range 2 {
		if _, err := try(t, client, s, request{method: http.MethodGet, path: "/users"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range tb.cleanup {
		f()
	}
	want := "sessionstest: violation: GET /v1/users: the fragment has no such path"
	if diff := cmp.Diff([]string{want, want}, tb.errors); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := try(t, client, s, request{method: http.MethodGet, path: "/sessions"}); err == nil {
		t.Error("the server still listens after the test")
	}
}

// TestFiftyServers has as many parallel tests with a server each: together they stay under a second.
func TestFiftyServers(t *testing.T) {
	newServer().SignIn("user_1") // makes the key that the servers of a process share
	began := time.Now()
	t.Run("servers", func(t *testing.T) {
		for i := range 50 {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				s := sessionstest.New(t)
				client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
				path := "/sessions/" + s.SignIn("user_1").SessionID
				if got, err := try(t, client, s, request{method: http.MethodGet, path: path}); err != nil || got.status != 200 {
					t.Errorf("answered %v, %v", got, err)
				}
			})
		}
	})
	if took := time.Since(began); took > time.Second && !raceEnabled {
		t.Errorf("took %v", took)
	}
}
