package sessions_test

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"iter"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// refuses answers with a status and, if there is one, a Retry-After.
func refuses(status int, retryAfter string) roundTripper {
	return func(*http.Request) (*http.Response, error) {
		resp := response(status, goodError)
		if retryAfter != "" {
			resp.Header.Set("Retry-After", retryAfter)
		}
		return resp, nil
	}
}

// loses gives no answer.
func loses(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }

// cannotConnect is what net/http says when it could not connect.
func cannotConnect(*http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
}

// hangs gives no answer for as long as somebody waits for one.
func hangs(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, context.Cause(req.Context())
}

// hangsInBody gives an answer without its end for as long as somebody waits for it.
func hangsInBody(req *http.Request) (*http.Response, error) {
	resp := response(200, "")
	resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"object":`), hanging{req.Context()}))
	return resp, nil
}

type hanging struct{ ctx context.Context }

func (h hanging) Read([]byte) (int, error) {
	<-h.ctx.Done()
	return 0, context.Cause(h.ctx)
}

// breaksOff gives an answer without its end.
func breaksOff(status int) roundTripper {
	return func(*http.Request) (*http.Response, error) {
		resp := response(status, "")
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"object":`), failing{io.ErrUnexpectedEOF}))
		return resp, nil
	}
}

var errGoneAway = errors.New("the user went away")

