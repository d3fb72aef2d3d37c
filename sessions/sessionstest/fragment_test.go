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
	for name, row := range map[string]struct {
		document []byte
		says     string
	}{
		"not YAML":             {[]byte("\x00"), ""},
		"a dangling reference": {bytes.ReplaceAll(openapi.Sessions, []byte("schemas/Token'"), []byte("schemas/Tocken'")), "Tocken"},
		"no document":          {[]byte("openapi: 3.0.3"), "invalid"},
		"a base of no shape":   {bytes.Replace(openapi.Sessions, []byte("https://api.clerk.com/v1"), []byte("'%zz'"), 1), "zz"},
		"an unknown operation": {bytes.Replace(openapi.Sessions, []byte("operationId: RevokeSession"), []byte("operationId: EndSession"), 1), `"EndSession"`},
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
