package sessions_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// A storm is more calls than a server admits, and what came of them.
type storm struct {
	mu       sync.Mutex
	inFlight int
	asked    []int // the calls' numbers, in the order of their requests
	statuses []int // what these requests were answered

	refused          int // requests
	atFirstRefusal   int // requests in flight then, the refused one included
	served           []int
	longest          time.Duration // that a call took
	failed           []error
	last             time.Duration // when the last call ended, since the start
	mostRequestsCall int
}

type callNumber struct{}

// over sends through a transport and keeps the books.
func (s *storm) over(next http.RoundTripper, latency time.Duration) roundTripper {
	return func(req *http.Request) (*http.Response, error) {
		s.mu.Lock()
		s.inFlight++
		at := len(s.asked)
		s.asked = append(s.asked, req.Context().Value(callNumber{}).(int))
		s.statuses = append(s.statuses, 0)
		s.mu.Unlock()
		time.Sleep(latency / 2)
		resp, err := next.RoundTrip(req)
		time.Sleep(latency - latency/2)
		s.mu.Lock()
		defer s.mu.Unlock()
		if err == nil {
			s.statuses[at] = resp.StatusCode
			if resp.StatusCode == http.StatusTooManyRequests {
				if s.refused == 0 {
					s.atFirstRefusal = s.inFlight
				}
				s.refused++
			}
		}
		s.inFlight--
		return resp, err
	}
}

// rage sends n calls, evenly over a time, and waits until all of them have ended.
func (s *storm) rage(t *testing.T, client *sessions.Client, id string, n int, over time.Duration) {
	var wg sync.WaitGroup
	start := time.Now()
	for i := range n {
		wg.Go(func() {
			begin := time.Now()
			_, err := client.Get(context.WithValue(t.Context(), callNumber{}, i), id)
			s.mu.Lock()
			defer s.mu.Unlock()
			s.longest, s.last = max(s.longest, time.Since(begin)), max(s.last, time.Since(start))
			if err != nil {
				s.failed = append(s.failed, err)
			}
		})
		synctest.Wait() // they come one after the other, also those that come at the same time
		time.Sleep(over / time.Duration(n))
	}
	wg.Wait()
	perCall := map[int]int{}
	for at, call := range s.asked {
		perCall[call]++
		s.mostRequestsCall = max(s.mostRequestsCall, perCall[call])
		if s.statuses[at] == http.StatusOK {
			s.served = append(s.served, call)
		}
	}
}

