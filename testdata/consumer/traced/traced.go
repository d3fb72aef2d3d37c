// Package traced is a service that traces its calls with OpenTelemetry's own transport: the client
// works with a transport that it has never heard of, and OperationFromContext names the spans.
package traced

import (
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/trace"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// NewClient returns a client whose requests are spans of provider, under names that have no ids in
// them.
func NewClient(key string, provider trace.TracerProvider,
	opts ...sessions.Option,
) (*sessions.Client, error) {
	transport := otelhttp.NewTransport(sessions.NewTransport(),
		otelhttp.WithTracerProvider(provider),
		otelhttp.WithSpanNameFormatter(func(_ string, req *http.Request) string {
			op, _ := sessions.OperationFromContext(req.Context())
			return "clerk " + op.Name
		}))
	return sessions.NewClient(key,
		append(opts, sessions.WithHTTPClient(&http.Client{Transport: transport}))...)
}
