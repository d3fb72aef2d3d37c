package app_test

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/examples/webapp/app"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	ada = "user_ada"

	almost  = 62 * time.Second // a token of a minute has expired, but not for as long as clocks may differ
	expired = 66 * time.Second

	signedOut = "session-token-and-uat-missing"
)

func TestSignIn(t *testing.T) {
	s := newSite(t)
	b := s.newBrowser(t)
	b.want(t, "/", screen{Heading: "Nobody is signed in", Status: "signed out", Reason: signedOut})
	if n := s.calls("Handshake"); n != 1 {
		t.Errorf("%d handshakes, want 1 for the first visit", n)
	}

	got := b.signIn(t)
	if n := s.calls("GetHandshakePayload"); n != 1 { // of the sign-in; the first visit's answer fits into a token
		t.Errorf("%d nonces were traded for cookies, want 1", n)
	}
	id := s.session(t, b).ID
	want := screen{
		Heading: "Signed in as user_ada", Remaining: "60", Status: "signed in", Own: id, Sessions: []string{id},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestExpiredTokenIsRefreshedOnTheServer(t *testing.T) {
	for name, row := range map[string]struct {
		after     time.Duration
		status    string
		remaining string
		refreshes int
	}{
		"a token that is good":         {30 * time.Second, "signed in", "30", 0},
		"one that has expired a blink": {almost, "signed in", "0", 0},
		"one that has expired":         {expired, "refreshed", "60", 1},
		"one that expired days ago":    {72 * time.Hour, "refreshed", "60", 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			b := s.newBrowser(t)
			id := b.signIn(t).Own
			s.clerk.Advance(row.after)

			want := screen{
				Heading: "Signed in as user_ada", Remaining: row.remaining, Status: row.status, Own: id, Sessions: []string{id},
			}
			b.want(t, "/", want)
			want.Status = "signed in" // the browser has the new token
			b.want(t, "/", want)
			if n := s.calls("RefreshSession"); n != row.refreshes {
				t.Errorf("%d refresh calls, want %d", n, row.refreshes)
			}
		})
	}
}

func TestRefreshedPageIsNotKept(t *testing.T) {
	s := newSite(t)
	b := s.newBrowser(t)
	b.signIn(t)
	s.clerk.Advance(expired)
	resp := b.do(t, http.MethodGet, "/", nil)
	if got := resp.Header.Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("Cache-Control %q", got)
	}
	var names []string
	for _, cookie := range resp.Cookies() {
		names = append(names, cookie.Name)
	}
	want := []string{"__session", "__session_6tQWJVae", "__client_uat", "__client_uat_6tQWJVae"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("cookies that the page sets (-want +got):\n%s", diff)
	}
}

func TestParallelPagesShareOneRefresh(t *testing.T) {
	s := newSite(t)
	b := s.newBrowser(t)
	b.signIn(t)
	s.clerk.Advance(expired)
	cookies := b.cookies()
	var loading sync.WaitGroup
	for range 20 {
		tab := s.newBrowser(t)
		tab.client.Jar.SetCookies(tab.url, cookies)
		loading.Go(func() {
			if got := tab.show(t, "/"); got.Status != "refreshed" || got.Heading != "Signed in as user_ada" {
				t.Errorf("a page says %+v", got)
			}
		})
	}
	loading.Wait()
	if n := s.calls("RefreshSession"); n != 1 {
		t.Errorf("%d refresh calls, want 1", n)
	}
}

func TestEnd(t *testing.T) {
	for name, row := range map[string]struct {
		path  string // with OWN, OTHER and STRANGER for the ids of sessions
		ended string // "" for none
		code  int
	}{
		"another of one's own":  {"/sessions/OTHER/end", "other", http.StatusOK},
		"the one in use":        {"/sessions/OWN/end", "own", http.StatusOK},
		"somebody else's":       {"/sessions/STRANGER/end", "", http.StatusOK},
		"one that is not there": {"/sessions/sess_gone/end", "", http.StatusOK},
		"no id at all":          {"/sessions/%2e%2e%2fusers/end", "", http.StatusOK},
		"all others":            {"/end-others", "other", http.StatusOK},
		"an unknown form":       {"/end", "", http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			laptop, phone := s.newBrowser(t), s.newBrowser(t)
			ids := map[string]string{
				"other":    phone.signIn(t).Own,
				"own":      laptop.signIn(t).Own,
				"stranger": s.clerk.SignIn("user_eve").SessionID,
			}
			named := strings.NewReplacer("OWN", ids["own"], "OTHER", ids["other"], "STRANGER", ids["stranger"])
			resp := laptop.do(t, http.MethodPost, named.Replace(row.path), nil)
			if resp.StatusCode != row.code {
				t.Errorf("%s, want %d", resp.Status, row.code)
			}
			for who, id := range ids {
				want := sessions.StatusActive
				if who == row.ended {
					want = sessions.StatusRevoked
				}
				if got := s.status(t, id); got != want {
					t.Errorf("the %s session is %s, want %s", who, got, want)
				}
			}
		})
	}
}

