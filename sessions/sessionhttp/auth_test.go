package sessionhttp_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

// An Auth in a log, or as JSON, tells who sends the request, and shows no token.
func TestLogsShowNoToken(t *testing.T) {
	t.Parallel()
	fresh := freshToken(t, "sess_1", start)
	s := newService(t, &backend{})
	s.serve(newPage(t, cookieLine(fresh, "rt")))
	if s.auth.Token.JWT != fresh {
		t.Fatalf("%+v", s.auth)
	}
	for _, row := range []struct {
		name  string
		write func(buf *bytes.Buffer, value any)
	}{
		{"JSON", func(buf *bytes.Buffer, value any) { _ = json.NewEncoder(buf).Encode(value) }},
		{"slog as JSON", func(buf *bytes.Buffer, value any) {
			slog.New(slog.NewJSONHandler(buf, nil)).Info("x", "auth", value)
		}},
		{"slog as text", func(buf *bytes.Buffer, value any) {
			slog.New(slog.NewTextHandler(buf, nil)).Info("x", "auth", value)
		}},
	} {
		for _, value := range []any{s.auth, &s.auth, struct{ Auth sessionhttp.Auth }{s.auth}} {
			var buf bytes.Buffer
			row.write(&buf, value)
			if text := buf.String(); strings.Contains(text, fresh[20:]) || !strings.Contains(text, "user_sess_1") {
				t.Errorf("%s of a %T: %s", row.name, value, text)
			}
		}
	}
}

func TestAuthAsJSON(t *testing.T) {
	t.Parallel()
	s := newService(t, &backend{})
	s.serve(newPage(t, "__client_uat=0; __session="))
	got, err := json.Marshal(s.auth)
	want := `{"SignedIn":false,"UserID":"","SessionID":"","Claims":null,"Refreshed":false,` +
		`"Reason":"session-token-and-uat-missing","Pending":false,"Temporary":false}`
	if err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
	s.serve(newPage(t, "__client_uat=1000; __session="+sign(t, tokenSpec{Payload: `{"sub":"user_1"}`, Key: "other"})))
	got, err = json.Marshal(s.auth)
	if err != nil || !strings.Contains(string(got), `"Err":"clerk: the token's signature is wrong (`) {
		t.Errorf("%s, %v", got, err)
	}
}
