package upkeep

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	marked   = regexp.MustCompile(`(?s)<!-- ([a-z-]+):start -->\n(.*?)<!-- ([a-z-]+):end -->\n`)
	measured = regexp.MustCompile(`[0-9][0-9.,]* ?(?:×|%|[µn]s\b|[KM]B\b)|[0-9.,]+ of [0-9]`)
)

// What was measured stands between two marks, and a target of the Makefile writes what is between them. No other figure
// of the README is one that somebody measured once.
func TestFiguresAreWrittenByTargets(t *testing.T) {
	makefile, err := os.ReadFile(root + "/Makefile")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, guide := range guides {
		content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(guide)))
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range marked.FindAllSubmatch(content, -1) {
			found++
			if string(match[1]) != string(match[3]) || len(match[2]) == 0 {
				t.Errorf("%s: between %s and %s there is nothing", guide, match[1], match[3])
			}
			if writer := "$(MARKED) " + guide + " " + string(match[1]); !bytes.Contains(makefile, []byte(writer)) {
				t.Errorf("%s: no target of the Makefile writes %s: there is no %s", guide, match[1], writer)
			}
		}
	}
	if found < 5 {
		t.Errorf("%d figures found: the search is wrong", found)
	}
	_, prose := blocks(t, "README.md")
	for line := range strings.Lines(marked.ReplaceAllString(prose, "")) {
		for _, figure := range measured.FindAllString(line, -1) {
			t.Errorf("README.md: no target writes %q in %s", figure, line)
		}
	}
}

// The README is a front door, not the house.
func TestReadmeIsShort(t *testing.T) {
	content, err := os.ReadFile(root + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(content, []byte("\n")); lines > 250 {
		t.Errorf("README.md has %d lines, want 250 at most", lines)
	}
}
