package sessionstest

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/openapi"
)

func TestEveryOperationIsServed(t *testing.T) {
	if diff := cmp.Diff(slices.Sorted(maps.Keys(handlers)), loadFragment().names()); diff != "" {
		t.Errorf("(-handlers +fragment):\n%s", diff)
	}
}

func TestABrokenFragmentIsNamed(t *testing.T) {
	changed := func(from, to string) []byte {
		return bytes.ReplaceAll(openapi.Sessions, []byte(from), []byte(to))
	}
	for name, row := range map[string]struct {
		document []byte
		says     string
	}{
		"not YAML":             {[]byte("\x00"), ""},
		"a dangling reference": {changed("schemas/Token'", "schemas/Tocken'"), "Tocken"},
		"no document":          {[]byte("openapi: 3.0.3"), "invalid"},
		"a base of no shape":   {changed("https://api.clerk.com/v1", "'%zz'"), "zz"},
		"an unknown operation": {changed("operationId: RevokeSession", "operationId: EndSession"), `"EndSession"`},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parseFragment(row.document); err == nil || !strings.Contains(err.Error(), row.says) {
				t.Errorf("%v, want %q in it", err, row.says)
			}
		})
	}
}

func BenchmarkParseFragment(b *testing.B) {
	for b.Loop() {
		if _, err := parseFragment(openapi.Sessions); err != nil {
			b.Fatal(err)
		}
	}
}
