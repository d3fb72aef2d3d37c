package recorded

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// shape is what a JSON document looks like without its values: "object", "array", "null" or the Go type of a value, by
// where it is.
type shape map[string]string

// shapeOf fails the test on what is not JSON. The rows of an array are all at the same place.
func shapeOf(t *testing.T, document string) shape {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(document), &value); err != nil {
		t.Fatalf("not JSON: %v", err)
	}
	s := shape{}
	s.add("", value)
	return s
}

func (s shape) add(at string, value any) {
	what := fmt.Sprintf("%T", value)
	switch value := value.(type) {
	case nil:
		what = "null"
	case map[string]any:
		what = "object"
		for name, child := range value {
			s.add(at+"/"+name, child)
		}
	case []any:
		what = "array"
		for _, child := range value {
			s.add(at+"/*", child)
		}
	}
	if s[at] == "" || s[at] == "null" { // some rows have it, some have not
		s[at] = what
	}
}

// kind names the top level: its keys, or that it is an array.
func (s shape) kind() string {
	if s[""] == "array" {
		return "an array"
	}
	var keys []string
	for at := range s {
		if strings.LastIndex(at, "/") == 0 {
			keys = append(keys, at[1:])
		}
	}
	return strings.Join(slices.Sorted(slices.Values(keys)), " ")
}

// diff returns the first place where two shapes differ. If they are loose, because the values are not the same ones,
// what is null on one side may be anything on the other, and so may be what is below it and what is in an array that is
// empty.
func (s shape) diff(other shape, loose bool) string {
	all := maps.Clone(s)
	maps.Copy(all, other)
	for _, at := range slices.Sorted(maps.Keys(all)) {
		one, two := s[at], other[at]
		if one == two || loose && (one == "null" || two == "null" || s.leavesOpen(at) || other.leavesOpen(at)) {
			continue
		}
		return fmt.Sprintf("%s: %s and %s", cmp.Or(at, "/"), cmp.Or(one, "nothing"), cmp.Or(two, "nothing"))
	}
	return ""
}

// leavesOpen reports whether something above a place is null or an empty array.
func (s shape) leavesOpen(at string) bool {
	for i := strings.LastIndex(at, "/"); i >= 0; i = strings.LastIndex(at[:i], "/") {
		above := at[:i]
		if _, rows := s[above+"/*"]; s[above] == "null" || s[above] == "array" && !rows {
			return true
		}
	}
	return false
}

func TestShapes(t *testing.T) {
	for name, row := range map[string]struct {
		one, two      string
		strict, loose string // the differences
	}{
		"the same":             {`{"a":1,"b":["x"]}`, `{"b":["y","z"],"a":2.5}`, "", ""},
		"another type":         {`{"a":1}`, `{"a":"1"}`, "/a: float64 and string", "/a: float64 and string"},
		"a further name":       {`{}`, `{"a":1}`, "/a: nothing and float64", "/a: nothing and float64"},
		"in a row":             {`[{"a":1}]`, `[{"b":1}]`, "/*/a: float64 and nothing", "/*/a: float64 and nothing"},
		"in some rows":         {`[{"a":null},{"a":1}]`, `[{"a":1}]`, "", ""},
		"null":                 {`{"a":null}`, `{"a":{"b":1}}`, "/a: null and object", ""},
		"an empty array":       {`{"a":[]}`, `{"a":[{"b":1}]}`, "/a/*: nothing and object", ""},
		"an array, an object":  {`[]`, `{}`, "/: array and object", "/: array and object"},
		"below null, and else": {`{"a":null,"c":1}`, `{"a":{"b":1}}`, "/a: null and object", "/c: float64 and nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			one, two := shapeOf(t, row.one), shapeOf(t, row.two)
			if got := one.diff(two, false); got != row.strict {
				t.Errorf("strict: %q, want %q", got, row.strict)
			}
			if got := one.diff(two, true); got != row.loose {
				t.Errorf("loose: %q, want %q", got, row.loose)
			}
		})
	}
}
