package sessionhttp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

// silent is a refresh that never comes back before its context ends.
func silent(ctx context.Context, _ string, _ sessions.RefreshParams) (*sessions.Cookies, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// inBubble returns a service whose clock is the bubble's.
func inBubble(t *testing.T, b sessionhttp.Backend, opts ...sessionhttp.Option) *service {
	return newService(t, b, append([]sessionhttp.Option{sessionhttp.WithClock(time.Now)}, opts...)...)
}

// timed serves a request, and returns how long that took.
func (s *service) timed(req *http.Request) time.Duration {
	began := time.Now()
	s.serve(req)
	return time.Since(began)
}

// expiredPage is the request of a visitor whose token has expired.
func expiredPage(t testing.TB, n int) *http.Request {
	return newPage(t, cookieLine(oldToken(t, fmt.Sprint("sess_", n), time.Now()), fmt.Sprint("rt_", n)))
}

func TestNoPageWaitsLongerThanTheTimeout(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		opts []sessionhttp.Option
		ctx  time.Duration // the request's own deadline
		want time.Duration
	}{
		{"usual", nil, 0, 3 * time.Second},
		{"set", []sessionhttp.Option{sessionhttp.WithTimeout(200 * time.Millisecond)}, 0, 200 * time.Millisecond},
		{"a deadline of its own", nil, time.Second, time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := inBubble(t, &backend{refresh: silent}, row.opts...)
				req := expiredPage(t, 1)
				if row.ctx > 0 {
					ctx, cancel := context.WithTimeout(req.Context(), row.ctx)
					defer cancel()
					req = req.WithContext(ctx)
				}
				if took := s.timed(req); took != row.want {
					t.Errorf("took %v, want %v", took, row.want)
				}
				want := "session-token-expired-refresh-fetch-error"
				if !s.auth.Temporary || s.auth.Reason != want || !errors.Is(s.auth.Err, context.DeadlineExceeded) {
					t.Errorf("%+v", s.auth)
				}
				if s.served == nil {
					t.Error("the page was not served")
				}
			})
		})
	}
}

// What Clerk does not answer ends after the timeout, even if there is always somebody who has just begun to wait.
func TestWhoComesLaterWaitsNoLonger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := inBubble(t, &backend{refresh: silent})
		page := expiredPage(t, 1)
		var wg sync.WaitGroup
		wg.Go(func() { s.serve(page.Clone(t.Context())) })
		time.Sleep(2 * time.Second)
		took := s.timed(page.Clone(t.Context()))
		wg.Wait()
		if took != time.Second || !s.auth.Temporary {
			t.Errorf("took %v: %+v", took, s.auth)
		}
	})
}

// A page's other requests do not wait for Clerk again.
func TestTroubleIsRememberedForASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &backend{refresh: silent}
		s := inBubble(t, b)
		old := expiredPage(t, 1)
		s.timed(old)
		for range 20 {
			other := old.Clone(t.Context())
			other.Host = "assets.example.com" // and another host
			if took := s.timed(other); took != 0 || !s.auth.Temporary {
				t.Errorf("took %v: %+v", took, s.auth)
			}
		}
		if sent := b.refreshes.Load(); sent != 1 {
			t.Errorf("Clerk was asked %d times", sent)
		}
		time.Sleep(time.Second)
		if took := s.timed(old.Clone(t.Context())); took != 3*time.Second {
			t.Errorf("a second later: took %v", took)
		}
	})
}

// When Clerk has been silent eight times in a row, one request a second asks and the others go on at once.
func TestSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &backend{refresh: silent}
		s := inBubble(t, b)
		var wg sync.WaitGroup
		for n := range 8 {
			wg.Go(func() { s.timed(expiredPage(t, n)) })
		}
		wg.Wait()
		for n := range 50 {
			if took := s.timed(expiredPage(t, 100+n)); took != 0 {
				t.Fatalf("visitor %d waited %v", n, took)
			}
		}
		if sent := b.refreshes.Load(); sent != 8 {
			t.Errorf("Clerk was asked %d times", sent)
		}
		time.Sleep(time.Second)
		waited := 0
		for n := range 50 {
			wg.Go(func() {
				if s.timed(expiredPage(t, 200+n)) > 0 {
					waited++
				}
			})
		}
		wg.Wait()
		if sent := b.refreshes.Load(); sent != 9 || waited != 1 {
			t.Errorf("Clerk was asked %d times, %d waited", sent, waited)
		}
		b.refresh = renew(t, time.Now)
		time.Sleep(time.Second)
		for n := range 50 {
			if s.timed(expiredPage(t, 300+n)); !s.auth.Refreshed {
				t.Fatalf("once Clerk is back, visitor %d: %+v", n, s.auth)
			}
		}
	})
}

