// Pages measures how long a browser waits for a page whose session token has expired, against the
// fake: with a bounce through Clerk's handshake, with a request inside the page's own, and while
// Clerk hangs. It writes bounce.csv and wait.csv into a directory.
package main

import (
	"cmp"
	"encoding/csv"
	"flag"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

const (
	appHost      = "app.example.test"
	frontendHost = "clerk.example.test" // the Frontend API's
	home         = "https://" + appHost + "/"
)

func main() {
	dir := flag.String("dir", ".", "the directory to write into")
	flag.Parse()
	rows := [][]string{{"round trip ms", "way", "from", "to", "ms"}}
	for _, roundTrip := range []int{20, 50, 100} {
		for _, way := range []string{"bounce", "inside"} {
			for _, hop := range bounce(time.Duration(roundTrip)*time.Millisecond, way == "bounce") {
				rows = append(rows, []string{
					strconv.Itoa(roundTrip), way, hop.from, hop.to, milliseconds(hop.took),
				})
			}
		}
	}
	write(filepath.Join(*dir, "bounce.csv"), rows)
	write(filepath.Join(*dir, "wait.csv"), hang())
}

// A hop is the time from when a request is sent until the next one is, or the page is there.
type hop struct {
	from, to string
	at       time.Time
	took     time.Duration
}

// bounce returns the hops until a page is there whose token has expired, in the run of nine that
// took the middle time. Each request, a browser's and the service's, costs one round trip;
// connections are there already.
func bounce(roundTrip time.Duration, handshake bool) []hop {
	total := func(hops []hop) (sum time.Duration) {
		for _, h := range hops {
			sum += h.took
		}
		return sum
	}
	var runs [][]hop
	for range 9 {
		runs = append(runs, visit(roundTrip, handshake))
	}
	slices.SortFunc(runs, func(a, b []hop) int { return cmp.Compare(total(a), total(b)) })
	return runs[len(runs)/2]
}

func visit(roundTrip time.Duration, handshake bool) []hop {
	clerk := sessionstest.NewServer(sessionstest.WithProduction())
	defer clerk.Close()
	net := &network{roundTrip: roundTrip}
	net.hosts = map[string]http.Handler{
		appHost: newService(clerk, net), frontendHost: clerk.Handler(),
		mustParse(clerk.URL).Host: clerk.Handler(),
	}
	jar, err := cookiejar.New(nil)
	must(err)
	for _, cookie := range clerk.SignIn("user_ada").Cookies {
		if !handshake || !strings.HasPrefix(cookie.Name, "__refresh") {
			jar.SetCookies(mustParse(home), []*http.Cookie{cookie})
		}
		jar.SetCookies(mustParse("https://"+frontendHost), []*http.Cookie{cookie})
	}
	clerk.Advance(2 * time.Minute)

	resp, err := (&http.Client{Transport: net, Jar: jar}).Do(newRequest())
	must(err)
	must(resp.Body.Close())
	if resp.StatusCode != http.StatusOK || resp.Header.Get("User") != "user_ada" {
		log.Fatalf("the page: %s, signed in: %q", resp.Status, resp.Header.Get("User"))
	}
	next := time.Now()
	for i := len(net.hops) - 1; i >= 0; i-- {
		net.hops[i].took = next.Sub(net.hops[i].at)
		next = net.hops[i].at
	}
	return net.hops
}

// newRequest returns a browser's request for the page.
func newRequest() *http.Request {
	req, err := http.NewRequest(http.MethodGet, home, http.NoBody)
	must(err)
	req.Header.Set("Accept", "text/html")
	req.Header.Set("Sec-Fetch-Dest", "document")
	return req
}

// newService returns the service: a page for its browsers.
func newService(clerk *sessionstest.Server, net http.RoundTripper) http.Handler {
	client, err := sessions.NewClient(clerk.SecretKey, sessions.WithBaseURL(clerk.URL),
		sessions.WithHTTPClient(&http.Client{Transport: net}))
	must(err)
	auth, err := sessionhttp.New(client, clerk.PublishableKey,
		sessionhttp.WithOrigin("https://"+appHost), sessionhttp.WithJWTKey(clerk.PublicKeyPEM()),
		sessionhttp.WithClock(clerk.Now))
	must(err)
	page := func(w http.ResponseWriter, req *http.Request) {
		who, _ := sessionhttp.FromContext(req.Context())
		w.Header().Set("User", who.UserID)
	}
	return auth.Middleware(http.HandlerFunc(page))
}

// A network has a round trip's time between a browser, a service and Clerk.
type network struct {
	roundTrip time.Duration
	hosts     map[string]http.Handler
	hops      []hop // one after another
}

func (n *network) RoundTrip(req *http.Request) (*http.Response, error) {
	h := hop{from: "browser", to: "service", at: time.Now()}
	switch req.URL.Host {
	case appHost:
	case frontendHost:
		h.to = "Clerk"
	default:
		h.from, h.to = "service", "Clerk"
	}
	n.hops = append(n.hops, h)
	<-time.After(n.roundTrip)
	inbound := req.Clone(req.Context())
	inbound.Host, inbound.RequestURI = req.URL.Host, req.URL.RequestURI()
	if inbound.Body == nil {
		inbound.Body = http.NoBody
	}
	answer := httptest.NewRecorder()
	n.hosts[req.URL.Host].ServeHTTP(answer, inbound)
	resp := answer.Result()
	resp.Request = req
	return resp, nil
}

// hang returns how long pages wait while Clerk takes requests and answers none: five visitors a
// second for 40 seconds, each with an expired token. The other service asks by an http.Client with
// a timeout of 10 s.
func hang() [][]string {
	const perSecond, seconds = 5, 40
	clerk := sessionstest.NewServer(sessionstest.WithProduction())
	defer clerk.Close()
	silent := roundTripper(func(req *http.Request) (*http.Response, error) {
		<-req.Context().Done()
		return nil, req.Context().Err()
	})
	ours := newService(clerk, silent)
	plain := &http.Client{Transport: silent, Timeout: 10 * time.Second}
	var visitors [][]*http.Cookie
	for i := range perSecond * seconds {
		visitors = append(visitors, clerk.SignIn("user_"+strconv.Itoa(i)).Cookies)
	}
	clerk.Advance(2 * time.Minute)

	came := make([]time.Duration, len(visitors))
	waits := [2][]time.Duration{
		make([]time.Duration, len(visitors)), make([]time.Duration, len(visitors)),
	}
	next := time.NewTicker(time.Second / perSecond)
	start := time.Now()
	var pages sync.WaitGroup
	for i, cookies := range visitors {
		<-next.C
		now := time.Now()
		came[i] = now.Sub(start)
		pages.Go(func() {
			req := newRequest()
			req.RequestURI = "/"
			for _, cookie := range cookies {
				req.AddCookie(cookie)
			}
			ours.ServeHTTP(httptest.NewRecorder(), req)
			waits[0][i] = time.Since(now)
		})
		pages.Go(func() {
			resp, err := plain.Post(clerk.URL+"/v1/sessions/sess_1/refresh", "application/json",
				http.NoBody)
			if err == nil {
				_ = resp.Body.Close()
			}
			waits[1][i] = time.Since(now)
		})
	}
	pages.Wait()
	rows := [][]string{{"ms", "ours ms", "http.Client ms"}}
	for i := range visitors {
		rows = append(rows, []string{
			milliseconds(came[i]), milliseconds(waits[0][i]), milliseconds(waits[1][i]),
		})
	}
	return rows
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 1, 64)
}

func write(name string, rows [][]string) {
	file, err := os.Create(name) //nolint:gosec // the directory is the caller's choice
	must(err)
	must(csv.NewWriter(file).WriteAll(rows))
	must(file.Close())
}

func mustParse(raw string) *url.URL {
	u, err := url.Parse(raw)
	must(err)
	return u
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
