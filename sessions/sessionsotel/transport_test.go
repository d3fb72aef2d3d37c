package sessionsotel_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionsotel"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// A span over loopback has these attributes and no others, and is below the caller's span.
func TestSpanOverLoopback(t *testing.T) {
	t.Parallel()
	clerk := sessionstest.New(t)
	id := clerk.AddSession(sessionstest.Session{}).ID
	r := newRecording()
	client := newClient(t, clerk, sessionsotel.Options(r.options()...)...)
	ctx, parent := r.tracers.Tracer("service").Start(t.Context(), "page")
	if _, err := client.Get(ctx, id); err != nil {
		t.Fatal(err)
	}
	spans := r.spans.GetSpans()
	if len(spans) != 1 {
		t.Fatalf("%d spans, want 1", len(spans))
	}
	address, err := url.Parse(clerk.URL)
	if err != nil {
		t.Fatal(err)
	}
	want := map[attribute.Key]string{
		"clerk.operation":           "GetSession",
		"clerk.trace_id":            strings.Repeat("0", 31) + "1",
		"http.request.method":       "GET",
		"http.response.status_code": "200",
		"server.address":            "127.0.0.1",
		"server.port":               address.Port(),
		"url.template":              "/sessions/{session_id}",
	}
	for _, attr := range spans[0].Attributes {
		if got := attr.Value.String(); got != want[attr.Key] {
			t.Errorf("%s is %q, want %q", attr.Key, got, want[attr.Key])
		}
		delete(want, attr.Key)
	}
	if len(want) > 0 {
		t.Errorf("attributes that are missing: %v", want)
	}
	if spans[0].Parent.SpanID() != parent.SpanContext().SpanID() {
		t.Error("the span is not below the caller's")
	}
}

// The histogram of requests has the name, the unit, the boundaries and the attributes of the semantic conventions.
func TestDurationFollowsTheConventions(t *testing.T) {
	t.Parallel()
	clerk := sessionstest.New(t, sessionstest.WithoutListener())
	r := newRecording()
	if _, err := r.client(t, clerk).Get(t.Context(), clerk.AddSession(sessionstest.Session{}).ID); err != nil {
		t.Fatal(err)
	}
	for _, m := range r.metrics(t).ScopeMetrics[0].Metrics {
		data, ok := m.Data.(metricdata.Histogram[float64])
		if m.Name != "http.client.request.duration" || !ok {
			continue
		}
		if bounds := fmt.Sprint(data.DataPoints[0].Bounds); m.Unit != "s" ||
			bounds != "[0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1 2.5 5 7.5 10]" {
			t.Errorf("unit %s, bounds %s", m.Unit, bounds)
		}
		for _, key := range everyRequest {
			if !data.DataPoints[0].Attributes.HasValue(key) {
				t.Errorf("no attribute %s", key)
			}
		}
		return
	}
	t.Error("there is no such histogram")
}

// A transport answers without a network.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// sendThrough makes one attempt through base and returns the span's line.
func sendThrough(t *testing.T, base transport) string {
	t.Helper()
	r := newRecording()
	client, err := sessions.NewClient("sk_test_canary", sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 1}),
		sessions.WithHTTPClient(&http.Client{Transport: sessionsotel.Transport(base, r.options()...)}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Get(t.Context(), "sess_1"); err == nil {
		t.Error("there is no error")
	}
	lines := r.spanLines()
	if len(lines) != 1 {
		t.Fatalf("%d spans, want 1: %v", len(lines), lines)
	}
	return lines[0]
}

// Every error of a transport has one of a few types, and its text is in no attribute.
func TestErrorTypes(t *testing.T) {
	t.Parallel()
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for _, row := range []struct {
		name string
		err  error
		want string
	}{
		{"a host that does not exist", dial(&net.DNSError{IsNotFound: true}), "not_connected"},
		{"a refused connection", dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), "not_connected"},
		{"a connection that takes too long", dial(os.ErrDeadlineExceeded), "timeout"},
		{"a certificate", &tls.CertificateVerificationError{Err: errors.New("unknown")}, "server_certificate_invalid"},
		{"a reset", &net.OpError{Op: "read", Err: syscall.ECONNRESET}, "connection_lost"},
		{"the end of the connection", fmt.Errorf("readLoop: %w", io.EOF), "connection_lost"},
		{"a deadline", fmt.Errorf("late: %w", context.DeadlineExceeded), "timeout"},
		{"a cancellation", context.Canceled, "canceled"},
		{"anything else", errors.New("sess_1 at https://api.clerk.com"), "_OTHER"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got := sendThrough(t, func(*http.Request) (*http.Response, error) { return nil, row.err })
			if want := "clerk GetSession (client, Error): clerk.operation=GetSession error.type=" + row.want; got != want {
				t.Errorf("got %s\nwant %s", got, want)
			}
		})
	}
}

