package sessionhttp_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// What goes wrong at Clerk's, and what becomes of the page: it is always served, and no cookie is touched.
func TestFailures(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		fault    sessionstest.Fault
		status   sessionhttp.Status
		reason   string
		is       error
		remember bool // a second request does not ask again
	}{
		{"401", sessionstest.Fault{Status: 401}, "handshake-needed", "authentication_invalid", sessions.ErrUnauthorized, true},
		{"403", sessionstest.Fault{Status: 403}, "handshake-needed", "", sessions.ErrForbidden, true},
		{"404", sessionstest.Fault{Status: 404}, "handshake-needed", "resource_not_found", sessions.ErrNotFound, true},
		{"422", sessionstest.Fault{Status: 422}, "handshake-needed", "", sessions.ErrUnprocessable, true},
		{"401 without a code", sessionstest.Fault{Status: 401, Body: "{}"}, "handshake-needed", "unexpected-bapi-error", sessions.ErrUnauthorized, true},
		{"400", sessionstest.Fault{Status: 400, Body: "{}"}, "unavailable", "unexpected-bapi-error", sessions.ErrBadRequest, false},
		{"429", sessionstest.Fault{Status: 429, Times: 3}, "unavailable", "", sessions.ErrRateLimited, false},
		{"500", sessionstest.Fault{Status: 500, Body: "<h1>"}, "unavailable", "unexpected-bapi-error", sessions.ErrServer, false},
		{"503", sessionstest.Fault{Status: 503, Body: "{}"}, "unavailable", "unexpected-bapi-error", sessions.ErrServer, false},
		{"a lost answer", sessionstest.Fault{Drop: true}, "unavailable", "fetch-error", sessions.ErrOutcomeUnknown, false},
		{"no answer in time", sessionstest.Fault{Delay: time.Minute}, "unavailable", "fetch-error", context.DeadlineExceeded, false},
		{"HTML", sessionstest.Fault{Status: 200, Body: "<h1>", ContentType: "text/html"}, "unavailable", "unexpected-bapi-error", sessions.ErrInvalidResponse, false},
		{"a token instead", sessionstest.Fault{Status: 200, Body: `{"object":"token","jwt":"x"}`}, "unavailable", "unexpected-bapi-error", sessions.ErrInvalidResponse, false},
		{"no cookies", sessionstest.Fault{Status: 200, Body: `{"object":"cookies","cookies":[]}`}, "unavailable", "unexpected-bapi-error", sessions.ErrInvalidResponse, false},
		{"other cookies", sessionstest.Fault{Status: 200, Body: `{"object":"cookies","cookies":["a=1"]}`}, "unavailable", "invalid-session-token", nil, true},
		{"the session deleted", sessionstest.Fault{Status: 200, Body: `{"object":"cookies","cookies":["__session=; Max-Age=0"]}`}, "unavailable", "invalid-session-token", nil, true},
		{"another instance's cookie", sessionstest.Fault{Status: 200, Body: `{"object":"cookies","cookies":["__session_AAAAAAAA=x"]}`}, "unavailable", "invalid-session-token", nil, true},
		{"a token of somebody else", sessionstest.Fault{Status: 200, Body: `{"object":"cookies","cookies":["__session=e30.e30.AAAA"]}`}, "unavailable", "invalid-session-token", nil, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				site := newSite(t)
				in := site.expired()
				site.clerk.Inject(row.fault)
				resp := site.get(t, nil, in.Cookies...)
				got := site.outcome
				if got.Status != row.status || row.reason != "" && got.Reason != row.reason || got.Reason == "" || got.Err == nil {
					t.Errorf("outcome %+v, want %s %q", got, row.status, row.reason)
				}
				if row.is != nil && !errors.Is(got.Err, row.is) {
					t.Errorf("the error %v is not %v", got.Err, row.is)
				}
				if resp.StatusCode != http.StatusOK || len(resp.Header["Set-Cookie"]) != 0 {
					t.Errorf("status %d, cookies %q", resp.StatusCode, resp.Header["Set-Cookie"])
				}

				asked := site.refreshes()
				time.Sleep(time.Minute) // a client's silence after a 429 ends, but by the site's clock below no time has passed
				site.get(t, nil, in.Cookies...)
				if again := site.refreshes() - asked; (again == 0) != row.remember {
					t.Errorf("then Clerk was asked %d times", again)
				}
				site.clerk.Advance(10 * time.Second)
				site.get(t, nil, in.Cookies...)
				if site.outcome.Status != sessionhttp.StatusRefreshed {
					t.Errorf("after a while: %+v", site.outcome)
				}
			})
		})
	}
}

func TestClientOfAnotherKind(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		err    error
		status sessionhttp.Status
		reason string
	}{
		{"neither cookies nor an error", nil, "unavailable", "invalid-session-token"},
		{"a sentinel", sessions.ErrUnauthorized, "handshake-needed", "unexpected-bapi-error"},
		{"an Error by hand", &sessions.Error{StatusCode: 404, Details: []sessions.ErrorDetail{{Code: "x"}}}, "handshake-needed", "x"},
		{"any error", errors.New("x"), "unavailable", "fetch-error"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			site := newSite(t)
			in := site.expired()
			client := stub(func(context.Context, string, sessions.RefreshParams) (*sessions.Cookies, error) { return nil, row.err })
			r := newRefresher(t, client, site.clerk.PublishableKey, sessionhttp.WithClock(site.clerk.Now))
			var got sessionhttp.Outcome
			site.Handler = r.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
				got, _ = sessionhttp.OutcomeFromContext(req.Context())
			}))
			site.get(t, nil, in.Cookies...)
			if got.Status != row.status || got.Reason != row.reason {
				t.Errorf("outcome %+v", got)
			}
		})
	}
}