// What a call makes of a server's answers, one after the other, and of its context; when it sends,
// and when it ends.
func TestRetries(t *testing.T) {
	t.Parallel()
	const s = time.Second
	type span [2]time.Duration
	at := func(d time.Duration) span { return span{d, d} }
	type row struct {
		name     string
		calls    string // "" = Get
		answers  []roundTripper
		policy   sessions.RetryPolicy
		deadline time.Duration // the call's; 0 = none
		cancel   time.Duration // when the caller cancels the call; 0 = never
		want     outcome       // without the operation
		good     bool          // the call succeeds
		sent     []span        // when its requests were sent
		ends     span
	}
	good := roundTripper(nil) // the call's good answer
	limited := func(wait time.Duration, attempts int, more ...string) outcome {
		return outcome{
			Matches: append([]string{"ErrRateLimited"}, more...), StatusCode: 429, Details: goodErrorDetails,
			TraceID:    "trace_body",
			RetryAfter: wait, Attempts: attempts,
		}
	}
	broken := func(status int, wait time.Duration, attempts int, more ...string) outcome {
		o := limited(wait, attempts)
		o.StatusCode, o.Matches = status, append([]string{"ErrServer"}, more...)
		return o
	}
	dated := func(*http.Request) (*http.Response, error) {
		resp := response(429, goodError)
		resp.Header.Set("Date", "Mon, 23 Nov 2026 11:00:00 GMT")
		resp.Header.Set("Retry-After", "Mon, 23 Nov 2026 11:00:07 GMT")
		return resp, nil
	}
	const once, repeatable = "Create,RefreshToken,RefreshCookies,HandshakeCookies",
		"List,Get,Revoke,Verify,GetToken,GetToken from a template"
	const everyCall = once + "," + repeatable
	for _, row := range []row{
		// Waiting.
		{
			name: "429: the silence is waited out", calls: everyCall, answers: []roundTripper{refuses(429, "2"), good},
			good: true, sent: []span{at(0), at(2 * s)}, ends: at(2 * s),
		},
		{
			name: "429: a date, by the server's clock", answers: []roundTripper{dated, good}, good: true,
			sent: []span{at(0), at(7 * s)}, ends: at(7 * s),
		},
		{
			name: "429: twice", answers: []roundTripper{refuses(429, "2"), refuses(429, "3"), good}, good: true,
			sent: []span{at(0), at(2 * s), at(5 * s)}, ends: at(5 * s),
		},
		{
			name: "429: three times", calls: everyCall, answers: []roundTripper{refuses(429, "2")},
			want: limited(2*s, 3), sent: []span{at(0), at(2 * s), at(4 * s)}, ends: at(4 * s),
		},
		{
			name: "429: as long as MaxRetryAfter", answers: []roundTripper{refuses(429, "10"), good}, good: true,
			sent: []span{at(0), at(10 * s)}, ends: at(10 * s),
		},
		{
			name: "429: longer than MaxRetryAfter", calls: everyCall, answers: []roundTripper{refuses(429, "11"), good},
			want: limited(11*s, 1), sent: []span{at(0)}, ends: at(0),
		},
		{
			name: "429: longer than another MaxRetryAfter", answers: []roundTripper{refuses(429, "2"), good},
			policy: sessions.RetryPolicy{MaxRetryAfter: s}, want: limited(2*s, 1), sent: []span{at(0)}, ends: at(0),
		},
		{
			name: "429: longer than the deadline", calls: everyCall, answers: []roundTripper{refuses(429, "20"), good},
			deadline: 10 * s, want: limited(20*s, 1), sent: []span{at(0)}, ends: at(0),
		},
		{
			name:    "429: the second is longer than what is left",
			answers: []roundTripper{refuses(429, "2"), refuses(429, "2"), good}, deadline: 3 * s, want: limited(2*s, 2),
			sent: []span{at(0), at(2 * s)}, ends: at(2 * s),
		},
		{
			name: "429: junk", answers: []roundTripper{refuses(429, "-5"), good}, good: true,
			sent: []span{at(0), at(s)}, ends: at(s),
		},
		{
			name: "429: junk, and no attempts left", answers: []roundTripper{refuses(429, "1.5")},
			policy: sessions.RetryPolicy{MaxAttempts: 1}, want: limited(0, 1), sent: []span{at(0)}, ends: at(0),
		},
		{
			name: "503: never sooner than asked", calls: repeatable, answers: []roundTripper{refuses(503, "2"), good},
			good: true, sent: []span{at(0), {2 * s, 2200 * time.Millisecond}},
			ends: span{2 * s, 2200 * time.Millisecond},
		},
		{
			name: "503: longer than MaxRetryAfter", answers: []roundTripper{refuses(503, "11"), good},
			want: broken(503, 11*s, 1), sent: []span{at(0)}, ends: at(0),
		},
		{
			name: "503: longer than the deadline", answers: []roundTripper{refuses(503, "20"), good}, deadline: 10 * s,
			want: broken(503, 20*s, 1), sent: []span{at(0)}, ends: at(0),
		},
		{
			name: "503: three times", calls: repeatable, answers: []roundTripper{refuses(503, "")},
			want: broken(503, 0, 3), sent: []span{at(0), {0, s / 5}, {0, s * 3 / 5}}, ends: span{0, s * 3 / 5},
		},

		// The last answer counts.
		{
			name: "lost, then a 404", calls: "Revoke,Get", answers: []roundTripper{loses, refuses(404, "")},
			want: outcome{
				Matches: []string{"ErrNotFound"}, StatusCode: 404, Details: goodErrorDetails,
				TraceID: "trace_body", Attempts: 2,
			}, sent: []span{at(0), {0, s / 5}}, ends: span{0, s / 5},
		},
		{
			name: "lost, then good", calls: repeatable, answers: []roundTripper{loses, good}, good: true,
			sent: []span{at(0), {0, s / 5}}, ends: span{0, s / 5},
		},
		{
			name: "503, then lost", calls: repeatable, answers: []roundTripper{refuses(503, ""), loses},
			policy: sessions.RetryPolicy{MaxAttempts: 2}, want: outcome{Attempts: 2}, sent: []span{at(0), {0, s / 5}},
			ends: span{0, s / 5},
		},
		{
			name: "429, then 503", answers: []roundTripper{refuses(429, "1"), refuses(503, "")},
			policy: sessions.RetryPolicy{MaxAttempts: 2}, want: broken(503, 0, 2),
			sent: []span{at(0), at(s)}, ends: at(s),
		},
		{
			name: "not connected, then good", calls: everyCall, answers: []roundTripper{cannotConnect, good},
			good: true, sent: []span{at(0), {0, s / 5}}, ends: span{0, s / 5},
		},
		{
			name: "never connected", calls: everyCall, answers: []roundTripper{cannotConnect},
			want: outcome{Attempts: 3}, sent: []span{at(0), {0, s / 5}, {0, s * 3 / 5}}, ends: span{0, s * 3 / 5},
		},

		{
			name: "a redirect without its end", calls: everyCall, answers: []roundTripper{breaksOff(302), good},
			want: outcome{Matches: []string{"ErrInvalidResponse"}, StatusCode: 302, Attempts: 1},
			sent: []span{at(0)}, ends: at(0),
		},
		{
			name: "a 404 without its end", calls: everyCall, answers: []roundTripper{breaksOff(404), good},
			want: outcome{Matches: []string{"ErrNotFound"}, StatusCode: 404, Attempts: 1},
			sent: []span{at(0)}, ends: at(0),
		},
		{
			name: "a 429 without its end", calls: everyCall, answers: []roundTripper{breaksOff(429), good}, good: true,
			sent: []span{at(0), at(s)}, ends: at(s),
		},

		// What may have happened is not sent again.
		{
			name: "lost", calls: once, answers: []roundTripper{loses, good},
			want: outcome{Matches: []string{"ErrOutcomeUnknown"}, Attempts: 1}, sent: []span{at(0)}, ends: at(0),
		},
		{
			name: "broken off", calls: once, answers: []roundTripper{breaksOff(200), good},
			want: outcome{Matches: []string{"ErrOutcomeUnknown"}, StatusCode: 200, Attempts: 1},
			sent: []span{at(0)}, ends: at(0),
		},
		{
			name: "500", calls: once, answers: []roundTripper{refuses(500, ""), good}, want: broken(500, 0, 1),
			sent: []span{at(0)}, ends: at(0),
		},
		{
			name: "502", calls: once, answers: []roundTripper{refuses(502, ""), good},
			want: broken(502, 0, 1, "ErrOutcomeUnknown"), sent: []span{at(0)}, ends: at(0),
		},
		{
			name: "503", calls: once, answers: []roundTripper{refuses(503, ""), good}, want: broken(503, 0, 1),
			sent: []span{at(0)}, ends: at(0),
		},
		{
			name: "503 with Retry-After", calls: once, answers: []roundTripper{refuses(503, "1"), good},
			want: broken(503, s, 1), sent: []span{at(0)}, ends: at(0),
		},
		{
			name: "504", calls: once, answers: []roundTripper{refuses(504, ""), good},
			want: broken(504, 0, 1, "ErrOutcomeUnknown"), sent: []span{at(0)}, ends: at(0),
		},
		{
			name: "429, then lost", calls: once, answers: []roundTripper{refuses(429, "1"), loses},
			want: outcome{Matches: []string{"ErrOutcomeUnknown"}, Attempts: 2}, sent: []span{at(0), at(s)}, ends: at(s),
		},
		{
			name: "not connected, then lost", calls: once, answers: []roundTripper{cannotConnect, loses},
			want: outcome{Matches: []string{"ErrOutcomeUnknown"}, Attempts: 2}, sent: []span{at(0), {0, s / 5}},
			ends: span{0, s / 5},
		},
		{
			name: "no answer in time", calls: once, answers: []roundTripper{hangs},
			want: outcome{Matches: []string{"ErrOutcomeUnknown", "context.DeadlineExceeded"}, Attempts: 1},
			sent: []span{at(0)}, ends: at(10 * s),
		},
		{
			name: "no body in time", calls: once, answers: []roundTripper{hangsInBody},
			want: outcome{
				Matches: []string{"ErrOutcomeUnknown", "context.DeadlineExceeded"}, StatusCode: 200,
				Attempts: 1,
			}, sent: []span{at(0)}, ends: at(10 * s),
		},
		{
			name: "past the deadline", calls: once, answers: []roundTripper{hangs}, deadline: s,
			want: outcome{Matches: []string{"ErrOutcomeUnknown", "context.DeadlineExceeded"}, Attempts: 1},
			sent: []span{at(0)}, ends: at(s),
		},
		{
			name: "canceled on the wire", calls: once, answers: []roundTripper{hangs}, cancel: s,
			want: outcome{Matches: []string{"ErrOutcomeUnknown", "context.Canceled"}, Attempts: 1},
			sent: []span{at(0)}, ends: at(s),
		},
		{
			name: "canceled in the body", calls: once, answers: []roundTripper{hangsInBody}, cancel: s,
			want: outcome{Matches: []string{"ErrOutcomeUnknown", "context.Canceled"}, StatusCode: 200, Attempts: 1},
			sent: []span{at(0)}, ends: at(s),
		},
		{
			name: "canceled before it was sent again", calls: once, answers: []roundTripper{refuses(429, "5")},
			cancel: s, want: limited(5*s, 1, "context.Canceled"), sent: []span{at(0)}, ends: at(s),
		},

		// Sleeps end with the context.
		{
			name: "canceled while it waits after a 429", calls: repeatable, answers: []roundTripper{refuses(429, "5")},
			cancel: s, want: limited(5*s, 1, "context.Canceled"), sent: []span{at(0)}, ends: at(s),
		},
		{
			name: "canceled while it waits after a 503", calls: repeatable, answers: []roundTripper{refuses(503, "5")},
			cancel: s, want: broken(503, 5*s, 1, "context.Canceled"), sent: []span{at(0)}, ends: at(s),
		},
		{
			name: "canceled while it waits after no answer", answers: []roundTripper{loses},
			policy: sessions.RetryPolicy{BaseDelay: 20 * time.Second, MaxDelay: 20 * time.Second},
			cancel: time.Nanosecond, want: outcome{Matches: []string{"context.Canceled"}, Attempts: 1},
			sent: []span{at(0)}, ends: at(1),
		},

		// The context covers everything, an attempt's time all of the attempt.
		{
			name: "no answer in time, three times", calls: repeatable, answers: []roundTripper{hangs},
			want: outcome{Matches: []string{"context.DeadlineExceeded"}, Attempts: 3},
			sent: []span{at(0), {10 * s, 10200 * time.Millisecond}, {20 * s, 20600 * time.Millisecond}},
			ends: span{30 * s, 30600 * time.Millisecond},
		},
		{
			name: "no body in time, three times", answers: []roundTripper{hangsInBody},
			want: outcome{Matches: []string{"context.DeadlineExceeded"}, StatusCode: 200, Attempts: 3},
			sent: []span{at(0), {10 * s, 10200 * time.Millisecond}, {20 * s, 20600 * time.Millisecond}},
			ends: span{30 * s, 30600 * time.Millisecond},
		},
		{
			name: "no answer in time, then good", answers: []roundTripper{hangs, good}, good: true,
			sent: []span{at(0), {10 * s, 10200 * time.Millisecond}}, ends: span{10 * s, 10200 * time.Millisecond},
		},
		{
			name: "the deadline comes in the first attempt", calls: repeatable, answers: []roundTripper{hangs},
			deadline: s, want: outcome{Matches: []string{"context.DeadlineExceeded"}, Attempts: 1},
			sent: []span{at(0)}, ends: at(s),
		},
		{
			name: "the deadline comes in the body", answers: []roundTripper{hangsInBody}, deadline: s,
			want: outcome{Matches: []string{"context.DeadlineExceeded"}, StatusCode: 200, Attempts: 1},
			sent: []span{at(0)}, ends: at(s),
		},
		{
			name: "the deadline comes in the second attempt", answers: []roundTripper{refuses(429, "1"), hangs},
			deadline: 3 * s, want: outcome{Matches: []string{"context.DeadlineExceeded"}, Attempts: 2},
			sent: []span{at(0), at(s)}, ends: at(3 * s),
		},
		{
			name: "canceled in the second attempt", answers: []roundTripper{refuses(429, "1"), hangs}, cancel: 3 * s,
			want: outcome{Matches: []string{"context.Canceled"}, Attempts: 2}, sent: []span{at(0), at(s)},
			ends: at(3 * s),
		},

		// The policy.
		{
			name: "no retry", calls: everyCall, answers: []roundTripper{refuses(429, "1"), good},
			policy: sessions.RetryPolicy{MaxAttempts: 1}, want: limited(s, 1), sent: []span{at(0)}, ends: at(0),
		},
		{
			name: "two attempts", answers: []roundTripper{refuses(429, "1")},
			policy: sessions.RetryPolicy{MaxAttempts: 2}, want: limited(s, 2), sent: []span{at(0), at(s)}, ends: at(s),
		},
		{
			name: "five attempts", answers: []roundTripper{refuses(429, "1")},
			policy: sessions.RetryPolicy{MaxAttempts: 5}, want: limited(s, 5),
			sent: []span{at(0), at(s), at(2 * s), at(3 * s), at(4 * s)}, ends: at(4 * s),
		},
	} {
		if row.calls == "" {
			row.calls = "Get"
		}
		for _, call := range callsNamed(row.calls) {
			t.Run(row.name+"/"+call.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					start := time.Now()
					var times []time.Duration
					var bodies []string
					client, err := sessions.NewClient(canaryKey, sessions.WithRetry(row.policy),
						through(func(req *http.Request) (*http.Response, error) {
							times = append(times, time.Since(start))
							body := ""
							if req.Body != nil {
								b, err := io.ReadAll(req.Body)
								if err != nil {
									t.Error(err)
								}
								body = string(b)
							}
							bodies = append(bodies, body)
							if _, ok := req.Header["Idempotency-Key"]; ok {
								t.Error("the request has an Idempotency-Key: net/http would send it again by itself")
							}
							act := row.answers[min(len(times), len(row.answers))-1]
							if act == nil {
								return response(200, call.good), nil
							}
							return act(req)
						}))
					if err != nil {
						t.Fatal(err)
					}
					ctx, cancel := context.WithCancelCause(t.Context())
					defer cancel(nil)
					if row.cancel != 0 {
						time.AfterFunc(row.cancel, func() { cancel(errGoneAway) })
					}
					if row.deadline != 0 {
						var stop context.CancelFunc
						ctx, stop = context.WithTimeoutCause(ctx, row.deadline, errGoneAway)
						defer stop()
					}
					result, err := call.do(ctx, client)
					ends := time.Since(start)

					want := row.want
					if row.good {
						want.Result = call.result
					} else {
						want.Operation = call.operation.Name
					}
					want.Matches = slices.Sorted(slices.Values(want.Matches))
					got := outcomeOf(t, result, err)
					slices.Sort(got.Matches)
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("want (-), got (+):\n%s", diff)
					}
					if ended := ctx.Err(); ended != nil && (!errors.Is(err, ended) || !errors.Is(err, errGoneAway)) {
						t.Errorf("%v does not match both %v and the context's cause", err, ended)
					}
					within := func(what string, d time.Duration, s span) {
						if d < s[0] || d > s[1] {
							t.Errorf("%s after %v, want %v to %v", what, d, s[0], s[1])
						}
					}
					if len(times) != len(row.sent) {
						t.Fatalf("%d requests, want %d", len(times), len(row.sent))
					}
					for i := range times {
						within("request "+strconv.Itoa(i+1)+" was sent", times[i], row.sent[i])
						if bodies[i] != bodies[0] {
							t.Errorf("request %d has the body %q, the first had %q", i+1, bodies[i], bodies[0])
						}
					}
					within("it ended", ends, row.ends)
				})
			})
		}
	}
}

