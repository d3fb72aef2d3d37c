package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
)

// program is oasdiff, at the version whose output report.go knows.
const program = "github.com/oasdiff/oasdiff@v1.35.0"

// oasdiff compares two files by running the program. Only paths of sessions count, and only what means something on the wire.
func oasdiff(ctx context.Context, official, fragment string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", "run", program, "diff", official, fragment, //nolint:gosec // the program and its version are fixed
		"--format", "json",
		"--match-path", "^/sessions(/|$)",
		"--flatten-params",
		"--allow-external-refs=false",
		"--exclude-elements", "description,examples,summary,title,endpoints,extensions")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s", cmdError(stderr.String(), err))
	}
	return stdout.Bytes(), nil
}

// cmdError returns the one line that says why the program failed: oasdiff's own, which names the file, or else the last that is
// not about downloads.
func cmdError(stderr string, err error) string {
	text := err.Error()
	for line := range strings.Lines(stderr) {
		line = strings.TrimSpace(line)
		if own, ok := strings.CutPrefix(line, "Error: "); ok {
			return own
		}
		if line != "" && !strings.HasPrefix(line, "go: downloading ") && !strings.HasPrefix(line, "exit status ") {
			text = line
		}
	}
	return text
}

// report is what oasdiff found.
type report struct {
	version     string // the official file's; "" if it is the fragment's
	differences []string
}

// parseReport reads the output of oasdiff. Its tree becomes a line a difference, as
// "POST /sessions: requestBody required false → true"; + is what only the fragment has, - what only the official file has.
func parseReport(output []byte) (report, error) {
	var tree struct {
		Info struct {
			Version struct{ From string }
		}
		Servers    any
		Components struct {
			SecuritySchemes struct{ Added, Deleted []string }
		}
		Paths struct {
			Added, Deleted []string
			Modified       map[string]struct {
				Operations struct {
					Added, Deleted []string
					Modified       map[string]any
				}
				Servers    any
				Parameters any
			}
		}
	}
	if err := json.Unmarshal(output, &tree); err != nil {
		return report{}, fmt.Errorf("the output of %s cannot be read: %w", program, err)
	}
	r := report{version: tree.Info.Version.From}
	schemes := tree.Components.SecuritySchemes
	r.differences = slices.Concat(leaves("servers:", tree.Servers),
		signed("security:", "+", schemes.Added), signed("security:", "-", schemes.Deleted),
		signed("paths:", "+", tree.Paths.Added), signed("paths:", "-", tree.Paths.Deleted))
	for _, path := range slices.Sorted(maps.Keys(tree.Paths.Modified)) {
		item := tree.Paths.Modified[path]
		r.differences = slices.Concat(r.differences, signed(path+":", "+", item.Operations.Added), signed(path+":", "-", item.Operations.Deleted),
			leaves(path+": servers", item.Servers), leaves(path+": parameters", item.Parameters))
		for _, method := range slices.Sorted(maps.Keys(item.Operations.Modified)) {
			r.differences = append(r.differences, leaves(method+" "+path+":", item.Operations.Modified[method])...)
		}
	}
	return r, nil
}

func signed(at, sign string, names []string) []string {
	var lines []string
	for _, name := range names {
		lines = append(lines, at+" "+sign+name)
	}
	return lines
}

// leaves returns a line for each leaf of a tree of differences.
func leaves(at string, node any) []string {
	switch node := node.(type) {
	case nil:
		return nil
	case []any:
		var lines []string
		for _, child := range node {
			lines = append(lines, leaves(at, child)...)
		}
		return lines
	case map[string]any:
		return branches(at, node)
	case bool:
		if node {
			return []string{at}
		}
	}
	return []string{at + " " + text(node)}
}

func branches(at string, node map[string]any) []string {
	from, hasFrom := node["from"]
	to, hasTo := node["to"]
	if hasFrom && hasTo {
		return []string{at + " " + text(from) + " → " + text(to)}
	}
	if diff, ok := node["diff"]; ok { // of a branch of a oneOf, with where it is on both sides
		return leaves(at+" "+branchName(node["base"]), diff)
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(node)) {
		switch name {
		case "modified", "schema": // say nothing that the rest does not say
			lines = append(lines, leaves(at, node[name])...)
		case "added":
			lines = append(lines, sides(at, "+", node[name])...)
		case "deleted":
			lines = append(lines, sides(at, "-", node[name])...)
		default:
			lines = append(lines, leaves(at+" "+name, node[name])...)
		}
	}
	return lines
}

// sides returns a line for each thing that only one side has: a list of names, lists of parameters by where they are, branches of a
// oneOf, or true.
func sides(at, sign string, node any) []string {
	switch node := node.(type) {
	case []any:
		var lines []string
		for _, child := range node {
			lines = append(lines, sides(at, sign, child)...)
		}
		return lines
	case map[string]any:
		if _, ok := node["index"]; ok {
			return []string{at + " " + sign + branchName(node)}
		}
		var lines []string
		for _, name := range slices.Sorted(maps.Keys(node)) {
			lines = append(lines, sides(at+" "+name, sign, node[name])...)
		}
		return lines
	case bool:
		return []string{at + " " + sign}
	}
	return []string{at + " " + sign + text(node)}
}

// branchName returns the name of a branch of a oneOf, or its number.
func branchName(node any) string {
	branch, _ := node.(map[string]any)
	if name, ok := branch["component"].(string); ok {
		return name
	}
	return fmt.Sprintf("#%v", branch["index"])
}

// text returns a value of either side on one line.
func text(v any) string {
	if s, ok := v.(string); ok && s != "" && !strings.ContainsAny(s, " \n") {
		return s
	}
	encoded, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(encoded)
}
