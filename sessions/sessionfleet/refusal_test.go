package sessionfleet_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/storetest"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// A failure of one instance's is the others' too, as far as errors.Is, HasCode and Clerk's support need it. No text of
// it travels.
func TestRefusals(t *testing.T) {
	t.Parallel()
	every := []error{
		sessions.ErrBadRequest, sessions.ErrUnauthorized, sessions.ErrForbidden, sessions.ErrNotFound, sessions.ErrGone,
		sessions.ErrUnprocessable, sessions.ErrRateLimited, sessions.ErrServer, sessions.ErrInvalidResponse,
	}
	for name, e := range map[string]sessions.Error{
		"400":          {StatusCode: 400},
		"401":          {StatusCode: 401, Details: []sessions.ErrorDetail{{Code: "a_code", Message: "of user_1"}}},
		"403":          {StatusCode: 403, Body: "of user_1"},
		"404":          {StatusCode: 404, TraceID: "trace_1"},
		"410":          {StatusCode: 410},
		"422":          {StatusCode: 422, Details: []sessions.ErrorDetail{{LongMessage: "of user_1"}, {Code: "b"}}},
		"429":          {StatusCode: 429, RetryAfter: 3 * time.Second},
		"500":          {StatusCode: 500},
		"no answer":    {},
		"a bad answer": {StatusCode: 200},
		"a redirect":   {StatusCode: 302},
	} {
		bubble(t, name, func(t *testing.T) {
			e.Operation, e.Attempts = "RefreshSession", 1
			clerk := &clerk{fails: func(int) error { return &e }}
			for i, a := range together(t.Context(), newFleets(t, 3, clerk, newStore()), refresh) {
				got, ok := errors.AsType[*sessions.Error](a.err)
				if !ok {
					t.Fatalf("instance %d: %v", i, a.err)
				}
				for _, sentinel := range every {
					if errors.Is(got, sentinel) != errors.Is(&e, sentinel) {
						t.Errorf("instance %d: errors.Is(err, %v) is %t", i, sentinel, errors.Is(got, sentinel))
					}
				}
				if got.StatusCode != e.StatusCode || got.TraceID != e.TraceID || got.RetryAfter != e.RetryAfter ||
					got.Operation != e.Operation || len(got.Details) != len(e.Details) {
					t.Errorf("instance %d: %+v", i, got)
				}
				for _, detail := range e.Details {
					if !got.HasCode(detail.Code) {
						t.Errorf("instance %d: no code %q", i, detail.Code)
					}
				}
				if got != &e && (strings.Contains(got.Error(), "user_1") || got.Body != "") {
					t.Errorf("instance %d is told too much: %v", i, got)
				}
			}
			asked(t, clerk, 1)
		})
	}
}

// sessionhttp decides by another instance's failure as by its own.
func TestRefusalsDecideTheSame(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]func(clerk *sessionstest.Server, sessionID string){
		"a session that has ended": func(clerk *sessionstest.Server, sessionID string) { clerk.End(sessionID) },
		"an outage": func(clerk *sessionstest.Server, _ string) {
			clerk.Inject(sessionstest.Fault{Operation: "RefreshSession", Status: 500, Times: 100})
		},
	} {
		bubble(t, name, func(t *testing.T) {
			clerk, store := sessionstest.New(t, sessionstest.WithoutListener()), storetest.NewMemory()
			browser := clerk.SignIn("user_1")
			clerk.Advance(2 * time.Minute)
			fails(clerk, browser.SessionID)
			var seen []sessionhttp.Auth
			for range 2 {
				client, err := sessions.NewClient(clerk.SecretKey,
					sessions.WithBaseURL(clerk.URL), sessions.WithHTTPClient(clerk.HTTPClient()))
				if err != nil {
					t.Fatal(err)
				}
				auth, err := sessionhttp.New(newFleet(t, client, store, clerk.SecretKey), clerk.PublishableKey,
					sessionhttp.WithJWTKey(clerk.PublicKeyPEM()), sessionhttp.WithClock(clerk.Now))
				if err != nil {
					t.Fatal(err)
				}
				req := httptest.NewRequest(http.MethodGet, "https://app.example.com/", nil)
				for _, cookie := range browser.Cookies {
					req.AddCookie(cookie)
				}
				auth.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
					who, _ := sessionhttp.FromContext(req.Context())
					seen = append(seen, who)
				})).ServeHTTP(httptest.NewRecorder(), req)
			}
			if len(seen) != 2 || seen[0].SignedIn || seen[0].Reason == "" || seen[1].SignedIn ||
				seen[1].Reason != seen[0].Reason || seen[1].Temporary != seen[0].Temporary {
				t.Errorf("the instances see %+v", seen)
			}
			if n := count(clerk, "RefreshSession"); n != 1 {
				t.Errorf("Clerk was asked %d times, want 1", n)
			}
		})
	}
}

// What was never sent is no answer of Clerk's: the next instance asks by itself.
func TestUnsentIsNotShared(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"held back":       &sessions.Error{StatusCode: 429},
		"bad parameters":  sessions.ErrInvalidParams,
		"a foreign error": errors.New("of another client"),
	} {
		bubble(t, name, func(t *testing.T) {
			clerk := &clerk{fails: func(int) error { return err }}
			for i, fleet := range newFleets(t, 3, clerk, newStore()) {
				if _, got := refresh(t.Context(), fleet); !errors.Is(got, err) {
					t.Errorf("instance %d: %v", i, got)
				}
			}
			asked(t, clerk, 3)
		})
	}
}

// A TokenCache in front of a Fleet does not hand out a token that another instance minted for longer than it lives.
func TestTokenCacheInFront(t *testing.T) {
	t.Parallel()
	bubble(t, "of another instance", func(t *testing.T) {
		clerk := &clerk{takes: func(int) time.Duration { return 0 }}
		fleets := newFleets(t, 2, clerk, newStore())
		first, second := sessions.NewTokenCache(fleets[0]), sessions.NewTokenCache(fleets[1])
		first.GetToken(t.Context(), "sess_1", sessions.TokenParams{})
		time.Sleep(40 * time.Second)
		for range 300 {
			time.Sleep(time.Second)
			for _, cache := range []*sessions.TokenCache{first, second} {
				token, err := cache.GetToken(t.Context(), "sess_1", sessions.TokenParams{})
				if err != nil {
					t.Fatal(err)
				}
				if exp, _ := token.ExpiresAt(); time.Until(exp) < 4*time.Second {
					t.Errorf("a token with %v left", time.Until(exp))
				}
			}
		}
		if n := clerk.asked(); n > 7 { // 340 s, and a token serves 55 s
			t.Errorf("%d tokens were minted", n)
		}
	})
}
