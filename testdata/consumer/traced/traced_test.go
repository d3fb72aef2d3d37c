package traced

import (
	"slices"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// Each attempt is a span of its own.
func TestSpans(t *testing.T) {
	clerk := sessionstest.NewServer()
	defer clerk.Close()
	clerk.AddSession(sessionstest.Session{ID: "sess_1"})
	recorder := tracetest.NewSpanRecorder()
	provider := trace.NewTracerProvider(trace.WithSpanProcessor(recorder))
	client, err := NewClient(clerk.SecretKey, provider, sessions.WithBaseURL(clerk.URL))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Get(t.Context(), "sess_1"); err != nil {
		t.Fatal(err)
	}
	clerk.Inject(sessionstest.Fault{Status: 503})
	if _, err := client.Revoke(t.Context(), "sess_1"); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, span := range recorder.Ended() {
		names = append(names, span.Name())
	}
	if want := []string{"clerk GetSession", "clerk RevokeSession", "clerk RevokeSession"}; !slices.Equal(names, want) {
		t.Errorf("spans %q, want %q", names, want)
	}
}
