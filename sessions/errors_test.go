package sessions_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// An error that a test made by hand matches by its status, as one of the client's does.
func TestHandMadeErrors(t *testing.T) {
	t.Parallel()
	for status := -1; status <= 1000; status++ {
		var want []string
		switch {
		case status == 400:
			want = []string{"ErrBadRequest"}
		case status == 401:
			want = []string{"ErrUnauthorized"}
		case status == 403:
			want = []string{"ErrForbidden"}
		case status == 404:
			want = []string{"ErrNotFound"}
		case status == 410:
			want = []string{"ErrGone"}
		case status == 422:
			want = []string{"ErrUnprocessable"}
		case status == 429:
			want = []string{"ErrRateLimited"}
		case status >= 500 && status < 600:
			want = []string{"ErrServer"}
		case status >= 600, status > 0 && status < 400:
			want = []string{"ErrInvalidResponse"}
		case status < 0:
			continue
		}
		for _, err := range []error{
			&sessions.Error{StatusCode: status},
			fmt.Errorf("outer: %w", &sessions.Error{StatusCode: status}),
		} {
			if diff := cmp.Diff(want, matched(err)); diff != "" {
				t.Errorf("%d: want (-), got (+):\n%s", status, diff)
			}
		}
	}
	if err := (&sessions.Error{}).Unwrap(); err != nil {
		t.Errorf("a hand-made error wraps %v", err)
	}
}

func TestHasCode(t *testing.T) {
	t.Parallel()
	e := &sessions.Error{Details: []sessions.ErrorDetail{{Code: "one"}, {Code: "two", Message: "three"}}}
	for code, want := range map[string]bool{
		"one": true, "two": true, "three": false, "ONE": false,
		"": false, "on": false,
	} {
		if got := e.HasCode(code); got != want {
			t.Errorf("HasCode(%q) = %v, want %v", code, got, want)
		}
	}
	if (&sessions.Error{}).HasCode("one") {
		t.Error("an error without details has a code")
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		err  *sessions.Error
		want string
	}{
		{
			"a status", &sessions.Error{Operation: "GetSession", StatusCode: 503},
			"clerk: GetSession: 503 Service Unavailable",
		},
		{
			"a status without a name", &sessions.Error{Operation: "GetSession", StatusCode: 600},
			"clerk: GetSession: 600",
		},
		{"no answer", &sessions.Error{Operation: "GetSession"}, "clerk: GetSession: no answer"},
		{"no operation", &sessions.Error{StatusCode: 404}, "clerk: 404 Not Found"},
		{
			"a detail",
			&sessions.Error{
				Operation: "GetSession", StatusCode: 404,
				Details: []sessions.ErrorDetail{{
					Code: "resource_not_found", Message: "not found",
					LongMessage: "No session was found.",
				}},
			},
			"clerk: GetSession: 404 Not Found: resource_not_found: No session was found.",
		},
		{
			"two details",
			&sessions.Error{
				Operation: "GetSession", StatusCode: 422,
				Details: []sessions.ErrorDetail{{Code: "a", Message: "b"}, {Message: "c"}},
			},
			"clerk: GetSession: 422 Unprocessable Entity: a: b; c",
		},
		{
			"a trace id", &sessions.Error{Operation: "GetSession", StatusCode: 500, TraceID: "trace_1"},
			"clerk: GetSession: 500 Internal Server Error (trace id trace_1)",
		},
		{
			"one attempt", &sessions.Error{Operation: "GetSession", StatusCode: 500, Attempts: 1},
			"clerk: GetSession: 500 Internal Server Error",
		},
		{
			"three attempts", &sessions.Error{Operation: "GetSession", StatusCode: 500, Attempts: 3},
			"clerk: GetSession: 500 Internal Server Error (3 attempts)",
		},
		{
			"a body", &sessions.Error{Operation: "GetSession", StatusCode: 500, Body: "<h1>No</h1>"},
			"clerk: GetSession: 500 Internal Server Error",
		},
		{
			"lines from outside",
			&sessions.Error{
				Operation: "GetSession", StatusCode: 500, TraceID: "a\r\nb\u2028c\u202ed\x1b[31m\x00e",
				Details: []sessions.ErrorDetail{{Code: "a\nb", Message: "c\u2029d\u0085"}},
			},
			"clerk: GetSession: 500 Internal Server Error: a b: c d  (trace id a  b c d [31m e)",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for _, verb := range []string{"%v", "%+v", "%s", "%#v"} {
				if got := fmt.Sprintf(verb, row.err); got != row.want {
					t.Errorf("%s: %q, want %q", verb, got, row.want)
				}
			}
			if got, want := fmt.Sprintf("%q", row.err), fmt.Sprintf("%q", row.want); got != want {
				t.Errorf("%%q: %s, want %s", got, want)
			}
		})
	}

	long := &sessions.Error{
		Operation: "GetSession", StatusCode: 500, TraceID: strings.Repeat("é", 5000),
		Details: []sessions.ErrorDetail{{Message: strings.Repeat("ü", 5000)}},
	}
	if n := len(long.Error()); n > 1000 {
		t.Errorf("a text from outside makes the error %d bytes long", n)
	}
}

