package sessions_test

import (
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/clerk-sessions/clerk-sessions-go/gen"
)

// A Label decodes as a string does. It is tested here because the recordings know only one.
func TestLabel(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		document string
		want     gen.Label
		good     bool
	}{
		{`"session_activity"`, "session_activity", true},
		{` "session_activity" `, "session_activity", true},
		{`"\u0073ession_activity"`, "session_activity", true},
		{`"session_activity2"`, "session_activity2", true},
		{`"a\"b\\c\nd"`, "a\"b\\c\nd", true},
		{`"ü"`, "ü", true},
		{`""`, "", true},
		{`null`, "", true},
		{`1`, "", false},
		{`true`, "", false},
		{`{}`, "", false},
		{`[]`, "", false},
		{`["session_activity"]`, "", false},
		{`["session_activity"`, "", false},
		{`"session_activity`, "", false},
		{"\"\xff\"", "", false},
	} {
		got := gen.Label("before")
		err := json.Unmarshal([]byte(row.document), &got)
		if (err == nil) != row.good || row.good && got != row.want {
			t.Errorf("%s: got %q, %v", row.document, got, err)
		}
	}
}