// Lost connections, limits and refusals are no silence.
func TestWhatIsNoSilence(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"a lost connection": errors.New("connection reset"),
		"429":               &sessions.Error{StatusCode: 429},
		"503":               &sessions.Error{StatusCode: 503},
		"401":               &sessions.Error{StatusCode: 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &backend{
				refresh: func(context.Context, string, sessions.RefreshParams) (*sessions.Cookies, error) { return nil, err },
			}
			s := newService(t, b)
			for n := range 20 {
				s.serve(newPage(t, cookieLine(oldToken(t, fmt.Sprint("sess_", n), start), "rt")))
			}
			if sent := b.refreshes.Load(); sent != 20 {
				t.Errorf("Clerk was asked %d times", sent)
			}
		})
	}
}

// Five tabs at once make one refresh, and a straggler gets what it brought.
func TestFiveTabs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &backend{}
		b.refresh = func(ctx context.Context, id string, p sessions.RefreshParams) (*sessions.Cookies, error) {
			time.Sleep(100 * time.Millisecond)
			return renew(t, time.Now)(ctx, id, p)
		}
		s := inBubble(t, b)
		var refreshed atomic.Int64
		s.Handler = s.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
			if auth, _ := sessionhttp.FromContext(req.Context()); auth.Refreshed && auth.SignedIn {
				refreshed.Add(1)
			}
		}))
		page := expiredPage(t, 1)
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() { s.serve(page.Clone(t.Context())) })
		}
		wg.Wait()
		time.Sleep(9 * time.Second)
		s.serve(page.Clone(t.Context()))
		if b.refreshes.Load() != 1 || refreshed.Load() != 6 {
			t.Errorf("%d refreshes, %d refreshed", b.refreshes.Load(), refreshed.Load())
		}
		time.Sleep(2 * time.Second)
		s.serve(page.Clone(t.Context()))
		if b.refreshes.Load() != 2 {
			t.Errorf("after 11 s: %d refreshes", b.refreshes.Load())
		}
	})
}

// A refusal reaches everybody who waits at once, with what Clerk said.
func TestRefusalsReachAllWhoWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limited := &sessions.Error{StatusCode: 429, RetryAfter: 7 * time.Second, TraceID: "trace_1"}
		b := &backend{refresh: func(context.Context, string, sessions.RefreshParams) (*sessions.Cookies, error) {
			time.Sleep(time.Second)
			return nil, limited
		}}
		s := inBubble(t, b, sessionhttp.WithObserver(func(_ *http.Request, auth sessionhttp.Auth, took time.Duration) {
			e, ok := errors.AsType[*sessions.Error](auth.Err)
			if !ok || e.StatusCode != 429 || e.RetryAfter != 7*time.Second || e.TraceID != "trace_1" || took != time.Second {
				t.Errorf("after %v: %+v", took, auth)
			}
		}))
		page := expiredPage(t, 1)
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() { s.serve(page.Clone(t.Context())) })
		}
		wg.Wait()
	})
}

// A limit that Clerk sets just when the last one who waits gives up is told as a limit, not as silence.
func TestLimitAtTheLastMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limited := &sessions.Error{StatusCode: 429}
		b := &backend{refresh: func(ctx context.Context, id string, p sessions.RefreshParams) (*sessions.Cookies, error) {
			_, _ = silent(ctx, id, p)
			return nil, limited
		}}
		s := inBubble(t, b)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		s.serve(expiredPage(t, 1).WithContext(ctx))
		want := "session-token-expired-refresh-unexpected-bapi-error"
		if !s.auth.Temporary || !errors.Is(s.auth.Err, limited) || s.auth.Reason != want {
			t.Errorf("%+v", s.auth)
		}
	})
}