// The text says why there is no good answer.
func TestErrorTextOfCauses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, body, want string }{
		{"a missing field", edited(goodSession, "user_id", ""), "user_id"},
		{"a field of the wrong type", edited(goodSession, "created_at", `"x"`), "created_at"},
		{"another object", edited(goodSession, "object", `"user"`), "object"},
		{"another id", edited(goodSession, "id", `"sess_2"`), "another session"},
		{"broken JSON", `{"object":`, "not valid JSON"},
		{"too much", padded(objectCap + 1)(goodSession), "too large"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			_, err := newClient(t, "https://clerk.test", through(func(*http.Request) (*http.Response, error) {
				return response(200, row.body), nil
			})).Get(t.Context(), "sess_1")
			if !strings.HasPrefix(fmt.Sprint(err), "clerk: GetSession: 200 OK: ") ||
				!strings.Contains(err.Error(), row.want) {
				t.Errorf("%v does not name %q", err, row.want)
			}
			if errors.Unwrap(err) == nil {
				t.Error("the error has no cause")
			}
		})
	}
}

var errStopped = errors.New("tenant stopped")

// Errors of a context, in a bubble with its own time: nothing here waits.
func TestContexts(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		context func(context.Context) (context.Context, context.CancelFunc)
		options []sessions.Option
		stall   bool // in the body rather than before the answer
		after   time.Duration
		matches []string
		stopped bool // the error matches errStopped
		unsent  bool
	}{
		{name: "cancelled before", context: cancelAfter(0), matches: []string{"context.Canceled"}, unsent: true},
		{
			name: "cancelled for a reason before", context: stopAfter(0), matches: []string{"context.Canceled"},
			stopped: true, unsent: true,
		},
		{
			name: "past its deadline before", context: deadlineAfter(-time.Second),
			matches: []string{"context.DeadlineExceeded"}, unsent: true,
		},
		{
			name: "cancelled", context: cancelAfter(time.Second), after: time.Second,
			matches: []string{"context.Canceled"},
		},
		{
			name: "cancelled for a reason", context: stopAfter(time.Second), after: time.Second,
			matches: []string{"context.Canceled"}, stopped: true,
		},
		{
			name: "past its deadline", context: deadlineAfter(time.Second), after: time.Second,
			matches: []string{"context.DeadlineExceeded"},
		},
		{
			name: "past its deadline, with a reason",
			context: func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeoutCause(ctx, time.Second, errStopped)
			}, after: time.Second, matches: []string{"context.DeadlineExceeded"}, stopped: true,
		},
		{
			name: "cancelled in the body", context: cancelAfter(time.Second), stall: true, after: time.Second,
			matches: []string{"context.Canceled"},
		},
		{
			name: "cancelled for a reason in the body", context: stopAfter(time.Second), stall: true,
			after: time.Second, matches: []string{"context.Canceled"}, stopped: true,
		},
		{
			name: "past its deadline in the body", context: deadlineAfter(time.Second), stall: true, after: time.Second,
			matches: []string{"context.DeadlineExceeded"},
		},
		{name: "the attempt's time by default", after: 10 * time.Second, matches: []string{"context.DeadlineExceeded"}},
		{
			name: "the attempt's time", options: []sessions.Option{sessions.WithTimeout(3 * time.Second)},
			after: 3 * time.Second, matches: []string{"context.DeadlineExceeded"},
		},
		{
			name: "the attempt's time in the body", options: []sessions.Option{sessions.WithTimeout(3 * time.Second)},
			stall: true, after: 3 * time.Second, matches: []string{"context.DeadlineExceeded"},
		},
		{
			name: "the attempt's time before the deadline", context: deadlineAfter(time.Minute),
			options: []sessions.Option{sessions.WithTimeout(3 * time.Second)},
			after:   3 * time.Second, matches: []string{"context.DeadlineExceeded"},
		},
	} {
		for _, call := range callsNamed("Get,List,Create,RefreshCookies") {
			t.Run(row.name+"/"+call.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					ctx := t.Context()
					if row.context != nil {
						var cancel context.CancelFunc
						ctx, cancel = row.context(ctx)
						defer cancel()
					}
					requests := 0
					client := newClient(t, "https://clerk.test",
						append(row.options, through(func(req *http.Request) (*http.Response, error) {
							requests++
							if row.stall {
								resp := response(200, "")
								resp.Body = stalled{req.Context()}
								return resp, nil
							}
							<-req.Context().Done()
							return nil, context.Cause(req.Context())
						}))...)

					start := time.Now()
					result, err := call.do(ctx, client)
					took := time.Since(start)

					want := outcome{Matches: row.matches, Operation: call.operation.Name, Attempts: 1, Hits: 1}
					if row.stall {
						want.StatusCode = 200
					}
					switch {
					case row.unsent:
						want.Attempts, want.Hits = 0, 0
					case call.once:
						want.Matches = append([]string{"ErrOutcomeUnknown"}, want.Matches...)
					}
					got := outcomeOf(t, result, err)
					got.Hits = requests
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("want (-), got (+):\n%s\nerror: %v", diff, err)
					}
					if errors.Is(err, errStopped) != row.stopped {
						t.Errorf("that the error matches its reason is %v, want %v: %v", !row.stopped, row.stopped, err)
					}
					if took != row.after {
						t.Errorf("the call took %v, want %v", took, row.after)
					}
				})
			})
		}
	}
}

