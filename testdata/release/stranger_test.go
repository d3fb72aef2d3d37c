package release

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// A stranger's module has a go.mod without replace, and imports every public package of the root and of each nested
// module, as the proxy will have them at the next tags.
func TestStrangerBuildsTheNextRelease(t *testing.T) {
	options, err := os.ReadFile(filepath.Join(root, "sessions", "options.go"))
	if err != nil {
		t.Fatal(err)
	}
	match := regexp.MustCompile(`(?m)^const version = "(.+)"$`).FindSubmatch(options)
	if match == nil {
		t.Fatal("sessions/options.go has no version")
	}
	version := "v" + string(match[1])
	proxy, modules := proxyOf(t, root, version)
	cache := strings.TrimSpace(run(t, root, "go", "env", "GOMODCACHE"))
	others := strings.TrimSpace(run(t, root, "go", "env", "GOPROXY"))
	packages, err := stranger(t, proxy, modules, version, "file://"+filepath.ToSlash(cache)+"/cache/download,"+others)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range modules {
		if !slices.ContainsFunc(packages, func(p string) bool { return p == m.path || strings.HasPrefix(p, m.path+"/") }) {
			t.Errorf("the stranger imports nothing of %s", m.path)
		}
		t.Logf("tag %s of %s", strings.TrimPrefix(filepath.ToSlash(m.dir)+"/"+version, "/"), m.path)
	}
	for _, p := range packages {
		t.Logf("built without replace: %s", p)
	}
}

// What would leave a user with a module that does not build is found.
func TestStrangerFindsWhatIsMissing(t *testing.T) {
	const library = "package sessions\n\nfunc Get() {}\n"
	for _, row := range []struct {
		name  string
		files map[string]string
		want  string // in the error; "": there is none
	}{
		{"a nested module requires the root", map[string]string{
			"sessions/nested/go.mod": "module example.test/library/sessions/nested\n\ngo 1.26.0\n\n" +
				"require example.test/library v0.0.0\n\nreplace example.test/library => ../..\n",
			"sessions/nested/nested.go": "package nested\n\nimport \"example.test/library/sessions\"\n\n" +
				"func Get() { sessions.Get() }\n",
			"sessions/nested/testdata/tests/go.mod": "module example.test/tests\n", // has no tag
		}, ""},
		{"one leans on a replacement that its users do not have", map[string]string{
			"sessions/nested/go.mod": "module example.test/library/sessions/nested\n\ngo 1.26.0\n\n" +
				"require example.test/other v0.0.0\n\nreplace example.test/other => ../../testdata/other\n",
			"sessions/nested/nested.go": "package nested\n\nimport _ \"example.test/other\"\n",
			"testdata/other/go.mod":     "module example.test/other\n\ngo 1.26.0\n",
			"testdata/other/other.go":   "package other\n",
		}, "nested.go:3:8: module lookup disabled"},
		{"a file that Git ignores is needed", map[string]string{
			".gitignore":        "*.gen.go\n",
			"sessions/uses.go":  "package sessions\n\nvar _ = generated\n",
			"sessions/x.gen.go": "package sessions\n\nconst generated = 1\n",
		}, "undefined: generated"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			repository := t.TempDir()
			run(t, repository, "git", "init", "--quiet")
			write(t, filepath.Join(repository, "go.mod"), []byte("module example.test/library\n\ngo 1.26.0\n"))
			write(t, filepath.Join(repository, "sessions", "sessions.go"), []byte(library))
			for name, content := range row.files {
				write(t, filepath.Join(repository, name), []byte(content))
			}
			proxy, modules := proxyOf(t, repository, "v0.1.0")
			packages, err := stranger(t, proxy, modules, "v0.1.0", "off")
			switch {
			case row.want == "" && err != nil:
				t.Error(err)
			case row.want == "" && len(packages) != 2:
				t.Errorf("built %q", packages)
			case row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)):
				t.Errorf("error %v, want one with %q", err, row.want)
			}
		})
	}
}

// notPublic are the packages below sessions/ that nobody outside imports.
var notPublic = regexp.MustCompile(`/(internal|examples)/`)

// stranger makes a module that imports every public package of the modules from the proxy, builds it, and returns the
// packages. Every other module comes from the proxies others.
func stranger(t *testing.T, proxy string, modules []released, version, others string) (packages []string, err error) {
	t.Helper()
	dir := t.TempDir()
	env := append(os.Environ(), "GOPROXY=file://"+filepath.ToSlash(proxy)+","+others, "GOWORK=off", "GONOPROXY=none",
		"GOMODCACHE="+t.TempDir(), // a version of another day must not be taken for today's
		"GOSUMDB=off",             // no checksum database knows the tags to be
		"GOFLAGS=-mod=mod -modcacherw -trimpath")
	command := func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir, cmd.Env = dir, env
		var failure bytes.Buffer
		cmd.Stderr = &failure
		out, err := cmd.Output()
		if err != nil {
			return "", fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, failure.Bytes())
		}
		return string(out), nil
	}
	mod, patterns := "module example.test/stranger\n\ngo 1.26.0\n", []string{}
	for _, m := range modules {
		mod += fmt.Sprintf("\nrequire %s %s\n", m.path, version)
		patterns = append(patterns, m.path+"/...")
	}
	write(t, filepath.Join(dir, "go.mod"), []byte(mod))
	listed, err := command(append([]string{"list", "-e", "-f", "{{.Name}} {{.ImportPath}}"}, patterns...)...)
	if err != nil {
		return nil, err
	}
	source := "package stranger\n"
	for line := range strings.Lines(listed) {
		name, path, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name != "main" && strings.Contains(path, "/sessions") && !notPublic.MatchString(path) {
			packages = append(packages, path)
			source += fmt.Sprintf("\nimport _ %q\n", path)
		}
	}
	write(t, filepath.Join(dir, "stranger.go"), []byte(source))
	_, err = command("build", "./...")
	return packages, err
}
