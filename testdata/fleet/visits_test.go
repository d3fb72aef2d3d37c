//go:build linux

package fleet

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// parallel is how many requests a browser sends at the same time.
const parallel = 8

// visit is what came of a request for a page.
type visit struct {
	at      time.Duration // since the first
	took    time.Duration
	status  int
	trouble string // "" if the page was served, signed in, to the right visitor
	cookies []string
}

// visit asks for a page as a browser does.
func (s *stage) visit(base string, who sessionstest.SignIn) (v visit) {
	start := time.Now()
	defer func() { v.took = time.Since(start) }()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, base+"/", nil)
	if err != nil {
		s.tb.Fatal(err)
	}
	for _, cookie := range who.Cookies {
		req.AddCookie(cookie)
	}
	resp, err := s.browser.Do(req)
	if err != nil {
		v.trouble = err.Error()
		return v
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, resp.Body)
	v.status = resp.StatusCode
	for _, cookie := range resp.Cookies() {
		v.cookies = append(v.cookies, cookie.Value)
	}
	session, _ := s.clerk.Session(who.SessionID)
	if user := resp.Header.Get(userHeader); v.status != http.StatusOK || user != session.UserID {
		v.trouble = fmt.Sprintf("status %d, user %q, %s", v.status, user, resp.Header.Get(reasonHeader))
	}
	return v
}

// visits are those of many.
type visits struct {
	all       []visit
	refreshes int
}

// browse lets the visitors arrive, so many a second, each with parallel requests at the same time.
// With 0 all arrive at once, without the balancer, which would run out of files. Meanwhile disturb
// runs, if there is one.
func (s *stage) browse(perSecond float64, disturb func()) visits {
	var (
		mu  sync.Mutex
		all []visit
		wg  sync.WaitGroup
	)
	if disturb != nil {
		wg.Go(disturb)
	}
	start := time.Now()
	for i, who := range s.visitors {
		if perSecond > 0 {
			<-time.After(time.Until(start.Add(time.Duration(float64(i) / perSecond * float64(time.Second)))))
		}
		for n := range parallel {
			base := s.balancer.URL
			if perSecond == 0 {
				base = s.processes[(i*parallel+n)%len(s.processes)].url.String()
			}
			wg.Go(func() {
				at := time.Since(start)
				v := s.visit(base, who)
				v.at = at
				mu.Lock()
				defer mu.Unlock()
				all = append(all, v)
			})
		}
	}
	wg.Wait()
	refreshes, _ := s.clerk.asked("RefreshSession")
	return visits{all, refreshes}
}

// served returns how many pages were served, whoever the visitor was to them.
func (v visits) served() int {
	return v.count(func(v visit) bool { return v.status == http.StatusOK })
}

// servedText returns that number beside that of all pages.
func (v visits) servedText() string { return fmt.Sprintf("%d of %d", v.served(), len(v.all)) }

// signedOut returns how many pages did not know their visitor.
func (v visits) signedOut() int { return v.count(func(v visit) bool { return v.trouble != "" }) }

func (v visits) count(is func(visit) bool) (n int) {
	for _, visit := range v.all {
		if is(visit) {
			n++
		}
	}
	return n
}

// troubles returns up to three examples of what went wrong.
func (v visits) troubles() (texts []string) {
	for _, visit := range v.all {
		if visit.trouble != "" && len(texts) < 3 {
			texts = append(texts, visit.trouble)
		}
	}
	return texts
}

// between returns the visits that began at these times.
func (v visits) between(from, to time.Duration) visits {
	return visits{all: slices.DeleteFunc(slices.Clone(v.all), func(v visit) bool { return v.at < from || v.at > to })}
}

// times returns how long pages took: the median, the 95th percentile, and the longest.
func (v visits) times() (p50, p95, longest time.Duration) {
	var times []time.Duration
	for _, visit := range v.all {
		times = append(times, visit.took)
	}
	return percentiles(times)
}

func percentiles(times []time.Duration) (p50, p95, longest time.Duration) {
	if len(times) == 0 {
		return 0, 0, 0
	}
	slices.Sort(times)
	return times[len(times)/2], times[len(times)*95/100], times[len(times)-1]
}

// text returns a time as the tables have it.
func text(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// timesText returns the three times.
func (v visits) timesText() string {
	if len(v.all) == 0 {
		return "–"
	}
	p50, p95, longest := v.times()
	return fmt.Sprintf("%s / %s / %s", text(p50), text(p95), text(longest))
}
