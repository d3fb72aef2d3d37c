package main

import (
	"slices"
	"strings"
	"testing"
)

// allowed are the modules that a program which imports sessions may compile in.
var allowed = []string{
	module,
	"github.com/apapsch/go-jsonmerge/v2", // by oapi-codegen/runtime
	"github.com/cenkalti/backoff/v5",
	"github.com/go-json-experiment/json", // an alias of the standard library's from Go 1.27 on
	"github.com/google/uuid",             // by oapi-codegen/runtime
	"github.com/hashicorp/golang-lru/v2",
	"github.com/oapi-codegen/runtime",
	"golang.org/x/sync",
	"golang.org/x/time",
}

// allowedForMiddleware are what one that imports sessionhttp may compile in besides.
var allowedForMiddleware = []string{
	"github.com/go-jose/go-jose/v4", // signatures
	"golang.org/x/net",              // idna, for origins
	"golang.org/x/text",             // by idna
}

// Whoever imports the library compiles in a handful of small modules, and never the fake, its validator or the
// generator, on no system.
func TestCompiledIn(t *testing.T) {
	for _, row := range []struct {
		program string
		allowed []string
	}{
		{"ours", allowed},
		{"everything", allowed},
		{"middleware", slices.Concat(allowed, allowedForMiddleware)},
	} {
		for _, system := range []string{"linux", "darwin", "windows"} {
			t.Run(row.program+" on "+system, func(t *testing.T) {
				t.Parallel()
				packages, err := packagesOf(t.Context(), row.program, "GOOS="+system, "GOARCH=amd64")
				if err != nil {
					t.Fatal(err)
				}
				checkCompiledIn(t, packages, row.allowed)
			})
		}
	}
}

func checkCompiledIn(t *testing.T, packages []goPackage, allowed []string) {
	t.Helper()
	seen := make(map[string]bool)
	for _, pkg := range packages {
		seen[pkg.ImportPath] = true
		switch {
		case pkg.Standard:
		case !slices.Contains(allowed, pkg.Module.Path):
			t.Errorf("%s of %s is compiled in", pkg.ImportPath, pkg.Module.Path)
		case pkg.ImportPath == module+"/openapi", pkg.ImportPath == module+"/sessions/sessionstest":
			t.Errorf("%s is compiled in, which is for tests alone", pkg.ImportPath)
		case strings.HasPrefix(pkg.ImportPath, module+"/sessions/sessionfleet"):
			t.Errorf("%s is compiled in, which nothing here imports", pkg.ImportPath)
		}
	}
	if !seen["net/http"] || !seen[module+"/sessions"] || !seen[module+"/gen"] {
		t.Errorf("%d packages without those that are known to be there: the list is wrong", len(packages))
	}
}

// A package that is not allowed is found.
func TestClerkSDKIsFound(t *testing.T) {
	packages, err := packagesOf(t.Context(), "clerksdk")
	if err != nil {
		t.Fatal(err)
	}
	if modules := modulesOf(foreignPackages(packages)); !slices.Contains(modules, "github.com/clerk/clerk-sdk-go/v2") {
		t.Errorf("modules of clerksdk: %q", modules)
	}
}
