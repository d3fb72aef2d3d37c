package sessionhttp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

// Each test here is an attack that somebody tried. The others that the security review found are where their kind is:
//
//	a request's CPU time       TestCostIsLinear, beside TestAttackLongHost
//	pages that wait for Clerk  TestNoPageWaitsLongerThanTheTimeout (silence), TestTwoHundredVisitorsOfASilentClerk (the
//	                           client's queue), TestNoPageWaitsForTheCoolDown (its silence after a 429),
//	                           TestTroubleIsRememberedForASecond (a page's assets), TestSilence, TestWhatIsNoSilence,
//	                           TestWhoComesLaterWaitsNoLonger, also ForKeys, and TestVerifierThatIsSlow
//	memory                     TestClerkGetsAtMost64KiB, TestMemoryIsBounded, beside TestAttackLargeHeaders
//	an outage as an excuse     TestNoOutageGraceByTheServicesOwnLimits, TestOutageGraceIsNotForEndedSessions
//
// What stops each attack stands in mutations_test.go. make mutations takes it out, and the test has to fail: so it did,
// for every row, on 2026-11-29.

// forged is an expired token that nobody signed.
var forged = unsigned(`{"sid":"sess_1","iss":"https://clerk.example.com","sub":"u","exp":1}`)

// One request without credentials burned 46 s of CPU: a host of 800 KB was turned into punycode, which takes time for
// each of its characters and every other one. That the cost is linear is checked by TestCostIsLinear.
func TestAttackLongHost(t *testing.T) {
	t.Parallel()
	for _, host := range []string{
		sessionhttp.LongHost(800_000), strings.Repeat("ü.", 200_000), strings.Repeat("a", 800_000),
	} {
		for _, row := range []struct{ name, token string }{
			{"no token", ""},
			{"an unsigned token", forged},
			{"a token of theirs", oldToken(t, "sess_1", start)},
		} {
			s := newService(t, &backend{refresh: renew(t, func() time.Time { return start })}, sessionhttp.WithTrustedProxy())
			began := time.Now()
			resp := s.serve(newPage(t, cookieLine(row.token, "rt"), func(req *http.Request) {
				req.Host = host
				req.Header.Set("X-Forwarded-Host", host)
			}))
			if took := time.Since(began); resp.StatusCode != http.StatusOK || s.auth.SignedIn || took > 2*time.Second {
				t.Errorf("%s: status %d after %v, %+v", row.name, resp.StatusCode, took, s.auth)
			}
		}
	}
}

// The origin, which takes milliseconds to make of a long name, was made for requests that the limits held back. A host
// that is none shows whether anybody has looked at it.
func TestAttackOriginBeforeTheLimits(t *testing.T) {
	t.Parallel()
	const origin, limited = "invalid-request-origin", "refresh-rate-limited"
	mine := oldToken(t, "sess_1", start)
	for _, row := range []struct {
		name, token string
		burst       int
		before      error // what Clerk answers the visitor's request for another host
		want        string
	}{
		{"a wrong signature", forged, 500, nil, "token-invalid-signature"},
		{"within the limits", mine, 500, nil, "session-token-expired-refresh-" + origin},
		{"the service's limit", mine, 1, nil, "session-token-expired-refresh-" + limited},
		{"trouble just before", mine, 500, errors.New("cut off"), "session-token-expired-refresh-fetch-error"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, &backend{refresh: func(
				ctx context.Context, id string, p sessions.RefreshParams,
			) (*sessions.Cookies, error) {
				cookies, _ := renew(t, func() time.Time { return start })(ctx, id, p)
				return cookies, row.before
			}}, sessionhttp.WithRefreshRate(1, row.burst))
			s.serve(newPage(t, cookieLine(mine, "rt")))
			s.serve(newPage(t, cookieLine(row.token, "rt"), func(req *http.Request) { req.Host = "no host" }))
			if s.auth.Reason != row.want {
				t.Errorf("%+v, want %s", s.auth, row.want)
			}
		})
	}
}

