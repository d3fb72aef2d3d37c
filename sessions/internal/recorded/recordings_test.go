// Package recorded holds what was recorded, the fragment, our client and the fake against each other. It has tests
// alone.
package recorded

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/dnaeon/go-vcr.v4/pkg/cassette"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

const (
	recordings       = "../../../testdata/recordings/clerk"
	goldenRecordings = recordings + "/golden"
)

// Every file is of a scene, and together they show each operation at its best and at its worst.
func TestRecordingsAreComplete(t *testing.T) {
	names := map[string]bool{}
	for _, sc := range scenes {
		if names[sc.name] {
			t.Errorf("two scenes are called %s", sc.name)
		}
		names[sc.name] = true
	}
	for pattern, extension := range map[string]string{
		recordings + "/*.yaml":       ".yaml",
		goldenRecordings + "/*.json": ".json",
	} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if !names[strings.TrimSuffix(filepath.Base(file), extension)] {
				t.Errorf("%s is of no scene: delete it", file)
			}
		}
	}

	router, seen := fragmentRouter(t), map[string]bool{}
	for _, sc := range scenes {
		i := readRecording(t, sc.name)
		route, _, err := fragmentRoute(router, i)
		if err != nil {
			t.Fatalf("%s/%s.yaml: %v", recordings, sc.name, err)
		}
		operation := route.Operation.OperationID
		seen[fmt.Sprintf("%s %d", operation, i.Response.Code)] = true
		seen[fmt.Sprintf("%d", i.Response.Code)] = true
		if i.Response.Code == http.StatusOK {
			seen[operation+" answers"] = true
			seen[operation+" "+shapeOf(t, i.Response.Body).kind()] = true
		} else {
			seen[operation+" refuses"] = true
		}
	}
	want := []string{
		"429", "VerifySession 410", "GetSessionList an array", "GetSessionList data total_count",
		"RefreshSession cookies object", "RefreshSession jwt object",
	}
	for _, item := range fragmentDocument(t).Paths.Map() {
		for _, op := range item.Operations() {
			want = append(want, op.OperationID+" answers", op.OperationID+" refuses")
		}
	}
	for _, exchange := range want {
		if !seen[exchange] {
			t.Errorf("no recording shows: %s", exchange)
		}
	}
}

// The first side of the triangle: recordings and fragment.
func TestRecordingsFitTheFragment(t *testing.T) {
	router := fragmentRouter(t)
	for _, sc := range scenes {
		t.Run(sc.name, func(t *testing.T) {
			if err := checkExchange(t.Context(), router, readRecording(t, sc.name)); err != nil {
				t.Errorf("%s/%s.yaml: %v", recordings, sc.name, err)
			}
		})
	}
}

// The second side: recordings and our client, which has to send what was recorded and to return what the golden file
// states.
func TestRecordingsReplayedToOurClient(t *testing.T) {
	for _, sc := range scenes {
		t.Run(sc.name, func(t *testing.T) {
			golden, err := os.ReadFile(goldenFile(sc))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(golden), string(replay(t, sc))); diff != "" {
				t.Errorf("%s (-), our client (+):\n%s", goldenFile(sc), diff)
			}
		})
	}
}

// The third side: recordings and the fake.
func TestRecordingsReplayedToTheFake(t *testing.T) {
	for _, sc := range scenes {
		t.Run(sc.name, func(t *testing.T) {
			i, st := readRecording(t, sc.name), fakeStage(t, sc)
			req, err := i.GetHTTPRequest()
			if err != nil {
				t.Fatal(err)
			}
			names := recordedCast.renamed(st.cast)
			if req.URL, err = url.Parse(names.Replace(i.Request.URL)); err != nil {
				t.Fatal(err)
			}
			body := names.Replace(i.Request.Body)
			req.Body, req.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
			req.Header.Set("Authorization", names.Replace(req.Header.Get("Authorization")))

			resp, err := st.transport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != i.Response.Code {
				t.Errorf("status %d, recorded %d", resp.StatusCode, i.Response.Code)
			}
			for _, name := range []string{"Content-Type", "Retry-After"} {
				if got, want := resp.Header.Get(name), i.Response.Headers.Get(name); got != want {
					t.Errorf("%s %q, recorded %q", name, got, want)
				}
			}
			if diff := shapeOf(t, i.Response.Body).diff(shapeOf(t, string(answer)), isLive(i)); diff != "" {
				t.Errorf("the shapes differ at %s", diff)
			}
			for _, violation := range st.fake.Violations() {
				t.Errorf("the fake says: %v", violation)
			}
		})
	}
}