// A backend that ends its goroutine, as a test's fake does by FailNow, is trouble like any other.
func TestBackendThatEndsItsGoroutine(t *testing.T) {
	t.Parallel()
	s := newService(t, &backend{refresh: func(context.Context, string, sessions.RefreshParams) (*sessions.Cookies, error) {
		runtime.Goexit()
		return nil, nil
	}})
	resp := s.serve(newPage(t, cookieLine(oldToken(t, "sess_1", start), "rt")))
	if !s.auth.Temporary || s.auth.Err == nil || s.auth.Err.Error() == "" || resp.StatusCode != http.StatusOK {
		t.Errorf("status %d, %+v", resp.StatusCode, s.auth)
	}
}

// A visitor who leaves does not end the refresh that the browser will come back for.
func TestVisitorWhoLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &backend{refresh: func(ctx context.Context, id string, p sessions.RefreshParams) (*sessions.Cookies, error) {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(time.Second):
				return renew(t, time.Now)(ctx, id, p)
			}
		}}
		s := inBubble(t, b)
		page := expiredPage(t, 1)
		ctx, leave := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, leave)
		s.serve(page.WithContext(ctx))
		if took := s.timed(page.Clone(t.Context())); took != 0 || !s.auth.Refreshed || b.refreshes.Load() != 1 {
			t.Errorf("took %v, %d refreshes: %+v", took, b.refreshes.Load(), s.auth)
		}
	})
}

// While Clerk cannot be asked, a token that has just expired counts, if the service says so.
func TestOutageGrace(t *testing.T) {
	t.Parallel()
	down := func(context.Context, string, sessions.RefreshParams) (*sessions.Cookies, error) {
		return nil, &sessions.Error{StatusCode: 503}
	}
	refused := func(context.Context, string, sessions.RefreshParams) (*sessions.Cookies, error) {
		return nil, &sessions.Error{StatusCode: 401}
	}
	for _, row := range []struct {
		name     string
		refresh  func(context.Context, string, sessions.RefreshParams) (*sessions.Cookies, error)
		grace    time.Duration
		signedIn bool
	}{
		{"expired a minute ago, ten granted", down, 10 * time.Minute, true},
		{"expired a minute ago, half of one granted", down, 30 * time.Second, false},
		{"none granted", down, 0, false},
		{"refused", refused, 10 * time.Minute, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, &backend{refresh: row.refresh}, sessionhttp.WithOutageGrace(row.grace))
			resp := s.serve(newPage(t, cookieLine(oldToken(t, "sess_1", start), "rt")))
			if s.auth.SignedIn != row.signedIn || s.auth.Reason == "" || s.auth.Err == nil ||
				s.auth.SignedIn && s.auth.Temporary {
				t.Errorf("%+v", s.auth)
			}
			if row.signedIn && (s.auth.UserID != "user_sess_1" || len(resp.Cookies()) != 0) {
				t.Errorf("%+v, cookies %v", s.auth, resp.Cookies())
			}
		})
	}
}

// A limit of the service's own is no outage: whoever makes up requests brings no revoked session back.
func TestNoOutageGraceByTheServicesOwnLimits(t *testing.T) {
	t.Parallel()
	for name, page := range map[string]func(n int) *http.Request{
		"one refresh token under many hosts": func(n int) *http.Request {
			return newPage(t, cookieLine(oldToken(t, "sess_1", start), "rt"), func(req *http.Request) {
				req.Host = fmt.Sprintf("h%d.example.com", n)
			})
		},
		"many refresh tokens": func(n int) *http.Request {
			return newPage(t, cookieLine(oldToken(t, "sess_1", start), fmt.Sprint("guess", n)))
		},
		"many sessions, none of which Clerk has refused before": func(n int) *http.Request {
			return newPage(t, cookieLine(oldToken(t, fmt.Sprint("sess_", n), start), "rt"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, &backend{
				refresh: func(context.Context, string, sessions.RefreshParams) (*sessions.Cookies, error) {
					return nil, sessions.ErrUnauthorized
				},
			}, sessionhttp.WithOutageGrace(10*time.Minute))
			for n := range 600 {
				if s.serve(page(n)); s.auth.SignedIn {
					t.Fatalf("request %d: %+v", n, s.auth)
				}
			}
			if want := "session-token-expired-refresh-refresh-rate-limited"; s.auth.Reason != want {
				t.Errorf("%+v, want %s", s.auth, want)
			}
		})
	}
}