func TestEndedSessionIsOverWhenItsTokenIs(t *testing.T) {
	s := newSite(t)
	laptop, phone := s.newBrowser(t), s.newBrowser(t)
	lost := phone.signIn(t).Own
	laptop.signIn(t)
	laptop.press(t, "/sessions/"+lost+"/end")

	if got := phone.show(t, "/").Heading; got != "Signed in as user_ada" {
		t.Errorf("while the token is good the page says %q", got)
	}
	s.clerk.Advance(expired)
	handshakes := s.calls("Handshake")
	for range 3 {
		phone.want(t, "/", screen{Heading: "Nobody is signed in", Status: "signed out", Reason: signedOut})
	}
	if r, h := s.calls("RefreshSession"), s.calls("Handshake")-handshakes; r != 1 || h != 1 {
		t.Errorf("%d refresh calls and %d handshakes, want one of each", r, h)
	}
	if got := phone.signIn(t); got.Heading != "Signed in as user_ada" || got.Own == lost {
		t.Errorf("after another sign-in the page says %+v", got)
	}
}

func TestButtonsFollowTheSessions(t *testing.T) {
	s := newSite(t)
	b := s.newBrowser(t)
	own := b.signIn(t).Own
	got := b.press(t, "/other-device")
	if len(got.Sessions) != 2 || got.Own != own {
		t.Fatalf("the page says %+v", got)
	}
	other := got.Sessions[0]
	want := screen{
		Heading: "Signed in as user_ada", Remaining: "60", Status: "signed in",
		Own: own, Sessions: []string{other, own}, Ends: []string{other}, EndOthers: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("two sessions (-want +got):\n%s", diff)
	}

	got = b.press(t, "/sessions/"+got.Own+"/end") // the token outlives it
	want.Own, want.Sessions = "", []string{other}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("only the other (-want +got):\n%s", diff)
	}

	want.Sessions, want.Ends, want.EndOthers = nil, nil, false
	if diff := cmp.Diff(want, b.press(t, "/end-others")); diff != "" {
		t.Errorf("none (-want +got):\n%s", diff)
	}
}

