// Command report reads the output of the benchmarks and prints how the clients compare: as one
// Markdown table, with the target of each figure that has one; as a sentence; or as comma-separated
// values for the plots.
//
//	go test -run '^$' -bench . -count=6 . | go run ./report
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

func main() {
	as := flag.String("as", "table", "what to print: table, targets (its rows with targets), "+
		"sentence or csv")
	flag.Parse()
	if err := report(os.Stdin, os.Stdout, *as); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

func report(in io.Reader, out io.Writer, as string) error {
	results, err := read(in)
	if err != nil {
		return err
	}
	switch as {
	case "table", "targets":
		how, err := conditions(results)
		if err != nil {
			return err
		}
		missed, err := writeTable(out, results, as == "targets")
		fmt.Fprintf(out, "\n%s %s\n", reached(missed), how)
		return err
	case "sentence":
		_, err := fmt.Fprintln(out, sentence(results))
		return err
	case "csv":
		return writeValues(out, results)
	}
	return fmt.Errorf("what is %q?", as)
}

func reached(missed int) string {
	if missed == 0 {
		return "Every target is reached."
	}
	return fmt.Sprintf("%d figures are not reached.", missed)
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