// More calls than the server admits, in a bubble: nearly all are sent once, all are served in the
// order in which they came.
func TestStorms(t *testing.T) {
	t.Parallel()
	const near, far = 5 * time.Millisecond, 50 * time.Millisecond
	everywhere := []time.Duration{0, near, far}
	for _, limit := range []struct {
		name      string
		requests  int
		per       time.Duration // Retry-After is what is left of it, in whole seconds
		calls     int
		spread    time.Duration
		within    time.Duration // every call is served
		refused   int           // as many of the calls may be refused, beside those in flight at the first refusal
		latencies []time.Duration
	}{
		{
			"50 in 200 ms, 1000 calls over 400 ms", 50, 200 * time.Millisecond, 1000, 400 * time.Millisecond,
			15 * time.Second, 20, everywhere,
		},
		{"50 in 200 ms, 1000 calls at once", 50, 200 * time.Millisecond, 1000, 0, 15 * time.Second, 10, everywhere},
		{
			"production: 1000 in 10 s, 3000 calls over 1 s", 1000, 10 * time.Second, 3000, time.Second,
			60 * time.Second, 30,
			[]time.Duration{near},
		},
		{
			"production: 1000 in 10 s, 3000 calls at once", 1000, 10 * time.Second, 3000, 0,
			60 * time.Second, 30,
			[]time.Duration{0, far},
		},
		{
			"production: 1000 in 10 s, 2000 calls over 10 s", 1000, 10 * time.Second, 2000, 10 * time.Second,
			60 * time.Second, 20,
			[]time.Duration{near},
		},
		{
			"development: 100 in 10 s, 300 calls over 1 s", 100, 10 * time.Second, 300, time.Second,
			60 * time.Second, 6, everywhere,
		},
		{"development: 100 in 10 s, 300 calls at once", 100, 10 * time.Second, 300, 0, 60 * time.Second, 3, everywhere},
	} {
		for _, latency := range limit.latencies {
			t.Run(limit.name+", latency "+latency.String(), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					clerk := sessionstest.NewServer(sessionstest.WithoutListener())
					clerk.LimitRate(limit.requests, limit.per)
					session := clerk.AddSession(sessionstest.Session{})
					s := &storm{}
					client, err := sessions.NewClient(clerk.SecretKey,
						through(s.over(clerk.HTTPClient().Transport, latency)))
					if err != nil {
						t.Fatal(err)
					}
					s.rage(t, client, session.ID, limit.calls, limit.spread)
					t.Logf("%d refused (%d in flight at the first), %d served, %d failed, the longest took %v, the "+
						"last ended after %v, up to %d requests a call",
						s.refused, s.atFirstRefusal, len(s.served), len(s.failed), s.longest, s.last,
						s.mostRequestsCall)
					if len(s.served) != limit.calls || len(s.failed) != 0 {
						t.Errorf("%d of %d calls were served; errors: %v", len(s.served), limit.calls,
							errors.Join(s.failed[:min(3, len(s.failed))]...))
					}
					if s.longest > limit.within {
						t.Errorf("a call took %v, want %v at most", s.longest, limit.within)
					}
					allowed := limit.refused + s.atFirstRefusal
					if limit.spread == 400*time.Millisecond && latency <= 5*time.Millisecond {
						allowed = limit.refused // few are in flight while calls come slowly
					}
					if s.refused > allowed {
						t.Errorf("%d requests were refused, want %d at most", s.refused, allowed)
					}
					// At the server requests come in the order of their calls, but for those that were on the
					// wire at a refusal, and those that were let out at the same moment.
					if latency == 0 && !slices.IsSorted(s.served) {
						t.Errorf("calls were not served in the order in which they came: %v", disorder(s.served))
					}
					if n := overtaken(s.served); n > limit.calls*8 {
						t.Errorf("calls overtook others %d times, at %d refusals", n, s.refused)
					}
					if errs := clerk.Violations(); errs != nil {
						t.Errorf("%v", errs)
					}
				})
			})
		}
	}
}

// A server that asks for no silence is paced all the same: it rounds what is left of its window
// down.
func TestStormWithoutSilence(t *testing.T) {
	t.Parallel()
	for _, latency := range []time.Duration{0, 5 * time.Millisecond, 50 * time.Millisecond} {
		t.Run("latency "+latency.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var window time.Time
				used := 0
				s := &storm{}
				client, err := sessions.NewClient(canaryKey,
					through(s.over(roundTripper(func(*http.Request) (*http.Response, error) {
						mu.Lock()
						defer mu.Unlock()
						if now := time.Now(); now.Sub(window) >= 200*time.Millisecond {
							window, used = now, 0
						}
						if used++; used <= 50 {
							return response(200, goodSession), nil
						}
						return refuses(429, "0")(nil)
					}), latency)))
				if err != nil {
					t.Fatal(err)
				}
				s.rage(t, client, "sess_1", 1000, time.Second)
				t.Logf("%d refused (%d in flight at the first), %d served, %d failed, the last ended after %v, up to "+
					"%d requests a call",
					s.refused, s.atFirstRefusal, len(s.served), len(s.failed), s.last, s.mostRequestsCall)
				if len(s.failed) != 0 || s.longest > 15*time.Second {
					t.Errorf("%d of 1000 calls failed, one took %v", len(s.failed), s.longest)
				}
			})
		})
	}
}

// disorder returns the places where a sequence falls.
func disorder(numbers []int) (falls [][2]int) {
	for i := 1; i < len(numbers); i++ {
		if numbers[i] < numbers[i-1] {
			falls = append(falls, [2]int{numbers[i-1], numbers[i]})
		}
	}
	return falls
}