// Requests for hosts that are none cost the others little, although the limits have let them through: like guesses,
// they get a part of the service's limit, and in an outage they neither take the turn of those who ask Clerk nor end a
// session's grace.
func TestAttackHostsThatAreNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &backend{refresh: silent}
		s := inBubble(t, b, sessionhttp.WithOutageGrace(10*time.Minute))
		for n := range 1000 {
			page := newPage(t, cookieLine(oldToken(t, "sess_attacker", time.Now()), fmt.Sprint("guess", n)))
			page.Host = fmt.Sprint("no host ", n)
			if s.serve(page); s.auth.SignedIn {
				t.Fatalf("request %d: %+v", n, s.auth)
			}
		}
		var wg sync.WaitGroup
		for n := range 8 {
			wg.Go(func() { s.timed(expiredPage(t, n)) })
		}
		wg.Wait()
		time.Sleep(time.Second)
		for range 3 {
			page := expiredPage(t, 100)
			page.Host = "no host"
			s.serve(page)
		}
		if took := s.timed(expiredPage(t, 100)); took != 3*time.Second || !s.auth.SignedIn {
			t.Errorf("after %v: %+v", took, s.auth)
		}
		if took := s.timed(expiredPage(t, 101)); took != 0 || b.refreshes.Load() != 9 {
			t.Errorf("after %v: %+v; Clerk was asked %d times", took, s.auth, b.refreshes.Load())
		}
	})
}

// A sign-out by GET was undone, and a sign-in ended as somebody else, because a browser takes the last cookie of a
// name.
func TestAttackHandlersCookiesCameFirst(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		write func(w http.ResponseWriter)
	}{
		{"added", func(w http.ResponseWriter) { w.Header().Add("Set-Cookie", "__session=mine; Path=/") }},
		{"set", func(w http.ResponseWriter) { w.Header().Set("Set-Cookie", "__session=mine; Path=/") }},
		{"before a redirect", func(w http.ResponseWriter) {
			http.SetCookie(w, &http.Cookie{Name: "__session", Value: "mine", Path: "/"})
			w.Header().Set("Location", "/")
			w.WriteHeader(http.StatusSeeOther)
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, &backend{refresh: renew(t, func() time.Time { return start })})
			s.Handler = s.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { row.write(w) }))
			resp := s.serve(newPage(t, cookieLine(oldToken(t, "sess_1", start), "rt")))
			var last string
			for _, cookie := range resp.Cookies() {
				if cookie.Name == "__session" {
					last = cookie.Value
				}
			}
			if last != "mine" || len(resp.Cookies()) != 5 {
				t.Errorf("the last of %d cookies is %q", len(resp.Cookies()), last)
			}
		})
	}
}

// One account, with an expired token of its own, could use up the service's limit by guessing refresh tokens.
func TestAttackOneAccountUsesUpTheLimit(t *testing.T) {
	t.Parallel()
	b := &backend{}
	s := newService(t, b)
	refused := func(_ context.Context, _ string, _ sessions.RefreshParams) (*sessions.Cookies, error) {
		return nil, sessions.ErrUnauthorized
	}
	b.refresh = refused
	theirs := oldToken(t, "sess_attacker", start)
	for n := range 1000 {
		s.serve(newPage(t, cookieLine(theirs, fmt.Sprint("guess", n))))
	}
	if sent := b.refreshes.Load(); sent > 400 {
		t.Errorf("Clerk was asked %d times", sent)
	}
	b.refresh = renew(t, func() time.Time { return start })
	for n := range 100 {
		s.serve(newPage(t, cookieLine(oldToken(t, fmt.Sprint("sess_", n), start), "rt")))
		if !s.auth.Refreshed {
			t.Fatalf("visitor %d: %+v", n, s.auth)
		}
	}
}

