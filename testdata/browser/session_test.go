package browser

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// signedOut is why nobody is signed in.
const signedOut = "session-token-and-uat-missing"

func TestReloadAfterExpiryRefreshesOnce(t *testing.T) {
	s := newSite(t)
	b := newBrowser(t)
	want := screen{
		Heading: "Nobody is signed in", Status: "signed out", Reason: signedOut, Sessions: []string{},
	}
	if diff := cmp.Diff(want, b.open(t, s.url)); diff != "" {
		t.Errorf("before the sign-in (-want +got):\n%s", diff)
	}
	if n := s.calls("Handshake"); n != 1 {
		t.Errorf("%d handshakes at the first visit, want 1", n)
	}

	got := b.signIn(t)
	want = screen{
		Heading: "Signed in as user_ada", Status: "signed in", Remaining: "60",
		Sessions: []string{got.Own}, Own: got.Own,
	}
	if diff := cmp.Diff(want, got); diff != "" || got.Own == "" {
		t.Fatalf("after the sign-in (-want +got):\n%s", diff)
	}
	before := b.cookies(t)

	s.clerk.Advance(expired)
	s.asked()
	reloaded := time.Now()
	want.Status = "refreshed"
	if diff := cmp.Diff(want, b.reload(t)); diff != "" {
		t.Errorf("after the expiry (-want +got):\n%s", diff)
	}
	if n := s.calls("RefreshSession"); n != 1 {
		t.Errorf("%d refresh calls, want 1", n)
	}
	if n := s.asked(); n != 1 {
		t.Errorf("the reload asked for %d pages, want 1: no redirect", n)
	}
	checkJar(t, b.cookies(t), before, s.sessionEnd(t, got.Own), reloaded)

	want.Status = "signed in"
	if diff := cmp.Diff(want, b.reload(t)); diff != "" {
		t.Errorf("with the new token (-want +got):\n%s", diff)
	}
	if n := s.calls("RefreshSession"); n != 1 {
		t.Errorf("%d refresh calls, want still 1", n)
	}
}

// sessionEnd returns how long the session goes on by Clerk's clock.
func (s *site) sessionEnd(t *testing.T, id string) time.Duration {
	t.Helper()
	session, err := s.client.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return session.ExpireAt.Sub(s.clerk.Now())
}

// checkJar checks the browser's cookies after a refresh.
func checkJar(t *testing.T, got, before []*network.Cookie, lasts time.Duration, refreshed time.Time) {
	t.Helper()
	type attributes struct {
		Domain, Path, SameSite string
		Secure, HTTPOnly       bool
		Renewed                bool // the value is another one than before
	}
	readable := attributes{Domain: "127.0.0.1", Path: "/", SameSite: "Lax"}
	renewed, hidden := readable, readable
	renewed.Renewed, hidden.HTTPOnly = true, true
	want := map[string]attributes{
		"__session":             renewed,
		"__session_6tQWJVae":    renewed,
		"__client_uat":          readable,
		"__client_uat_6tQWJVae": readable,
		"__refresh_6tQWJVae":    hidden, // not Clerk's to renew here

		"__clerk_db_jwt":          readable,
		"__clerk_db_jwt_6tQWJVae": readable,
	}
	have := map[string]attributes{}
	for _, c := range got {
		if c.Name == "__client" || c.Name == "__clerk_redirect_count" { // the Frontend API's own, and the loop guard's
			continue
		}
		same := slices.ContainsFunc(before, func(old *network.Cookie) bool {
			return old.Name == c.Name && old.Value == c.Value
		})
		have[c.Name] = attributes{c.Domain, c.Path, string(c.SameSite), c.Secure, c.HTTPOnly, !same}
		if strings.HasPrefix(c.Name, "__refresh") || strings.HasPrefix(c.Name, "__clerk_db_jwt") {
			continue // not renewed by a refresh
		}
		// The Max-Age counts, by the browser's clock; it has whole seconds.
		expires := time.UnixMilli(int64(c.Expires * 1000))
		if earliest, latest := refreshed.Add(lasts-time.Second),
			time.Now().Add(lasts+time.Second); expires.Before(earliest) || expires.After(latest) {
			t.Errorf("%s expires at %v, want when the session does, between %v and %v", c.Name, expires,
				earliest, latest)
		}
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("the browser's cookies (-want +got):\n%s", diff)
	}
}

