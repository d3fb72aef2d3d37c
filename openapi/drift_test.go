package openapi_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A place is a line of oasdiff's text that has no lines below it, after the lines that it stands below.
type place []string

// isAt reports whether a line of UPSTREAM.md means this place: both end in the same line, and the lines that lead to
// the end in UPSTREAM.md, by " > ", stand above it here too, in the same order and perhaps among others.
func (p place) isAt(line string) bool {
	steps := strings.Split(line, " > ")
	if p[len(p)-1] != steps[len(steps)-1] {
		return false
	}
	for _, step := range p {
		if len(steps) > 0 && step == steps[0] {
			steps = steps[1:]
		}
	}
	return len(steps) == 0
}

// A difference that the golden files show has its reason in UPSTREAM.md, and a reason names only lines that they have.
func TestEveryDifferenceHasAReason(t *testing.T) {
	t.Parallel()
	explained := explainedLines(t)
	gone := slices.Clone(explained)
	for _, file := range []string{"drift.txt", "drift-verify.txt"} {
		found := places(read(t, file))
		if len(found) == 0 {
			t.Errorf("%s says nothing", file)
		}
		for _, p := range found {
			if !slices.ContainsFunc(explained, p.isAt) {
				t.Errorf("no reason in UPSTREAM.md names this line of %s: %s", file, strings.Join(p, " > "))
			}
			gone = slices.DeleteFunc(gone, p.isAt)
		}
	}
	for _, line := range gone {
		t.Errorf("UPSTREAM.md explains a line that is gone: %s", line)
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	const text = `### New Endpoints: 1
--------------------
GET /new  

### Modified Endpoints: 1
-------------------------
GET /old
- Responses changed
  - New response: 403
  - Modified response: 200
    - New header: x
- New query param: q

Other Changes
-------------
Servers changed
- New server: y
`
	want := []place{
		{"GET /new"},
		{"GET /old", "Responses changed", "New response: 403"},
		{"GET /old", "Responses changed", "Modified response: 200", "New header: x"},
		{"GET /old", "New query param: q"},
		{"Servers changed", "New server: y"},
	}
	if diff := cmp.Diff(want, places(text)); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	for line, is := range map[string]bool{
		"New header: x":                                     true,
		"GET /old > New header: x":                          true,
		"Modified response: 200 > New header: x":            true,
		"GET /old > Modified response: 200 > New header: x": true,
		"GET /new > New header: x":                          false,
		"Modified response: 200 > GET /old > New header: x": false,
		"New header: x > New header: x":                     false,
		"Modified response: 200":                            false,
		"New header":                                        false,
	} {
		if want[2].isAt(line) != is {
			t.Errorf("%q means the place: %v, want %v", line, !is, is)
		}
	}
}

// places returns the places of oasdiff's text, whose headings are underlined.
func places(text string) (found []place) {
	lines := slices.Collect(strings.Lines(text))
	lines = slices.DeleteFunc(lines, func(line string) bool { return strings.TrimSpace(line) == "" })
	level := func(i int) int { // 0 is an endpoint's
		if i == len(lines) || !strings.HasPrefix(strings.TrimLeft(lines[i], " "), "- ") {
			return 0
		}
		return 1 + strings.Index(lines[i], "- ")/2
	}
	isRule := func(i int) bool { return i < len(lines) && strings.HasPrefix(lines[i], "---") }
	var above place
	for i, line := range lines {
		if isRule(i) || isRule(i+1) {
			continue
		}
		above = append(above[:level(i)], strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "- ")))
		if level(i+1) <= level(i) {
			found = append(found, slices.Clone(above))
		}
	}
	return found
}

var (
	numbered  = regexp.MustCompile(`(?m)^\d+\. \*\*`)
	explained = regexp.MustCompile(`(?m)^ {7,}(\S.*)$`)
)

// explainedLines returns the lines that the numbered differences of UPSTREAM.md explain.
func explainedLines(t *testing.T) (lines []string) {
	t.Helper()
	for _, difference := range numbered.Split(read(t, "UPSTREAM.md"), -1)[1:] {
		matches := explained.FindAllStringSubmatch(difference, -1)
		for _, m := range matches {
			lines = append(lines, m[1])
		}
		if (len(matches) == 0) != strings.Contains(difference, "It does not show.") {
			t.Errorf("a difference has to name lines, or else to say that it does not show: **%s", difference)
		}
	}
	return lines
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
