// Package upkeep keeps true what no compiler reads: the documents, the documentation, and that no fixture holds a
// secret. It has tests alone.
package upkeep

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/format"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is the repository's.
const root = "../../.."

// guides are the documents for people, below the repository's root: all that is Markdown. What they say about the code
// is tested here.
var guides = filesNamed(regexp.MustCompile(`\.md$`))

// filesNamed returns the files of this repository whose paths match.
func filesNamed(pattern *regexp.Regexp) (found []string) {
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		name := strings.TrimPrefix(filepath.ToSlash(path), root+"/")
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "node_modules"):
			return filepath.SkipDir
		case entry.Type().IsRegular() && pattern.MatchString(name):
			found = append(found, name)
		}
		return nil
	})
	if err != nil {
		panic(err)
	}
	return found
}

// snippetImports are the packages that Go snippets may use, by the names that they use them under.
var snippetImports = map[string]string{
	"context":      "context",
	"cookiejar":    "net/http/cookiejar",
	"errors":       "errors",
	"fmt":          "fmt",
	"http":         "net/http",
	"httptest":     "net/http/httptest",
	"log":          "log",
	"os":           "os",
	"slog":         "log/slog",
	"synctest":     "testing/synctest",
	"testing":      "testing",
	"time":         "time",
	"url":          "net/url",
	"sessions":     "github.com/clerk-sessions/clerk-sessions-go/sessions",
	"redis":        "github.com/redis/go-redis/v9",
	"redisstore":   "github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/redisstore",
	"sessionfleet": "github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet",
	"sessionhttp":  "github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp",
	"sessionsotel": "github.com/clerk-sessions/clerk-sessions-go/sessions/sessionsotel",
	"sessionstest": "github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest",
}

// consumerImports are those of them that only the module in testdata/consumer has, where the snippets that use them are
// compiled.
var consumerImports = []string{"redis", "redisstore", "sessionsotel"}

// A block is a fenced block of a guide.
type block struct {
	guide string
	line  int // of its first line
	info  string
	text  string
}

func (b block) String() string { return fmt.Sprintf("%s:%d", b.guide, b.line) }

// blocks returns the fenced blocks of a guide, and the guide without them.
func blocks(t *testing.T, guide string) (found []block, prose string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(guide)))
	if err != nil {
		t.Fatal(err)
	}
	var open *block
	var text strings.Builder
	number := 0
	for line := range strings.Lines(string(content)) {
		number++
		info, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && open == nil:
			open = &block{guide: guide, line: number + 1, info: strings.TrimSpace(info)}
		case fence:
			found = append(found, *open)
			open = nil
		case open != nil:
			open.text += line
		default:
			text.WriteString(line)
		}
	}
	if open != nil {
		t.Errorf("%s: the fence is never closed", *open)
	}
	return found, text.String()
}

// Every Go snippet is formatted and compiles as it stands, and the tests among them pass. A snippet is declarations:
// functions, mostly.
func TestSnippets(t *testing.T) {
	library, consumer := make(map[string]string), make(map[string]string)
	for _, guide := range guides {
		found, _ := blocks(t, guide)
		for _, b := range found {
			if b.info != "go" {
				continue
			}
			if formatted, err := format.Source([]byte(b.text)); err != nil {
				t.Errorf("%s: %v", b, err)
			} else if string(formatted) != b.text {
				t.Errorf("%s: not formatted; gofmt makes it:\n%s", b, formatted)
			}
			name := fmt.Sprintf("line%d_%s_test.go", b.line, strings.NewReplacer("/", "_", ".", "_").Replace(b.guide))
			source, inConsumer := snippetFile(b)
			if inConsumer {
				consumer[name] = source
			} else {
				library[name] = source
			}
		}
	}
	if len(library) == 0 {
		t.Fatal("no snippets found")
	}
	t.Run("library", func(t *testing.T) {
		t.Parallel()
		testSnippets(t, root+"/testdata", library)
	})
	t.Run("consumer", func(t *testing.T) {
		t.Parallel()
		if len(consumer) == 0 {
			t.Skip("no snippet needs another module")
		}
		const dir = root + "/testdata/consumer/traced"
		for _, name := range consumerImports {
			if out, err := goCommand(t, dir, "list", "-mod=readonly", "-deps", snippetImports[name]); err != nil {
				if os.Getenv("CI") == "true" {
					t.Fatalf("%v\n%s", err, out)
				}
				t.Skipf("SKIPPED: the modules of testdata/consumer cannot be had here: %v\n%s", err, out)
			}
		}
		testSnippets(t, dir, consumer)
	})
}

var qualifier = regexp.MustCompile(`(?m)(?:^|[^.\w"])([a-z]\w*)\.[A-Z]`)

