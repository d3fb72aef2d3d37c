package sessionsotel_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionsotel"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// A client that is traced and measured. Without the providers, its spans and metrics go to OpenTelemetry's global ones;
// without the propagator, Clerk is not told of the trace.
func Example() {
	clerk := sessionstest.NewServer()
	defer clerk.Close()
	clerk.AddSession(sessionstest.Session{ID: "sess_phone", UserID: "user_ada"})
	spans := tracetest.NewInMemoryExporter() // in a service, one that sends to a collector
	tracers := trace.NewTracerProvider(trace.WithSyncer(spans))
	meters := metric.NewMeterProvider(metric.WithReader(metric.NewManualReader()))

	traced := sessionsotel.Options(sessionsotel.WithTracerProvider(tracers), sessionsotel.WithMeterProvider(meters),
		sessionsotel.WithPropagator(propagation.TraceContext{}))
	client, err := sessions.NewClient(clerk.SecretKey, append(traced, sessions.WithBaseURL(clerk.URL))...)
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

// A client with a transport of its own.
func ExampleTransport() {
	clerk := sessionstest.NewServer()
	defer clerk.Close()
	clerk.AddSession(sessionstest.Session{ID: "sess_phone", UserID: "user_ada"})
	base := sessions.NewTransport()
	base.MaxConnsPerHost = 16

	client, err := sessions.NewClient(clerk.SecretKey, sessions.WithBaseURL(clerk.URL),
		sessions.WithHTTPClient(&http.Client{Transport: sessionsotel.Transport(base)}),
		sessions.WithObserver(sessionsotel.Events()))
	if err != nil {
		fmt.Println(err)
		return
	}
	session, err := client.Get(context.Background(), "sess_phone")
	fmt.Println(session.UserID, err)
	// Output: user_ada <nil>
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

// What to give a client that has other options: its waits, and the tokens that its cache is asked for.
func ExampleEvents() {
	clerk := sessionstest.NewServer()
	defer clerk.Close()
	clerk.AddSession(sessionstest.Session{ID: "sess_phone", UserID: "user_ada"})
	reader := metric.NewManualReader()
	meters := metric.NewMeterProvider(metric.WithReader(reader))
	client, err := sessions.NewClient(clerk.SecretKey, sessions.WithBaseURL(clerk.URL),
		sessions.WithObserver(sessionsotel.Events(sessionsotel.WithMeterProvider(meters))))
	if err != nil {
		fmt.Println(err)
		return
	}
	cache := sessions.NewTokenCache(client)
	for range 3 {
		if _, err := cache.GetToken(context.Background(), "sess_phone", sessions.TokenParams{}); err != nil {
			fmt.Println(err)
		}
	}
	var all metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &all); err != nil {
		fmt.Println(err)
	}
	for _, m := range all.ScopeMetrics[0].Metrics {
		fmt.Println(m.Name)
	}
	// Output:
	// clerk.client.wait.duration
	// clerk.token_cache.lookups
}
