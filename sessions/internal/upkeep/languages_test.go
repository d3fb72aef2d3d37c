package upkeep

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const fakeclerkGuide = "sessions/sessionstest/fakeclerk/README.md"

// The guides' lines of JavaScript are lines of the suite that they are said to be from, which make test-official runs.
func TestJavaScriptIsFromTheSuite(t *testing.T) {
	suite, err := os.ReadFile(root + "/testdata/official-sdk/service.test.mjs")
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	inReadme, _ := blocks(t, "README.md")
	inGuide, _ := blocks(t, fakeclerkGuide)
	for _, b := range slices.Concat(inReadme, inGuide) {
		if b.info != "js" {
			continue
		}
		for line := range strings.Lines(b.text) {
			lines++
			if !bytes.Contains(suite, []byte("\n  "+line)) {
				t.Errorf("%s: service.test.mjs has no line %s", b, line)
			}
		}
	}
	if lines == 0 {
		t.Error("no JavaScript found")
	}
}

var pythonTests = regexp.MustCompile(`(?m)^    def test_`)

// The guide's Python runs as it stands, below the fake, and its tests pass.
func TestPythonSnippets(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("SKIPPED: %v", err)
	}
	dir := t.TempDir()
	fakeclerk := filepath.Join(dir, "fakeclerk")
	if out, err := goCommand(t, root, "build", "-o", fakeclerk, "./sessions/sessionstest/fakeclerk"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	found, _ := blocks(t, fakeclerkGuide)
	tests := 0
	for _, b := range found {
		if b.info != "python" {
			continue
		}
		want := len(pythonTests.FindAllString(b.text, -1))
		tests += want
		if err := os.WriteFile(filepath.Join(dir, "test_snippet.py"), []byte(b.text), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), fakeclerk, "--", "python3", "-m", "unittest", "-v")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if passed := bytes.Count(out, []byte(" ... ok\n")); err != nil || passed != want {
			t.Errorf("%s: %v, %d of %d tests passed\n%s", b, err, passed, want, out)
		}
	}
	if tests == 0 {
		t.Error("no tests in Python found")
	}
}