// One account could use up the service's limit by refreshes that work: under another host each, or with the refresh
// token that the refresh before had brought.
func TestAttackOneAccountThatIsNotRefused(t *testing.T) {
	t.Parallel()
	mine := oldToken(t, "sess_1", start)
	for _, row := range []struct {
		name string
		edit func(req *http.Request, n int)
		want int64
	}{
		{"other hosts", func(req *http.Request, n int) { req.Host = fmt.Sprintf("h%d.example.com", n) }, 10},
		{"headers that do not count", func(req *http.Request, n int) {
			req.Header.Set("X-Forwarded-Host", fmt.Sprint(n))
			req.Header.Set("X-Forwarded-Proto", fmt.Sprint(n))
		}, 1},
		{"other spellings of the host", func(req *http.Request, n int) {
			req.Host = fmt.Sprintf("u%d@app.example.com", n)
		}, 10},
		{"other refresh tokens", func(req *http.Request, n int) {
			req.Header.Set("Cookie", cookieLine(mine, fmt.Sprint("rt", n)))
		}, 10},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			b := &backend{refresh: renew(t, func() time.Time { return start })}
			s := newService(t, b)
			for n := range 600 {
				s.serve(newPage(t, cookieLine(mine, "rt"), func(req *http.Request) { row.edit(req, n) }))
			}
			if sent := b.refreshes.Load(); sent != row.want {
				t.Errorf("Clerk was asked %d times, want %d", sent, row.want)
			}
			if s.serve(newPage(t, cookieLine(oldToken(t, "sess_2", start), "rt"))); !s.auth.Refreshed {
				t.Errorf("another visitor: %+v", s.auth)
			}
		})
	}
}

// Somebody who knows an expired token of another session could lock that session out.
func TestAttackLockOut(t *testing.T) {
	t.Parallel()
	b := &backend{}
	now := start
	s := newService(t, b, sessionhttp.WithClock(func() time.Time { return now }))
	victims := oldToken(t, "sess_victim", start)
	b.refresh = func(ctx context.Context, sessionID string, p sessions.RefreshParams) (*sessions.Cookies, error) {
		if p.RefreshToken != "good" {
			return nil, sessions.ErrUnauthorized
		}
		return renew(t, func() time.Time { return start })(ctx, sessionID, p)
	}
	guess := func(token string, from, to int) {
		for n := from; n < to; n++ {
			s.serve(newPage(t, cookieLine(token, fmt.Sprint("guess", n))))
		}
	}
	guess(victims, 0, 300)
	s.serve(newPage(t, cookieLine(victims, "good")))
	if !s.auth.Refreshed {
		t.Errorf("the victim: %+v", s.auth)
	}

	now = now.Add(11 * time.Second) // what was brought is forgotten
	guess(victims, 300, 1000)
	s.serve(newPage(t, cookieLine(victims, "good")))
	if s.auth.SignedIn || !s.auth.Temporary { // neither signed out nor redirected
		t.Errorf("the victim, while somebody guesses faster than that: %+v", s.auth)
	}
	now = now.Add(time.Second)
	guess(oldToken(t, "sess_attacker", start), 0, 200) // which uses up what guesses share
	s.serve(newPage(t, cookieLine(victims, "good")))
	if !s.auth.Refreshed {
		t.Errorf("the victim, a second after the last guess, while another session is guessed at: %+v", s.auth)
	}
}

// One refresh token that Clerk refuses was sent again and again under other hosts.
func TestAttackOneRefreshToken(t *testing.T) {
	t.Parallel()
	b := &backend{refresh: func(context.Context, string, sessions.RefreshParams) (*sessions.Cookies, error) {
		return nil, sessions.ErrUnauthorized
	}}
	s := newService(t, b)
	theirs := oldToken(t, "sess_1", start)
	for n := range 100 {
		s.serve(
			newPage(t, cookieLine(theirs, "rt"), func(req *http.Request) { req.Host = fmt.Sprintf("h%d.example.com", n) }),
		)
	}
	if sent := b.refreshes.Load(); sent > 5 {
		t.Errorf("Clerk was asked %d times", sent)
	}
}

// Strangers without any token could use up the limit by inventing nonces.
func TestAttackInventedNonces(t *testing.T) {
	t.Parallel()
	b := &backend{
		refresh: renew(t, func() time.Time { return start }),
		handshake: func(context.Context, string) (*sessions.Cookies, error) {
			return nil, &sessions.Error{StatusCode: 404}
		},
	}
	s := newService(t, b)
	for n := range 1000 {
		resp := s.serve(newPage(t, fmt.Sprint("__clerk_handshake_nonce=n", n)))
		if resp.StatusCode != http.StatusOK || len(resp.Cookies()) != 0 {
			t.Fatalf("status %d", resp.StatusCode)
		}
	}
	if asked := b.nonces.Load(); asked > 250 {
		t.Errorf("Clerk was asked %d times", asked)
	}
	s.serve(newPage(t, cookieLine(oldToken(t, "sess_1", start), "rt")))
	if !s.auth.Refreshed {
		t.Errorf("a visitor: %+v", s.auth)
	}
}