// overtaken counts the pairs that are out of order.
func overtaken(numbers []int) (n int) {
	if slices.IsSorted(numbers) {
		return 0
	}
	for i := range numbers {
		for _, later := range numbers[i+1:] {
			if later < numbers[i] {
				n++
			}
		}
	}
	return n
}

// An outage: every request fails in the same way. Retries stop almost at once, and come back when
// the server does.
func TestOutage(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		callers []int
		fail    func(*http.Request) (*http.Response, error)
	}{
		{"503", []int{1, 100, 10_000}, func(*http.Request) (*http.Response, error) { return response(503, "{}"), nil }},
		{"500", []int{100}, func(*http.Request) (*http.Response, error) { return response(500, "{}"), nil }},
		{"503 with Retry-After", []int{1, 10_000}, func(*http.Request) (*http.Response, error) {
			resp := response(503, "{}")
			resp.Header.Set("Retry-After", "1")
			return resp, nil
		}},
		{"no answer", []int{100}, func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }},
	} {
		for _, workers := range row.callers {
			t.Run(row.name+", callers: "+strconv.Itoa(workers), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					const calls = 10_000
					var mu sync.Mutex
					requests, healthy := 0, false
					client, err := sessions.NewClient(canaryKey,
						through(func(req *http.Request) (*http.Response, error) {
							mu.Lock()
							requests++
							up := healthy
							mu.Unlock()
							if up {
								return response(200, goodSession), nil
							}
							return row.fail(req)
						}))
					if err != nil {
						t.Fatal(err)
					}
					var wg sync.WaitGroup
					start := time.Now()
					for range workers {
						wg.Go(func() {
							for range calls / workers {
								if _, err := client.Get(t.Context(), "sess_1"); err == nil {
									t.Error("a call succeeded")
								}
							}
						})
					}
					wg.Wait()
					took := time.Since(start)
					t.Logf("%d requests for %d calls in %v", requests, calls, took)
					if most := calls + 64 + int(64*took.Minutes()); requests > most {
						t.Errorf("%d requests for %d calls in %v, want %d at most", requests, calls, took, most)
					}

					// Recovery: a hundred good calls, and failures are worth a second try again.
					healthy = true
					for range 100 {
						if _, err := client.Get(t.Context(), "sess_1"); err != nil {
							t.Fatal("after the outage:", err)
						}
					}
					healthy, requests = false, 0
					_, err = client.Get(t.Context(), "sess_1")
					if e := (*sessions.Error)(nil); !errors.As(err, &e) || e.Attempts != 3 || requests != 3 {
						t.Errorf("after the recovery a failure was tried %d times: %v", requests, err)
					}
				})
			})
		}
	}
}

// A limited server refuses its first request, and serves those that come once it is over.
type limited struct {
	retryAfter string
	mu         sync.Mutex
	at         []time.Duration // when the requests came, since the start
	start      time.Time
}

func (l *limited) RoundTrip(req *http.Request) (*http.Response, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at = append(l.at, time.Since(l.start))
	if len(l.at) > 1 {
		return response(200, goodSession), nil
	}
	resp := response(429, goodError)
	if l.retryAfter != "" {
		resp.Header.Set("Retry-After", l.retryAfter)
	}
	return resp, nil
}

