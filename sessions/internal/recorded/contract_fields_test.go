package recorded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// The fields of the fragment that reach no public type, or are no parameter, and why; by name alone for every schema.
var unreachedFields = map[string]string{
	"object": "it says of which schema the document is; the client checks it, and a Go type needs " +
		"no name",
	"ErrorAnswer.meta": "Clerk documents nothing that it holds; what there is about a parameter is in " +
		"the details",
	"GetSessionList.paginated":     "always true: a page has a total",
	"RefreshSessionRequest.format": "RefreshToken and RefreshCookies are two methods instead",
}

// The fields of the fragment whose names are others in the public types.
var renamedFields = map[string]string{
	"Cookies.cookies":                       "Directives",
	"ErrorAnswer.clerk_trace_id":            "TraceID",
	"CreateTokenRequest.expires_in_seconds": "ExpiresIn",
}

// answeredSchemas are what operations answer, each with a call that reads it.
var answeredSchemas = []struct {
	name   string
	status int
	call   func(context.Context, *sessions.Client) (any, error)
}{
	{"Session", 200, func(ctx context.Context, c *sessions.Client) (any, error) {
		return c.Create(ctx, sessions.CreateParams{UserID: "user_1"})
	}},
	{"SessionPage", 200, func(ctx context.Context, c *sessions.Client) (any, error) {
		return c.List(ctx, sessions.ListParams{})
	}},
	{"Token", 200, func(ctx context.Context, c *sessions.Client) (any, error) {
		return c.GetToken(ctx, "sess_1", sessions.TokenParams{})
	}},
	{"Cookies", 200, func(ctx context.Context, c *sessions.Client) (any, error) {
		return c.RefreshCookies(ctx, "sess_1", recordedCast.browser.refresh())
	}},
	{"HandshakePayload", 200, func(ctx context.Context, c *sessions.Client) (any, error) {
		return c.HandshakeCookies(ctx, "a-nonce")
	}},
	{"ErrorAnswer", 422, func(ctx context.Context, c *sessions.Client) (any, error) {
		_, err := c.Create(ctx, sessions.CreateParams{UserID: "user_1"})
		if e, ok := errors.AsType[*sessions.Error](err); ok {
			return e, nil
		}
		return nil, fmt.Errorf("want an *Error: %w", err)
	}},
}

// Every field of an answer reaches the public type: when the field changes, the public field of its name changes, to
// the same value.
func TestFieldsReachThePublicTypes(t *testing.T) {
	doc := fragmentDocument(t)
	seen := make(map[string]bool)
	for _, row := range answeredSchemas {
		ref := &openapi3.SchemaRef{
			Ref:   "#/components/schemas/" + row.name,
			Value: doc.Components.Schemas[row.name].Value,
		}
		before := sampleOf(ref)
		public := read(t, row.status, before, row.call)
		for field := range fieldsOf(ref, nil, seen) {
			t.Run(row.name+"/"+field.name, func(t *testing.T) {
				if unreachedFields[field.name] != "" || unreachedFields[field.property] != "" {
					return
				}
				after, value := field.changed(before)
				got := read(t, row.status, after, row.call)
				var places []string
				for place, text := range got {
					if public[place] != text {
						places = append(places, place)
					}
				}
				switch {
				case len(places) == 0:
					t.Fatalf("%s reaches no field of the public type", field.name)
				case len(places) > 1:
					t.Fatalf("%s changes %s", field.name, places)
				case !field.isNamed(lastField(places[0])):
					t.Errorf("%s reaches %s", field.name, places[0])
				case got[places[0]] != fmt.Sprint(value):
					t.Errorf("%s is %v, and %s is %s", field.name, value, places[0], got[places[0]])
				}
			})
		}
	}
	for name := range answered(doc) {
		if !seen[name] {
			t.Errorf("schema %s is answered, and read by no call here", name)
		}
	}
}

// read answers the call with a document and returns what the client makes of it: the text of each public field by its
// place.
func read(t *testing.T, status int, document any,
	call func(context.Context, *sessions.Client) (any, error),
) map[string]string {
	t.Helper()
	body, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	client := newClient(t, recordedCast.key, sessions.DefaultBaseURL, func(*http.Request) (*http.Response, error) {
		return response(status, string(body)), nil
	})
	value, err := call(t.Context(), client)
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	places := make(map[string]string)
	flatten(places, "", reflect.ValueOf(value))
	return places
}

