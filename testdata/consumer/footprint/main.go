// Command footprint prints what a service takes in with this library: which modules and packages
// are compiled into a net/http hello program, and how much bigger they make it, beside Clerk's own
// Go SDK. `make footprint` at the top of the repository runs it. With -readme it writes the table
// into a README as well, between the lines <!-- footprint:start --> and <!-- footprint:end -->.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

const (
	readmeStart = "<!-- footprint:start -->\n"
	readmeEnd   = "<!-- footprint:end -->\n"
)

// programs are the directories of what is measured; the first is what the others are compared with.
var programs = []struct{ dir, title string }{
	{"hello", "a net/http hello program"},
	{"ours", "six calls by `sessions`"},
	{"clerksdk", "the same calls by clerk-sdk-go"},
	{"everything", "all calls of `sessions`, and the cache"},
	{"middleware", "`sessionhttp`"},
}

func main() {
	readme := flag.String("readme", "", "the README to write the table into")
	flag.Parse()
	if err := run(context.Background(), *readme); err != nil {
		fmt.Fprintln(os.Stderr, "footprint:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, readme string) error {
	table, err := report(ctx)
	if err != nil {
		return err
	}
	fmt.Fprint(os.Stdout, table)
	if readme == "" {
		return nil
	}
	return replace(readme, table)
}

// report builds every program and returns the table.
func report(ctx context.Context) (string, error) {
	dir, err := os.MkdirTemp("", "footprint")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(dir) }()

	var table, modules strings.Builder
	table.WriteString("| program | packages | not the standard library's | size | added " +
		"|\n|---|---:|---:|---:|---:|\n")
	var hello int64
	for i, program := range programs {
		packages, err := packagesOf(ctx, program.dir)
		if err != nil {
			return "", err
		}
		size, err := sizeOf(ctx, program.dir, dir)
		if err != nil {
			return "", err
		}
		if i == 0 {
			hello = size
		}
		foreign := foreignPackages(packages)
		fmt.Fprintf(&table, "| %s | %d | %d | %s | %s |\n", program.title, len(packages),
			len(foreign), megabytes(size), megabytes(size-hello))
		if len(foreign) > 0 {
			fmt.Fprintf(&modules, "- %s: `%s`\n", program.title,
				strings.Join(modulesOf(foreign), "`, `"))
		}
	}
	return fmt.Sprintf("%s\nModules compiled in:\n\n%s\n%s, %s/%s, built with `CGO_ENABLED=0 go "+
		"build -trimpath -ldflags='-s -w'`.\n",
		&table, &modules, runtime.Version(), runtime.GOOS, runtime.GOARCH), nil
}

func megabytes(size int64) string { return fmt.Sprintf("%.2f MB", float64(size)/1e6) }

// sizeOf builds a program, without its debugging tables, and returns how big it is.
func sizeOf(ctx context.Context, program, dir string) (int64, error) {
	binary := filepath.Join(dir, program)
	//nolint:gosec // no input of a stranger's
	cmd := exec.CommandContext(ctx, "go", "build", "-mod=readonly", "-trimpath", "-ldflags=-s -w",
		"-o", binary, importPath(program))
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("go build %s: %w", program, err)
	}
	info, err := os.Stat(binary)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// replace puts the table between the two lines of a README that are there for it.
func replace(readme, table string) error {
	content, err := os.ReadFile(readme) //nolint:gosec // the file is the caller's choice
	if err != nil {
		return err
	}
	before, rest, found := bytes.Cut(content, []byte(readmeStart))
	_, after, ended := bytes.Cut(rest, []byte(readmeEnd))
	if !found || !ended {
		return errors.New(readme + " lacks the lines " + strings.TrimSpace(readmeStart) + " and " +
			strings.TrimSpace(readmeEnd))
	}
	changed := fmt.Sprintf("%s%s%s%s%s", before, readmeStart, table, readmeEnd, after)
	return os.WriteFile(readme, []byte(changed), 0o644) //nolint:gosec // a README is for everybody
}
