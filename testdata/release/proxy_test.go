package release

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// A released module is one that users import: the root, or one below sessions/.
type released struct {
	path string
	dir  string // below the repository's root; "" for the root
	mod  []byte // its go.mod, as the tag will have it
}

// proxyOf returns a directory that is a module proxy of what the repository's next tags would be, and the modules in
// it. Files that are not committed yet count, and those that Git ignores do not.
func proxyOf(t *testing.T, repository, version string) (proxy string, modules []released) {
	t.Helper()
	snapshot := t.TempDir()
	for name := range strings.SplitSeq(run(t, repository, "git", "ls-files", "-coz", "--exclude-standard"), "\x00") {
		if content, err := os.ReadFile(filepath.Join(repository, name)); err == nil { // a file may be deleted
			write(t, filepath.Join(snapshot, name), content)
		}
	}
	modules = releasedModules(t, snapshot)
	for i := range modules {
		modules[i].mod = requireVersion(t, modules[i], modules, version)
		write(t, filepath.Join(snapshot, modules[i].dir, "go.mod"), modules[i].mod)
	}
	run(t, snapshot, "git", "init", "--quiet")
	run(t, snapshot, "git", "add", "--all")
	run(t, snapshot, "git", "-c", "user.name=release", "-c", "user.email=release@example.com", "-c", "core.hooksPath=",
		"-c", "commit.gpgSign=false", "commit", "--quiet", "--message", version)
	proxy = t.TempDir()
	for _, m := range modules {
		escaped, err := module.EscapePath(m.path)
		if err != nil {
			t.Fatal(err)
		}
		var archive bytes.Buffer
		v := module.Version{Path: m.path, Version: version}
		if err := zip.CreateFromVCS(&archive, v, snapshot, "HEAD", filepath.ToSlash(m.dir)); err != nil {
			t.Fatalf("%s: %v", m.path, err)
		}
		at := filepath.Join(proxy, escaped, "@v", version)
		write(t, at+".zip", archive.Bytes())
		write(t, at+".mod", m.mod)
		write(t, at+".info", fmt.Appendf(nil, `{"Version":%q}`, version))
		write(t, filepath.Join(filepath.Dir(at), "list"), []byte(version+"\n"))
	}
	return proxy, modules
}

// releasedModules finds the modules that users import.
func releasedModules(t *testing.T, repository string) (modules []released) {
	t.Helper()
	dirs := []string{""}
	err := filepath.WalkDir(filepath.Join(repository, "sessions"), func(path string, _ fs.DirEntry, err error) error {
		if filepath.Base(path) == "testdata" {
			return filepath.SkipDir
		}
		if filepath.Base(path) == "go.mod" {
			dir, relErr := filepath.Rel(repository, filepath.Dir(path))
			dirs = append(dirs, dir)
			return relErr
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		content, err := os.ReadFile(filepath.Join(repository, dir, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		modules = append(modules, released{path: modfile.ModulePath(content), dir: dir, mod: content})
	}
	return modules
}

// requireVersion returns the go.mod of a module as its tag will have it: of the modules that are released with it, it
// requires the version. Replacements stay: they count for the repository alone, and never for a user.
func requireVersion(t *testing.T, m released, modules []released, version string) []byte {
	t.Helper()
	file, err := modfile.Parse("go.mod", m.mod, nil)
	if err != nil {
		t.Fatal(err)
	}
	required := make(map[string]bool)
	for _, r := range file.Require {
		required[r.Mod.Path] = true
	}
	for _, other := range modules {
		if required[other.path] {
			if err := file.AddRequire(other.path, version); err != nil {
				t.Fatal(err)
			}
		}
	}
	content, err := file.Format()
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// run returns what a program prints, which must succeed.
func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	var failure bytes.Buffer
	cmd.Stderr = &failure
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, failure.Bytes())
	}
	return string(out)
}