// Guesses at refresh tokens, from however many sessions, could block everybody who signs in by a nonce.
func TestAttackGuessesBlockNonces(t *testing.T) {
	t.Parallel()
	s := newService(t, &backend{
		refresh: func(context.Context, string, sessions.RefreshParams) (*sessions.Cookies, error) {
			return nil, sessions.ErrUnauthorized
		},
		handshake: func(context.Context, string) (*sessions.Cookies, error) {
			return &sessions.Cookies{Directives: []string{"__session=" + freshToken(t, "sess_1", start)}}, nil
		},
	})
	theirs := oldToken(t, "sess_attacker", start)
	for n := range 1000 {
		s.serve(newPage(t, cookieLine(theirs, fmt.Sprint("guess", n))))
	}
	if s.serve(newPage(t, "__clerk_handshake_nonce=good")); !s.auth.SignedIn {
		t.Errorf("%+v", s.auth)
	}
}

// A service that verifies by key was bounded by nothing.
func TestAttackManyAccounts(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		opts []sessionhttp.Option
		want int64
	}{
		{"usual", nil, 500},
		{"set", []sessionhttp.Option{sessionhttp.WithRefreshRate(1, 7)}, 7},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			b := &backend{refresh: renew(t, func() time.Time { return start })}
			s := newService(t, b, row.opts...)
			for n := range 520 {
				s.serve(newPage(t, cookieLine(oldToken(t, fmt.Sprint("sess_", n), start), "rt")))
			}
			if sent := b.refreshes.Load(); sent != row.want {
				t.Errorf("Clerk was asked %d times, want %d", sent, row.want)
			}
			if want := "session-token-expired-refresh-refresh-rate-limited"; !s.auth.Temporary || s.auth.Reason != want {
				t.Errorf("the last visitor: %+v", s.auth)
			}
		})
	}
}

// A browser's headers of a megabyte were held, and sent, for every refresh in the queue.
func TestAttackLargeHeaders(t *testing.T) {
	t.Parallel()
	var got sessions.RefreshParams
	b := &backend{refresh: func(ctx context.Context, id string, p sessions.RefreshParams) (*sessions.Cookies, error) {
		got = p
		return renew(t, func() time.Time { return start })(ctx, id, p)
	}}
	s := newService(t, b)
	s.serve(newPage(t, "secret=value; "+cookieLine(oldToken(t, "sess_1", start), "rt"), func(req *http.Request) {
		req.Header.Set("X-Large", strings.Repeat("x", 1<<20))
		req.Header.Set("User-Agent", "Firefox")
		req.Header.Set("Accept-Language", "pt")
		req.Header.Set("X-Forwarded-For", "203.0.113.9")
	}))
	if !s.auth.Refreshed {
		t.Fatalf("%+v", s.auth)
	}
	want := http.Header{
		"user-agent": {"Firefox"}, "accept-language": {"pt"}, "x-forwarded-for": {"203.0.113.9"}, "host": {"app.example.com"},
		"cookie": {"secret=; __session=; __session_naoXFJnI=; __client_uat=; __client_uat_naoXFJnI=; __refresh_naoXFJnI="},
	}
	if fmt.Sprint(got.RequestHeaders) != fmt.Sprint(want) || len(got.RequestHeaders) != len(want) {
		t.Errorf("headers sent: %v", map[string][]string(got.RequestHeaders))
	}
	long := map[string]any{"x": strings.Repeat("x", 9000)}
	for _, row := range []struct{ name, token, refreshToken string }{
		{"a long refresh token", oldToken(t, "sess_1", start), strings.Repeat("x", 5000)},
		{"a long session token", token(t, claims("sess_1", start.Add(-time.Hour), long)), "rt"},
	} {
		before := b.refreshes.Load()
		s.serve(newPage(t, cookieLine(row.token, row.refreshToken)))
		if b.refreshes.Load() != before || s.auth.Reason != "session-token-expired-refresh-non-eligible-too-long" {
			t.Errorf("%s: %+v", row.name, s.auth)
		}
	}
}

