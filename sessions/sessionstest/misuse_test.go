package sessionstest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// TestMisuse has what no test can mean: it panics, and says why.
func TestMisuse(t *testing.T) {
	s := newServer()
	inject := func(f sessionstest.Fault) func() { return func() { s.Inject(f) } }
	for name, row := range map[string]struct {
		misuse func()
		says   string
	}{
		"an operation that there is not": {
			inject(sessionstest.Fault{Operation: "GetSesion", Status: 500}),
			`there is no operation "GetSesion", only CreateSession, `,
		},
		"no change":                  {inject(sessionstest.Fault{Operation: "GetSession"}), "changes nothing"},
		"a negative number of times": {inject(sessionstest.Fault{Status: 500, Times: -1}), "negative"},
		"an informational status":    {inject(sessionstest.Fault{Status: 100}), "status 100"},
		"an answer and no answer":    {inject(sessionstest.Fault{Status: 500, Drop: true}), "either"},
		"a content type of nothing":  {inject(sessionstest.Fault{Status: 500, ContentType: "text/html"}), "ContentType"},
		"no requests at all":         {func() { s.LimitRate(0, time.Second) }, "LimitRate(0, 1s)"},
		"no calls at all":            {func() { sessionstest.WithMaxCalls(0) }, "WithMaxCalls(0)"},
		"no such session":            {func() { s.End("sess_none") }, `"sess_none"`},
		"back in time":               {func() { s.Advance(-time.Second) }, "Advance(-1s)"},
		"no clock":                   {func() { sessionstest.WithClock(nil) }, "WithClock"},
		"a fraction of a second": {
			func() { sessionstest.WithTokenLifetime(1500 * time.Millisecond) }, "WithTokenLifetime(1.5s)",
		},
		"a claim of Clerk's own": {
			func() { s.SignInWith(sessionstest.SignInParams{Claims: map[string]any{"sub": "x"}}) }, `"sub"`,
		},
		"a claim that is no JSON": {
			func() { s.SignInWith(sessionstest.SignInParams{Claims: map[string]any{"x": func() {}}}) }, "Claims",
		},
		"an actor that is no JSON": {
			func() { s.AddSession(sessionstest.Session{Actor: map[string]any{"sub": func() {}}}) }, "Actor",
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				said, _ := recover().(string)
				if !strings.HasPrefix(said, "sessionstest: ") || !strings.Contains(said, row.says) {
					t.Errorf("panicked with %q, want %q in it", said, row.says)
				}
			}()
			row.misuse()
		})
	}
}