// What a 429 to one call means to the next, which comes a second later.
func TestCoolDown(t *testing.T) {
	t.Parallel()
	second := time.Second
	refused := func(left time.Duration) outcome {
		return outcome{
			Matches: []string{"ErrRateLimited"}, Operation: "GetSession", StatusCode: 429,
			RetryAfter: left, Attempts: 0,
		}
	}
	patient := sessions.RetryPolicy{MaxRetryAfter: time.Hour}
	good := outcome{Result: &theSession}
	for _, row := range []struct {
		name       string
		retryAfter string
		policy     sessions.RetryPolicy
		deadline   time.Duration // of the second call, from its start; 0 = none
		want       outcome
		ends       time.Duration // since the first call
		sent       []time.Duration
	}{
		{
			"it waits for the end of the silence", "5",
			sessions.RetryPolicy{},
			0, good, 5 * second,
			[]time.Duration{0, 5 * second},
		},
		{
			"without Retry-After the silence is a second", "",
			sessions.RetryPolicy{},
			0, good, second,
			[]time.Duration{0, second},
		},
		{"junk counts as no Retry-After", "soon", sessions.RetryPolicy{}, 0, good, second, []time.Duration{0, second}},
		{
			"Retry-After 0 asks for less than the second that has passed", "0",
			sessions.RetryPolicy{},
			0, good, second,
			[]time.Duration{0, second},
		},
		{
			"a deadline after the silence", "5",
			sessions.RetryPolicy{},
			4*second + 1, good, 5 * second,
			[]time.Duration{0, 5 * second},
		},
		{
			"a deadline before its end", "5",
			sessions.RetryPolicy{},
			4*second - 1, refused(4 * second), second,
			[]time.Duration{0},
		},
		{
			"a deadline long before its end", "30",
			sessions.RetryPolicy{},
			second, refused(29 * second), second,
			[]time.Duration{0},
		},
		{
			"it is as long as MaxRetryAfter", "11",
			sessions.RetryPolicy{},
			0, good, 11 * second,
			[]time.Duration{0, 11 * second},
		},
		{"it is longer", "12", sessions.RetryPolicy{}, 0, refused(11 * second), second, []time.Duration{0}},
		{
			"it is longer than another MaxRetryAfter", "12",
			sessions.RetryPolicy{MaxRetryAfter: 3 * second},
			0, refused(11 * second), second,
			[]time.Duration{0},
		},
		{"it is a minute at most", "3600", patient, 0, good, 60 * second, []time.Duration{0, 60 * second}},
		{
			"and a deadline is measured against that", "3600", patient,
			58 * second, refused(59 * second), second,
			[]time.Duration{0},
		},
		{
			"a client that never retries waits all the same", "5",
			sessions.RetryPolicy{MaxAttempts: 1},
			0, good, 5 * second,
			[]time.Duration{0, 5 * second},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := &limited{retryAfter: row.retryAfter, start: time.Now()}
				client, err := sessions.NewClient(canaryKey, through(server.RoundTrip),
					sessions.WithRetry(row.policy), sessions.WithCallTimeout(time.Hour))
				if err != nil {
					t.Fatal(err)
				}
				once, err := client.With(sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 1, MaxRetryAfter: second}))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := once.Get(t.Context(), "sess_1"); !errors.Is(err, sessions.ErrRateLimited) {
					t.Fatal(err)
				}
				time.Sleep(second)
				ctx := t.Context()
				if row.deadline != 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, row.deadline)
					defer cancel()
				}
				result, err := orNil(client.Get(ctx, "sess_1"))
				if diff := cmp.Diff(row.want, outcomeOf(t, result, err)); diff != "" {
					t.Errorf("want (-), got (+):\n%s", diff)
				}
				if ends := time.Since(server.start); ends != row.ends {
					t.Errorf("it ended after %v, want %v", ends, row.ends)
				}
				if diff := cmp.Diff(row.sent, server.at); diff != "" {
					t.Errorf("requests, want (-), got (+):\n%s", diff)
				}
			})
		})
	}
}

// The silence is the operation's: a refused Revoke lets a Get go out at once.
func TestCoolDownOfEveryOperation(t *testing.T) {
	t.Parallel()
	for _, first := range apiCalls {
		for _, second := range apiCalls {
			wait := time.Duration(0)
			name := first.name + " is refused, " + second.name + " goes out at once"
			if first.operation == second.operation {
				wait, name = 5*time.Second, first.name+" is refused, "+second.name+" waits"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					server := &limited{retryAfter: "5", start: time.Now()}
					client := newClient(t, "https://api.clerk.com",
						through(func(req *http.Request) (*http.Response, error) {
							resp, err := server.RoundTrip(req)
							if resp.StatusCode == 200 {
								resp = response(200, second.good)
							}
							return resp, err
						}))
					if _, err := first.do(t.Context(), client); !errors.Is(err, sessions.ErrRateLimited) {
						t.Fatal(err)
					}
					if _, err := second.do(t.Context(), client); err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff([]time.Duration{0, wait}, server.at); diff != "" {
						t.Errorf("requests, want (-), got (+):\n%s", diff)
					}
				})
			})
		}
	}
}

