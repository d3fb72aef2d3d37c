package upkeep

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	goGet   = regexp.MustCompile(`(?m)^go get (\S+)@main\b`)
	goWork  = regexp.MustCompile(`(?m)^(go work init \. )\.\./clerk-sessions-go\b`)
	goUse   = regexp.MustCompile(`(?m)^go work use \.\./clerk-sessions-go/(\S+) .* as is (\S+)$`)
	modLine = regexp.MustCompile(`(?m)^module (\S+)$`)
)

// The README's lines that install the library name its module, and a program in a module of its own runs after the one
// for a checkout.
func TestInstall(t *testing.T) {
	readme, err := os.ReadFile(root + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	module, err := os.ReadFile(root + "/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	got, want := goGet.FindSubmatch(readme), modLine.FindSubmatch(module)
	if got == nil || want == nil || string(got[1]) != string(want[1]) {
		t.Errorf("README.md installs %q, and the module is %q", got, want)
	}
	work, use := goWork.FindSubmatch(readme), goUse.FindStringSubmatch(string(readme))
	if work == nil || use == nil || want == nil {
		t.Fatal("README.md does not say how to use a checkout and its nested modules")
	}
	program, err := os.ReadFile(root + "/sessions/examples/hello/main.go")
	if err != nil {
		t.Fatal(err)
	}
	checkout, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.go"), program, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"mod", "init", "example.com/mine"},
		append(strings.Fields(string(work[1]))[1:], checkout),
		{"run", "."},
		{"work", "use", checkout + "/" + use[1], checkout + "/" + use[2]},
		{"build", string(want[1]) + "/" + use[1], string(want[1]) + "/" + use[2]},
	} {
		if out, err := goCommand(t, dir, args...); err != nil {
			t.Fatalf("go %v: %v\n%s", args, err, out)
		}
	}
}