func TestSignOut(t *testing.T) {
	s := newSite(t)
	b := s.newBrowser(t)
	b.client.Jar.SetCookies(b.url, []*http.Cookie{{Name: "theme", Value: "dark", Path: "/"}})
	id := b.signIn(t).Own
	want := screen{Heading: "Nobody is signed in", Status: "signed out", Reason: signedOut}
	if diff := cmp.Diff(want, b.press(t, "/sign-out")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := s.status(t, id); got != sessions.StatusRevoked {
		t.Errorf("the session is %s", got)
	}
	for _, left := range b.cookies() {
		if strings.HasPrefix(left.Name, "__session") || strings.HasPrefix(left.Name, "__refresh") ||
			strings.HasPrefix(left.Name, "__client_uat") && left.Value != "0" {
			t.Errorf("the browser keeps %s", left.Name)
		}
	}
	s.clerk.Advance(expired)
	b.want(t, "/", want)
}

func TestSignOutAfterTheTokenExpired(t *testing.T) {
	s := newSite(t)
	b := s.newBrowser(t)
	id := b.signIn(t).Own
	s.clerk.Advance(expired)
	if got := b.press(t, "/sign-out"); got.Heading != "Nobody is signed in" || got.Again {
		t.Errorf("the page says %+v", got)
	}
	if got := s.status(t, id); got != sessions.StatusRevoked {
		t.Errorf("the session is %s", got)
	}
}

func TestExpiredFormsCanBePressedAgain(t *testing.T) {
	for _, path := range []string{"/end-others", "/sessions/{id}/end"} {
		t.Run(path, func(t *testing.T) {
			s := newSite(t)
			b := s.newBrowser(t)
			other := s.clerk.SignIn(ada).SessionID
			own := b.signIn(t).Own
			s.clerk.Advance(expired)
			path := strings.Replace(path, "{id}", other, 1)

			resp := b.do(t, http.MethodPost, path, nil)
			if got := resp.Request.URL.RequestURI(); got != "/?again" {
				t.Errorf("the form leads to %s", got)
			}
			got := read(t, resp)
			if got.Heading != "Signed in as user_ada" || got.Status != "refreshed" || !got.Again {
				t.Errorf("the page says %+v", got)
			}
			for _, id := range []string{own, other} {
				if got := s.status(t, id); got != sessions.StatusActive {
					t.Errorf("the session %s is %s already", id, got)
				}
			}

			b.press(t, path)
			if got := s.status(t, other); got != sessions.StatusRevoked {
				t.Errorf("after the second press the session is %s", got)
			}
		})
	}
}

func TestFormsAreForVisitors(t *testing.T) {
	s := newSite(t)
	other := s.clerk.SignIn(ada).SessionID
	for _, path := range []string{"/sign-out", "/end-others", "/sessions/" + other + "/end"} {
		got := s.newBrowser(t).press(t, path)
		if got.Heading != "Nobody is signed in" || got.Again {
			t.Errorf("%s: the page says %+v", path, got)
		}
	}
	if n := s.calls("RefreshSession") + s.calls("RevokeSession"); n != 0 {
		t.Errorf("Clerk was asked %d times", n)
	}
}

func TestPageIsServedWhenClerkIsDown(t *testing.T) {
	outages := map[string]sessionstest.Fault{
		"503":     {Status: http.StatusServiceUnavailable},
		"429":     {Status: http.StatusTooManyRequests, RetryAfter: time.Second},
		"dropped": {Drop: true},
	}
	for name, outage := range outages {
		t.Run(name+", the token is good", func(t *testing.T) {
			s := newSite(t)
			b := s.newBrowser(t)
			b.signIn(t)
			s.clerk.Inject(outage)
			got := b.show(t, "/")
			if got.Heading != "Signed in as user_ada" || got.Status != "signed in" ||
				!strings.Contains(got.NoList, "clerk: GetSessionList: ") {
				t.Errorf("the page says %+v", got)
			}
		})
		t.Run(name+", the token has expired", func(t *testing.T) {
			s := newSite(t)
			b := s.newBrowser(t)
			b.signIn(t)
			s.clerk.Advance(expired)
			s.clerk.Inject(outage)
			before := b.cookies()
			got := b.show(t, "/")
			if got.Heading != "Who is signed in cannot be told now" || got.Status != "Clerk is not to be had" {
				t.Errorf("the page says %+v", got)
			}
			if diff := cmp.Diff(before, b.cookies()); diff != "" {
				t.Errorf("cookies (-before +after):\n%s", diff)
			}
			s.clerk.Advance(time.Minute)    // it is up again
			<-time.After(outage.RetryAfter) // which is real time to the client
			if got := b.show(t, "/"); got.Heading != "Signed in as user_ada" || got.Status != "refreshed" {
				t.Errorf("when Clerk is up again the page says %+v", got)
			}
		})
	}
}

func TestFormsSayWhenClerkIsDown(t *testing.T) {
	for _, path := range []string{"/sign-out", "/end-others", "/sessions/{id}/end"} {
		t.Run(path, func(t *testing.T) {
			s := newSite(t)
			b := s.newBrowser(t)
			other := s.clerk.SignIn(ada).SessionID
			own := b.signIn(t).Own
			s.clerk.Inject(sessionstest.Fault{Status: http.StatusServiceUnavailable, Times: 1000})

			resp := b.do(t, http.MethodPost, strings.Replace(path, "{id}", other, 1), nil)
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != http.StatusBadGateway || !strings.Contains(string(body), "503 Service Unavailable") {
				t.Errorf("%s: %s", resp.Status, body)
			}
			s.clerk.ClearFaults()
			want := screen{
				Heading: "Signed in as user_ada", Remaining: "60", Status: "signed in",
				Own: own, Sessions: []string{own, other}, Ends: []string{other}, EndOthers: true,
			}
			if path == "/sign-out" { // this browser forgets its session all the same
				want = screen{Heading: "Nobody is signed in", Status: "signed out", Reason: signedOut}
			}
			b.want(t, "/", want)
		})
	}
}

func TestOtherSitesCannotPress(t *testing.T) {
	s := newSite(t)
	b := s.newBrowser(t)
	other := s.clerk.SignIn(ada).SessionID
	own := b.signIn(t).Own
	for name, header := range map[string]http.Header{
		"Sec-Fetch-Site": {"Sec-Fetch-Site": {"cross-site"}},
		"Origin":         {"Origin": {"https://evil.example.com"}},
	} {
		for _, path := range []string{
			"/other-device", "/clerk/down", "/sign-out", "/end-others", "/sessions/" + other + "/end",
		} {
			if resp := b.do(t, http.MethodPost, path, header); resp.StatusCode != http.StatusForbidden {
				t.Errorf("%s by %s: %s, want 403", path, name, resp.Status)
			}
		}
	}
	for _, id := range []string{own, other} {
		if got := s.status(t, id); got != sessions.StatusActive {
			t.Errorf("the session %s is %s", id, got)
		}
	}
	if got := s.session(t, b).ID; got != own {
		t.Errorf("the browser is in the session %s, want still %s", got, own)
	}
}

func TestTokensOfOthersAreNobodys(t *testing.T) {
	s := newSite(t)
	in := s.clerk.SignIn(ada)
	token, err := s.client.GetToken(t.Context(), in.SessionID, sessions.TokenParams{})
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(token.JWT, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	const another = "eyJzdWIiOiJ1c2VyX2FkYSIsInNpZCI6InNlc3NfMSIsImV4cCI6NDEwMjQ0NDgwMH0"
	for name, forged := range map[string]string{
		"no token":                 "hello",
		"another signature":        head + "." + payload + "." + strings.Repeat("A", len(signature)),
		"another payload":          head + "." + another + "." + signature,
		"no signature, by alg":     "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + payload + ".",
		"the right one, cut short": token.JWT[:len(token.JWT)-4],
	} {
		t.Run(name, func(t *testing.T) {
			b := s.newBrowser(t)
			cookies := slices.Clone(in.Cookies)
			for i, cookie := range cookies {
				if strings.HasPrefix(cookie.Name, "__session") {
					changed := *cookie
					changed.Value = forged
					cookies[i] = &changed
				}
			}
			b.client.Jar.SetCookies(b.url, cookies)
			if got := b.show(t, "/"); got.Heading != "Nobody is signed in" {
				t.Errorf("the page says %+v", got)
			}
		})
	}
}

func TestWhatADeviceSaysOfItselfIsText(t *testing.T) {
	s := newSite(t)
	b := s.newBrowser(t)
	b.signIn(t)
	evil := sessionstest.Activity{BrowserName: "<script>alert(1)</script>"}
	s.clerk.AddSession(sessionstest.Session{UserID: ada, LatestActivity: &evil})
	body, err := io.ReadAll(b.do(t, http.MethodGet, "/", nil).Body)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(body), "&lt;script&gt;alert(1)") || strings.Contains(string(body), "<script>alert") {
		t.Errorf("the page holds a script:\n%s", body)
	}
}

func TestNewRefusesBadKeys(t *testing.T) {
	s := newSite(t)
	for name, edit := range map[string]func(*app.Config){
		"no Frontend API":             func(cfg *app.Config) { cfg.FrontendAPI = "clerk" },
		"no publishable key":          func(cfg *app.Config) { cfg.PublishableKey = "" },
		"a publishable key cut short": func(cfg *app.Config) { cfg.PublishableKey = cfg.PublishableKey[:12] },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := s.config
			edit(&cfg)
			if handler, err := app.New(cfg); err == nil || handler != nil {
				t.Errorf("New = %v, %v, want only an error", handler, err)
			}
		})
	}
}