// Caches kept pages with cookies.
func TestAttackCaches(t *testing.T) {
	t.Parallel()
	s := newService(t, &backend{refresh: renew(t, func() time.Time { return start })})
	s.Handler = s.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for _, name := range []string{
			"Cache-Control", "CDN-Cache-Control", "Cloudflare-CDN-Cache-Control", "Vercel-CDN-Cache-Control",
			"Surrogate-Control", "Edge-Control", "X-Accel-Expires", "Expires",
		} {
			w.Header().Set(name, "public, max-age=3600")
		}
		w.Header()["cdn-cache-control"] = []string{"public"}
	}))
	for name, req := range map[string]*http.Request{
		"refreshed":  newPage(t, cookieLine(oldToken(t, "sess_1", start), "rt")),
		"redirected": newPage(t, "__client_uat=1000"),
	} {
		resp := s.serve(req)
		for header, values := range resp.Header {
			lower := strings.ToLower(header)
			steers := strings.Contains(lower, "control") || strings.Contains(lower, "expires")
			if steers && (header != "Cache-Control" || !slices.Equal(values, []string{"private, no-store"})) {
				t.Errorf("%s: %s: %q", name, header, values)
			}
		}
		if len(resp.Cookies()) == 0 || resp.Header.Get("Cache-Control") == "" {
			t.Errorf("%s: %v", name, resp.Header)
		}
	}
}

// No request leads to another origin.
func TestAttackOpenRedirects(t *testing.T) {
	t.Parallel()
	s := newService(t, &backend{}, sessionhttp.WithOrigin("https://app.example.com"))
	for _, target := range []string{
		"//evil.test/x", "///evil.test", "/\\evil.test", "/\\/evil.test", "//evil.test@app.example.com/",
		"/x?__clerk_redirect_url=https://evil.test/", "/?redirect_url=https%3A%2F%2Fevil.test", "/%2f%2fevil.test",
		"/;@evil.test", "/@evil.test", "/..//evil.test", "/#@evil.test",
	} {
		for _, cookie := range []string{"__client_uat=1000", "__client_uat=1000; __session=" + oldToken(t, "sess_1", start)} {
			req := newPage(t, cookie)
			req.RequestURI = target
			resp := s.serve(req)
			location := resp.Header.Get("Location")
			const begin = "https://clerk.example.com/v1/client/handshake?redirect_url=https%3A%2F%2Fapp.example.com%2F"
			if resp.StatusCode != http.StatusTemporaryRedirect || !strings.HasPrefix(location, begin) {
				t.Errorf("%s: status %d, %s", target, resp.StatusCode, location)
			}
		}
	}
}