func cancelAfter(d time.Duration) func(context.Context) (context.Context, context.CancelFunc) {
	return func(ctx context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancel(ctx)
		endAfter(d, cancel)
		return ctx, cancel
	}
}

func stopAfter(d time.Duration) func(context.Context) (context.Context, context.CancelFunc) {
	return func(ctx context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancelCause(ctx)
		endAfter(d, func() { cancel(errStopped) })
		return ctx, func() { cancel(nil) }
	}
}

func endAfter(d time.Duration, end func()) {
	if d == 0 {
		end()
		return
	}
	time.AfterFunc(d, end)
}

func deadlineAfter(d time.Duration) func(context.Context) (context.Context, context.CancelFunc) {
	return func(ctx context.Context) (context.Context, context.CancelFunc) { return context.WithTimeout(ctx, d) }
}

// stalled is a body that never comes.
type stalled struct{ ctx context.Context }

func (s stalled) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

func (stalled) Close() error { return nil }

// An attempt takes no longer than the shorter of the client's timeout and the http.Client's,
// whatever order they come in.
func TestHTTPClientTimeout(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name       string
		httpClient time.Duration
		timeout    time.Duration // 0: not set
		want       time.Duration
	}{
		{"shorter than the default", 3 * time.Second, 0, 3 * time.Second},
		{"longer than the default", time.Minute, 0, 10 * time.Second},
		{"none", 0, 0, 10 * time.Second},
		{"shorter than the client's", 3 * time.Second, 5 * time.Second, 3 * time.Second},
		{"longer than the client's", 5 * time.Second, 3 * time.Second, 3 * time.Second},
	} {
		for order := range 2 {
			t.Run(fmt.Sprint(row.name, "/", order), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					opts := []sessions.Option{sessions.WithHTTPClient(&http.Client{
						Timeout: row.httpClient,
						Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
							<-req.Context().Done()
							return nil, req.Context().Err()
						}),
					})}
					if row.timeout != 0 {
						opts = append(opts, sessions.WithTimeout(row.timeout))
					}
					if order == 1 && len(opts) == 2 {
						opts[0], opts[1] = opts[1], opts[0]
					}
					start := time.Now()
					_, err := newClient(t, "https://clerk.test", opts...).Get(t.Context(), "sess_1")
					if took := time.Since(start); took != row.want || !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("the call took %v, want %v, and returned %v", took, row.want, err)
					}
				})
			})
		}
	}
}