// What copies of a client have in common: a 429 to the one stops the other, and the retries of the
// one are taken from the other, while they send to the same host through the same transport.
func TestWithSharesCoolDownAndBudget(t *testing.T) {
	t.Parallel()
	type worlds struct {
		transport, other *http.Client
	}
	for _, row := range []struct {
		name   string
		opts   func(worlds) []sessions.Option
		shared bool
	}{
		{"no options", func(worlds) []sessions.Option { return nil }, true},
		{
			"another version", func(worlds) []sessions.Option {
				return []sessions.Option{sessions.WithAPIVersion("2025-11-10")}
			}, true,
		},
		{
			"another timeout", func(worlds) []sessions.Option {
				return []sessions.Option{sessions.WithTimeout(time.Second)}
			}, true,
		},
		{"another policy", func(worlds) []sessions.Option {
			return []sessions.Option{sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 5})}
		}, true},
		{"another path", func(worlds) []sessions.Option {
			return []sessions.Option{sessions.WithBaseURL("https://api.clerk.com/v2")}
		}, true},
		{"the same host in capitals", func(worlds) []sessions.Option {
			return []sessions.Option{sessions.WithBaseURL("https://API.Clerk.com/v1")}
		}, true},
		{"the same host with its port", func(worlds) []sessions.Option {
			return []sessions.Option{sessions.WithBaseURL("https://api.clerk.com:443/v1")}
		}, true},
		{
			"the same transport", func(w worlds) []sessions.Option {
				return []sessions.Option{sessions.WithHTTPClient(w.transport)}
			}, true,
		},
		{"another host", func(worlds) []sessions.Option {
			return []sessions.Option{sessions.WithBaseURL("https://clerk.example.com/v1")}
		}, false},
		{"another port", func(worlds) []sessions.Option {
			return []sessions.Option{sessions.WithBaseURL("https://api.clerk.com:8443/v1")}
		}, false},
		{"another scheme", func(worlds) []sessions.Option {
			return []sessions.Option{sessions.WithBaseURL("http://api.clerk.com/v1"), sessions.WithInsecureHTTP()}
		}, false},
		{
			"another transport", func(w worlds) []sessions.Option {
				return []sessions.Option{sessions.WithHTTPClient(w.other)}
			}, false,
		},
	} {
		clients := func(t *testing.T, answer roundTripper) (client, copied *sessions.Client) {
			w := worlds{
				&http.Client{Transport: &answer},
				&http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
					return answer(req)
				})},
			}
			client, err := sessions.NewClient(canaryKey, sessions.WithHTTPClient(w.transport))
			if err != nil {
				t.Fatal(err)
			}
			copied, err = client.With(row.opts(w)...)
			if err != nil {
				t.Fatal(err)
			}
			return client, copied
		}
		t.Run("cool-down/"+row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				requests := 0
				client, copied := clients(t, func(*http.Request) (*http.Response, error) {
					requests++
					resp := response(429, goodError)
					resp.Header.Set("Retry-After", "60") // too long to wait for
					return resp, nil
				})
				_, _ = copied.Get(t.Context(), "sess_1")
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				_, err := client.Get(ctx, "sess_1")
				if shared := requests == 1; shared != row.shared {
					t.Errorf("the cool-down is shared: %v, want %v (%v)", shared, row.shared, err)
				}
			})
		})
		t.Run("budget/"+row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				requests := 0
				client, copied := clients(t, func(*http.Request) (*http.Response, error) {
					requests++
					return response(503, "{}"), nil
				})
				for range 200 {
					_, _ = copied.Get(t.Context(), "sess_1")
				}
				requests = 0
				_, _ = client.Get(t.Context(), "sess_1")
				if shared := requests == 1; shared != row.shared {
					t.Errorf("the budget is shared: %v, want %v (%d requests)", shared, row.shared, requests)
				}
			})
		})
	}
}

