package sessions_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

func ExampleWithBaseURL() {
	client, err := sessions.NewClient("sk_test_a_secret_key", sessions.WithBaseURL("http://127.0.0.1:4010/v1"))
	fmt.Println(client, err)

	_, err = sessions.NewClient("sk_test_a_secret_key", sessions.WithBaseURL("https://proxy.internal/clerk?region=eu"))
	fmt.Println(err)
	// Output:
	// sessions.Client{http://127.0.0.1:4010/v1} <nil>
	// clerk: base URL: it must not hold a query
}

func ExampleWithInsecureHTTP() {
	proxy := sessions.WithBaseURL("http://clerk-proxy.internal:8080/v1")
	_, err := sessions.NewClient("sk_test_a_secret_key", proxy)
	fmt.Println(strings.ReplaceAll(err.Error(), ": ", ":\n"))

	client, err := sessions.NewClient("sk_test_a_secret_key", proxy, sessions.WithInsecureHTTP())
	fmt.Println(client, err)
	// Output:
	// clerk:
	// base URL:
	// http would send the secret key to "clerk-proxy.internal:8080" in clear text:
	// use https, or WithInsecureHTTP inside a trusted network
	// sessions.Client{http://clerk-proxy.internal:8080/v1} <nil>
}

func ExampleWithHTTPClient() {
	transport := sessions.NewTransport()
	transport.MaxConnsPerHost = 16
	clerk, client := newExample(sessions.WithHTTPClient(&http.Client{Transport: transport}))
	defer clerk.Close()

	session, err := client.Get(context.Background(), "sess_phone")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(session.UserID)
	client.CloseIdleConnections() // those of the transport
	// Output: user_ada
}

// A transport that says what it sends, as one for tracing does.
type announcing struct{ next http.RoundTripper }

func (a announcing) RoundTrip(req *http.Request) (*http.Response, error) {
	operation, _ := sessions.OperationFromContext(req.Context())
	fmt.Fprintln(os.Stdout, "sending", operation.Name)
	return a.next.RoundTrip(req)
}

func ExampleNewTransport() {
	transport := announcing{sessions.NewTransport()}
	clerk, client := newExample(sessions.WithHTTPClient(&http.Client{Transport: transport}))
	defer clerk.Close()

	session, err := client.Get(context.Background(), "sess_phone")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(session.UserID)
	// Output:
	// sending GetSession
	// user_ada
}

func ExampleWithAPIVersion() {
	clerk, client := newExample(sessions.WithAPIVersion("2025-11-10"))
	defer clerk.Close()

	if _, err := client.Get(context.Background(), "sess_phone"); err != nil {
		fmt.Println(err)
	}
	fmt.Println(clerk.Calls()[0].Header.Get("Clerk-Api-Version"))
	// Output: 2025-11-10
}

func ExampleWithUserAgent() {
	clerk, client := newExample(sessions.WithUserAgent("billing/1.4"))
	defer clerk.Close()

	if _, err := client.Get(context.Background(), "sess_phone"); err != nil {
		fmt.Println(err)
	}
	products := strings.Fields(clerk.Calls()[0].Header.Get("User-Agent"))
	fmt.Println(products[0])
	// Output: billing/1.4
}

func ExampleWithCallTimeout() {
	clerk, client := newExample(sessions.WithCallTimeout(10 * time.Millisecond))
	defer clerk.Close()
	clerk.Inject(sessionstest.Fault{Delay: time.Minute, Times: 3})

	_, err := client.Get(context.Background(), "sess_phone")
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	// Output: true
}

func ExampleWithTimeout() {
	clerk, client := newExample(sessions.WithTimeout(10*time.Millisecond),
		sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 1}))
	defer clerk.Close()
	clerk.Inject(sessionstest.Fault{Delay: time.Minute})

	_, err := client.Get(context.Background(), "sess_phone")
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	// Output: true
}

