package recorded

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/dnaeon/go-vcr.v4/pkg/cassette"
	vcr "gopkg.in/dnaeon/go-vcr.v4/pkg/recorder"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

func goldenFile(sc scene) string { return filepath.Join(goldenRecordings, sc.name+".json") }

func writeGolden(t *testing.T, sc scene) {
	t.Helper()
	if err := os.MkdirAll(goldenRecordings, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(goldenFile(sc), replay(t, sc), 0o644); err != nil {
		t.Fatal(err)
	}
}

// replay plays a scene to its recording and returns what our client makes of it, as a golden file states it.
func replay(t *testing.T, sc scene) []byte {
	t.Helper()
	i := readRecording(t, sc.name)
	rec, err := vcr.New(filepath.Join(recordings, sc.name),
		vcr.WithMode(vcr.ModeReplayOnly),
		vcr.WithSkipRequestLatency(true),
		vcr.WithMatcher(func(req *http.Request, recorded cassette.Request) bool {
			return isRecorded(t, req, recorded)
		}))
	if err != nil {
		t.Fatal(err)
	}
	base, _, _ := strings.Cut(i.Request.URL, "/v1/")
	value, callErr := sc.play(t.Context(), rec, base+"/v1", recordedCast)
	text, err := json.MarshalIndent(goldenOf(value, callErr), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

// isRecorded reports whether our client sends what was recorded, but for its version.
func isRecorded(t *testing.T, req *http.Request, recorded cassette.Request) bool {
	t.Helper()
	body, err := io.ReadAll(req.Body)
	if err != nil {
		t.Fatal(err)
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	header := req.Header.Clone()
	header.Set("User-Agent", withoutVersion(header.Get("User-Agent")))
	got := cassette.Request{Method: req.Method, URL: req.URL.String(), Body: string(body), Headers: header}
	want := cassette.Request{Method: recorded.Method, URL: recorded.URL, Body: recorded.Body, Headers: recorded.Headers}
	diff := cmp.Diff(want, got)
	if diff != "" {
		t.Errorf("the recorded request (-), our client's (+):\n%s", diff)
	}
	return diff == ""
}

// golden is what a golden file states.
type golden struct {
	Type   string       `json:"type,omitempty"`
	Result any          `json:"result,omitempty"`
	Error  *goldenError `json:"error,omitempty"`
}

type goldenError struct {
	Text       string                 `json:"text"`
	Operation  string                 `json:"operation"`
	StatusCode int                    `json:"status_code"`
	Details    []sessions.ErrorDetail `json:"details"`
	TraceID    string                 `json:"trace_id"`
	RetryAfter string                 `json:"retry_after"`
	Attempts   int                    `json:"attempts"`
	Body       string                 `json:"body"`
	Matches    []string               `json:"matches"` // the sentinels
}

// sentinels are what an answer's error may match.
var sentinels = []struct {
	name string
	err  error
}{
	{"ErrBadRequest", sessions.ErrBadRequest},
	{"ErrUnauthorized", sessions.ErrUnauthorized},
	{"ErrForbidden", sessions.ErrForbidden},
	{"ErrNotFound", sessions.ErrNotFound},
	{"ErrGone", sessions.ErrGone},
	{"ErrUnprocessable", sessions.ErrUnprocessable},
	{"ErrRateLimited", sessions.ErrRateLimited},
	{"ErrServer", sessions.ErrServer},
	{"ErrInvalidResponse", sessions.ErrInvalidResponse},
	{"ErrOutcomeUnknown", sessions.ErrOutcomeUnknown},
}

func goldenOf(value any, err error) golden {
	if err == nil {
		return golden{Type: fmt.Sprintf("%T", value), Result: value}
	}
	bad := &goldenError{Text: err.Error()}
	for _, sentinel := range sentinels {
		if errors.Is(err, sentinel.err) {
			bad.Matches = append(bad.Matches, sentinel.name)
		}
	}
	if e, ok := errors.AsType[*sessions.Error](err); ok {
		bad.Operation, bad.StatusCode, bad.Details, bad.TraceID = e.Operation, e.StatusCode, e.Details, e.TraceID
		bad.RetryAfter, bad.Attempts, bad.Body = e.RetryAfter.String(), e.Attempts, e.Body
	}
	return golden{Error: bad}
}
