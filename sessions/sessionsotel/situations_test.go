package sessionsotel_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// What is recorded of a call, by what happens to it. Every row is a Clerk of its own, in fake time.
func TestSituations(t *testing.T) {
	t.Parallel()
	get := func(ctx context.Context, c *sessions.Client, id string) { _, _ = c.Get(ctx, id) }
	for _, row := range []struct {
		name    string
		fault   sessionstest.Fault
		call    func(ctx context.Context, c *sessions.Client, id string)
		spans   []string
		metrics []string
	}{
		{
			name: "success", call: get,
			spans: []string{
				"clerk GetSession (client, Unset): clerk.operation=GetSession clerk.trace_id=# http.response.status_code=200",
			},
			metrics: []string{
				"clerk.client.wait.duration{clerk.operation=GetSession} 1: 0s",
				"http.client.request.duration{clerk.operation=GetSession http.response.status_code=200} 1: 0s",
			},
		},
		{
			name: "404",
			call: func(ctx context.Context, c *sessions.Client, _ string) { get(ctx, c, "sess_nobody") },
			spans: []string{
				"clerk GetSession (client, Error): clerk.operation=GetSession clerk.trace_id=# error.type=404 " +
					"http.response.status_code=404",
			},
			metrics: []string{
				"clerk.client.wait.duration{clerk.operation=GetSession} 1: 0s",
				"http.client.request.duration{clerk.operation=GetSession error.type=404 " +
					"http.response.status_code=404} 1: 0s",
			},
		},
		{
			name: "429, then well", fault: sessionstest.Fault{Status: 429, RetryAfter: 2 * time.Second}, call: get,
			spans: []string{
				"clerk GetSession (client, Error): clerk.operation=GetSession clerk.trace_id=# error.type=429 " +
					"http.response.status_code=429",
				"clerk GetSession (client, Unset): clerk.operation=GetSession clerk.trace_id=# " +
					"http.request.resend_count=1 http.response.status_code=200",
			},
			metrics: []string{
				"clerk.client.retries{clerk.operation=GetSession} 1",
				"clerk.client.wait.duration{clerk.operation=GetSession} 1: 2s",
				"http.client.request.duration{clerk.operation=GetSession error.type=429 " +
					"http.response.status_code=429} 1: 0s",
				"http.client.request.duration{clerk.operation=GetSession http.response.status_code=200} 1: 0s",
			},
		},
		{
			name: "503 thrice", fault: sessionstest.Fault{Status: 503, Times: 3}, call: get,
			spans: []string{
				"clerk GetSession (client, Error): clerk.operation=GetSession clerk.trace_id=# error.type=503 " +
					"http.response.status_code=503",
				"clerk GetSession (client, Error): clerk.operation=GetSession clerk.trace_id=# error.type=503 " +
					"http.request.resend_count=1 http.response.status_code=503",
				"clerk GetSession (client, Error): clerk.operation=GetSession clerk.trace_id=# error.type=503 " +
					"http.request.resend_count=2 http.response.status_code=503",
			},
			metrics: []string{
				"clerk.client.retries{clerk.operation=GetSession} 2",
				"clerk.client.wait.duration{clerk.operation=GetSession} 1: 0s",
				"http.client.request.duration{clerk.operation=GetSession error.type=503 " +
					"http.response.status_code=503} 3: 0s",
			},
		},
		{
			name: "connection lost", fault: sessionstest.Fault{Drop: true},
			call: func(ctx context.Context, c *sessions.Client, _ string) {
				_, _ = c.Create(ctx, sessions.CreateParams{UserID: "user_ada"})
			},
			spans: []string{
				"clerk CreateSession (client, Error): clerk.operation=CreateSession error.type=connection_lost",
			},
			metrics: []string{
				"clerk.client.wait.duration{clerk.operation=CreateSession} 1: 0s",
				"http.client.request.duration{clerk.operation=CreateSession error.type=connection_lost} 1: 0s",
			},
		},
		{
			name: "no answer in time", fault: sessionstest.Fault{Delay: time.Minute},
			call: func(ctx context.Context, c *sessions.Client, id string) {
				ctx, cancel := context.WithTimeout(ctx, 4*time.Second)
				defer cancel()
				get(ctx, c, id)
			},
			spans: []string{"clerk GetSession (client, Error): clerk.operation=GetSession error.type=timeout"},
			metrics: []string{
				"clerk.client.wait.duration{clerk.operation=GetSession} 1: 0s",
				"http.client.request.duration{clerk.operation=GetSession error.type=timeout} 1: 4s",
			},
		},
		{
			name: "the caller leaves", fault: sessionstest.Fault{Delay: time.Minute},
			call: func(ctx context.Context, c *sessions.Client, id string) {
				ctx, cancel := context.WithCancel(ctx)
				time.AfterFunc(3*time.Second, cancel)
				get(ctx, c, id)
			},
			spans: []string{"clerk GetSession (client, Error): clerk.operation=GetSession error.type=canceled"},
			metrics: []string{
				"clerk.client.wait.duration{clerk.operation=GetSession} 1: 0s",
				"http.client.request.duration{clerk.operation=GetSession error.type=canceled} 1: 3s",
			},
		},
		{
			name: "not sent, because of a silence", fault: sessionstest.Fault{Status: 429, RetryAfter: time.Minute},
			call: func(ctx context.Context, c *sessions.Client, id string) {
				get(ctx, c, id) // its 429 asks for a longer silence than a call waits for
				get(ctx, c, id)
			},
			spans: []string{
				"clerk GetSession (client, Error): clerk.operation=GetSession clerk.trace_id=# error.type=429 " +
					"http.response.status_code=429",
			},
			metrics: []string{
				"clerk.client.turned_away{clerk.operation=GetSession} 1",
				"clerk.client.wait.duration{clerk.operation=GetSession} 2: 0s",
				"http.client.request.duration{clerk.operation=GetSession error.type=429 " +
					"http.response.status_code=429} 1: 0s",
			},
		},
		{
			name: "a token that is minted once and handed out thrice",
			call: func(ctx context.Context, c *sessions.Client, id string) {
				cache := sessions.NewTokenCache(c)
				for range 3 {
					_, _ = cache.GetToken(ctx, id, sessions.TokenParams{})
				}
			},
			spans: []string{
				"clerk CreateSessionToken (client, Unset): clerk.operation=CreateSessionToken clerk.trace_id=# " +
					"http.response.status_code=200",
			},
			metrics: []string{
				"clerk.client.wait.duration{clerk.operation=CreateSessionToken} 1: 0s",
				"clerk.token_cache.lookups{clerk.operation=CreateSessionToken clerk.token_cache.result=hit} 2",
				"clerk.token_cache.lookups{clerk.operation=CreateSessionToken clerk.token_cache.result=miss} 1",
				"http.client.request.duration{clerk.operation=CreateSessionToken http.response.status_code=200} 1: 0s",
			},
		},
		{
			name: "parameters that are refused",
			call: func(ctx context.Context, c *sessions.Client, _ string) { get(ctx, c, "../users") },
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				clerk := sessionstest.New(t, sessionstest.WithoutListener())
				id := clerk.AddSession(sessionstest.Session{}).ID
				if row.fault != (sessionstest.Fault{}) {
					clerk.Inject(row.fault)
				}
				r := newRecording()
				row.call(t.Context(), r.client(t, clerk), id)
				wantLines(t, "spans", row.spans, withoutTraceIDs(r.spanLines()))
				wantLines(t, "metrics", row.metrics, r.metricLines(t))
			})
		})
	}
}

// withoutTraceIDs replaces the trace ids of a sessionstest.Server, which are 32 digits.
func withoutTraceIDs(lines []string) []string {
	for i, line := range lines {
		if before, after, found := strings.Cut(line, "clerk.trace_id="); found {
			lines[i] = before + "clerk.trace_id=#" + after[32:]
		}
	}
	return lines
}

func wantLines(t *testing.T, what string, want, got []string) {
	t.Helper()
	if !slices.Equal(want, got) {
		t.Errorf("%s:\ngot\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
