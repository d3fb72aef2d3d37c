package sessionsotel

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// Transport returns a transport for [sessions.WithHTTPClient] that sends through base, or through a
// [sessions.NewTransport] if base is nil. It makes a span of each request of package sessions,
// measures how long the request takes, the answer's body included, and counts requests that are
// sent again. Other requests go through base as they are. Closing idle connections closes those of
// base.
func Transport(base http.RoundTripper, opts ...Option) http.RoundTripper {
	if base == nil {
		base = sessions.NewTransport()
	}
	cfg := newConfig(opts)
	return &transport{
		base:       base,
		tracer:     cfg.tracers.Tracer(scope),
		propagator: cfg.propagator,
		duration:   cfg.seconds("http.client.request.duration", "Duration of HTTP client requests."),
		retries:    cfg.counter("clerk.client.retries", "{request}", "Requests that were sent again."),
	}
}

type transport struct {
	base       http.RoundTripper
	tracer     trace.Tracer
	propagator propagation.TextMapPropagator // nil for none
	duration   metric.Float64Histogram
	retries    metric.Int64Counter
}

// RoundTrip sends a request within a span.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	op, ok := sessions.OperationFromContext(req.Context())
	if !ok {
		return t.base.RoundTrip(req)
	}
	attrs := attributesOf(req, op)
	ctx, span := t.tracer.Start(req.Context(), "clerk "+op.Name,
		trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attrs...))
	a := &attempt{t, ctx, span, time.Now(), attrs}
	if n := sessions.AttemptFromContext(ctx); n > 1 {
		span.SetAttributes(semconv.HTTPRequestResendCount(n - 1))
		t.retries.Add(ctx, 1, metric.WithAttributes(operationKey.String(op.Name)))
	}
	req = req.WithContext(ctx)
	if t.propagator != nil {
		req.Header = req.Header.Clone()
		t.propagator.Inject(ctx, propagation.HeaderCarrier(req.Header))
	}
	resp, err := t.base.RoundTrip(req)
	if err != nil || resp == nil || resp.Body == nil {
		a.end(resp, err)
		return resp, err
	}
	resp.Body = &body{ReadCloser: resp.Body, end: func(err error) { a.end(resp, err) }}
	return resp, nil
}

// CloseIdleConnections closes those of base, for [sessions.Client.CloseIdleConnections].
func (t *transport) CloseIdleConnections() {
	(&http.Client{Transport: t.base}).CloseIdleConnections()
}

// attempt is one request on its way.
type attempt struct {
	*transport
	ctx   context.Context
	span  trace.Span
	start time.Time
	attrs []attribute.KeyValue // of the span and of the metrics
}

// end ends the request with an answer, and with an error if no answer came or its body was lost.
func (a *attempt) end(resp *http.Response, err error) {
	var problem string
	var outcome []attribute.KeyValue
	if resp != nil {
		outcome = append(outcome, semconv.HTTPResponseStatusCode(resp.StatusCode))
		if resp.StatusCode >= 400 {
			problem = strconv.Itoa(resp.StatusCode)
		}
		if id := traceID(resp.Header); id != "" {
			a.span.SetAttributes(traceIDKey.String(id))
		}
	}
	if err != nil {
		problem = errorType(err)
	}
	if problem != "" {
		outcome = append(outcome, semconv.ErrorTypeKey.String(problem))
		a.span.SetStatus(codes.Error, "")
	}
	a.span.SetAttributes(outcome...)
	a.span.End()
	a.duration.Record(a.ctx, time.Since(a.start).Seconds(),
		metric.WithAttributes(append(a.attrs, outcome...)...))
}

// body is the body of an answer, which tells how it ended when it is closed.
type body struct {
	io.ReadCloser
	end  func(error)
	lost error
	once sync.Once
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		b.lost = err
	}
	return n, err
}

func (b *body) Close() error {
	err := b.ReadCloser.Close()
	b.once.Do(func() { b.end(b.lost) })
	return err
}
