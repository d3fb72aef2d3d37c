package sessionhttp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

func TestOneCallForAThousand(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		site := newSite(t)
		in := site.expired()
		site.clerk.Inject(sessionstest.Fault{Delay: time.Second})
		var refreshed atomic.Int64
		var wg sync.WaitGroup
		for range 1000 {
			wg.Go(func() {
				if resp := site.get(t, nil, in.Cookies...); len(resp.Header["Set-Cookie"]) == 4 {
					refreshed.Add(1)
				}
			})
		}
		wg.Wait()
		if calls := site.refreshes(); calls != 1 || refreshed.Load() != 1000 {
			t.Errorf("%d calls, %d responses with the cookies", calls, refreshed.Load())
		}
	})
}

// The same without fake time: requests that come while, just after, and long after the refresh.
func TestOneCallForStragglers(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	in := site.expired()
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() { site.get(t, nil, in.Cookies...) })
	}
	wg.Wait()
	site.clerk.Advance(9 * time.Second)
	resp := site.get(t, nil, in.Cookies...)
	if n := site.refreshes(); n != 1 || len(resp.Header["Set-Cookie"]) != 4 {
		t.Errorf("%d calls, %d cookies", n, len(resp.Header["Set-Cookie"]))
	}
	site.clerk.Advance(time.Second)
	site.get(t, nil, in.Cookies...)
	if n := site.refreshes(); n != 2 {
		t.Errorf("%d calls after 10 s", n)
	}
}

// What makes two refreshes different ones.
func TestSeparateCalls(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		edit func(*http.Request, *site)
		want int
	}{
		{"the same again", func(*http.Request, *site) {}, 1},
		{"another path", func(req *http.Request, _ *site) { req.URL.Path = "/other" }, 1},
		{"other headers", func(req *http.Request, _ *site) { req.Header.Set("User-Agent", "x") }, 1},
		{"another address", func(req *http.Request, _ *site) { req.RemoteAddr = "192.0.2.9:1" }, 1},
		{"another origin", func(req *http.Request, _ *site) { req.Host = "www.example.com" }, 2},
		{"another refresh token", func(req *http.Request, _ *site) {
			req.Header.Set("Cookie", "__refresh"+suffix+"=x; "+req.Header.Get("Cookie"))
		}, 2},
		{"another session", func(req *http.Request, s *site) {
			req.Header.Del("Cookie")
			for _, cookie := range s.expired().Cookies {
				req.AddCookie(cookie)
			}
		}, 2},
		{"plain cookies", func(req *http.Request, _ *site) {
			cookies := without(req.Cookies(), "__client_uat"+suffix)
			req.Header.Del("Cookie")
			for _, cookie := range without(cookies, "__session"+suffix) {
				req.AddCookie(cookie)
			}
		}, 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			site := newSite(t)
			in := site.expired()
			site.get(t, nil, in.Cookies...)
			site.get(t, func(req *http.Request) { row.edit(req, site) }, in.Cookies...)
			if n := site.refreshes(); n != row.want {
				t.Errorf("%d calls, want %d", n, row.want)
			}
		})
	}
}