// While Clerk is silent, the grace is also for requests that are never refreshed, and for nobody whom Clerk has
// refused.
func TestOutageGraceOfForms(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &backend{refresh: func(context.Context, string, sessions.RefreshParams) (*sessions.Cookies, error) {
			return nil, sessions.ErrUnauthorized
		}}
		s := inBubble(t, b, sessionhttp.WithOutageGrace(10*time.Minute))
		refused := expiredPage(t, 100)
		s.serve(refused.Clone(t.Context()))
		b.refresh = silent
		form := func() *http.Request {
			req := expiredPage(t, 200)
			req.Method = http.MethodPost
			return req
		}
		if s.serve(form()); s.auth.SignedIn {
			t.Errorf("before the outage: %+v", s.auth)
		}
		var wg sync.WaitGroup
		for n := range 8 {
			wg.Go(func() { s.serve(expiredPage(t, n)) })
		}
		wg.Wait()
		if s.serve(form()); !s.auth.SignedIn || s.auth.Reason == "" {
			t.Errorf("in the outage: %+v", s.auth)
		}
		if s.serve(refused.Clone(t.Context())); s.auth.SignedIn {
			t.Errorf("refused before the outage: %+v", s.auth)
		}
	})
}

// The grace is for nobody whose session Clerk has refused, or who has signed out, before the outage: whatever the
// request, and for as long as the grace.
func TestOutageGraceIsNotForEndedSessions(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		end  func(t *testing.T, s *service)
	}{
		{"refused", func(t *testing.T, s *service) { s.serve(expiredPage(t, 100)) }},
		{"signed out", func(t *testing.T, s *service) {
			s.signOut(t, cookieLine(freshToken(t, "sess_100", time.Now()), "rt_100"))
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := &backend{
					refresh: func(context.Context, string, sessions.RefreshParams) (*sessions.Cookies, error) {
						return nil, sessions.ErrUnauthorized
					},
					revoke: func(context.Context, string) (*sessions.Session, error) { return &sessions.Session{}, nil },
				}
				s := inBubble(t, b, sessionhttp.WithOutageGrace(10*time.Minute))
				page := expiredPage(t, 100)
				row.end(t, s)
				b.refresh = silent
				for range 3 { // the third time, what answered the page's other requests is forgotten
					var wg sync.WaitGroup
					for n := range 8 {
						wg.Go(func() { s.serve(expiredPage(t, n)) })
					}
					wg.Wait()
					for _, method := range []string{http.MethodGet, http.MethodPost} {
						req := page.Clone(t.Context())
						req.Method = method
						if s.serve(req); s.auth.SignedIn {
							t.Errorf("%s: %+v", method, s.auth)
						}
					}
					time.Sleep(10 * time.Second)
				}
				form := newPage(t, cookieLine(oldToken(t, "sess_100", time.Now().Add(2*time.Minute)), "rt"))
				form.Method = http.MethodPost
				time.Sleep(3 * time.Minute)
				for n := range 8 {
					s.serve(expiredPage(t, n))
				}
				if s.serve(form); !s.auth.SignedIn {
					t.Errorf("with a token that is newer: %+v", s.auth)
				}
			})
		})
	}
}

// 100 visitors a second for 20 s, while Clerk is silent: nobody waits longer than 3.2 s, and goroutines stay few.
func TestOutage(t *testing.T) { // not parallel: it counts goroutines
	synctest.Test(t, func(t *testing.T) {
		b := &backend{refresh: silent}
		s := inBubble(t, b)
		before := runtime.NumGoroutine()
		var wg sync.WaitGroup
		var longest, most atomic.Int64
		for n := range 2000 {
			wg.Go(func() { longest.Store(max(longest.Load(), int64(s.timed(expiredPage(t, n))))) })
			time.Sleep(10 * time.Millisecond)
			most.Store(max(most.Load(), int64(runtime.NumGoroutine()-before)))
		}
		wg.Wait()
		if time.Duration(longest.Load()) > 3200*time.Millisecond || most.Load() > 1200 {
			t.Errorf("somebody waited %v, %d goroutines", time.Duration(longest.Load()), most.Load())
		}
		b.refresh = renew(t, time.Now)
		time.Sleep(time.Second)
		if took := s.timed(expiredPage(t, 5000)); took != 0 || !s.auth.Refreshed {
			t.Errorf("a second after: %v, %+v", took, s.auth)
		}
	})
}
