package consumer

import (
	"context"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionsotel"
)

type otelOption = sessionsotel.Option

var (
	_ func(...otelOption) []sessions.Option                     = sessionsotel.Options
	_ func(http.RoundTripper, ...otelOption) http.RoundTripper  = sessionsotel.Transport
	_ func(...otelOption) func(context.Context, sessions.Event) = sessionsotel.Events
	_ func(trace.TracerProvider) otelOption                     = sessionsotel.WithTracerProvider
	_ func(metric.MeterProvider) otelOption                     = sessionsotel.WithMeterProvider
	_ func(propagation.TextMapPropagator) otelOption            = sessionsotel.WithPropagator

	_ func(
		...otelOption,
	) func(*http.Request, sessionhttp.Auth, time.Duration) = sessionsotel.Observer
)