func TestVisitorsLeave(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name      string
		takes     time.Duration // the refresh
		stay      int           // how many visitors wait for it
		wantEnded bool          // the call was cut off
	}{
		{"one of two", 10 * time.Second, 1, false},
		{"all, but it is done soon", 500 * time.Millisecond, 0, false},
		{"all", 10 * time.Second, 0, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				clerk := sessionstest.NewServer(sessionstest.WithoutListener())
				in := clerk.SignIn("")
				clerk.Advance(2 * time.Minute)
				var calls, ended int
				client := stub(func(ctx context.Context, _ string, _ sessions.RefreshParams) (*sessions.Cookies, error) {
					calls++
					select {
					case <-ctx.Done():
						ended++
						return nil, ctx.Err()
					case <-time.After(row.takes):
						return &sessions.Cookies{Directives: []string{"__session=fresh"}}, nil
					}
				})
				r := newRefresher(t, client, clerk.PublishableKey, sessionhttp.WithClock(clerk.Now))
				visit := func(ctx context.Context) (out sessionhttp.Outcome) {
					r.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
						out, _ = sessionhttp.OutcomeFromContext(req.Context())
					})).ServeHTTP(httptest.NewRecorder(), newGet(t, "https://app.example.com", in.Cookies).WithContext(ctx))
					return out
				}
				why := errors.New("the visitor left")
				ctx, leave := context.WithCancelCause(t.Context())
				var wg sync.WaitGroup
				wg.Go(func() {
					if out := visit(ctx); row.wantEnded && !errors.Is(out.Err, why) {
						t.Errorf("who left: %+v", out)
					}
				})
				synctest.Wait() // until the first is the one who asks
				for range row.stay {
					wg.Go(func() {
						if out := visit(t.Context()); out.Status != sessionhttp.StatusRefreshed {
							t.Errorf("who stayed: %+v", out)
						}
					})
				}
				time.Sleep(100 * time.Millisecond)
				leave(why)
				wg.Wait()
				if (ended > 0) != row.wantEnded || calls != 1 {
					t.Errorf("%d calls, %d cut off", calls, ended)
				}
				if out := visit(t.Context()); out.Status != sessionhttp.StatusRefreshed || !row.wantEnded && calls != 1 {
					t.Errorf("who comes back: %+v, %d calls", out, calls)
				}
			})
		})
	}
}

// A stranger with one expired token of their own and ever other refresh tokens gets no further than the limit of a session.
func TestLimitOfASession(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	in := site.expired()
	for n := range 300 {
		site.get(t, nil, append(without(in.Cookies, "__refresh"), &http.Cookie{Name: "__refresh" + suffix, Value: fmt.Sprint("guess", n)})...)
	}
	if n := site.refreshes(); n != 100 {
		t.Errorf("%d calls", n)
	}
	if got := site.outcome; got.Status != sessionhttp.StatusUnavailable || got.Reason != "refresh-rate-limited" || got.Err == nil {
		t.Errorf("outcome %+v", got)
	}
	other := site.clerk.SignIn("")
	site.clerk.Advance(70 * time.Second)
	site.get(t, nil, other.Cookies...)
	if site.outcome.Status != sessionhttp.StatusRefreshed {
		t.Errorf("another visitor: %+v", site.outcome)
	}
	site.get(t, nil, in.Cookies...)
	if site.outcome.Status != sessionhttp.StatusRefreshed {
		t.Errorf("after a while: %+v", site.outcome)
	}
}

// Without a key, invented tokens reach Clerk, but not without bound.
func TestLimitOfTheService(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		options []sessionhttp.Option
		want    int
	}{
		{"usual", nil, 500},
		{"set", []sessionhttp.Option{sessionhttp.WithRefreshRate(1, 7)}, 7},
		{"with a key", []sessionhttp.Option{sessionhttp.WithVerifier(func(context.Context, string) error { return nil })}, 600},
		{"with a key, set", []sessionhttp.Option{sessionhttp.WithRefreshRate(1, 7), sessionhttp.WithVerifier(func(context.Context, string) error { return nil })}, 7},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			client := stub(func(context.Context, string, sessions.RefreshParams) (*sessions.Cookies, error) {
				calls++
				return nil, sessions.ErrUnauthorized
			})
			now := func() time.Time { return time.Unix(1_700_000_000, 0) }
			r := newRefresher(t, client, liveKey, append(row.options, sessionhttp.WithClock(now))...)
			handler := r.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			const rest = `","iss":"https://clerk.example.com","iat":10,"exp":20}`
			for n := range 600 {
				req := httptest.NewRequest(http.MethodGet, "/", nil)
				token := unsigned(`{"sid":"sess_` + fmt.Sprint(n) + rest)
				req.Header.Set("Cookie", "__session="+token+"; __client_uat=1; __refresh_naoXFJnI=x")
				handler.ServeHTTP(httptest.NewRecorder(), req)
			}
			if calls != row.want {
				t.Errorf("%d calls, want %d", calls, row.want)
			}
		})
	}
}