// A whole call ends in time, whatever it waits for: an answer, a second attempt, or its turn.
func TestWholeCallEnds(t *testing.T) {
	t.Parallel()
	const s = time.Second
	for _, row := range []struct {
		name     string
		options  []sessions.Option
		timeout  time.Duration // of the http.Client; 0 for none
		deadline time.Duration // of the call's context; 0 for none
		server   roundTripper
		ends     time.Duration
		attempts int
		matches  []string
		text     string // is part of the error's
	}{
		{"no answer, by default", nil, 0, 0, hangs, 30 * s, 3, []string{"context.DeadlineExceeded"}, "the whole call"},
		{
			"half an answer, by default", nil, 0, 0, hangsInBody, 30 * s, 3,
			[]string{"context.DeadlineExceeded"},
			"the whole call",
		},
		{
			"no answer within WithCallTimeout",
			[]sessions.Option{sessions.WithCallTimeout(3 * s)},
			0, 0, hangs,
			3 * s, 1,
			[]string{"context.DeadlineExceeded"},
			"the whole call",
		},
		{
			"no answer within the http.Client's Timeout", nil, 4 * s, 0, hangs,
			4 * s, 1,
			[]string{"context.DeadlineExceeded"},
			"the whole call",
		},
		{
			"the shorter of the two counts",
			[]sessions.Option{sessions.WithCallTimeout(3 * s)},
			4 * s, 0, hangs,
			3 * s, 1,
			[]string{"context.DeadlineExceeded"},
			"the whole call",
		},
		{
			"the shorter of the two counts, the other way round",
			[]sessions.Option{sessions.WithCallTimeout(5 * s)},
			4 * s, 0, hangs,
			4 * s, 1,
			[]string{"context.DeadlineExceeded"},
			"the whole call",
		},
		{
			"an attempt that is shorter",
			[]sessions.Option{sessions.WithTimeout(s), sessions.WithCallTimeout(time.Hour)},
			0, 0,
			hangs, 3*s + 600*time.Millisecond, 3,
			[]string{"context.DeadlineExceeded"},
			"one attempt",
		},
		{
			"the caller's deadline", nil, 0, 2 * s, hangs, 2 * s, 1,
			[]string{"context.DeadlineExceeded"},
			"context deadline",
		},
		{
			"a 429 that asks for longer",
			[]sessions.Option{sessions.WithCallTimeout(3 * s)},
			0, 0, refuses(429, "3"),
			0, 1,
			[]string{"ErrRateLimited"},
			"429",
		},
		{
			"a 503 that asks for longer",
			[]sessions.Option{sessions.WithCallTimeout(3 * s)},
			0, 0, refuses(503, "3"),
			0, 1,
			[]string{"ErrServer"},
			"503",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				hc := &http.Client{Transport: row.server, Timeout: row.timeout}
				client, err := sessions.NewClient(canaryKey, append(row.options, sessions.WithHTTPClient(hc))...)
				if err != nil {
					t.Fatal(err)
				}
				ctx, start := t.Context(), time.Now()
				if row.deadline > 0 {
					limited, cancel := context.WithTimeout(ctx, row.deadline)
					defer cancel()
					ctx = limited
				}
				_, err = client.Get(ctx, "sess_1")
				took := time.Since(start)
				if took > row.ends || took < row.ends-600*time.Millisecond {
					t.Errorf("it ended after %v, want %v", took, row.ends)
				}
				got := outcomeOf(t, nil, err)
				if got.Attempts != row.attempts || !slices.Equal(got.Matches, row.matches) ||
					!strings.Contains(err.Error(), row.text) {
					t.Errorf("got %v of %d attempts, which matches %v; want %v of %d", err, got.Attempts, got.Matches,
						row.matches, row.attempts)
				}
			})
		})
	}
}

