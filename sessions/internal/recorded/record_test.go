package recorded

import (
	"errors"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/dnaeon/go-vcr.v4/pkg/cassette"
	vcr "gopkg.in/dnaeon/go-vcr.v4/pkg/recorder"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

var recordAnew = flag.Bool("record", false, "record testdata/recordings/clerk anew: make record")

// With -record the scenes are recorded anew, from the live service when CLERK_SECRET_KEY is set and else from the fake,
// and the golden files are written. Without, those that were recorded from the fake have to be what it says today.
func TestRecord(t *testing.T) {
	if !*recordAnew {
		for _, sc := range scenes {
			t.Run(sc.name, func(t *testing.T) {
				recorded := readRecording(t, sc.name)
				if isLive(recorded) {
					t.Skip("recorded from the live service")
				}
				dir := t.TempDir()
				recordScene(t, dir, sc, fakeStage(t, sc))
				today, err := loadRecording(filepath.Join(dir, sc.name))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(recorded.Request, today.Request); diff != "" {
					t.Errorf("our client's request (-recorded +today), run make record if that is meant:\n%s", diff)
				}
				if diff := cmp.Diff(recorded.Response, today.Response); diff != "" {
					t.Errorf("the fake's answer (-recorded +today), run make record if that is meant:\n%s", diff)
				}
			})
		}
		return
	}

	var live *stage
	if os.Getenv("CLERK_SECRET_KEY") != "" {
		var err error
		if live, err = newLiveStage(t.Context(), sessions.DefaultBaseURL, http.DefaultTransport,
			os.Getenv); err != nil {
			t.Fatal(err)
		}
		defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		defer func() {
			if err := live.clear(t.Context()); err != nil {
				t.Errorf("sessions made for the recording may be left over: %v", err)
			}
		}()
	}
	for _, sc := range scenes {
		t.Run(sc.name, func(t *testing.T) {
			st := live
			if live == nil || sc.onlyFake != "" {
				st = fakeStage(t, sc)
			}
			if missing := slices.DeleteFunc(slices.Clone(sc.needs), func(name string) bool {
				return st != live || os.Getenv(name) != ""
			}); len(missing) > 0 {
				t.Skipf("stays as it was: %s not set", strings.Join(missing, ", "))
			}
			recordScene(t, recordings, sc, st)
			writeGolden(t, sc)
		})
	}
}

// recordScene writes dir/NAME.yaml, unless the answer is not the one that the scene is about.
func recordScene(t *testing.T, dir string, sc scene, st *stage) {
	t.Helper()
	var status int
	rec, err := vcr.New(filepath.Join(dir, sc.name),
		vcr.WithMode(vcr.ModeRecordOnly),
		vcr.WithRealTransport(st.transport),
		vcr.WithSkipRequestLatency(true),
		vcr.WithHook(func(i *cassette.Interaction) error {
			status = i.Response.Code
			return nil
		}, vcr.AfterCaptureHook),
		vcr.WithHook(st.scrub, vcr.BeforeSaveHook))
	if err != nil {
		t.Fatal(err)
	}
	value, err := sc.play(t.Context(), rec, st.baseURL, st.cast)
	if session, ok := value.(*sessions.Session); ok && session != nil && sc.creates {
		st.made = append(st.made, session.ID)
	}
	if status != sc.status {
		t.Fatalf("answered %d, and the scene is about %d: %v", status, sc.status, err)
	}
	if err := rec.Stop(); err != nil {
		t.Fatal(err)
	}
}

func fakeStage(t *testing.T, sc scene) *stage {
	t.Helper()
	st, err := newFakeStage(t.Context(), sc)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// A live stage is set on an instance for development only, and takes away what it brought and nothing else.
func TestLiveStage(t *testing.T) {
	fake := sessionstest.NewServer(sessionstest.WithoutListener())
	bystander := fake.AddSession(sessionstest.Session{UserID: "user_1"})
	env := map[string]string{"CLERK_SECRET_KEY": fake.SecretKey, "CLERK_USER_ID": "user_1"}
	stage := func() (*stage, error) {
		return newLiveStage(t.Context(), fake.URL, fake.HTTPClient().Transport, func(name string) string {
			return env[name]
		})
	}

	st, err := stage()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, sc := range scenes {
		if sc.onlyFake == "" && sc.needs == nil {
			recordScene(t, dir, sc, st)
		}
	}
	if err := st.clear(t.Context()); err != nil {
		t.Error(err)
	}
	for _, call := range fake.Calls() {
		if strings.Contains(call.Path, bystander.ID) {
			t.Errorf("%s %s: about a session that is not of the stage", call.Method, call.Path)
		}
	}
	list, err := st.client.List(t.Context(), sessions.ListParams{UserID: "user_1", Status: sessions.StatusActive})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Data) != 1 || list.Data[0].ID != bystander.ID {
		t.Errorf("%d sessions are active afterwards, want the one that was there before", len(list.Data))
	}

	fake.Inject(sessionstest.Fault{Operation: "CreateSessionToken", Status: 403})
	if _, err := stage(); !errors.Is(err, sessions.ErrForbidden) {
		t.Errorf("%v, want what went wrong", err)
	}
	if list, err = st.client.List(t.Context(),
		sessions.ListParams{UserID: "user_1", Status: sessions.StatusActive}); err != nil || len(list.Data) != 1 {
		t.Errorf("%v, %v: a stage that could not be set left something behind", list, err)
	}
	for name, says := range map[string]string{"CLERK_SECRET_KEY": "sk_test_", "CLERK_USER_ID": "CLERK_USER_ID"} {
		was, calls := env[name], len(fake.Calls())
		env[name] = strings.Replace(strings.Replace(was, "sk_test_", "sk_live_", 1), "user_1", "", 1)
		if _, err := stage(); err == nil || !strings.Contains(err.Error(), says) || len(fake.Calls()) != calls {
			t.Errorf("%s: %v, want %q and no request", name, err, says)
		}
		env[name] = was
	}
}
