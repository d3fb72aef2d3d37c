package sessions_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// A recorder is a log handler that keeps its records.
type recorder struct {
	level slog.Level
	mu    sync.Mutex
	lines []line
}

// A line is a log record, its duration replaced by whether it is there and not negative.
type line struct {
	Level   slog.Level
	Message string
	Attrs   map[string]any
}

func (r *recorder) Enabled(_ context.Context, level slog.Level) bool { return level >= r.level }
func (r *recorder) WithAttrs([]slog.Attr) slog.Handler               { return r }
func (r *recorder) WithGroup(string) slog.Handler                    { return r }

func (r *recorder) Handle(_ context.Context, record slog.Record) error {
	l := line{Level: record.Level, Message: record.Message, Attrs: make(map[string]any)}
	record.Attrs(func(a slog.Attr) bool {
		l.Attrs[a.Key] = a.Value.Any()
		if a.Value.Kind() == slog.KindDuration {
			l.Attrs[a.Key] = a.Value.Duration() >= 0
		}
		return true
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, l)
	return nil
}

// WithLogger writes one debug record an attempt, with these attributes and no others.
func TestLogger(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		answer func() (*http.Response, error)
		want   map[string]any // beside operation, attempt and duration
	}{
		{
			"an answer", func() (*http.Response, error) {
				return response(200, "{}"), nil
			}, map[string]any{"status": int64(200)},
		},
		{
			"a refusal", func() (*http.Response, error) {
				return response(404, goodError), nil
			}, map[string]any{"status": int64(404)},
		},
		{
			"a trace id", func() (*http.Response, error) {
				resp := response(503, "{}")
				resp.Header.Set("Clerk-Trace-Id", "trace_header")
				resp.Header.Set("Cf-Ray", "ray")
				return resp, nil
			},
			map[string]any{"status": int64(503), "trace_id": "trace_header"},
		},
		{
			"no answer", func() (*http.Response, error) {
				return nil, errors.New("no route to Clerk")
			}, map[string]any{"error": "no route to Clerk"},
		},
		{
			"half an answer", func() (*http.Response, error) {
				resp := response(200, "")
				resp.Body = failing{errors.New("no more of it")}
				return resp, nil
			},
			map[string]any{"status": int64(200), "error": "no more of it"},
		},
	} {
		for _, call := range apiCalls {
			t.Run(row.name+"/"+call.name, func(t *testing.T) {
				t.Parallel()
				log := &recorder{level: slog.LevelDebug}
				client := newClient(t, "https://clerk.test", sessions.WithLogger(slog.New(log)),
					through(func(*http.Request) (*http.Response, error) {
						return row.answer()
					}))
				_, _ = call.do(t.Context(), client)
				attempts := slices.DeleteFunc(log.lines, func(l line) bool { return l.Level != slog.LevelDebug })
				if len(attempts) != 1 {
					t.Fatalf("%d debug records, want 1: %v", len(attempts), attempts)
				}
				want := map[string]any{"operation": call.operation.Name, "attempt": int64(1), "duration": true}
				for name, value := range row.want {
					want[name] = value
				}
				if diff := cmp.Diff(want, attempts[0].Attrs); diff != "" {
					t.Errorf("want (-), got (+):\n%s", diff)
				}
			})
		}
	}
}

// failing is a body that cannot be read.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
func (failing) Close() error               { return nil }

// A call that the client itself held back is recorded at info level, with how long it waited.
func TestLoggerOfCallsHeldBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &recorder{level: slog.LevelInfo}
		client, err := sessions.NewClient(canaryKey, sessions.WithLogger(slog.New(log)), through(refuses(429, "20")))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = client.Get(t.Context(), "sess_1") // is refused, and cannot wait for so long
		_, _ = client.Get(t.Context(), "sess_1") // is not even sent
		want := []line{
			{slog.LevelInfo, "clerk: gave up", map[string]any{
				"operation": "GetSession", "attempt": int64(1), "status": int64(429), "wait": true,
				"why": "the server asks for too long a wait",
			}},
			{slog.LevelInfo, "clerk: gave up", map[string]any{
				"operation": "GetSession", "attempt": int64(0), "why": "held back", "wait": true,
				"error": "not sent: waited 0s for its turn after a 429, which asks for 20s more",
			}},
		}
		if diff := cmp.Diff(want, log.lines); diff != "" {
			t.Errorf("want (-), got (+):\n%s", diff)
		}
	})
}

// A logger that wants no debug records gets none of an attempt.
func TestLoggerLevel(t *testing.T) {
	t.Parallel()
	log := &recorder{level: slog.LevelInfo}
	client := newClient(t, "https://clerk.test", sessions.WithLogger(slog.New(log)),
		through(func(*http.Request) (*http.Response, error) {
			return response(200, goodSession), nil
		}))
	if _, err := client.Get(t.Context(), "sess_1"); err != nil {
		t.Fatal(err)
	}
	if len(log.lines) != 0 {
		t.Errorf("records of a good call: %v", log.lines)
	}
}