// Clerk hangs, and a thousand calls without a deadline ask at once: none waits longer than a whole
// call may take, and who never had a turn says so.
func TestThousandCallsToAHangingClerk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, err := sessions.NewClient(canaryKey, through(hangs))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		var wg sync.WaitGroup
		var held atomic.Int32
		for range 1000 {
			wg.Go(func() {
				_, err := client.Get(t.Context(), "sess_1")
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("it failed with %v", err)
				}
				if e, ok := errors.AsType[*sessions.Error](err); ok && e.Attempts == 0 {
					held.Add(1)
					if !errors.Is(err, sessions.ErrRateLimited) || !strings.Contains(err.Error(), "not sent: waited") {
						t.Errorf("a call that had no turn failed with %v", err)
					}
				}
			})
		}
		wg.Wait()
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("the last call ended after %v", took)
		}
		if held.Load() == 0 {
			t.Error("every call had a turn: the test does not test what it says")
		}
	})
}

// A call that is turned away after its own answer keeps what it was answered.
func TestTurnedAwayAfterItsOwnAnswer(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		own     roundTripper
		other   string // the Retry-After of another call's 429, which was in flight with it
		status  int
		after   time.Duration // the error's RetryAfter
		matches []string
	}{
		{
			"its own 429, and then a longer silence", refuses(429, "1"), "60", 429, 59 * time.Second,
			[]string{"ErrRateLimited"},
		},
		{
			"its own 503, and then a silence", refuses(503, "1"), "60", 503, 59 * time.Second,
			[]string{"ErrRateLimited", "ErrServer"},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				requests := 0
				client, err := sessions.NewClient(canaryKey, through(func(req *http.Request) (*http.Response, error) {
					requests++
					if requests == 1 {
						time.Sleep(50 * time.Millisecond)
						return row.own(req)
					}
					time.Sleep(100 * time.Millisecond)
					return refuses(429, row.other)(req)
				}))
				if err != nil {
					t.Fatal(err)
				}
				once, err := client.With(sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 1}))
				if err != nil {
					t.Fatal(err)
				}
				var wg sync.WaitGroup
				wg.Go(func() {
					_, err := client.Get(t.Context(), "sess_1")
					got := outcomeOf(t, nil, err)
					if got.StatusCode != row.status || got.TraceID != "trace_body" || got.Attempts != 1 ||
						!slices.Equal(got.Matches, row.matches) || !cmp.Equal(got.Details, goodErrorDetails) {
						t.Errorf("got %+v: %v", got, err)
					}
					if got.RetryAfter < row.after-time.Second || got.RetryAfter > row.after+time.Second {
						t.Errorf("RetryAfter is %v, want about %v", got.RetryAfter, row.after)
					}
				})
				synctest.Wait()
				wg.Go(func() { _, _ = once.Get(t.Context(), "sess_2") })
				wg.Wait()
			})
		})
	}
}