// A span ends with the answer's body, and says when the body was cut off.
func TestCutOffBody(t *testing.T) {
	t.Parallel()
	got := sendThrough(t, func(*http.Request) (*http.Response, error) {
		body := io.MultiReader(strings.NewReader(`{"object":`), cutOff{})
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(body)}, nil
	})
	want := "clerk GetSession (client, Error): clerk.operation=GetSession error.type=connection_lost " +
		"http.response.status_code=200"
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// A trace id is Clerk's, else that of the network in front of Clerk, if it looks like one.
func TestTraceIDs(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, clerk, ray, want string }{
		{"none", "", "", ""},
		{"Clerk's", "00000000000000000000000000000002", "8e4f9a7b2c3d4e5f-FRA", "00000000000000000000000000000002"},
		{"the network's", "", "8e4f9a7b2c3d4e5f-FRA", "8e4f9a7b2c3d4e5f-FRA"},
		{"a UUID", "123e4567-e89b-12d3-a456-426614174000", "", "123e4567-e89b-12d3-a456-426614174000"},
		{"a key", "sk_test_canary", "", ""},
		{"a session's id", "sess_2f8d0c7a", "", ""},
		{"too long", strings.Repeat("0", 41), "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			line := sendThrough(t, func(*http.Request) (*http.Response, error) {
				header := http.Header{"Clerk-Trace-Id": {row.clerk}, "Cf-Ray": {row.ray}}
				return &http.Response{StatusCode: 404, Header: header, Body: http.NoBody}, nil
			})
			_, rest, found := strings.Cut(line, "clerk.trace_id=")
			if got, _, _ := strings.Cut(rest, " "); got != row.want || found != (row.want != "") {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

// A transport that keeps to no contract ends its span all the same.
func TestAnswerWithoutBody(t *testing.T) {
	t.Parallel()
	got := sendThrough(t, func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 204}, nil })
	want := "clerk GetSession (client, Unset): clerk.operation=GetSession http.response.status_code=204"
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	got = sendThrough(t, func(*http.Request) (*http.Response, error) { return nil, nil })
	if want := "clerk GetSession (client, Unset): clerk.operation=GetSession"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// Clerk learns nothing of the trace and of the baggage unless a propagator is named.
func TestPropagation(t *testing.T) {
	t.Parallel()
	both := propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
	for _, row := range []struct {
		name string
		opts []sessionsotel.Option
		want []string // the headers that Clerk gets
	}{
		{"by default", nil, nil},
		{
			"trace context",
			[]sessionsotel.Option{sessionsotel.WithPropagator(propagation.TraceContext{})},
			[]string{"Traceparent"},
		},
		{
			"both",
			[]sessionsotel.Option{sessionsotel.WithPropagator(both)},
			[]string{"Traceparent", "Baggage"},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			clerk := sessionstest.New(t)
			r := newRecording()
			bag, err := baggage.Parse("user=user_ada")
			if err != nil {
				t.Fatal(err)
			}
			id := clerk.AddSession(sessionstest.Session{}).ID
			client := newClient(t, clerk, sessionsotel.Options(r.options(row.opts...)...)...)
			if _, err := client.Get(baggage.ContextWithBaggage(t.Context(), bag), id); err != nil {
				t.Fatal(err)
			}
			header := clerk.Calls()[0].Header
			for _, name := range row.want {
				if header.Get(name) == "" {
					t.Errorf("Clerk got no %s", name)
				}
				header.Del(name)
			}
			for _, name := range []string{"Traceparent", "Tracestate", "Baggage"} {
				if got := header.Get(name); got != "" {
					t.Errorf("Clerk got %s: %s", name, got)
				}
			}
			if span := r.spans.GetSpans()[0].SpanContext.SpanID().String(); len(row.want) > 0 &&
				!strings.Contains(clerk.Calls()[0].Header.Get("Traceparent"), span) {
				t.Errorf("the traceparent does not name the span %s", span)
			}
		})
	}
}

// A request that is not of package sessions goes through unseen.
func TestOtherRequests(t *testing.T) {
	t.Parallel()
	r := newRecording()
	sent := 0
	base := transport(func(*http.Request) (*http.Response, error) {
		sent++
		return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://app.example.com/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := sessionsotel.Transport(base, r.options()...).RoundTrip(req)
	if err != nil || resp.Body != http.NoBody || sent != 1 || len(r.spanLines())+len(r.metricLines(t)) != 0 {
		t.Errorf("%v, sent %d times, spans %v, metrics %v", err, sent, r.spanLines(), r.metricLines(t))
	}
}

// A client closes idle connections through the transport.
func TestCloseIdleConnections(t *testing.T) {
	t.Parallel()
	base := &closer{}
	client, err := sessions.NewClient("sk_test_canary",
		sessions.WithHTTPClient(&http.Client{Transport: sessionsotel.Transport(base)}))
	if err != nil {
		t.Fatal(err)
	}
	client.CloseIdleConnections()
	if base.closed != 1 {
		t.Errorf("closed %d times, want once", base.closed)
	}
}

type closer struct {
	http.Transport
	closed int
}

func (c *closer) CloseIdleConnections() { c.closed++ }

// Where nothing is sampled and nothing is measured, a call costs few allocations more.
func TestCostOfNothing(t *testing.T) {
	base := transport(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 404, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
	})
	allocations := func(base http.RoundTripper, opts ...sessions.Option) float64 {
		client, err := sessions.NewClient("sk_test_canary",
			append(opts, sessions.WithHTTPClient(&http.Client{Transport: base}))...)
		if err != nil {
			t.Fatal(err)
		}
		return testing.AllocsPerRun(200, func() { _, _ = client.Get(t.Context(), "sess_1") })
	}
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))
	opts := []sessionsotel.Option{
		sessionsotel.WithTracerProvider(tracers), sessionsotel.WithMeterProvider(metric.NewMeterProvider()),
	}
	more := allocations(sessionsotel.Transport(base, opts...), sessions.WithObserver(sessionsotel.Events(opts...))) -
		allocations(base)
	if t.Logf("%.0f allocations more", more); more > 30 {
		t.Error("want at most 30")
	}
}
