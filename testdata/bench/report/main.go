// Command report reads the output of the benchmarks, hands it on as it comes, and then prints how
// the clients compare as one Markdown table, with the target of each figure that has one. With
// -readme it writes the table into a README as well, between the lines <!-- bench:start --> and
// <!-- bench:end -->.
//
//	go test -run '^$' -bench . -count=6 . | go run ./report -readme ../../README.md
package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

const (
	readmeStart = "<!-- bench:start -->\n"
	readmeEnd   = "<!-- bench:end -->\n"
)

func main() {
	readme := flag.String("readme", "", "the README to write the table into")
	flag.Parse()
	if err := report(os.Stdin, os.Stdout, *readme); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

func report(in io.Reader, out io.Writer, readme string) error {
	results, err := read(io.TeeReader(in, out))
	if err != nil {
		return err
	}
	var text bytes.Buffer
	missed, err := writeTable(&text, results)
	if err != nil {
		return err
	}
	how, err := conditions(results)
	if err != nil {
		return err
	}
	fmt.Fprintf(&text, "\n%s\n", how)
	fmt.Fprintf(out, "\n%s", text.String())
	if missed > 0 {
		fmt.Fprintf(out, "\n%d figures are not reached.\n", missed)
	}
	if readme == "" {
		return nil
	}
	return replace(readme, withTargets(text.String()))
}

// conditions says how the figures came about.
func conditions(r *results) (string, error) {
	versions, err := exec.Command("go", "list", "-m", "-f", "{{.Path}} {{.Version}}",
		"github.com/clerk/clerk-sdk-go/v2", "github.com/oapi-codegen/runtime",
		"github.com/go-json-experiment/json").Output()
	if err != nil {
		return "", fmt.Errorf("go list: %w", err)
	}
	modules := strings.ReplaceAll(strings.TrimSpace(string(versions)), "\n", ", ")
	return fmt.Sprintf("The fastest of %d rounds, all in one process, on %d × %s (%s/%s), %s, "+
		"with %s, %s. In memory, every client sends through the same transport, which answers at "+
		"once; over loopback, every client comes as it is.",
		r.runs(), runtime.NumCPU(), r.config["cpu"], runtime.GOOS, runtime.GOARCH,
		time.Now().UTC().Format(time.DateOnly), runtime.Version(), modules), nil
}

// withTargets leaves out the rows of a table that have no target: a README shows what counts, and
// make bench the rest.
func withTargets(table string) string {
	var kept strings.Builder
	for line := range strings.Lines(table) {
		if !strings.HasSuffix(strings.TrimSpace(line), "| – | – |") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// replace writes text into a README, in the place of what is between its marks.
func replace(readme, text string) error {
	content, err := os.ReadFile(readme) //nolint:gosec // the file is named on the command line
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(content), readmeStart)
	_, after, ok2 := strings.Cut(rest, readmeEnd)
	if !ok || !ok2 {
		return fmt.Errorf("%s does not have the lines %q and %q", readme,
			strings.TrimSpace(readmeStart), strings.TrimSpace(readmeEnd))
	}
	//nolint:gosec // a README is there to be read
	return os.WriteFile(readme, []byte(before+readmeStart+text+readmeEnd+after), 0o644)
}

// results is what the benchmarks printed.
type results struct {
	config map[string]string // such as "cpu"
	// by benchmark, without "Benchmark" and the number of processors, and by unit
	values map[string]map[string][]float64
}

// read reads the format that golang.org/design/14313-benchmark-format describes.
func read(in io.Reader) (*results, error) {
	r := &results{config: map[string]string{}, values: map[string]map[string][]float64{}}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		line := lines.Text()
		fields := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "Benchmark") && len(fields) >= 4:
			if err := r.add(fields); err != nil {
				return nil, fmt.Errorf("%q: %w", line, err)
			}
		case strings.HasPrefix(line, "FAIL"), strings.HasPrefix(line, "--- FAIL"):
			return nil, fmt.Errorf("the benchmarks failed: %s", line)
		case !strings.HasPrefix(line, " "):
			if key, value, ok := strings.Cut(line, ": "); ok {
				r.config[key] = strings.TrimSpace(value)
			}
		}
	}
	return r, lines.Err()
}

// add takes one line: a name, a number of iterations, and pairs of a value and its unit.
func (r *results) add(fields []string) error {
	name := strings.TrimPrefix(fields[0], "Benchmark")
	if i := strings.LastIndexByte(name, '-'); i > 0 &&
		strings.Trim(name[i+1:], "0123456789") == "" {
		name = name[:i]
	}
	if r.values[name] == nil {
		r.values[name] = map[string][]float64{}
	}
	for pair := fields[2:]; len(pair) >= 2; pair = pair[2:] {
		var value float64
		if _, err := fmt.Sscan(pair[0], &value); err != nil {
			return err
		}
		r.values[name][pair[1]] = append(r.values[name][pair[1]], value)
	}
	return nil
}

// runs returns how often the benchmarks ran.
func (r *results) runs() (n int) {
	for _, units := range r.values {
		n = max(n, len(units["ns/op"]))
	}
	return n
}
