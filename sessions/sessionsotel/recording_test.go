package sessionsotel_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionsotel"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// A recording holds the spans and metrics of a test.
type recording struct {
	spans   *tracetest.InMemoryExporter
	tracers *sdktrace.TracerProvider
	reader  *metric.ManualReader
	meters  *metric.MeterProvider
}

func newRecording() *recording {
	r := &recording{spans: tracetest.NewInMemoryExporter(), reader: metric.NewManualReader()}
	r.tracers = sdktrace.NewTracerProvider(sdktrace.WithSyncer(r.spans))
	r.meters = metric.NewMeterProvider(metric.WithReader(r.reader))
	return r
}

func (r *recording) options(more ...sessionsotel.Option) []sessionsotel.Option {
	return append(more, sessionsotel.WithTracerProvider(r.tracers), sessionsotel.WithMeterProvider(r.meters))
}

// client returns a client of clerk, without a socket, that is recorded.
func (r *recording) client(t testing.TB, clerk *sessionstest.Server, more ...sessionsotel.Option) *sessions.Client {
	t.Helper()
	transport := sessionsotel.Transport(clerk.HTTPClient().Transport, r.options(more...)...)
	return newClient(t, clerk,
		sessions.WithHTTPClient(&http.Client{Transport: transport}),
		sessions.WithObserver(sessionsotel.Events(r.options()...)))
}

func newClient(t testing.TB, clerk *sessionstest.Server, opts ...sessions.Option) *sessions.Client {
	t.Helper()
	client, err := sessions.NewClient(clerk.SecretKey, append(opts, sessions.WithBaseURL(clerk.URL))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// everyRequest are the attributes of all spans and of http.client.request.duration, which the tables leave out.
var everyRequest = []attribute.Key{"http.request.method", "url.template", "server.address", "server.port"}

// shown returns attributes as text, without those of every request.
func shown(attrs []attribute.KeyValue) string {
	var texts []string
	for _, attr := range attrs {
		if !slices.Contains(everyRequest, attr.Key) {
			texts = append(texts, fmt.Sprintf("%s=%s", attr.Key, attr.Value.String()))
		}
	}
	slices.Sort(texts)
	return strings.Join(texts, " ")
}

// spanLines returns the ended spans, each as its name, kind, status and attributes.
func (r *recording) spanLines() (lines []string) {
	for _, span := range r.spans.GetSpans() {
		lines = append(lines, fmt.Sprintf("%s (%v, %v): %s",
			span.Name, span.SpanKind, span.Status.Code, shown(span.Attributes)))
	}
	return lines
}

func (r *recording) metrics(t testing.TB) (all metricdata.ResourceMetrics) {
	t.Helper()
	if err := r.reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// metricLines returns the metrics, each as its name, attributes and value; of a histogram, how many values it has, and
// their sum.
func (r *recording) metricLines(t testing.TB) (lines []string) {
	t.Helper()
	all := r.metrics(t)
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					lines = append(lines, fmt.Sprintf("%s{%s} %d", m.Name, shown(p.Attributes.ToSlice()), p.Value))
				}
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					lines = append(lines, fmt.Sprintf("%s{%s} %d: %.0fs",
						m.Name, shown(p.Attributes.ToSlice()), p.Count, p.Sum))
				}
			default:
				t.Errorf("%s is a %T", m.Name, data)
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// json returns everything that was recorded.
func (r *recording) json(t testing.TB) string {
	t.Helper()
	text, err := json.Marshal([]any{r.spans.GetSpans(), r.metrics(t)})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