// A negative field is refused; zero fields are the defaults or, of a copy, what its parent has.
func TestRetryPolicy(t *testing.T) {
	t.Parallel()
	for _, policy := range []sessions.RetryPolicy{
		{MaxAttempts: -1},
		{BaseDelay: -1},
		{MaxDelay: -1},
		{MaxRetryAfter: -1},
	} {
		if _, err := sessions.NewClient(canaryKey, sessions.WithRetry(policy)); err == nil ||
			errors.Is(err, sessions.ErrInvalidParams) {
			t.Errorf("%+v: got %v", policy, err)
		}
	}
	requests := 0
	counting := through(func(*http.Request) (*http.Response, error) {
		requests++
		return nil, io.ErrUnexpectedEOF
	})
	for _, row := range []struct {
		name          string
		first, copied []sessions.Option
		want          int
	}{
		{"by default", nil, nil, 3},
		{"a zero policy", []sessions.Option{sessions.WithRetry(sessions.RetryPolicy{})}, nil, 3},
		{
			"a policy without MaxAttempts",
			[]sessions.Option{sessions.WithRetry(sessions.RetryPolicy{BaseDelay: 1})},
			nil, 3,
		},
		{
			"a copy keeps the policy",
			[]sessions.Option{sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 5})},
			nil, 5,
		},
		{
			"a copy with a zero policy keeps its parent's",
			[]sessions.Option{sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 5})},
			[]sessions.Option{sessions.WithRetry(sessions.RetryPolicy{})},
			5,
		},
		{
			"a copy with another field keeps the rest of its parent's",
			[]sessions.Option{sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 5})},
			[]sessions.Option{sessions.WithRetry(sessions.RetryPolicy{BaseDelay: 1})},
			5,
		},
		{
			"of two policies of a copy, the last counts beside its parent's",
			[]sessions.Option{sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 5})},
			[]sessions.Option{
				sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 2}),
				sessions.WithRetry(sessions.RetryPolicy{BaseDelay: 1}),
			},
			5,
		},
		{
			"of two policies the last counts",
			[]sessions.Option{
				sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 5}),
				sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 2}),
			},
			nil, 2,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, err := sessions.NewClient(canaryKey, append(row.first, counting)...)
				if err != nil {
					t.Fatal(err)
				}
				client, err = client.With(row.copied...)
				if err != nil {
					t.Fatal(err)
				}
				requests = 0
				_, _ = client.Get(t.Context(), "sess_1")
				if requests != row.want {
					t.Errorf("%d requests, want %d", requests, row.want)
				}
			})
		})
	}
}