// A call that is canceled while it waits in a cool-down says so, and keeps what it was answered,
// if it was.
func TestCancelInCoolDown(t *testing.T) {
	t.Parallel()
	reason := errors.New("the user went away")
	for _, row := range []struct {
		name   string
		before int // calls that are refused before, by a client that does not retry
		want   outcome
		sent   int
	}{
		{"refused itself", 0, outcome{
			Matches:    []string{"ErrRateLimited", "context.Canceled"},
			Operation:  "GetSession",
			StatusCode: 429, Details: goodErrorDetails, TraceID: "trace_body",
			RetryAfter: 10 * time.Second, Attempts: 1,
		}, 1},
		{"never sent", 1, outcome{
			Matches:    []string{"ErrRateLimited", "context.Canceled"},
			Operation:  "GetSession",
			StatusCode: 429, RetryAfter: 7 * time.Second,
		}, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := &limited{retryAfter: "10", start: time.Now()}
				client, err := sessions.NewClient(canaryKey, through(server.RoundTrip))
				if err != nil {
					t.Fatal(err)
				}
				once, err := client.With(sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 1}))
				if err != nil {
					t.Fatal(err)
				}
				for range row.before {
					_, _ = once.Get(t.Context(), "sess_1")
				}
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(3*time.Second, func() { cancel(reason) })
				result, err := orNil(client.Get(ctx, "sess_1"))
				if ends := time.Since(server.start); ends != 3*time.Second {
					t.Errorf("it ended after %v, want 3s", ends)
				}
				if !errors.Is(err, reason) {
					t.Errorf("%v does not match the context's cause", err)
				}
				if diff := cmp.Diff(row.want, outcomeOf(t, result, err)); diff != "" {
					t.Errorf("want (-), got (+):\n%s", diff)
				}
				if len(server.at) != row.sent {
					t.Errorf("%d requests, want %d", len(server.at), row.sent)
				}
			})
		})
	}
}

// A call that is turned away leaves nothing behind, whatever its context is made of.
func TestTurnedAwayCallsLeaveNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // which fails if a goroutine is left
		client, err := sessions.NewClient(canaryKey, through(refuses(429, "20")),
			sessions.WithRetry(sessions.RetryPolicy{MaxRetryAfter: time.Second}))
		if err != nil {
			t.Fatal(err)
		}
		for range 10 {
			_, err := client.Get(ownContext{t.Context(), make(chan struct{})}, "sess_1")
			if !errors.Is(err, sessions.ErrRateLimited) {
				t.Errorf("got %v, want ErrRateLimited", err)
			}
		}
	})
}

// ownContext is a context that is not of package context: that package watches it in a goroutine.
type ownContext struct {
	context.Context
	done chan struct{}
}

func (c ownContext) Done() <-chan struct{} { return c.done }

// A slowLimiter allows each request after a time, and in its Hold waits for the end of the context.
type slowLimiter time.Duration

func (l slowLimiter) Wait(ctx context.Context) error {
	select {
	case <-time.After(time.Duration(l)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (slowLimiter) Hold(ctx context.Context, _ time.Duration) error {
	<-ctx.Done()
	return ctx.Err()
}

// Who joins a shared call is not failed by the deadline of the caller who began it, wherever the call waits.
func TestTheFirstDeadlineFailsNobodyElse(t *testing.T) {
	t.Parallel()
	for _, place := range []string{"behind 64 in flight", "for the limiter"} {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				opts := []sessions.Option{through(func(req *http.Request) (*http.Response, error) {
					if strings.HasSuffix(req.URL.Path, "/tokens") {
						return response(200, goodToken), nil
					}
					time.Sleep(5 * time.Second)
					return response(200, goodSession), nil
				})}
				if place == "for the limiter" {
					opts = append(opts, sessions.WithLimiter(slowLimiter(5*time.Second)))
				}
				client, err := sessions.NewClient(canaryKey, opts...)
				if err != nil {
					t.Fatal(err)
				}
				var running sync.WaitGroup
				for range 64 {
					running.Go(func() { _, _ = client.Get(t.Context(), "sess_1") })
				}
				synctest.Wait()
				cache := sessions.NewTokenCache(client)
				for i, deadline := range []time.Duration{2 * time.Second, 20 * time.Second} {
					running.Go(func() {
						ctx, cancel := context.WithTimeout(t.Context(), deadline)
						defer cancel()
						_, err := cache.GetToken(ctx, "sess_1", sessions.TokenParams{})
						if failed := err != nil; failed != (i == 0) {
							t.Errorf("with a deadline in %v: got %v", deadline, err)
						}
					})
					time.Sleep(time.Second)
				}
				running.Wait()
			})
		})
	}
}