func TestParallelRequestsShareOneRefresh(t *testing.T) {
	const n = 5
	for name, load := range map[string]func(t *testing.T, s *site, b *tab) []string{
		"five fetches of a page": func(t *testing.T, _ *site, b *tab) []string {
			return run[[]string](t, b, `Promise.all([1, 2, 3, 4, 5].map(async (i) => {
				const answer = await fetch("/?" + i);
				const page = new DOMParser().parseFromString(await answer.text(), "text/html");
				return page.querySelector("#user").textContent + " " + page.querySelector("#status").textContent;
			}))`)
		},
		"five tabs": func(t *testing.T, s *site, b *tab) []string {
			tabs := make([]*tab, n)
			for i := range tabs {
				tabs[i] = b.newTab(t)
			}
			said := make([]string, n)
			var loading sync.WaitGroup
			for i, other := range tabs {
				loading.Go(func() {
					// The browser asks for the same URL once at a time, so each has its own.
					if err := chromedp.Do(other.ctx, chromedp.Navigate(s.url+"/?"+strconv.Itoa(i))); err != nil {
						t.Error(err)
					}
				})
			}
			loading.Wait()
			for i, other := range tabs {
				got := other.screen(t)
				said[i] = strings.TrimPrefix(got.Heading, "Signed in as ") + " " + got.Status
			}
			return said
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			b := newBrowser(t)
			b.open(t, s.url)
			b.signIn(t)
			s.clerk.Advance(expired)

			s.together(n) // no answer, and so no new cookie, before all five are there
			said := load(t, s, b)
			if diff := cmp.Diff(slices.Repeat([]string{"user_ada refreshed"}, n), said); diff != "" {
				t.Errorf("what the pages say (-want +got):\n%s", diff)
			}
			if n := s.calls("RefreshSession"); n != 1 {
				t.Errorf("%d refresh calls, want 1", n)
			}
			if got := b.reload(t); got.Heading != "Signed in as user_ada" || got.Status != "signed in" {
				t.Errorf("afterwards the page says %+v", got)
			}
		})
	}
}