// What a stranger plants, in a query or by another site's form, signs nobody in, and starts no refresh.
func TestAttackPlantedAnswers(t *testing.T) {
	t.Parallel()
	evil := freshToken(t, "sess_evil", start)
	answer := sign(t, tokenSpec{Payload: fmt.Sprintf(`{"handshake":["__session=%s; Path=/"]}`, evil)})
	for _, row := range []struct {
		name string
		edit func(*http.Request)
	}{
		{"a token in the query", func(req *http.Request) { req.URL.RawQuery = "__clerk_handshake=" + answer }},
		{"a nonce in the query", func(req *http.Request) { req.URL.RawQuery = "__clerk_handshake_nonce=n" }},
		{"an encoded name", func(req *http.Request) { req.URL.RawQuery = "__clerk%5Fhandshake=" + answer }},
		{"a POST with a cookie", func(req *http.Request) {
			req.Method = http.MethodPost
			req.AddCookie(&http.Cookie{Name: "__clerk_handshake", Value: answer})
		}},
		{"a template's token", func(req *http.Request) {
			header := `{"alg":"RS256","typ":"JWT","cat":"cl_B7d4PD222AAA"}`
			planted := sign(t, tokenSpec{Header: &header, Payload: `{"handshake":["__session=` + evil + `"]}`})
			req.AddCookie(&http.Cookie{Name: "__clerk_handshake", Value: planted})
		}},
		{"an unsigned answer", func(req *http.Request) {
			req.AddCookie(&http.Cookie{Name: "__clerk_handshake", Value: unsigned(`{"handshake":["__session=` + evil + `"]}`)})
		}},
		{"a control character", func(req *http.Request) {
			planted := sign(t, tokenSpec{Payload: `{"handshake":["__session=` + evil + `","x=1\r\nEvil: 1"]}`})
			req.AddCookie(&http.Cookie{Name: "__clerk_handshake", Value: planted})
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			b := &backend{}
			s := newService(t, b)
			resp := s.serve(newPage(t, cookieLine(freshToken(t, "sess_1", start), "rt"), row.edit))
			if !s.auth.SignedIn || s.auth.SessionID != "sess_1" || len(resp.Cookies()) != 0 {
				t.Errorf("signed in: %+v, cookies %v", s.auth, resp.Cookies())
			}
			s.serve(newPage(t, cookieLine(oldToken(t, "sess_1", start), "rt"), row.edit))
			if s.auth.SignedIn {
				t.Errorf("expired: %+v", s.auth)
			}
		})
	}
}

// A token of the cookies never becomes one of the header, and no session becomes another.
func TestAttackMixedSessions(t *testing.T) {
	t.Parallel()
	mine, theirs := oldToken(t, "sess_1", start), oldToken(t, "sess_2", start)
	for _, row := range []struct{ name, header, cookie, want string }{
		{"another session's header", "Bearer " + theirs, mine, "session-token-expired-refresh-non-eligible-other-session"},
		{"the same session's header", "Bearer " + mine, mine, ""},
		{
			"a forged cookie", "Bearer " + mine, forged,
			"session-token-expired-refresh-invalid-session-token",
		},
		{"no cookie", "Bearer " + mine, "", "session-token-expired-refresh-non-eligible-other-session"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			b := &backend{refresh: renew(t, func() time.Time { return start })}
			s := newService(t, b)
			s.serve(newPage(t, cookieLine(row.cookie, "rt"), func(req *http.Request) {
				req.Header.Set("Authorization", row.header)
				req.Header.Set("Sec-Fetch-Dest", "empty")
			}))
			if s.auth.Reason != row.want || s.auth.Refreshed != (row.want == "") {
				t.Errorf("%+v", s.auth)
			}
			if got := s.served.Header.Get("Authorization"); got != row.header {
				t.Error("the header changed")
			}
		})
	}
}

// What Clerk answers for one session is not handed to another, and a token that is not verified never signs in.
func TestAttackForeignAnswers(t *testing.T) {
	t.Parallel()
	mine := freshToken(t, "sess_1", start)
	const unsignedClaims = `{"sid":"sess_1","sub":"user_1","exp":1700000055}`
	for _, row := range []struct{ name, directive string }{
		{"another session's", "__session=" + freshToken(t, "sess_2", start)},
		{
			"another session's beside a good one",
			"__session=" + mine + "|__session_naoXFJnI=" + freshToken(t, "sess_2", start),
		},
		{"unsigned", "__session=" + unsigned(unsignedClaims)},
		{"another key's", "__session=" + sign(t, tokenSpec{Payload: unsignedClaims, Key: "other"})},
		{"expired", "__session=" + oldToken(t, "sess_1", start)},
		{"a deletion", "__session=; Max-Age=0"},
		{"a control character", "__session=" + freshToken(t, "sess_1", start) + "|x=a\x01b"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			b := &backend{refresh: func(context.Context, string, sessions.RefreshParams) (*sessions.Cookies, error) {
				return &sessions.Cookies{Directives: strings.Split(row.directive, "|")}, nil
			}}
			s := newService(t, b, sessionhttp.WithoutHandshake())
			resp := s.serve(newPage(t, cookieLine(oldToken(t, "sess_1", start), "rt")))
			if s.auth.SignedIn || len(resp.Cookies()) != 0 {
				t.Errorf("%+v, cookies %v", s.auth, resp.Cookies())
			}
		})
	}
}