func ExampleWithRetry() {
	clerk, client := newExample(sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 2, BaseDelay: time.Millisecond}))
	defer clerk.Close()

	clerk.Inject(sessionstest.Fault{Status: http.StatusServiceUnavailable})
	session, err := client.Get(context.Background(), "sess_phone")
	fmt.Println(session.UserID, err, "after", len(clerk.Calls()), "requests")

	clerk.Inject(sessionstest.Fault{Status: http.StatusServiceUnavailable, Times: 2})
	_, err = client.Get(context.Background(), "sess_phone")
	if e, ok := errors.AsType[*sessions.Error](err); ok {
		fmt.Println(e.StatusCode, errors.Is(err, sessions.ErrServer), "after", e.Attempts, "requests")
	}
	// Output:
	// user_ada <nil> after 2 requests
	// 503 true after 2 requests
}

// A bulk job keeps to 50 requests a second, so that the requests of visitors still find room under
// Clerk's limit.
func ExampleWithLimiter() {
	clerk, client := newExample()
	defer clerk.Close()

	bulk, err := client.With(sessions.WithLimiter(rate.NewLimiter(50, 10)))
	if err != nil {
		fmt.Println(err)
		return
	}
	session, err := bulk.Get(context.Background(), "sess_phone")
	fmt.Println(session.ID, err)
	// Output: sess_phone <nil>
}

func ExampleWithLogger() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ // one without debug records
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "trace_id" || a.Key == "wait" {
				return slog.Attr{}
			}
			return a
		},
	}))
	clerk, client := newExample(sessions.WithLogger(logger),
		sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 2, BaseDelay: time.Millisecond}))
	defer clerk.Close()
	clerk.Inject(sessionstest.Fault{Status: http.StatusBadGateway, Times: 2})

	_, err := client.Get(context.Background(), "sess_phone")
	fmt.Println(errors.Is(err, sessions.ErrServer))
	// Output:
	// level=INFO msg="clerk: gave up" operation=GetSession attempt=2 status=502 why="no attempts left"
	// true
}

// What no transport sees: how long calls wait for their turn, and that some are never sent.
func ExampleWithObserver() {
	clerk, client := newExample(sessions.WithObserver(func(_ context.Context, e sessions.Event) {
		fmt.Printf("%s: %d requests, held back: %t, cache: %q\n", e.Operation, e.Attempts, e.HeldBack, e.Cache)
	}))
	defer clerk.Close()
	clerk.Inject(sessionstest.Fault{Status: http.StatusTooManyRequests, RetryAfter: time.Minute})

	for range 2 { // the 429 to the first call silences the second
		_, err := client.Get(context.Background(), "sess_phone")
		fmt.Println(errors.Is(err, sessions.ErrRateLimited))
	}
	cache := sessions.NewTokenCache(client)
	for range 2 {
		if _, err := cache.GetToken(context.Background(), "sess_phone", sessions.TokenParams{}); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// GetSession: 1 requests, held back: false, cache: ""
	// true
	// GetSession: 0 requests, held back: true, cache: ""
	// true
	// CreateSessionToken: 0 requests, held back: false, cache: "miss"
	// CreateSessionToken: 1 requests, held back: false, cache: ""
	// CreateSessionToken: 0 requests, held back: false, cache: "hit"
}

func ExampleWithTokenCacheSize() {
	clerk, client := newExample()
	defer clerk.Close()
	cache := sessions.NewTokenCache(client, sessions.WithTokenCacheSize(1))

	for _, id := range []string{"sess_phone", "sess_laptop", "sess_phone"} { // each takes the place of the one before
		if _, err := cache.GetToken(context.Background(), id, sessions.TokenParams{}); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println("requests:", len(clerk.Calls()))
	// Output: requests: 3
}

func ExampleWithTokenMargin() {
	clerk := sessionstest.NewServer()
	defer clerk.Close()
	session := clerk.AddSession(sessionstest.Session{UserID: "user_ada"})
	client, err := sessions.NewClient(clerk.SecretKey, sessions.WithBaseURL(clerk.URL))
	if err != nil {
		fmt.Println(err)
		return
	}
	// whoever gets a token may use it for a minute
	cache := sessions.NewTokenCache(client, sessions.WithTokenMargin(time.Minute))

	for _, lifetime := range []time.Duration{time.Hour, time.Hour, 30 * time.Second, 30 * time.Second} {
		if _, err := cache.GetToken(context.Background(), session.ID,
			sessions.TokenParams{ExpiresIn: lifetime}); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println("requests:", len(clerk.Calls())) // one for an hour's token, two for those that are too short to keep
	// Output: requests: 3
}