// A wireServer is a server on a real socket.
type wireServer struct {
	url  string
	hits func() int        // whole requests that arrived; nil if none can arrive
	opts []sessions.Option // to reach it
}

// A frameAct is what an HTTP/2 server does about a request, the body that would be good being
// given. It reports whether the connection stays open.
type frameAct func(conn io.Writer, stream uint32, good string) (open bool)

// certified returns a server that has a certificate and is closed.
var certified = sync.OnceValue(func() *httptest.Server {
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	s.Close()
	return s
})

// newFrameServer starts a server that speaks just enough HTTP/2 to read requests. It plays the
// first act to the first of them, and so on, and the last to all others.
func newFrameServer(t *testing.T, good string, acts ...frameAct) wireServer {
	t.Helper()
	var hits atomic.Int64
	url := serveFrames(t, func(conn net.Conn) {
		for stream := range requestStreams(conn) {
			n := int(hits.Add(1))
			if !acts[min(n, len(acts))-1](conn, stream, good) {
				_ = conn.(*tls.Conn).CloseWrite()
				_, _ = io.Copy(io.Discard, conn) // until the client has read it all
				return
			}
		}
	})
	transport := trusting(&http.Transport{ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 64 << 10})
	t.Cleanup(transport.CloseIdleConnections)
	return wireServer{
		url:  url,
		hits: func() int { return int(hits.Load()) },
		opts: []sessions.Option{sessions.WithHTTPClient(&http.Client{Transport: transport})},
	}
}