// Somebody else's request with the same refresh token but another host does not get what was answered for the first.
func TestAttackSharedAnswers(t *testing.T) {
	t.Parallel()
	b := &backend{refresh: renew(t, func() time.Time { return start })}
	s := newService(t, b)
	old := oldToken(t, "sess_1", start)
	for _, edit := range []func(*http.Request){
		func(*http.Request) {},
		func(req *http.Request) { req.Host = "other.example.com" },
		func(req *http.Request) { req.TLS = nil },
		func(req *http.Request) {
			req.Header.Set("Cookie", strings.ReplaceAll(req.Header.Get("Cookie"), "_naoXFJnI=rt", "_naoXFJnI=rt2"))
		},
	} {
		s.serve(newPage(t, cookieLine(old, "rt"), edit))
		s.serve(newPage(t, cookieLine(old, "rt"), edit)) // shares
	}
	if sent := b.refreshes.Load(); sent != 4 {
		t.Errorf("Clerk was asked %d times", sent)
	}
}

// A straggler of the same page, which the browser had sent before the sign-out, brought the session back.
func TestAttackStragglersUndoASignOut(t *testing.T) {
	t.Parallel()
	b := &backend{
		refresh: renew(t, func() time.Time { return start }),
		revoke:  func(context.Context, string) (*sessions.Session, error) { return &sessions.Session{}, nil },
	}
	s := newService(t, b)
	old := cookieLine(oldToken(t, "sess_1", start), "rt")
	straggler := newPage(t, old, func(req *http.Request) { req.Header.Set("Sec-Fetch-Dest", "image") })
	s.serve(straggler.Clone(t.Context()))
	if !s.auth.Refreshed {
		t.Fatalf("before the sign-out: %+v", s.auth)
	}
	s.signOut(t, old)
	if resp := s.serve(straggler.Clone(t.Context())); s.auth.SignedIn || len(resp.Cookies()) != 0 {
		t.Errorf("after the sign-out: %+v, cookies %v", s.auth, resp.Cookies())
	}
	if sent := b.refreshes.Load(); sent != 1 {
		t.Errorf("Clerk was asked %d times", sent)
	}
}

// signOut signs out the session of a fresh token, by POST.
func (s *service) signOut(t *testing.T, cookie string) *http.Response {
	t.Helper()
	out := s.Middleware(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if err := s.SignOut(w, req); err != nil {
			t.Error(err)
		}
	}))
	return (&service{Handler: out}).serve(
		newPage(t, cookie, func(req *http.Request) { req.Method = http.MethodPost }),
	)
}

// A refresh that was under way during the sign-out brought the session back.
func TestAttackRefreshUnderWayUndoesASignOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &backend{
			refresh: func(ctx context.Context, id string, p sessions.RefreshParams) (*sessions.Cookies, error) {
				time.Sleep(time.Second)
				return renew(t, time.Now)(ctx, id, p)
			},
			revoke: func(context.Context, string) (*sessions.Session, error) { return &sessions.Session{}, nil },
		}
		s := inBubble(t, b)
		var wg sync.WaitGroup
		straggler := expiredPage(t, 1)
		serve := func() {
			if resp := s.serve(straggler.Clone(t.Context())); s.auth.SignedIn || len(resp.Cookies()) != 0 {
				t.Errorf("%+v, cookies %v", s.auth, resp.Cookies())
			}
		}
		wg.Go(serve)
		time.Sleep(100 * time.Millisecond)
		s.signOut(t, cookieLine(freshToken(t, "sess_1", time.Now()), "rt_1"))
		wg.Wait()
		time.Sleep(9500 * time.Millisecond) // what the refresh brought is remembered until then
		serve()
	})
}