// officialMisfits are the calls of the official SDK that break the fragment.
var officialMisfits = []struct{ in, but, reason string }{
	{
		"unsafe-*",
		"*-newline *-template-long *-template-percent *-template-right-to-left *-get-hash *-template-hash " +
			"*-get-trailing-space",
		"such an id or template leads to another path or to none, but where what is left of it happens to be good",
	},
	{"invalid-*", "", "the SDK sends what the API cannot accept"},
	{"list-unknown-status", "", "the fragment lists the states of today"},
	{"token-expires-zero token-template-expires-zero", "", "0 is below the least that the API takes"},
}

func isOfficialMisfit(name string) bool {
	for _, m := range officialMisfits {
		if matchesName(m.in, name) {
			return !matchesName(m.but, name)
		}
	}
	return false
}

// What the official SDK sends fits the fragment, as far as it can, and the fake judges it alike.
func TestOfficialRequestsFitTheFragment(t *testing.T) {
	router := fragmentRouter(t)
	for _, r := range readOfficialRecordings(t) {
		if r.Request == nil {
			continue
		}
		t.Run(r.Name, func(t *testing.T) {
			i := &cassette.Interaction{Request: cassette.Request{
				Method:  r.Request.Method,
				URL:     "https://api.clerk.com" + r.Request.Path + "?" + r.Request.Query,
				Body:    string(r.Request.Body),
				Headers: http.Header{},
			}}
			for name, value := range r.Request.Headers {
				i.Request.Headers.Set(name, value)
			}
			err := checkExchange(t.Context(), router, i)
			if misfit := isOfficialMisfit(r.Name); (err != nil) != misfit {
				t.Errorf("%v, want a misfit: %t", err, misfit)
			}
			if violations := violationsOf(t, i); (len(violations) > 0) != (err != nil) {
				t.Errorf("the fragment says %v and the fake %v", err, violations)
			}
		})
	}
}

// violationsOf returns what the fake finds wrong with a request.
func violationsOf(t *testing.T, i *cassette.Interaction) []error {
	t.Helper()
	fake := sessionstest.NewServer(sessionstest.WithoutListener())
	req, err := http.NewRequestWithContext(t.Context(), i.Request.Method, i.Request.URL,
		strings.NewReader(i.Request.Body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = i.Request.Headers
	resp, err := fake.HTTPClient().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return fake.Violations()
}

// A recording that is broken is named, on one line.
func TestBrokenRecordings(t *testing.T) {
	router := fragmentRouter(t)
	good, err := os.ReadFile(recordings + "/get.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct{ old, new, says string }{
		"not YAML":                    {"version: 2", "version: [", ""},
		"another format":              {"version: 2", "version: 1", "version"},
		"an unknown path":             {"/v1/sessions/", "/v1/users/", "no operation"},
		"an unknown method":           {"method: GET", "method: PATCH", "no operation"},
		"an unknown query":            {"/v1/sessions/sess_active", "/v1/sessions/sess_active?verbose=1", "verbose"},
		"a bad API version":           {"2026-05-12", "tomorrow", "Clerk-API-Version"},
		"no key":                      {"Bearer sk_test_not_a_secret", "", "Authorization"},
		"an answer without its id":    {`"id":"sess_active"`, `"Id":"sess_active"`, "id"},
		"an answer with a wrong type": {`"is_mobile":true`, `"is_mobile":"true"`, "is_mobile"},
		"an answer that is not JSON":  {`{"object":"session"`, `{"object":"session`, ""},
		"an unknown status":           {"code: 200", "code: 302", "status"},
	} {
		t.Run(name, func(t *testing.T) {
			if !bytes.Contains(good, []byte(row.old)) {
				t.Fatalf("get.yaml has no %q", row.old)
			}
			file := filepath.Join(t.TempDir(), "broken")
			if err := os.WriteFile(file+".yaml", bytes.ReplaceAll(good, []byte(row.old), []byte(row.new)),
				0o600); err != nil {
				t.Fatal(err)
			}
			i, err := loadRecording(file)
			if err == nil {
				err = checkExchange(t.Context(), router, i)
			}
			if err == nil || !strings.Contains(err.Error(), row.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want one line with %q", err, row.says)
			}
			if i == nil && !strings.Contains(err.Error(), file) {
				t.Errorf("%v, want the file's name", err)
			}
		})
	}
}

// isLive reports whether an exchange was recorded from the live service.
func isLive(i *cassette.Interaction) bool { return i.Request.Host == "api.clerk.com" }

func readRecording(t *testing.T, name string) *cassette.Interaction {
	t.Helper()
	i, err := loadRecording(filepath.Join(recordings, name))
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// loadRecording reads the one exchange of a file, which is named without its extension.
func loadRecording(name string) (*cassette.Interaction, error) {
	c, err := cassette.Load(name)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s.yaml: %s", name, strings.ReplaceAll(err.Error(), "\n", " "))
	case len(c.Interactions) != 1:
		return nil, fmt.Errorf("%s.yaml: %d exchanges, want 1", name, len(c.Interactions))
	}
	return c.Interactions[0], nil
}