// serveFrames starts a server that agrees on HTTP/2 and leaves each connection to serve. It returns
// the server's URL.
func serveFrames(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	listener, err := tls.Listen("tcp", "127.0.0.1:0",
		&tls.Config{Certificates: certified().TLS.Certificates, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	over := make(chan struct{})
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { // net/http may have dialed one more than it used, and keeps it
				<-over
				_ = conn.Close()
			})
			running.Go(func() {
				defer conn.Close()
				serve(conn)
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		close(over)
		running.Wait()
	})
	return "https://" + listener.Addr().String()
}

// The frames of HTTP/2 that are needed here (RFC 9113).
const (
	frameData, frameHeaders, frameReset, frameSettings, frameGoAway = 0x0, 0x1, 0x3, 0x4, 0x7

	flagEndStream, flagEndHeaders = 0x1, 0x4
)

func writeFrame(w io.Writer, kind, flags byte, stream uint32, payload string) {
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	frame = binary.BigEndian.AppendUint32(append(frame, flags), stream)
	_, _ = w.Write(append(frame, payload...))
}

// requestStreams reads a connection, and yields the stream of each request when its end has come.
func requestStreams(conn io.ReadWriter) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		if _, err := io.CopyN(io.Discard, conn, int64(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
			return
		}
		writeFrame(conn, frameSettings, 0, 0, "")
		for {
			head := make([]byte, 9)
			if _, err := io.ReadFull(conn, head); err != nil {
				return
			}
			if _, err := io.CopyN(io.Discard, conn, int64(binary.BigEndian.Uint32(head)>>8)); err != nil {
				return
			}
			if kind := head[3]; (kind == frameHeaders || kind == frameData) && head[4]&flagEndStream != 0 {
				if !yield(binary.BigEndian.Uint32(head[5:])) {
					return
				}
			}
		}
	}
}

