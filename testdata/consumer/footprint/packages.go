package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// module is the library's.
const module = "github.com/clerk-sessions/clerk-sessions-go"

// A goPackage is one that is compiled into a program. Those of the standard library have no module.
type goPackage struct {
	ImportPath string
	Standard   bool
	Module     struct{ Path string }
}

func importPath(program string) string { return "example.com/consumer/footprint/" + program }

// packagesOf returns what is compiled into a program, the program itself left out. It is asked of
// the go command with env added to its environment, such as GOOS=windows.
func packagesOf(ctx context.Context, program string, env ...string) ([]goPackage, error) {
	//nolint:gosec // no input of a stranger's
	cmd := exec.CommandContext(ctx, "go", "list", "-mod=readonly", "-deps",
		"-json=ImportPath,Standard,Module", importPath(program))
	cmd.Env = append(append(os.Environ(), "CGO_ENABLED=0"), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w", program, err)
	}
	var packages []goPackage
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var pkg goPackage
		if err := decoder.Decode(&pkg); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, err
		}
		if pkg.ImportPath != importPath(program) {
			packages = append(packages, pkg)
		}
	}
}

// foreignPackages returns those that are not of the standard library.
func foreignPackages(packages []goPackage) []goPackage {
	return slices.DeleteFunc(slices.Clone(packages), func(pkg goPackage) bool {
		return pkg.Standard
	})
}

// modulesOf returns the modules of packages, sorted.
func modulesOf(packages []goPackage) (modules []string) {
	for _, pkg := range packages {
		modules = append(modules, pkg.Module.Path)
	}
	slices.Sort(modules)
	return slices.Compact(modules)
}