// What is refused before it is sent is not logged.
func TestLoggerOfRefusedParams(t *testing.T) {
	t.Parallel()
	log := &recorder{level: slog.LevelDebug}
	client := newClient(t, "https://clerk.test", sessions.WithLogger(slog.New(log)))
	if _, err := client.Get(t.Context(), ".."); !errors.Is(err, sessions.ErrInvalidParams) {
		t.Fatal(err)
	}
	if len(log.lines) != 0 {
		t.Errorf("records: %v", log.lines)
	}
}

// WithObserver tells one event a call, and one a token that a cache is asked for.
func TestObserver(t *testing.T) {
	t.Parallel()
	const retryAfter = 2 * time.Second
	get := func(ctx context.Context, c *sessions.Client, id string) error {
		_, err := c.Get(ctx, id)
		return err
	}
	for _, row := range []struct {
		name  string
		fault sessionstest.Fault
		calls func(ctx context.Context, c *sessions.Client, id string) error
		want  []sessions.Event
	}{
		{"a good answer", sessionstest.Fault{}, get, []sessions.Event{{Operation: "GetSession", Attempts: 1}}},
		{
			"no such session",
			sessionstest.Fault{},
			func(ctx context.Context, c *sessions.Client, _ string) error { return get(ctx, c, "sess_nobody") },
			[]sessions.Event{{Operation: "GetSession", Attempts: 1}},
		},
		{
			"parameters that are not sent",
			sessionstest.Fault{},
			func(ctx context.Context, c *sessions.Client, _ string) error { return get(ctx, c, "../users") },
			nil,
		},
		{
			"429, and then well",
			sessionstest.Fault{Status: 429, RetryAfter: retryAfter},
			get,
			[]sessions.Event{{Operation: "GetSession", Attempts: 2, Wait: retryAfter}},
		},
		{
			"503 thrice",
			sessionstest.Fault{Status: 503, Times: 3},
			get,
			[]sessions.Event{{Operation: "GetSession", Attempts: 3}},
		},
		{
			"held back by a silence that is too long",
			sessionstest.Fault{Status: 429, RetryAfter: time.Minute},
			func(ctx context.Context, c *sessions.Client, id string) error {
				_ = get(ctx, c, id)
				return get(ctx, c, id)
			},
			[]sessions.Event{
				{Operation: "GetSession", Attempts: 1},
				{Operation: "GetSession", HeldBack: true},
			},
		},
		{
			"the wait for the next attempt is cut short",
			sessionstest.Fault{Status: 429, RetryAfter: retryAfter},
			func(ctx context.Context, c *sessions.Client, id string) error {
				ctx, cancel := context.WithCancel(ctx)
				time.AfterFunc(time.Second, cancel)
				return get(ctx, c, id)
			},
			[]sessions.Event{{Operation: "GetSession", Attempts: 1, Wait: time.Second, HeldBack: true}},
		},
		{
			"a token that is minted and then kept",
			sessionstest.Fault{},
			func(ctx context.Context, c *sessions.Client, id string) error {
				cache := sessions.NewTokenCache(c)
				_, _ = cache.GetToken(ctx, id, sessions.TokenParams{})
				_, err := cache.GetToken(ctx, id, sessions.TokenParams{})
				return err
			},
			[]sessions.Event{
				{Operation: "CreateSessionToken", Cache: "miss"},
				{Operation: "CreateSessionToken", Attempts: 1},
				{Operation: "CreateSessionToken", Cache: "hit"},
			},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				type key struct{}
				ctx := context.WithValue(t.Context(), key{}, "the caller's")
				clerk := sessionstest.New(t, sessionstest.WithoutListener())
				id := clerk.AddSession(sessionstest.Session{}).ID
				if row.fault.Status > 0 {
					clerk.Inject(row.fault)
				}
				var got []sessions.Event
				observe := func(ctx context.Context, e sessions.Event) {
					if ctx.Value(key{}) != "the caller's" {
						t.Errorf("%+v has another context than its call", e)
					}
					got = append(got, e)
				}
				_ = row.calls(ctx, fakeClient(t, clerk, sessions.WithObserver(observe)), id)
				if diff := cmp.Diff(row.want, got); diff != "" {
					t.Errorf("want (-), got (+):\n%s", diff)
				}
			})
		})
	}
	if _, err := sessions.NewClient("sk_test_canary", sessions.WithObserver(nil)); err == nil {
		t.Error("an observer that is nil is no error")
	}
}