func TestRevokedSessionIsSignedOutWithoutALoop(t *testing.T) {
	s := newSite(t)
	b := newBrowser(t)
	b.open(t, s.url)
	id := b.signIn(t).Own
	if _, err := s.client.Revoke(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	s.clerk.Advance(expired)

	s.asked()
	want := screen{Heading: "Nobody is signed in", Status: "signed out", Reason: signedOut, Sessions: []string{}}
	for range 3 {
		if diff := cmp.Diff(want, b.reload(t)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	if n := s.asked(); n != 5 { // to the handshake, back with its answer, without the answer, and two more
		t.Errorf("three reloads asked for %d pages", n)
	}
	if n := s.calls("RefreshSession"); n != 1 {
		t.Errorf("%d refresh calls, want 1", n)
	}
	if got := b.signIn(t); got.Heading != "Signed in as user_ada" || got.Own == id {
		t.Errorf("after another sign-in the page says %+v", got)
	}
}

func TestPageIsServedWhenClerkIsDown(t *testing.T) {
	s := newSite(t)
	b := newBrowser(t)
	b.open(t, s.url)
	b.signIn(t)
	for name, outage := range map[string]sessionstest.Fault{
		"503":     {Status: http.StatusServiceUnavailable},
		"dropped": {Drop: true},
	} {
		t.Run(name, func(t *testing.T) {
			s.clerk.Inject(outage)
			if got := b.reload(t); got.Heading != "Signed in as user_ada" || got.Status != "signed in" ||
				!strings.Contains(got.Note, "clerk: GetSessionList: ") {
				t.Errorf("while the token is good the page says %+v", got)
			}

			s.clerk.Advance(expired)
			before := values(b.cookies(t))
			s.clerk.Inject(outage)
			got := b.reload(t)
			if got.Heading != "Who is signed in cannot be told now" || got.Status != "Clerk is not to be had" {
				t.Errorf("when it has expired the page says %+v", got)
			}
			if diff := cmp.Diff(before, values(b.cookies(t))); diff != "" {
				t.Errorf("cookies (-before +after):\n%s", diff)
			}

			s.clerk.Advance(time.Second) // for so long trouble is remembered
			if got := b.reload(t); got.Heading != "Signed in as user_ada" || got.Status != "refreshed" {
				t.Errorf("when Clerk is up again the page says %+v", got)
			}
		})
	}
}

// When Clerk does not answer at all, the server does not wait for it longer than the middleware's three seconds. How
// long the browser takes to show the page is not the service's.
func TestPageIsServedInTimeWhenClerkIsSilent(t *testing.T) {
	s := newSite(t)
	b := newBrowser(t)
	b.open(t, s.url)
	b.signIn(t)
	s.clerk.Advance(expired)
	s.clerk.Inject(sessionstest.Fault{Operation: "RefreshSession", Delay: time.Minute})
	got := b.reload(t)
	s.mu.Lock()
	slowest := s.slowest
	s.mu.Unlock()
	if slowest < time.Second || slowest > 3200*time.Millisecond {
		t.Errorf("the page took %v", slowest)
	}
	if got.Heading != "Who is signed in cannot be told now" {
		t.Errorf("the page says %+v", got)
	}
}

// The buttons that make Clerk misbehave do what they say.
func TestControls(t *testing.T) {
	s := newSite(t)
	b := newBrowser(t)
	b.open(t, s.url)
	b.signIn(t)
	if got := b.press(t, "#other-device"); len(got.Sessions) != 2 {
		t.Errorf("after a sign-in on another device the page says %+v", got)
	}
	if got := b.press(t, "#down"); got.Heading != "Signed in as user_ada" || !strings.Contains(got.Note, "503") {
		t.Errorf("when Clerk is down the page says %+v", got)
	}
	b.press(t, "#minute")
	if got := b.press(t, "#minute"); got.Heading != "Who is signed in cannot be told now" {
		t.Errorf("when Clerk is down and the token has expired the page says %+v", got)
	}
	b.press(t, "#well")
	s.clerk.Advance(time.Second) // for so long trouble is remembered
	if got := b.reload(t); got.Heading != "Signed in as user_ada" || got.Status != "refreshed" {
		t.Errorf("when Clerk is well again the page says %+v", got)
	}
	call := run[string](t, b, `document.querySelector("#sessions").innerText.includes("ago") + " " +
		document.querySelector(".call").parentElement.innerText`)
	if !strings.HasPrefix(call, "true POST …/refresh: 200 in ") || !strings.Contains(call, "ms, 4 cookies") {
		t.Errorf("the page says %q of the request to Clerk", call)
	}
}

// While Clerk answers 429, by the button for that, every page is served in time and nobody is redirected or signed out;
// afterwards the visitor is signed in again.
func TestControlOfLimit(t *testing.T) {
	s := newSite(t)
	b := newBrowser(t)
	b.open(t, s.url)
	b.signIn(t)
	handshakes, before := s.calls("Handshake"), values(b.cookies(t))
	s.asked()
	if got := b.press(t, "#limited"); got.Heading != "Signed in as user_ada" || got.Status != "signed in" ||
		!strings.Contains(got.Note, "429") {
		t.Errorf("while the token is good the page says %+v", got)
	}
	s.clerk.Advance(expired)
	const reason = "session-token-expired-refresh-"
	if got := b.reload(t); got.Heading != "Who is signed in cannot be told now" ||
		got.Status != "Clerk is not to be had" || !strings.HasPrefix(got.Reason, reason) {
		t.Errorf("when it has expired the page says %+v", got)
	}
	if diff := cmp.Diff(before, values(b.cookies(t))); diff != "" {
		t.Errorf("cookies (-before +after):\n%s", diff)
	}
	if n := s.asked(); n != 3 { // the button, the page that it leads to, and the reload
		t.Errorf("%d pages asked for, want 3: no redirect", n)
	}

	b.press(t, "#well")
	var got screen
	for deadline := time.Now().Add(patience / 4); got.Status != "refreshed" && time.Now().Before(deadline); {
		s.clerk.Advance(time.Second) // for so long trouble is remembered; the client keeps silent by the real clock
		got = b.reload(t)
	}
	if got.Heading != "Signed in as user_ada" || got.Status != "refreshed" {
		t.Errorf("when Clerk is well again the page says %+v", got)
	}
	if n := s.calls("Handshake"); n != handshakes {
		t.Errorf("%d handshakes", n-handshakes)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.slowest > 3200*time.Millisecond {
		t.Errorf("a page took %v", s.slowest)
	}
}

// The countdown runs, and is amber once the token has expired.
func TestCountdown(t *testing.T) {
	s := newSite(t)
	b := newBrowser(t)
	b.open(t, s.url)
	b.signIn(t)
	s.clerk.Advance(57 * time.Second)
	if got := b.reload(t); got.Remaining != "3" && got.Remaining != "2" {
		t.Errorf("the page says %+v", got)
	}
	color := `getComputedStyle(document.querySelector("#remaining")).color`
	before := run[string](t, b, color)
	b.waitFor(t, "#remaining", "1")
	b.waitFor(t, "#remaining.over", "0")
	if after := run[string](t, b, color); after == before {
		t.Errorf("the color is still %s", after)
	}
}

// Without scripts, the page does everything but count down.
func TestWithoutJavaScript(t *testing.T) {
	s := newSite(t)
	b := newBrowser(t)
	off := emulation.SetScriptExecutionDisabledParams{Value: true}
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, off); err != nil {
		t.Fatal(err)
	}
	b.open(t, s.url)
	b.signIn(t)
	s.clerk.Advance(expired)
	if got := b.reload(t); got.Heading != "Signed in as user_ada" || got.Status != "refreshed" || got.Remaining != "60" {
		t.Errorf("the page says %+v", got)
	}
	if got := b.press(t, "#sign-out"); got.Heading != "Nobody is signed in" {
		t.Errorf("after the sign-out the page says %+v", got)
	}
}

// A new key of the instance's signs nobody out.
func TestKeyRotation(t *testing.T) {
	s := newSite(t)
	b := newBrowser(t)
	b.open(t, s.url)
	b.signIn(t)
	s.clerk.RotateKey()
	if got := b.reload(t); got.Heading != "Signed in as user_ada" || got.Status != "signed in" {
		t.Errorf("with the token from before the page says %+v", got)
	}
	s.clerk.Advance(expired)
	for _, status := range []string{"refreshed", "signed in"} {
		if got := b.reload(t); got.Heading != "Signed in as user_ada" || got.Status != status {
			t.Errorf("with a token of the new key the page says %+v", got)
		}
	}
}

func values(cookies []*network.Cookie) map[string]string {
	m := map[string]string{}
	for _, c := range cookies {
		m[c.Name] = c.Value
	}
	return m
}

func TestButtons(t *testing.T) {
	s := newSite(t)
	b := newBrowser(t)
	devices := []string{s.clerk.SignIn(ada).SessionID, s.clerk.SignIn(ada).SessionID, s.clerk.SignIn(ada).SessionID}
	stranger := s.clerk.SignIn("user_eve").SessionID
	b.open(t, s.url)
	own := b.signIn(t).Own

	got := b.press(t, `form[action="/sessions/`+devices[1]+`/end"] button`)
	if diff := cmp.Diff([]string{own, devices[2], devices[0]}, got.Sessions); diff != "" {
		t.Errorf("sessions after End (-want +got):\n%s", diff)
	}
	got = b.press(t, "#end-others")
	if diff := cmp.Diff([]string{own}, got.Sessions); diff != "" {
		t.Errorf("sessions after End all others (-want +got):\n%s", diff)
	}
	if got := s.status(t, stranger); got != sessions.StatusActive {
		t.Errorf("somebody else's session is %s", got)
	}

	s.clerk.Advance(expired)
	if got := b.press(t, "#sign-out"); got.Heading != "Nobody is signed in" || got.Reason != signedOut {
		t.Errorf("after the sign-out the page says %+v", got)
	}
	s.clerk.Advance(expired)
	if got := b.reload(t); got.Heading != "Nobody is signed in" {
		t.Errorf("when the token would have expired the page says %+v", got)
	}
	for name, value := range values(b.cookies(t)) {
		if strings.HasPrefix(name, "__session") || strings.HasPrefix(name, "__refresh") ||
			strings.HasPrefix(name, "__client_uat") && value != "0" {
			t.Errorf("after the sign-out the browser keeps %s", name)
		}
	}
	if got := s.status(t, own); got != sessions.StatusRevoked {
		t.Errorf("after the sign-out the session is %s", got)
	}
}

// Another site's page cannot press a button, though the browser may send the cookies: to a browser, every port is the
// same site.
func TestOtherOriginsCannotPress(t *testing.T) {
	s, other := newSite(t), newSite(t)
	b := newBrowser(t)
	b.open(t, s.url)
	id := b.signIn(t).Own
	b.open(t, other.url)
	point := `document.querySelector("form[action='/sign-out']").action = "` + s.url + `/sign-out"`
	b.do(t, chromedp.Evaluate[chromedp.Void](point))
	resp, err := chromedp.RunResponse(b.ctx, chromedp.Click(chromedp.CSS("#sign-out")))
	if err != nil {
		t.Fatal(err)
	}
	if resp.Status != http.StatusForbidden {
		t.Errorf("status %d, want 403", resp.Status)
	}
	if got := s.status(t, id); got != sessions.StatusActive {
		t.Errorf("the session is %s", got)
	}
}
