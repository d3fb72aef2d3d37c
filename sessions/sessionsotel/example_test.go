package sessionsotel_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionsotel"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// A client that is traced and measured. Without the options its spans and metrics go to OpenTelemetry's global
// providers.
func ExampleOptions() {
	clerk := sessionstest.NewServer()
	defer clerk.Close()
	clerk.AddSession(sessionstest.Session{ID: "sess_phone", UserID: "user_ada"})
	spans := tracetest.NewInMemoryExporter() // in a service, one that sends to a collector
	tracers := trace.NewTracerProvider(trace.WithSyncer(spans))
	meters := metric.NewMeterProvider(metric.WithReader(metric.NewManualReader()))

	client, err := sessions.NewClient(clerk.SecretKey, append(
		sessionsotel.Options(sessionsotel.WithTracerProvider(tracers), sessionsotel.WithMeterProvider(meters)),
		sessions.WithBaseURL(clerk.URL))...)
	if err != nil {
		fmt.Println(err)
		return
	}
	clerk.Inject(sessionstest.Fault{Status: http.StatusServiceUnavailable})
	_, err = client.Get(context.Background(), "sess_phone")
	fmt.Println(err)
	for _, span := range spans.GetSpans() {
		fmt.Println(span.Name, span.Status.Code)
	}
	// Output:
	// <nil>
	// clerk GetSession Error
	// clerk GetSession Unset
}

// A client with a transport of its own, a proxy here that may be told of the trace.
func ExampleTransport() {
	clerk := sessionstest.NewServer()
	defer clerk.Close()
	clerk.AddSession(sessionstest.Session{ID: "sess_phone", UserID: "user_ada"})
	base := sessions.NewTransport()
	base.MaxConnsPerHost = 16

	transport := sessionsotel.Transport(base, sessionsotel.WithPropagator(propagation.TraceContext{}),
		sessionsotel.WithTracerProvider(trace.NewTracerProvider()))
	client, err := sessions.NewClient(clerk.SecretKey, sessions.WithBaseURL(clerk.URL),
		sessions.WithHTTPClient(&http.Client{Transport: transport}),
		sessions.WithObserver(sessionsotel.Events()))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Get(context.Background(), "sess_phone")
	fmt.Println(err, clerk.Calls()[0].Header.Get("Traceparent") != "")
	// Output: <nil> true
}

// A service that counts what its middleware decides.
func ExampleObserver() {
	clerk := sessionstest.NewServer()
	defer clerk.Close()
	client, err := sessions.NewClient(clerk.SecretKey, append(sessionsotel.Options(), sessions.WithBaseURL(clerk.URL))...)
	if err != nil {
		fmt.Println(err)
		return
	}
	auth, err := sessionhttp.New(client, clerk.PublishableKey, sessionhttp.WithFrontendAPI(clerk.FrontendAPI),
		sessionhttp.WithObserver(sessionsotel.Observer()))
	if err != nil {
		fmt.Println(err)
		return
	}
	page := auth.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		who, _ := sessionhttp.FromContext(req.Context())
		fmt.Fprintln(os.Stdout, who.SignedIn, who.Reason)
	}))
	page.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "https://app.example.test/", nil))
	// Output: false dev-browser-missing
}
