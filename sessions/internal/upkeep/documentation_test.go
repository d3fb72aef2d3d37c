package upkeep

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// publicPackages are the directories below sessions/ of the packages that people import.
var publicPackages = []string{".", "sessionhttp", "sessionsotel", "sessionstest", "sessionfleet"}

// conventions are the methods that fulfil an interface of the standard library's. They are called by it and need no
// example.
var conventions = []string{"Error", "Format", "Is", "LogValue", "MarshalJSON", "MarshalText", "Unwrap"}

// The documentation of every exported name starts with the name. A group of constants or variables may have one comment
// together.
func TestDocumentationStartsWithTheName(t *testing.T) {
	named := 0
	for _, dir := range publicPackages {
		pkg := documentation(t, dir)
		if !strings.HasPrefix(pkg.Doc, "Package "+pkg.Name+" ") {
			t.Errorf("%s: its documentation starts with %.40q", pkg.Name, pkg.Doc)
		}
		before := named
		check := func(name, text string) {
			named++
			short := name[strings.LastIndex(name, ".")+1:]
			if !strings.HasPrefix(text, short+" ") {
				t.Errorf("%s.%s: its documentation starts with %.40q", pkg.Name, name, text)
			}
		}
		for _, value := range slices.Concat(pkg.Consts, pkg.Vars) {
			checkValues(t, pkg.Name, value)
		}
		for _, f := range pkg.Funcs {
			check(f.Name, f.Doc)
		}
		for _, typ := range pkg.Types {
			check(typ.Name, typ.Doc)
			for _, value := range slices.Concat(typ.Consts, typ.Vars) {
				checkValues(t, pkg.Name, value)
			}
			for _, f := range typ.Funcs {
				check(f.Name, f.Doc)
			}
			for _, method := range typ.Methods {
				check(typ.Name+"."+method.Name, method.Doc)
			}
		}
		if named == before {
			t.Errorf("%s: no documented name: the search is wrong", pkg.Name)
		}
	}
	if named < 100 {
		t.Errorf("%d documented names: the search is wrong", named)
	}
}

// checkValues checks the constants or variables of one declaration: each has a comment of its own that starts with its
// name, or the group has one.
func checkValues(t *testing.T, pkg string, value *doc.Value) {
	t.Helper()
	if len(value.Decl.Specs) > 1 && value.Doc != "" {
		return
	}
	for _, spec := range value.Decl.Specs {
		spec := spec.(*ast.ValueSpec)
		text := spec.Doc.Text()
		if len(value.Decl.Specs) == 1 && text == "" {
			text = value.Doc
		}
		for _, name := range spec.Names {
			if name.IsExported() && !strings.HasPrefix(text, name.Name+" ") {
				t.Errorf("%s.%s: its documentation starts with %.40q", pkg, name.Name, text)
			}
		}
	}
}

// Every exported function and method has an example of its own, or is called in one of its type or its package. Every
// example has output that is checked.
func TestEveryCallHasAnExample(t *testing.T) {
	for _, dir := range publicPackages {
		pkg := documentation(t, dir)
		examples := slices.Clone(pkg.Examples)
		check := func(name string, own, around []*doc.Example) {
			examples = append(examples, own...)
			short := name[strings.LastIndex(name, ".")+1:]
			if len(own) == 0 &&
				!slices.ContainsFunc(around, func(e *doc.Example) bool { return calls(e.Code, short) }) {
				t.Errorf("%s.%s has no example", pkg.Name, name)
			}
		}
		for _, f := range pkg.Funcs {
			check(f.Name, f.Examples, pkg.Examples)
		}
		for _, typ := range pkg.Types {
			examples = append(examples, typ.Examples...)
			around := slices.Concat(pkg.Examples, typ.Examples)
			for _, f := range typ.Funcs {
				check(f.Name, f.Examples, around)
			}
			for _, method := range typ.Methods {
				if !slices.Contains(conventions, method.Name) {
					check(typ.Name+"."+method.Name, method.Examples, around)
				}
			}
		}
		for _, example := range examples {
			if example.Output == "" && !example.EmptyOutput {
				t.Errorf("%s: Example%s has no // Output:", pkg.Name, example.Name)
			}
		}
	}
}

// calls reports whether a piece of code calls a function or a method of this name.
func calls(code ast.Node, name string) (found bool) {
	ast.Inspect(code, func(node ast.Node) bool {
		if call, ok := node.(*ast.CallExpr); ok {
			if selector, ok := call.Fun.(*ast.SelectorExpr); ok && selector.Sel.Name == name {
				found = true
			}
		}
		return !found
	})
	return found
}

// documentation returns the documentation of the package in a directory, with its examples.
func documentation(t *testing.T, dir string) *doc.Package {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(root, "sessions", dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		file, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	pkg, err := doc.NewFromFiles(fset, files, path.Join("github.com/clerk-sessions/clerk-sessions-go/sessions", dir))
	if err != nil {
		t.Fatal(err)
	}
	return pkg
}
