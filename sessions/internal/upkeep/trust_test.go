package upkeep

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// mayWrite are the only permissions to write that a job of a workflow has. A row that nothing needs fails the test.
var mayWrite = []string{
	"codeql.yml: security-events",
	"release.yml: attestations",
	"release.yml: contents",
	"release.yml: id-token",
	"upstream.yml: issues",
}

// A workflow reads alone, unless mayWrite says otherwise, runs other people's actions by their hash, and leaves no
// credentials in the checkout.
func TestWorkflows(t *testing.T) {
	names := filesNamed(regexp.MustCompile(`^\.github/workflows/[^/]+$`))
	if len(names) < 5 {
		t.Errorf("%d workflows: the search is wrong", len(names))
	}
	var written []string
	pins := make(map[string]string)
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range workflowFaults(string(content), pins) {
			t.Errorf("%s: %s", name, fault)
		}
		for _, match := range writes.FindAllStringSubmatch(string(content), -1) {
			written = append(written, path.Base(name)+": "+match[1])
		}
	}
	slices.Sort(written)
	if !slices.Equal(written, mayWrite) {
		t.Errorf("the workflows may write %q, want %q", written, mayWrite)
	}
}

var (
	readsAlone = regexp.MustCompile(`(?m)^permissions:\n  contents: read\n[^ ]`)
	writes     = regexp.MustCompile(`([\w-]+): *["']?write\b`)
	step       = regexp.MustCompile(`(?m)^ *- `)
	uses       = regexp.MustCompile(`(?m)^[ -]*["']?uses["']? *:(.*)$`)
	pinned     = regexp.MustCompile(`^ ([\w.-]+/[\w.-]+)(?:/[\w./-]+)?@([0-9a-f]{40} # v\d+\.\d+\.\d+)$`)
	keepsNone  = regexp.MustCompile(`(?m)^ +persist-credentials: false$`)
)

// workflowFaults returns what is wrong with a workflow. The pins are those of the actions seen so far, by their names.
func workflowFaults(text string, pins map[string]string) (faults []string) {
	if !readsAlone.MatchString(text) {
		faults = append(faults, "it does not start from permissions to read alone")
	}
	if strings.Contains(text, "write-all") || strings.Contains(text, "pull_request_target") {
		faults = append(faults, "it hands its token to strangers")
	}
	for _, s := range step.Split(text, -1) {
		for _, match := range uses.FindAllStringSubmatch(s, -1) {
			pin := pinned.FindStringSubmatch(match[1])
			if pin == nil {
				faults = append(faults, "no hash with a comment that names the version:"+match[1])
				continue
			}
			if pins[pin[1]] != "" && pins[pin[1]] != pin[2] {
				faults = append(faults, "another hash elsewhere: "+pin[1])
			}
			pins[pin[1]] = pin[2]
			if pin[1] == "actions/checkout" && !keepsNone.MatchString(s) {
				faults = append(faults, "the checkout keeps its credentials")
			}
		}
	}
	return faults
}

// What is planted in a workflow is found.
func TestPlantedWorkflowFaults(t *testing.T) {
	const (
		read     = "permissions:\n  contents: read\njobs:\n"
		hash     = "0123456789abcdef0123456789abcdef01234567"
		checkout = "      - uses: actions/checkout@" + hash + " # v7.0.1\n"
		keepNone = "        with:\n          persist-credentials: false\n"
	)
	for _, row := range []struct {
		name, text string
		want       []string
	}{
		{"good", read + checkout + keepNone + "      - run: make\n", nil},
		{"no permissions", "jobs:\n", []string{"it does not start from permissions to read alone"}},
		{
			"more than reading", "permissions:\n  contents: read\n  issues: read\njobs:\n",
			[]string{"it does not start from permissions to read alone"},
		},
		{
			"a tag", read + "      - uses: actions/setup-go@v7\n",
			[]string{"no hash with a comment that names the version: actions/setup-go@v7"},
		},
		{
			"a short hash", read + "      - uses: actions/setup-go@0123456 # v7.0.0\n",
			[]string{"no hash with a comment that names the version: actions/setup-go@0123456 # v7.0.0"},
		},
		{
			"no version", read + "      - uses: actions/setup-go@" + hash + "\n",
			[]string{"no hash with a comment that names the version: actions/setup-go@" + hash},
		},
		{
			"uses below a name", read + "      - name: Go\n        uses: actions/setup-go@main\n",
			[]string{"no hash with a comment that names the version: actions/setup-go@main"},
		},
		{"two hashes", read + "      - uses: a/b/init@" + hash + " # v1.0.0\n      - uses: a/b/end@" +
			strings.Repeat("0", 40) + " # v1.0.1\n", []string{"another hash elsewhere: a/b"}},
		{"credentials", read + checkout, []string{"the checkout keeps its credentials"}},
		{"credentials of the first", read + checkout + checkout + keepNone, []string{"the checkout keeps its credentials"}},
		{
			"credentials on purpose", read + checkout + strings.Replace(keepNone, "false", "true", 1),
			[]string{"the checkout keeps its credentials"},
		},
		{"a stranger's pull request", "on: pull_request_target\n" + read, []string{"it hands its token to strangers"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := workflowFaults(row.text, make(map[string]string)); !slices.Equal(got, row.want) {
				t.Errorf("found %q, want %q", got, row.want)
			}
		})
	}
}

// Dependabot looks at every module and every package.
func TestDependabotSeesEveryModule(t *testing.T) {
	content, err := os.ReadFile(root + "/.github/dependabot.yml")
	if err != nil {
		t.Fatal(err)
	}
	for ecosystem, file := range map[string]string{"gomod": "go.mod", "npm": "package.json", "github-actions": ""} {
		_, update, found := strings.Cut(string(content), "package-ecosystem: "+ecosystem+"\n")
		if !found {
			t.Fatalf("dependabot.yml has no updates for %s", ecosystem)
		}
		update, _, _ = strings.Cut(update, "package-ecosystem:")
		dirs := []string{"/"}
		if file != "" {
			dirs = nil
			for _, name := range filesNamed(regexp.MustCompile(`(^|/)` + regexp.QuoteMeta(file) + `$`)) {
				dirs = append(dirs, "/"+strings.TrimPrefix(path.Dir(name), "."))
			}
		}
		if len(dirs) == 0 {
			t.Errorf("no %s found: the search is wrong", file)
		}
		for _, dir := range dirs {
			if !regexp.MustCompile(`(?m)^ +(- |directory: )` + regexp.QuoteMeta(dir) + `$`).MatchString(update) {
				t.Errorf("dependabot.yml does not name %s for %s", dir, ecosystem)
			}
		}
	}
}