// A handshake's answer that the browser still held brought the session back.
func TestAttackAnswerUndoesASignOut(t *testing.T) {
	t.Parallel()
	fresh := freshToken(t, "sess_1", start)
	b := &backend{
		handshake: func(context.Context, string) (*sessions.Cookies, error) {
			return &sessions.Cookies{Directives: []string{"__session=" + fresh + "; Path=/", "__client_uat=1000; Path=/"}}, nil
		},
		revoke: func(context.Context, string) (*sessions.Session, error) { return &sessions.Session{}, nil },
	}
	answer := sign(t, tokenSpec{
		Payload: fmt.Sprintf(`{"handshake":["__session=%s; Path=/","__client_uat=1000; Path=/"]}`, fresh),
	})
	for name, cookie := range map[string]string{
		"a nonce": "__clerk_handshake_nonce=n_1", "a token": "__clerk_handshake=" + answer,
	} {
		s := newService(t, b)
		if s.serve(newPage(t, cookie)); !s.auth.SignedIn {
			t.Errorf("%s, before the sign-out: %+v", name, s.auth)
		}
		var deleted []string
		for _, line := range s.signOut(t, cookie+"; "+cookieLine(fresh, "rt")).Header["Set-Cookie"] {
			if strings.HasPrefix(line, "__clerk_handshake") {
				deleted = append(deleted, line)
			}
		}
		if diff := cmp.Diff([]string{
			"__clerk_handshake=; Path=/; Max-Age=0", "__clerk_handshake=; Domain=example.com; Path=/; Max-Age=0",
			"__clerk_handshake_nonce=; Path=/; Max-Age=0", "__clerk_handshake_nonce=; Domain=example.com; Path=/; Max-Age=0",
		}, deleted); diff != "" {
			t.Errorf("%s: want (-), got (+):\n%s", name, diff)
		}
		if resp := s.serve(newPage(t, cookie+"; __client_uat=0")); s.auth.SignedIn || len(resp.Cookies()) != 0 {
			t.Errorf("%s, after the sign-out: %+v, cookies %v", name, s.auth, resp.Cookies())
		}
	}
}

// A handler that changes the claims of a request changes those of nobody else.
func TestAttackSharedClaims(t *testing.T) {
	t.Parallel()
	s := newService(t, &backend{refresh: renew(t, func() time.Time { return start })})
	old := cookieLine(oldToken(t, "sess_1", start), "rt")
	s.serve(newPage(t, old))
	s.auth.Claims["sub"] = "user_evil"
	s.serve(newPage(t, old))
	if s.auth.Claims["sub"] != "user_sess_1" {
		t.Errorf("%v", s.auth.Claims)
	}
}

// What is printed shows no token.
func TestAttackPrinting(t *testing.T) {
	t.Parallel()
	old, fresh := oldToken(t, "sess_1", start), ""
	b := &backend{refresh: func(ctx context.Context, id string, p sessions.RefreshParams) (*sessions.Cookies, error) {
		cookies, err := renew(t, func() time.Time { return start })(ctx, id, p)
		fresh = cookies.Directives[0]
		return cookies, err
	}}
	var printed []string
	note := func(values ...any) {
		for _, value := range values {
			printed = append(printed, fmt.Sprintf("%v %+v %#v %s %q %x %d", value, value, value, value, value, value, value))
		}
	}
	s := newService(t, b)
	s.Handler = s.Middleware(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		auth, _ := sessionhttp.FromContext(req.Context())
		note(w, auth, &auth, auth.Err, req.Context())
	}))
	s.serve(newPage(t, cookieLine(old, "rt_secret")))
	note(s.Authenticator)
	quoting := newService(
		t,
		b,
		sessionhttp.WithVerifier(func(_ context.Context, token string) error { return errors.New("bad: " + token) }),
	)
	quoting.serve(newPage(t, cookieLine(old, "rt_secret")))
	note(quoting.auth, quoting.auth.Err, errors.Unwrap(quoting.auth.Err))
	_, _, err := quoting.Params(newPage(t, cookieLine(old, "rt_secret")))
	note(err)
	for _, secret := range []string{old[20:], strings.SplitN(fresh, ";", 2)[0][30:], "rt_secret"} {
		for _, text := range printed {
			if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
				t.Errorf("a secret shows: %s", text)
			}
		}
	}
	if err == nil || fresh == "" {
		t.Error("nothing was printed")
	}
}
