package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recorded stands in for oasdiff with what it printed about official.yaml and fragment.yaml; TestOasdiff sees that it still does.
func recorded(context.Context, string, string) ([]byte, error) {
	return os.ReadFile("testdata/report.json")
}

func TestDriftIsPrinted(t *testing.T) {
	var stdout, stderr bytes.Buffer
	args := []string{"-fragment", "testdata/fragment.yaml", "-upstream", "testdata/UPSTREAM.md", "testdata/official.yaml"}
	if err := run(t.Context(), args, &stdout, &stderr, recorded); !errors.Is(err, errDrift) {
		t.Errorf("%v, want errDrift", err)
	}
	const want = `not in testdata/UPSTREAM.md: paths: -/sessions/{session_id}/extend
not in testdata/UPSTREAM.md: GET /sessions: parameters query -order_by
not in testdata/UPSTREAM.md: GET /sessions: parameters query limit max 500 → 100
not in testdata/UPSTREAM.md: GET /sessions: responses 200 content application/json items properties -nickname
in testdata/UPSTREAM.md, but gone: 3 *: responses +403
`
	if diff := cmp.Diff(want, stdout.String()); diff != "" {
		t.Errorf("printed (-want +got):\n%s", diff)
	}
	if want := "drift: testdata/official.yaml: all operations, against the list for 2026-05-12\n"; stderr.String() != want {
		t.Errorf("on stderr %q, want %q", stderr.String(), want)
	}
}

// An older version has a list of its own, for the one operation that the fragment takes from it.
func TestAnOlderVersionCountsForOneOperation(t *testing.T) {
	older := func(ctx context.Context, official, fragment string) ([]byte, error) {
		report, err := recorded(ctx, official, fragment)
		return bytes.Replace(report, []byte("{"), []byte(`{"info":{"version":{"from":"2024-10-01","to":"2026-05-12"}},`), 1), err
	}
	var stdout, stderr bytes.Buffer
	args := []string{"-fragment", "testdata/fragment.yaml", "-upstream", "testdata/UPSTREAM.md", "testdata/official.yaml"}
	if err := run(t.Context(), args, &stdout, &stderr, older); err != nil || stdout.Len() > 0 {
		t.Errorf("%v: %s", err, &stdout)
	}
	if !strings.Contains(stderr.String(), "POST /sessions/{session_id}/refresh alone, against the list for 2024-10-01") {
		t.Errorf("on stderr %q", stderr.String())
	}
}

func TestWhatCannotBeCompared(t *testing.T) {
	fails := func(context.Context, string, string) ([]byte, error) { return nil, errors.New("oasdiff is not called") }
	nonsense := func(context.Context, string, string) ([]byte, error) { return []byte("nonsense"), nil }
	for name, row := range map[string]struct {
		args    []string
		compare differ
		says    string
	}{
		"no official file":      {nil, fails, "OFFICIAL="},
		"an empty name":         {[]string{""}, fails, "OFFICIAL="},
		"two official files":    {[]string{"a", "b"}, fails, "OFFICIAL="},
		"an unknown flag":       {[]string{"-official", "x"}, fails, "-official"},
		"a missing list":        {[]string{"-upstream", "testdata/none.md", "x"}, fails, "testdata/none.md"},
		"a missing fragment":    {[]string{"-upstream", "testdata/UPSTREAM.md", "-fragment", "testdata/none.yaml", "x"}, fails, "testdata/none.yaml"},
		"what oasdiff says":     {[]string{"-upstream", "testdata/UPSTREAM.md", "-fragment", "testdata/fragment.yaml", "x"}, fails, "oasdiff is not called"},
		"what nobody can parse": {[]string{"-upstream", "testdata/UPSTREAM.md", "-fragment", "testdata/fragment.yaml", "x"}, nonsense, program},
	} {
		t.Run(name, func(t *testing.T) {
			err := run(t.Context(), row.args, io.Discard, io.Discard, row.compare)
			if err == nil || errors.Is(err, errDrift) || !strings.Contains(err.Error(), row.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want one line with %q", err, row.says)
			}
		})
	}
}

func TestBrokenLists(t *testing.T) {
	const item = "1. **A difference.**\n"
	for name, row := range map[string]struct{ content, says string }{
		"no block":            {item, "no whole"},
		"an open block":       {item + "```drift 2026-05-12\n1 x\n", "no whole"},
		"no version":          {item + "```drift\n```\n", ":2: "},
		"no such operation":   {item + "```drift 2026-05-12 refresh\n```\n", ":2: "},
		"no number":           {item + "```drift 2026-05-12\nGET /sessions\n```\n", ":3: "},
		"an unknown number":   {item + "```drift 2026-05-12\n2 GET /sessions\n```\n", ":3: no difference above has the number 2"},
		"a number on its own": {item + "```drift 2026-05-12\n1\n```\n", ":3: "},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "UPSTREAM.md")
			if err := os.WriteFile(file, []byte(row.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := readLists(file); err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), row.says) {
				t.Errorf("%v, want %q", err, row.says)
			}
		})
	}
}

// The differences of ../UPSTREAM.md that no comparison shows, because they mean nothing on the wire.
var invisible = []string{"5", "19"}

func TestEveryDifferenceIsExpected(t *testing.T) {
	all, err := readLists("../UPSTREAM.md")
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile("../UPSTREAM.md")
	if err != nil {
		t.Fatal(err)
	}
	var expected []string
	for _, l := range all {
		for _, e := range l.expected {
			expected = append(expected, e.number)
		}
	}
	for line := range strings.Lines(string(content)) {
		if m := numberedItem.FindStringSubmatch(line); m != nil && slices.Contains(expected, m[1]) == slices.Contains(invisible, m[1]) {
			t.Errorf("difference %s has to have a line in a block, or else to be listed here as invisible", m[1])
		}
	}
}

// The real program prints what was recorded of it, and its complaints are one line that names the file.
func TestOasdiff(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles oasdiff")
	}
	broken := filepath.Join(t.TempDir(), "broken.yaml")
	if err := os.WriteFile(broken, []byte("openapi: ["), 0o600); err != nil {
		t.Fatal(err)
	}
	dangling := filepath.Join(t.TempDir(), "dangling.yaml")
	fragment, err := os.ReadFile("testdata/fragment.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dangling, bytes.ReplaceAll(fragment, []byte("schemas/Token'"), []byte("schemas/Tocken'")), 0o600); err != nil {
		t.Fatal(err)
	}

	output, err := oasdiff(t.Context(), "testdata/official.yaml", "testdata/fragment.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want, err := recorded(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(unmarshal(t, want), unmarshal(t, output)); diff != "" {
		t.Errorf("(-testdata/report.json +%s):\n%s", program, diff)
	}
	for name, row := range map[string]struct{ official, fragment, says string }{
		"a missing file":       {"testdata/none.yaml", "testdata/fragment.yaml", "testdata/none.yaml"},
		"an unreachable URL":   {"http://127.0.0.1:1/none.yaml", "testdata/fragment.yaml", "http://127.0.0.1:1/none.yaml"},
		"a broken official":    {broken, "testdata/fragment.yaml", broken},
		"a broken fragment":    {"testdata/official.yaml", broken, broken},
		"a dangling reference": {"testdata/official.yaml", dangling, dangling},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := oasdiff(t.Context(), row.official, row.fragment)
			if err == nil || !strings.Contains(err.Error(), row.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want one line with %q", err, row.says)
			}
		})
	}
}

func unmarshal(t *testing.T, document []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(document, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