// The error of an attempt that took too long says it is a timeout, as net.Error has it.
func TestTimeoutIsANetError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, err := newClient(t, "https://clerk.test", through(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		})).Get(t.Context(), "sess_1")
		var timeout interface{ Timeout() bool }
		if !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("the error is no timeout: %v", err)
		}
	})
}

// A caller's http.Client lends its transport and its timeout, and nothing of it is changed or used
// otherwise.
func TestHTTPClientIsOnlyLent(t *testing.T) {
	t.Parallel()
	jar := must(cookiejar.New(nil))
	place := must(url.Parse("https://clerk.test/v1"))
	jar.SetCookies(place, []*http.Cookie{{Name: "own", Value: "cookie"}})
	var sentCookies []string
	transport := roundTripper(func(req *http.Request) (*http.Response, error) {
		sentCookies = append(sentCookies, req.Header.Values("Cookie")...)
		resp := response(302, "")
		resp.Header.Set("Location", "https://elsewhere.test/")
		resp.Header.Set("Set-Cookie", "theirs=1")
		return resp, nil
	})
	lent := &http.Client{
		Transport: &transport, Jar: jar, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			t.Error("the redirect policy was asked")
			return nil
		},
	}
	before := *lent
	client := newClient(t, "https://clerk.test", sessions.WithHTTPClient(lent), sessions.WithTimeout(time.Second))
	if _, err := client.Get(t.Context(), "sess_1"); !errors.Is(err, sessions.ErrInvalidResponse) {
		t.Error(err)
	}
	if lent.Transport != before.Transport || lent.Jar != before.Jar || lent.Timeout != before.Timeout {
		t.Error("the http.Client was changed")
	}
	if len(sentCookies) > 0 {
		t.Errorf("cookies were sent: %v", sentCookies)
	}
	if cookies := jar.Cookies(place); len(cookies) != 1 {
		t.Errorf("cookies were kept: %v", cookies)
	}
}

// Transports that break the rules of http.RoundTripper make errors, not panics.
func TestCarelessTransports(t *testing.T) {
	t.Parallel()
	for name, transport := range map[string]roundTripper{
		"neither an answer nor an error": func(*http.Request) (*http.Response, error) { return nil, nil },
		"both an answer and an error": func(*http.Request) (*http.Response, error) {
			return response(200, goodSession), errors.New("both")
		},
		"no body": func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200}, nil
		},
		"no body of a refusal": func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 404}, nil
		},
		"a body that fails": func(*http.Request) (*http.Response, error) {
			resp := response(200, "")
			resp.Body = failing{io.ErrClosedPipe}
			return resp, nil
		},
		"a redirect without any": func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 302, Body: http.NoBody}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("panic: %v", r)
				}
			}()
			for _, call := range apiCalls {
				result, err := call.do(t.Context(), newClient(t, "https://clerk.test", through(transport)))
				if result != nil || err == nil {
					t.Errorf("%s returned %v and %v", call.name, result, err)
				}
				if got := outcomeOf(t, result, err); got.Attempts != 1 {
					t.Errorf("%s: %d attempts, want 1", call.name, got.Attempts)
				}
			}
		})
	}
}