// A Limiter's Hold takes no longer than the call may.
func TestHoldIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, err := sessions.NewClient(canaryKey, through(refuses(429, "60")),
			sessions.WithLimiter(slowLimiter(0)), sessions.WithCallTimeout(5*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err = client.Get(t.Context(), "sess_1"); time.Since(start) != 5*time.Second {
			t.Errorf("the call took %v, want 5s: %v", time.Since(start), err)
		}
	})
}

// A call whose time is over before its request is handed to a connection has certainly not happened.
func TestNothingHandedOver(t *testing.T) {
	t.Parallel()
	client := newClient(t, "https://203.0.113.1", sessions.WithCallTimeout(1))
	_, err := client.Create(t.Context(), sessions.CreateParams{UserID: "user_1"})
	if err == nil || errors.Is(err, sessions.ErrOutcomeUnknown) {
		t.Errorf("got %v, want an error of a request that was not sent", err)
	}
}

// A refresh that waits for its turn holds its parameters, and no body: that is made of them when the request is sent.
func TestQueuedRefreshHoldsNoBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var body string
		client, err := sessions.NewClient(canaryKey, through(func(req *http.Request) (*http.Response, error) {
			if req.Method == http.MethodGet {
				<-req.Context().Done()
				return nil, req.Context().Err()
			}
			text, err := io.ReadAll(req.Body)
			if body = string(text); err != nil || req.ContentLength != int64(len(text)) {
				t.Errorf("a body of %d bytes, %d of them announced: %v", len(text), req.ContentLength, err)
			}
			return response(200, `{"object":"token","jwt":"a.b.c"}`), nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		busy, end := context.WithCancel(t.Context())
		var calls sync.WaitGroup
		for range 64 {
			calls.Go(func() { _, _ = client.Get(busy, "sess_1") })
		}
		synctest.Wait()
		headers := http.Header{"X-Turn": {"waits for its"}}
		calls.Go(func() {
			_, err = client.RefreshToken(t.Context(), "sess_1", sessions.RefreshParams{
				ExpiredToken: "x", RefreshToken: "x", RequestOrigin: "https://app.example.com", RequestHeaders: headers,
			})
		})
		synctest.Wait()
		headers.Set("X-Turn", "has come to its")
		end()
		calls.Wait()
		if err != nil || !strings.Contains(body, "has come to its") {
			t.Errorf("sent %s: %v", body, err)
		}
	})
}

// What a transport does with a request after the call has returned does not reach the caller's parameters.
func TestBodyAfterTheCall(t *testing.T) {
	t.Parallel()
	var again func() (io.ReadCloser, error)
	client, err := sessions.NewClient(canaryKey, through(func(req *http.Request) (*http.Response, error) {
		again = req.GetBody
		return response(200, `{"object":"token","jwt":"a.b.c"}`), nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	headers := http.Header{"X-Page": {"of the call"}}
	if _, err := client.RefreshToken(t.Context(), "sess_1", sessions.RefreshParams{
		ExpiredToken: "x", RefreshToken: "x", RequestOrigin: "https://app.example.com", RequestHeaders: headers,
	}); err != nil {
		t.Fatal(err)
	}
	headers.Set("X-Page", "of another")
	body, err := again()
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(body); err != nil || !strings.Contains(string(text), "of the call") {
		t.Errorf("%s, %v", text, err)
	}
}