func number(n uint32) string { return string(binary.BigEndian.AppendUint32(nil, n)) }

// answerFrames gives the good answer.
func answerFrames(conn io.Writer, stream uint32, good string) bool {
	const status200, contentType = "\x88", "\x0f\x10" // of HPACK's static table
	writeFrame(conn, frameHeaders, flagEndHeaders, stream, status200+contentType+"\x10application/json")
	writeFrame(conn, frameData, flagEndStream, stream, good)
	return true
}

// resetStream ends the request's stream with an error code.
func resetStream(code uint32) frameAct {
	return func(conn io.Writer, stream uint32, _ string) bool {
		writeFrame(conn, frameReset, 0, stream, number(code))
		return true
	}
}

// goAway says which stream was the last that is looked at, and why, and closes the connection.
func goAway(last, code uint32) frameAct {
	return func(conn io.Writer, _ uint32, _ string) bool {
		writeFrame(conn, frameGoAway, 0, 0, number(last)+number(code))
		return false
	}
}

// endsCalls is a log that ends each call whose context has an end to call.
type endsCalls struct{ slog.Handler }

func (endsCalls) Enabled(context.Context, slog.Level) bool { return true }

func (endsCalls) Handle(ctx context.Context, _ slog.Record) error {
	if end, ok := ctx.Value(endsCalls{}).(context.CancelFunc); ok {
		end()
	}
	return nil
}

// A retry that was not sent costs nothing of the budget.
func TestUnsentRetriesCostNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, err := sessions.NewClient(canaryKey, through(refuses(503, "")),
			sessions.WithRetry(sessions.RetryPolicy{BaseDelay: 1, MaxDelay: 1}), sessions.WithLogger(slog.New(endsCalls{})))
		if err != nil {
			t.Fatal(err)
		}
		for range 300 {
			ctx, cancel := context.WithCancel(t.Context())
			_, _ = client.Get(context.WithValue(ctx, endsCalls{}, cancel), "sess_1")
		}
		_, err = client.Get(t.Context(), "sess_1")
		if e, ok := errors.AsType[*sessions.Error](err); !ok || e.Attempts != 3 {
			t.Errorf("got %v, want an error after 3 attempts", err)
		}
	})
}
