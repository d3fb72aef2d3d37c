package sessionstest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"

	"github.com/clerk-sessions/clerk-sessions-go/openapi"
)

// fragment is the OpenAPI document, ready to look requests up in.
type fragment struct {
	base       string // the path of the API, "/v1"
	operations []*operation
}

// operation is an operation of the document.
type operation struct {
	name     string
	route    *routers.Route
	segments []string // of its path, "{…}" where a parameter goes
}

// loadFragment reads the embedded document once for all servers of the process.
var loadFragment = sync.OnceValue(func() *fragment {
	f, err := parseFragment(openapi.Sessions)
	if err != nil {
		panic(fmt.Sprintf("sessionstest: openapi/sessions.yaml: %v", err))
	}
	return f
})

func parseFragment(document []byte) (*fragment, error) {
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		return nil, err
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, err
	}
	base, err := doc.Servers.BasePath()
	if err != nil {
		return nil, err
	}
	f := &fragment{base: base}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if handlers[op.OperationID] == nil {
				return nil, fmt.Errorf("%s %s: there is nothing to serve the operation %q",
					method, path, op.OperationID)
			}
			f.operations = append(f.operations, &operation{
				name:     op.OperationID,
				route:    &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: op},
				segments: strings.Split(path, "/"),
			})
		}
	}
	slices.SortFunc(f.operations, func(a, b *operation) int { return strings.Compare(a.name, b.name) })
	return f, nil
}

// names returns the names of all operations, sorted.
func (f *fragment) names() []string {
	var names []string
	for _, op := range f.operations {
		names = append(names, op.name)
	}
	return names
}

// match returns the operation that a request is for and the parameters in its path. If there is no
// such operation, match returns the methods that the path has.
func (f *fragment) match(r *http.Request) (*operation, map[string]string, []string) {
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), f.base)
	if !ok {
		return nil, nil, nil
	}
	segments := strings.Split(path, "/")
	var allowed []string
	for _, op := range f.operations {
		params, ok := op.match(segments)
		if !ok {
			continue
		}
		if op.route.Method == r.Method {
			return op, params, nil
		}
		allowed = append(allowed, op.route.Method)
	}
	return nil, nil, allowed
}

// match compares the segments of an escaped path with the operation's. An empty segment, "." and
// ".." fit no parameter: a path with one of them stands for another path.
func (op *operation) match(segments []string) (params map[string]string, ok bool) {
	if len(segments) != len(op.segments) {
		return nil, false
	}
	params = map[string]string{}
	for i, want := range op.segments {
		got, err := url.PathUnescape(segments[i])
		if err != nil {
			return nil, false
		}
		if strings.HasPrefix(want, "{") {
			if got == "" || got == "." || got == ".." {
				return nil, false
			}
			params[strings.Trim(want, "{}")] = got
		} else if got != want {
			return nil, false
		}
	}
	return params, true
}
