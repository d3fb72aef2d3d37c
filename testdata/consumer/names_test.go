package consumer

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const library = "github.com/clerk-sessions/clerk-sessions-go/"

var public = []string{
	library + "sessions", library + "sessions/sessionhttp", library + "sessions/sessionsotel",
	library + "sessions/sessionstest", library + "sessions/sessionfleet", library + "sessions/sessionfleet/storetest",
	library + "sessions/sessionfleet/redisstore",
}

// Every exported constant, variable, function, type, field and method of the public packages is used in this package.
// What a method is used for does not matter, since its signature is spelled out wherever it is.
func TestEveryNameIsUsed(t *testing.T) {
	uses := make(map[types.Object]bool)
	packages := checkThisPackage(t, uses)
	named := 0
	for _, path := range public {
		if packages[path] == nil {
			t.Errorf("%s is not used", path)
			continue
		}
		for name, object := range exported(packages[path]) {
			named++
			if !uses[object] {
				t.Errorf("%s.%s is not used here: spell out its signature", packages[path].Name(), name)
			}
		}
	}
	if named < 150 {
		t.Errorf("%d exported names: the search is wrong", named)
	}
}

// Every public package is one that the snapshots in testdata/api are of.
func TestEveryPublicPackageIsKnown(t *testing.T) {
	snapshots, err := filepath.Glob("../api/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, snapshot := range snapshots {
		want = append(want, strings.TrimSuffix(filepath.Base(snapshot), ".txt"))
	}
	var got []string
	for _, path := range public {
		got = append(got, path[strings.LastIndex(path, "/")+1:])
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("used here: %v; snapshots: %v", got, want)
	}
}

// exported returns the exported objects of a package by their names, such as "Client", "Client.Get" and "Session.ID".
func exported(pkg *types.Package) map[string]types.Object {
	objects := make(map[string]types.Object)
	for _, name := range pkg.Scope().Names() {
		object := pkg.Scope().Lookup(name)
		if !object.Exported() {
			continue
		}
		objects[name] = object
		typeName, ok := object.(*types.TypeName)
		if !ok {
			continue
		}
		for member := range members(typeName.Type()) {
			if member.Exported() {
				objects[name+"."+member.Name()] = member
			}
		}
	}
	return objects
}

// members yields the fields and methods of a type, exported or not.
func members(typ types.Type) func(yield func(types.Object) bool) {
	return func(yield func(types.Object) bool) {
		if named, ok := typ.(*types.Named); ok {
			for method := range named.Methods() {
				if !yield(method) {
					return
				}
			}
		}
		switch underlying := typ.Underlying().(type) {
		case *types.Struct:
			for field := range underlying.Fields() {
				if !yield(field) {
					return
				}
			}
		case *types.Interface:
			for method := range underlying.Methods() {
				if !yield(method) {
					return
				}
			}
		}
	}
}

// checkThisPackage type-checks the package in this directory, without its tests, notes which objects it uses, and
// returns the packages that it imports.
func checkThisPackage(t *testing.T, uses map[types.Object]bool) map[string]*types.Package {
	t.Helper()
	fset := token.NewFileSet()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	info := &types.Info{Uses: make(map[*ast.Ident]types.Object)}
	config := types.Config{Importer: importer.ForCompiler(fset, "gc", exportData(t))}
	checked, err := config.Check("example.com/consumer", fset, files, info)
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range info.Uses {
		uses[object] = true
	}
	packages := make(map[string]*types.Package)
	for _, pkg := range checked.Imports() {
		packages[pkg.Path()] = pkg
	}
	return packages
}

// exportData returns what finds the compiled form of a package that this one is built with.
func exportData(t *testing.T) importer.Lookup {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-mod=readonly", "-export", "-deps",
		"-json=ImportPath,Export", ".")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]string)
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var pkg struct{ ImportPath, Export string }
		if err := decoder.Decode(&pkg); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		files[pkg.ImportPath] = pkg.Export
	}
	return func(path string) (io.ReadCloser, error) {
		if files[path] == "" {
			return nil, fmt.Errorf("no export data of %s", path)
		}
		return os.Open(files[path])
	}
}