// A request that never left cannot have had an effect, however it failed.
func TestUnsentRequests(t *testing.T) {
	t.Parallel()
	notTLS := newRawServer(t, say("HTTP/1.1 400 Bad Request\r\n\r\n"))
	for name, host := range map[string]string{
		"nobody listens":      refusedURL(t),
		"a name without host": "https://host.invalid",
		"no TLS":              strings.Replace(notTLS.url, "http:", "https:", 1),
	} {
		t.Run(name, func(t *testing.T) {
			for _, call := range callsNamed("Create,RefreshToken,RefreshCookies,Get") {
				result, err := call.do(t.Context(), newClient(t, host))
				if got := outcomeOf(t, result, err); len(got.Matches) > 0 || got.StatusCode != 0 {
					t.Errorf("%s: the error matches %v: %v", call.name, got.Matches, err)
				}
			}
		})
	}
	if n := notTLS.hits.Load(); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
}

// Many calls at once, through one client, each get their own error.
func TestConcurrentErrors(t *testing.T) {
	t.Parallel()
	client := newClient(t, "https://clerk.test", through(func(req *http.Request) (*http.Response, error) {
		id := req.URL.Path[strings.LastIndex(req.URL.Path, "/")+1:]
		return response(404, strings.Replace(goodError, "trace_body", id, 1)), nil
	}))
	var calls sync.WaitGroup
	for i := range 100 {
		calls.Go(func() {
			id := fmt.Sprint("sess_", i)
			_, err := client.Get(t.Context(), id)
			var e *sessions.Error
			if !errors.As(err, &e) || e.TraceID != id {
				t.Errorf("%s: %v", id, err)
			}
		})
	}
	calls.Wait()
}

// Whatever an answer is full of, an error and the log keep a little of each text.
func TestBoundsOfErrors(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long ", 2000)
	detail := func(meta string) string {
		return `{"code":"` + long + `","message":"` + long + `","long_message":"` + long + `","meta":` + meta + `}`
	}
	details := strings.Repeat(`{"code":"`+long[:600]+`","meta":{"name":"x"}},`, 100) + `{}`
	for _, row := range []struct {
		name, answer string
		details      int
		meta         map[string]any // of the first detail
	}{
		{
			"texts", jsonAnswer(422, `{"errors":[`+detail(`{"name":"x"}`)+`],"clerk_trace_id":"`+long+`"}`),
			1,
			map[string]any{"name": "x"},
		},
		{"a trace id in a header", jsonAnswer(422, "{}", "Clerk-Trace-Id: "+long), 0, nil},
		{"many details", jsonAnswer(422, `{"errors":[`+details+`]}`), 16, map[string]any{"name": "x"}},
		{
			"a text in the meta", jsonAnswer(422, `{"errors":[`+detail(`{"name":"`+long[:1000]+`"}`)+`]}`),
			1,
			map[string]any{"name": long[:512]},
		},
		{"a long meta", jsonAnswer(422, `{"errors":[`+detail(`{"name":"`+long+`"}`)+`]}`), 1, nil},
		{"no JSON", answer(502, "<p>"+long), 0, nil},
		{"a content type", answer(200, "{}", "Content-Type: text/"+long), 0, nil},
		{"a content encoding", jsonAnswer(200, "{}", "Content-Encoding: "+long), 0, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			server := newRawServer(t, say(row.answer))
			var log strings.Builder
			logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			_, err := newClient(t, server.url, sessions.WithLogger(logger)).Get(t.Context(), "sess_1")
			var e *sessions.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			texts := []string{e.TraceID, e.Body}
			for _, d := range e.Details {
				texts = append(texts, d.Code, d.Message, d.LongMessage)
			}
			for _, text := range texts {
				if len(text) > 512 {
					t.Errorf("%d bytes are kept: %.40q…", len(text), text)
				}
			}
			if len(e.Details) != row.details {
				t.Errorf("%d details are kept, want %d", len(e.Details), row.details)
			}
			if len(e.Details) > 0 {
				if diff := cmp.Diff(row.meta, e.Details[0].Meta); diff != "" {
					t.Errorf("meta: want (-), got (+):\n%s", diff)
				}
			}
			if n := len(err.Error()); n > 16*400 {
				t.Errorf("the text of the error has %d bytes", n)
			}
			if log.Len() > 1500 {
				t.Errorf("the log has %d bytes", log.Len())
			}
		})
	}
}
