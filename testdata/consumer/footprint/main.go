// Command footprint prints what a service takes in with this library: which modules and packages
// are compiled into a net/http hello program, and how much bigger they make it, beside Clerk's own
// Go SDK.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
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
	sentence := flag.Bool("sentence", false, "print what a front page says, and no table")
	flag.Parse()
	text, err := report(context.Background(), *sentence)
	if err != nil {
		fmt.Fprintln(os.Stderr, "footprint:", err)
		os.Exit(1)
	}
	fmt.Fprint(os.Stdout, text)
}

// report builds every program and returns the table, or the sentence.
func report(ctx context.Context, sentence bool) (string, error) {
	dir, err := os.MkdirTemp("", "footprint")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(dir) }()

	var table, modules strings.Builder
	table.WriteString("| program | packages | not the standard library's | size | added " +
		"|\n|---|---:|---:|---:|---:|\n")
	sizes := map[string]int64{}
	for _, program := range programs {
		packages, err := packagesOf(ctx, program.dir)
		if err != nil {
			return "", err
		}
		size, err := sizeOf(ctx, program.dir, dir)
		if err != nil {
			return "", err
		}
		sizes[program.dir] = size
		foreign := foreignPackages(packages)
		fmt.Fprintf(&table, "| %s | %d | %d | %s | %s |\n", program.title, len(packages),
			len(foreign), megabytes(size), megabytes(size-sizes["hello"]))
		if len(foreign) > 0 {
			fmt.Fprintf(&modules, "- %s: `%s`\n", program.title,
				strings.Join(modulesOf(foreign), "`, `"))
		}
	}
	if sentence {
		return fmt.Sprintf("It makes a small program %s bigger; clerk-sdk-go makes it %s bigger.\n",
			megabytes(sizes["ours"]-sizes["hello"]), megabytes(sizes["clerksdk"]-sizes["hello"])), nil
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
