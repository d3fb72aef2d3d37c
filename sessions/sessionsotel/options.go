package sessionsotel

import (
	"net/http"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// scope names the tracer and the meter.
const scope = "github.com/clerk-sessions/clerk-sessions-go/sessions/sessionsotel"

// Option changes where spans and metrics go. Of the same option twice, the last counts. Neither an
// Option nor a provider may be nil.
type Option func(*config)

type config struct {
	tracers    trace.TracerProvider
	meters     metric.MeterProvider
	propagator propagation.TextMapPropagator // nil for none
}

func newConfig(opts []Option) config {
	cfg := config{tracers: otel.GetTracerProvider(), meters: otel.GetMeterProvider()}
	for _, opt := range opts {
		opt(&cfg)
	}
	return cfg
}

// WithTracerProvider makes the spans by p; OpenTelemetry's global provider unless set.
func WithTracerProvider(p trace.TracerProvider) Option {
	return func(cfg *config) { cfg.tracers = p }
}

// WithMeterProvider makes the metrics by p; OpenTelemetry's global provider unless set.
func WithMeterProvider(p metric.MeterProvider) Option {
	return func(cfg *config) { cfg.meters = p }
}

// WithPropagator adds the headers of p to the requests to Clerk, such as traceparent of
// [propagation.TraceContext]. Unless set, none are added, also if OpenTelemetry has a global
// propagator: what a service puts into its baggage is not for others.
func WithPropagator(p propagation.TextMapPropagator) Option {
	return func(cfg *config) { cfg.propagator = p }
}

// Options returns the options of a client that is traced and measured: sessions.WithHTTPClient with
// a [Transport] over [sessions.NewTransport], and sessions.WithObserver with [Events]. Another
// WithHTTPClient or WithObserver behind these takes their place. The client leaves the idle
// connections of HTTP/1.1 alone, as those of every transport that it is given; see
// [sessions.NewTransport].
func Options(opts ...Option) []sessions.Option {
	return []sessions.Option{
		sessions.WithHTTPClient(&http.Client{Transport: Transport(nil, opts...)}),
		sessions.WithObserver(Events(opts...)),
	}
}

// seconds returns a histogram of durations, with the boundaries that the semantic conventions
// advise for http.client.request.duration.
func (cfg config) seconds(name, description string) metric.Float64Histogram {
	return usable(cfg.meters.Meter(scope).Float64Histogram(name,
		metric.WithUnit("s"), metric.WithDescription(description),
		metric.WithExplicitBucketBoundaries(
			0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)))
}

func (cfg config) counter(name, unit, description string) metric.Int64Counter {
	return usable(cfg.meters.Meter(scope).Int64Counter(name,
		metric.WithUnit(unit), metric.WithDescription(description)))
}

// usable returns an instrument, which works also beside an error: that goes to OpenTelemetry's
// handler of errors.
func usable[I any](instrument I, err error) I {
	if err != nil {
		otel.Handle(err)
	}
	return instrument
}