// snippetFile returns a snippet as a file, whose lines go by the guide's, and whether testdata/consumer has to compile
// it. Its package is one that may stand beside the package traced there.
func snippetFile(b block) (source string, inConsumer bool) {
	var imports []string
	for _, match := range qualifier.FindAllStringSubmatch(b.text, -1) {
		if path := snippetImports[match[1]]; path != "" {
			imports = append(imports, fmt.Sprintf("%q", path))
			inConsumer = inConsumer || slices.Contains(consumerImports, match[1])
		}
	}
	slices.Sort(imports)
	return fmt.Sprintf("package traced_test\nimport (\n%s\n)\n//line %s\n%s",
		strings.Join(slices.Compact(imports), "\n"), b, b.text), inConsumer
}

// testSnippets runs go test, with its vet, as if the files were in a directory. Nothing is written there: an overlay
// has them.
func testSnippets(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	written := t.TempDir()
	var overlay struct{ Replace map[string]string }
	overlay.Replace = make(map[string]string)
	for name, source := range files {
		overlay.Replace[filepath.Join(dir, name)] = filepath.Join(written, name)
		if err := os.WriteFile(filepath.Join(written, name), []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	overlayFile := filepath.Join(written, "overlay.json")
	if err := os.WriteFile(overlayFile, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := goCommand(t, dir, "test", "-mod=readonly", "-overlay", overlayFile, "."); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func goCommand(t *testing.T, dir string, args ...string) ([]byte, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	return cmd.CombinedOutput()
}

// The two commands of the README stand above everything else.
func TestCommandsStandAtTheTop(t *testing.T) {
	found, _ := blocks(t, "README.md")
	if len(found) == 0 || found[0].line > 15 {
		t.Fatal("README.md does not start with the commands")
	}
	for _, command := range []string{"make demo", "make test"} {
		if !regexp.MustCompile(`(?m)^` + command + `\b`).MatchString(found[0].text) {
			t.Errorf("%s: no line for %s", found[0], command)
		}
	}
}

var (
	codeSpan   = regexp.MustCompile("`[^`\n]+`")
	makeTarget = regexp.MustCompile(`\bmake ([a-z][a-z-]*)`)
	targetLine = regexp.MustCompile(`(?m)^([a-z][a-z-]*):`)
)

// codeOf returns the code of a guide a line each: its code spans and its blocks of commands.
func codeOf(t *testing.T, guide string) (lines []string) {
	t.Helper()
	found, prose := blocks(t, guide)
	for _, span := range codeSpan.FindAllString(prose, -1) {
		lines = append(lines, strings.Trim(span, "`"))
	}
	for line := range strings.Lines(prose) {
		if strings.HasPrefix(line, "    ") { // an indented block
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	for _, b := range found {
		if b.info == "sh" {
			lines = append(lines, strings.Split(strings.TrimSpace(b.text), "\n")...)
		}
	}
	return lines
}

func TestNamedTargetsExist(t *testing.T) {
	makefile, err := os.ReadFile(root + "/Makefile")
	if err != nil {
		t.Fatal(err)
	}
	targets := make(map[string]bool)
	for _, match := range targetLine.FindAllSubmatch(makefile, -1) {
		targets[string(match[1])] = true
	}
	named := 0
	for _, guide := range guides {
		for _, line := range codeOf(t, guide) {
			for _, match := range makeTarget.FindAllStringSubmatch(line, -1) {
				named++
				if !targets[match[1]] {
					t.Errorf("%s: the Makefile has no target for %s", guide, match[0])
				}
			}
		}
	}
	if named < 5 {
		t.Errorf("%d targets are named: the search is wrong", named)
	}
}

var (
	releasesLine = regexp.MustCompile(`(?m)^GOS := (go[\d.]+) (go[\d.]+)$`)
	goLine       = regexp.MustCompile(`(?m)^go (\d+\.\d+)`)
)

// The README names the releases of Go that the Makefile tests with, and go.mod asks for the older one.
func TestReleasesOfGo(t *testing.T) {
	var texts [3]string
	for i, name := range []string{"Makefile", "README.md", "go.mod"} {
		content, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(content)
	}
	releases, asked := releasesLine.FindStringSubmatch(texts[0]), goLine.FindStringSubmatch(texts[2])
	if releases == nil || asked == nil {
		t.Fatal("the Makefile has no two releases in GOS, or go.mod no line for go")
	}
	if tested := "tests with " + releases[1] + " and " + releases[2]; !strings.Contains(texts[1], tested) {
		t.Errorf("README.md does not say: %s", tested)
	}
	if !strings.HasPrefix(releases[1], "go"+asked[1]+".") {
		t.Errorf("go.mod asks for go %s, and the older release is %s", asked[1], releases[1])
	}
}

var (
	pathLike     = regexp.MustCompile(`^(?:\./)?[\w.-]+(?:/[\w.-]+)*/?$`)
	fileName     = regexp.MustCompile(`^[\w-]+\.(?:go|md|ya?ml|txt|json|mjs|mod|sum)$`)
	testName     = regexp.MustCompile(`^(?:Test|Fuzz|Benchmark|Example)[A-Z]\w*$`)
	testFunction = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark|Example)\w+)\(`)
)

// Every path, every file and every test that a guide names exists. A path is given from the root, from the guide's own
// directory or, below internal/, from sessions/; a file alone may be anywhere.
func TestNamedFilesExist(t *testing.T) {
	files, tests := repository(t)
	named := 0
	for _, guide := range guides {
		for _, line := range codeOf(t, guide) {
			for word := range strings.FieldsSeq(line) {
				switch {
				case testName.MatchString(word):
					if !tests[word] {
						t.Errorf("%s: there is no %s", guide, word)
					}
				case fileName.MatchString(word):
					if !files["*/"+word] {
						t.Errorf("%s: there is no file %s", guide, word)
					}
				case pathLike.MatchString(word) && isOurs(word):
					named++
					if path := strings.Trim(strings.TrimPrefix(word, "./"), "/"); !files[path] &&
						!files["sessions/"+path] && !files[filepath.Dir(guide)+"/"+path] {
						t.Errorf("%s: there is no %s", guide, word)
					}
				}
			}
		}
	}
	if named < 20 {
		t.Errorf("%d paths are named: the search is wrong", named)
	}
}

// isOurs reports whether a word that looks like a path is one of this repository's, by where it starts.
func isOurs(word string) bool {
	top, _, below := strings.Cut(strings.TrimPrefix(word, "./"), "/")
	return below && slices.Contains([]string{
		".ci", ".github", "gen", "openapi", "sessions", "testdata", // the top level
		"internal", "sessionhttp", "sessionsotel", "sessionstest", "sessionfleet", "examples", // below sessions/
		"api", "bench", "browser", "clerk-sdk-go", "consumer", "official-sdk", "recordings", // below testdata/
	}, top)
}

// repository returns the paths of the files and directories of this repository, each file also as "*/" and its name,
// and the names of its tests and examples.
func repository(t *testing.T) (files, tests map[string]bool) {
	t.Helper()
	files, tests = make(map[string]bool), make(map[string]bool)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "node_modules"):
			return filepath.SkipDir
		}
		files[strings.TrimPrefix(filepath.ToSlash(path), root+"/")] = true
		if !entry.Type().IsRegular() {
			return nil
		}
		files["*/"+entry.Name()] = true
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, match := range testFunction.FindAllSubmatch(content, -1) {
			tests[string(match[1])] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files, tests
}

var identifier = regexp.MustCompile(`\b[A-Z][a-z]\w*`)

// notOurs are names in the README's code that are no names of ours: of headers, and of other people's Go.
var notOurs = []string{"Authorization", "Retry", "After", "AuthorizationJWTExtractor", "NewLimiter"}

// What the README calls by a Go name is in the public API.
func TestNamedIdentifiersExist(t *testing.T) {
	snapshots, err := filepath.Glob(root + "/testdata/api/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var api []byte
	for _, snapshot := range snapshots {
		content, err := os.ReadFile(snapshot)
		if err != nil {
			t.Fatal(err)
		}
		api = append(api, content...)
	}
	_, prose := blocks(t, "README.md")
	for _, span := range codeSpan.FindAllString(prose, -1) {
		for _, name := range identifier.FindAllString(span, -1) {
			if !slices.Contains(notOurs, name) && !bytes.Contains(api, []byte(name)) {
				t.Errorf("README.md: %s: there is no %s in testdata/api", span, name)
			}
		}
	}
}

var (
	link    = regexp.MustCompile(`(?:\]\(|\b(?:href|src|srcset)="|(?m:^\[[^\]]+\]: +))([^)\s"]+)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	notSlug = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// Every relative link of a guide leads to a file, and to a heading of it if it names one.
func TestLinksResolve(t *testing.T) {
	for _, guide := range guides {
		_, prose := blocks(t, guide)
		for _, match := range link.FindAllStringSubmatch(codeSpan.ReplaceAllString(prose, ""), -1) {
			if strings.Contains(match[1], "://") || strings.HasPrefix(match[1], "mailto:") {
				continue
			}
			path, fragment, _ := strings.Cut(match[1], "#")
			target := guide
			if path != "" {
				target = filepath.ToSlash(filepath.Join(filepath.Dir(guide), path))
			}
			if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(target))); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", guide, match[1])
			} else if fragment != "" && !slices.Contains(anchors(t, target), fragment) {
				t.Errorf("%s: %s has no heading for #%s", guide, target, fragment)
			}
		}
	}
}

// anchors returns what the headings of a guide are linked to by, as GitHub makes it.
func anchors(t *testing.T, guide string) (slugs []string) {
	t.Helper()
	_, prose := blocks(t, guide)
	for _, match := range heading.FindAllStringSubmatch(prose, -1) {
		slugs = append(slugs, strings.ReplaceAll(notSlug.ReplaceAllString(strings.ToLower(match[1]), ""), " ", "-"))
	}
	return slugs
}