// A site is the example's service on a Clerk whose clock stands still.
type site struct {
	clerk  *sessionstest.Server
	client *sessions.Client
	config app.Config
	url    string

	frontendAPI string
}

func newSite(t *testing.T) *site {
	t.Helper()
	start := time.Now().Truncate(time.Second) // as precise as a token
	clerk := sessionstest.NewServer(sessionstest.WithClock(func() time.Time { return start }))
	t.Cleanup(clerk.Close)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client, err := sessions.NewClient(clerk.SecretKey, sessions.WithBaseURL(clerk.URL),
		sessions.WithHTTPClient(&http.Client{Transport: app.NewTransport(transport)}),
		sessions.WithRetry(sessions.RetryPolicy{MaxAttempts: 1, MaxRetryAfter: time.Millisecond})) // a test waits for nothing
	if err != nil {
		t.Fatal(err)
	}
	s := &site{clerk: clerk, client: client, config: app.Config{
		Client:         client,
		PublishableKey: clerk.PublishableKey,
		FrontendAPI:    clerk.FrontendAPI,
		Now:            clerk.Now,
		OtherDevice:    func(userID string) { clerk.SignIn(userID) },
		Controls:       map[string]func(){"down": func() { clerk.Inject(sessionstest.Fault{Status: 503}) }},
	}}
	handler, err := app.New(s.config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	t.Cleanup(func() {
		for _, violation := range clerk.Violations() {
			t.Errorf("Clerk's API is not used as it is meant to: %v", violation)
		}
	})
	s.url, s.frontendAPI = server.URL, clerk.FrontendAPI
	return s
}

// calls returns how often Clerk was asked for an operation.
func (s *site) calls(operation string) (n int) {
	for _, call := range s.clerk.Calls() {
		if call.Operation == operation {
			n++
		}
	}
	return n
}

func (s *site) status(t *testing.T, id string) sessions.Status {
	t.Helper()
	session, err := s.client.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return session.Status
}

// session returns the session that a browser is in.
func (s *site) session(t *testing.T, b *browser) *sessions.Session {
	t.Helper()
	session, err := s.client.Get(t.Context(), b.show(t, "/").Own)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// browser keeps cookies and follows redirects.
type browser struct {
	url         *url.URL
	frontendAPI string
	client      *http.Client
}

func (s *site) newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &browser{url: u, frontendAPI: s.frontendAPI, client: &http.Client{Transport: transport, Jar: jar}}
}

// signIn signs in as Ada on Clerk's page, and returns the page that this leads to.
func (b *browser) signIn(t *testing.T) screen {
	t.Helper()
	b.show(
		t,
		"/",
	) // the first visit makes the browser known
	b.client.Jar.SetCookies(b.url, []*http.Cookie{{Name: "__clerk_redirect_count", Path: "/", MaxAge: -1}}) // 10 s later
	form := url.Values{"user_id": {ada}, "redirect_url": {b.url.String() + "/"}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.frontendAPI+"/sign-in",
		strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "text/html")
	resp, err := b.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return read(t, resp)
}

// cookies returns the names and values that the browser sends.
func (b *browser) cookies() []*http.Cookie { return b.client.Jar.Cookies(b.url) }

func (b *browser) do(t *testing.T, method, path string, header http.Header) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, b.url.String()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := b.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// press sends a form, and returns the page that it leads to.
func (b *browser) press(t *testing.T, path string) screen {
	t.Helper()
	return read(t, b.do(t, http.MethodPost, path, nil))
}

func (b *browser) show(t *testing.T, path string) screen {
	t.Helper()
	return read(t, b.do(t, http.MethodGet, path, nil))
}

func (b *browser) want(t *testing.T, path string, want screen) {
	t.Helper()
	if diff := cmp.Diff(want, b.show(t, path)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// screen is what the page says.
type screen struct {
	Heading, Remaining, Status, Reason, NoList string

	Own       string   // the session that is marked as the visitor's
	Sessions  []string // in their order
	Ends      []string // the sessions with a button
	EndOthers bool     // there is the button
	Again     bool     // the visitor is asked to press again
}

func read(t *testing.T, resp *http.Response) screen {
	t.Helper()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s: %s", resp.Request.URL, resp.Status, raw)
	}
	if got := resp.Header.Get("Cache-Control"); !strings.Contains(got, "no-store") {
		t.Errorf("a page about its visitor says Cache-Control: %q", got)
	}
	body := string(raw)
	return screen{
		Heading:   first(body, `(?s)<h1.*?>(.*?)</h1>`),
		Remaining: first(body, `id="remaining">(.*?)<`),
		Status:    first(body, `id="status"[^>]*>(.*?)<`),
		Reason:    first(body, `id="reason">(.*?)<`),
		NoList:    first(body, `id="no-list">(.*?)<`),
		Own:       first(body, `This session.*?(sess_\w+)`),
		Sessions:  all(body, `<small><code>(sess_\w+)`),
		Ends:      all(body, `/sessions/(sess_\w+)/end`),
		EndOthers: strings.Contains(body, `id="end-others"`),
		Again:     strings.Contains(body, "Press it again"),
	}
}

// first returns what the first match of a pattern has in its brackets, without tags; "" if nothing matches.
func first(body, pattern string) string {
	if found := all(body, pattern); len(found) > 0 {
		return found[0]
	}
	return ""
}

func all(body, pattern string) (found []string) {
	tag := regexp.MustCompile(`<[^>]*>`)
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(body, -1) {
		found = append(found, html.UnescapeString(tag.ReplaceAllString(match[1], "")))
	}
	return found
}