// flatten notes the text of everything exported in v by its place, such as "Data[0].LatestActivity.City".
func flatten(places map[string]string, at string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			flatten(places, at, v.Elem())
		}
	case reflect.Struct:
		if moment, ok := v.Interface().(time.Time); ok {
			places[at] = fmt.Sprint(moment.UnixMilli())
			return
		}
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() {
				flatten(places, strings.TrimPrefix(at+"."+field.Name, "."), v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			flatten(places, fmt.Sprintf("%s[%d]", at, i), v.Index(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			flatten(places, fmt.Sprintf("%s[%v]", at, key), v.MapIndex(key))
		}
	default:
		places[at] = fmt.Sprint(v)
	}
}

// lastField returns the name of the last field of a place: "Directives" of "Directives[0]".
func lastField(place string) string {
	name, _, _ := strings.Cut(place[strings.LastIndex(place, ".")+1:], "[")
	return name
}

// A schemaField is a property of the fragment that holds no further ones.
type schemaField struct {
	name     string // "SessionActivity.city"
	property string // "city"
	path     []any  // of its value in a sample: names, and indices in arrays
	schema   *openapi3.Schema
}

// isNamed reports whether a name of Go is the one for the field.
func (f schemaField) isNamed(name string) bool {
	if renamed := renamedFields[f.name]; renamed != "" {
		return name == renamed
	}
	return strings.EqualFold(name, strings.ReplaceAll(f.property, "_", ""))
}

// changed returns a copy of a sample in which the field has another value, and that value.
func (f schemaField) changed(sample any) (copied, value any) {
	value = otherThan(f.schema)
	return replaced(sample, f.path, value), value
}

func replaced(sample any, path []any, value any) any {
	if len(path) == 0 {
		return value
	}
	switch sample := sample.(type) {
	case map[string]any:
		copied := maps.Clone(sample)
		copied[path[0].(string)] = replaced(sample[path[0].(string)], path[1:], value)
		return copied
	case []any:
		copied := slices.Clone(sample)
		copied[path[0].(int)] = replaced(sample[path[0].(int)], path[1:], value)
		return copied
	}
	panic(fmt.Sprintf("no %v in a %T", path, sample))
}

// fieldsOf yields the fields of a schema and of those below it, and notes the names of all of them.
func fieldsOf(ref *openapi3.SchemaRef, path []any, seen map[string]bool) func(yield func(schemaField) bool) {
	return func(yield func(schemaField) bool) {
		seen[schemaName(ref)] = true
		for _, property := range slices.Sorted(maps.Keys(ref.Value.Properties)) {
			below := ref.Value.Properties[property]
			at := append(slices.Clone(path), property)
			name := schemaName(ref) + "." + property
			if below.Value.Items != nil {
				below, at = below.Value.Items, append(at, 0)
			}
			seen[schemaName(below)] = true
			if len(below.Value.Properties) > 0 {
				for field := range fieldsOf(below, at, seen) {
					if !yield(field) {
						return
					}
				}
				continue
			}
			if below.Value.Type.Is(openapi3.TypeObject) { // of anything: the sample has one member
				at = append(at, "key")
			}
			if !yield(schemaField{name: name, property: property, path: at, schema: below.Value}) {
				return
			}
		}
	}
}

// sampleOf returns a document of a schema in which every property is there.
func sampleOf(ref *openapi3.SchemaRef) any {
	s := ref.Value
	switch {
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.Type.Is(openapi3.TypeArray):
		return []any{sampleOf(s.Items)}
	case s.Type.Is(openapi3.TypeInteger), s.Type.Is(openapi3.TypeNumber):
		return 1000
	case s.Type.Is(openapi3.TypeBoolean):
		return false
	case s.Type.Is(openapi3.TypeObject) && len(s.Properties) == 0:
		return map[string]any{"key": "some"}
	case s.Type.Is(openapi3.TypeObject):
		sample := make(map[string]any)
		for name, property := range s.Properties {
			sample[name] = sampleOf(property)
		}
		return sample
	}
	return "some"
}

// otherThan returns another value of a field than its sample has.
func otherThan(s *openapi3.Schema) any {
	switch {
	case len(s.Enum) > 1:
		return s.Enum[1]
	case s.Type.Is(openapi3.TypeInteger), s.Type.Is(openapi3.TypeNumber):
		return 2000
	case s.Type.Is(openapi3.TypeBoolean):
		return true
	}
	return "other"
}

// answered returns the names of the schemas in the answers of all operations that have properties.
func answered(doc *openapi3.T) map[string]bool {
	names := make(map[string]bool)
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			for _, resp := range op.Responses.Map() {
				for _, media := range resp.Value.Content {
					if media.Schema.Ref == "" && len(media.Schema.Value.Properties) > 0 {
						names["without a name, of "+op.OperationID] = true
					}
					collectSchemas(media.Schema, names)
				}
			}
		}
	}
	return names
}

func collectSchemas(ref *openapi3.SchemaRef, names map[string]bool) {
	if name := schemaName(ref); name != "" && len(ref.Value.Properties) > 0 {
		names[name] = true
	}
	for _, property := range ref.Value.Properties {
		collectSchemas(property, names)
	}
	for _, branch := range ref.Value.OneOf {
		collectSchemas(branch, names)
	}
	if ref.Value.Items != nil {
		collectSchemas(ref.Value.Items, names)
	}
}

// schemaName returns the name of a component, or "" for a schema that has none.
func schemaName(ref *openapi3.SchemaRef) string { return ref.Ref[strings.LastIndex(ref.Ref, "/")+1:] }
