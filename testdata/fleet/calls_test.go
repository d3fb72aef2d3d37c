//go:build linux

package fleet

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

func TestTokens(t *testing.T) {
	of := sizes()
	for _, limited := range []bool{false, true}[:map[bool]int{false: 1, true: 2}[*whole]] {
		under := map[bool]string{true: "; under 1000 / 10 s"}[limited]
		p := plan{processes: of.processes, visitors: of.tokens, limited: limited}
		without, with := inTurn(t, p, func(s *stage, store bool) (string, error) {
			start := time.Now()
			failed := s.askForTokens(of.asks)
			took := time.Since(start)
			mints, refused := s.clerk.asked("CreateSessionToken")
			var errs []error
			if store {
				errs = append(errs, atMost("mints", mints-refused, of.tokens, 0.01))
			}
			if store || !limited {
				errs = append(errs, atMost("tokens that did not come", failed, 0, 0))
			}
			return fmt.Sprintf("%d mints, %d × 429, %d failed; %s", mints-refused, refused, failed, text(took)),
				errors.Join(errs...)
		})
		rowsTable.add(t, fmt.Sprintf("%d sessions' tokens, each asked for %d times at random processes%s",
			of.tokens, of.asks, under), fmt.Sprintf("%d (+1 %%)", of.tokens), without, with)
	}
}

// askForTokens asks random processes for each visitor's token so many times, 32 at once, and
// returns how often that failed.
func (s *stage) askForTokens(asks int) (failed int) {
	type ask struct {
		base string
		who  sessionstest.SignIn
	}
	queue := make(chan ask)
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range 32 {
		wg.Go(func() {
			for a := range queue {
				answer, err := s.send(http.MethodGet, a.base+"/token?session="+a.who.SessionID)
				if err != nil || !strings.Contains(claims(answer), a.who.SessionID) {
					s.tb.Logf("a token: %v", err)
					mu.Lock()
					failed++
					mu.Unlock()
				}
			}
		})
	}
	order := s.random.Perm(len(s.visitors) * asks)
	for _, i := range order {
		queue <- ask{s.somewhere(), s.visitors[i%len(s.visitors)]}
	}
	close(queue)
	wg.Wait()
	return failed
}

// claims returns the payload of a token.
func claims(jwt string) string {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return ""
	}
	payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
	return string(payload)
}

// send sends a request to a process, and returns the body of a good answer.
func (s *stage) send(method, address string) (string, error) {
	req, err := http.NewRequestWithContext(context.Background(), method, address, nil)
	if err != nil {
		return "", err
	}
	resp, err := s.browser.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %s", resp.StatusCode, body)
	}
	return string(body), err
}

func TestBulkJobBesideOthers(t *testing.T) {
	ifWhole(t)
	const jobs, lasting, perSecond = 3000, 40, 5
	of := sizes()
	others := (of.processes - 1) * perSecond * lasting
	run := func(name string, p plan) (said string) {
		t.Run(name, func(t *testing.T) {
			p.processes, p.visitors, p.limited = of.processes, 1, true
			s := newStage(t, p)
			session := "?session=" + s.visitors[0].SessionID
			var mu sync.Mutex
			var times []time.Duration
			failed := 0
			var wg sync.WaitGroup
			// The job ends with its process, at the latest.
			go s.send(http.MethodPost, fmt.Sprint(s.processes[0].url, "/bulk", session, "&n=", jobs))
			tick := time.NewTicker(time.Second / perSecond)
			defer tick.Stop()
			for range perSecond * lasting {
				for _, process := range s.processes[1:] {
					wg.Go(func() {
						start := time.Now()
						_, err := s.send(http.MethodGet, process.url.String()+"/get"+session)
						mu.Lock()
						defer mu.Unlock()
						times = append(times, time.Since(start))
						if err != nil {
							failed++
						}
					})
				}
				<-tick.C
			}
			wg.Wait()
			p50, p95, _ := percentiles(times)
			all, refused := s.clerk.asked("")
			said = fmt.Sprintf("%d; p50 %s, p95 %s; of the job %d done", failed, text(p50), text(p95),
				min(jobs, all-refused-(len(times)-failed)))
			if name != "without" && failed != 0 {
				t.Errorf("%d of %d failed", failed, len(times))
			}
			if len(times) != others {
				t.Errorf("%d calls beside the job, want %d", len(times), others)
			}
		})
		return said
	}
	without := run("without", plan{})
	local := run("local limit", plan{change: func(_ int, set *settings) { set.BulkLimit = 50 }})
	shared := run("shared limit", plan{store: true, change: func(_ int, set *settings) { set.SharedLimit = true }})
	rowsTable.add(t, fmt.Sprintf("a bulk job of %d, and for %d s beside it %d × %d Gets/s with 5 s deadlines, "+
		"1000 / 10 s: failed of %d Gets", jobs, lasting, of.processes-1, perSecond, others),
		"0", without, "with the shared limit: "+shared)
	rowsTable.add(t, "the same with a limit of 50/s on the bulk job's client alone", "0", local, "–")
}

func TestRevokeAll(t *testing.T) {
	ifWhole(t)
	const each, apart = 500, 2500 * time.Millisecond
	of := sizes()
	p := plan{processes: of.processes, limited: true, change: func(_ int, set *settings) {
		set.SharedLimit = set.Store != ""
	}}
	without, with := inTurn(t, p, func(s *stage, store bool) (string, error) {
		for i := range s.processes {
			for range each {
				s.clerk.AddSession(sessionstest.Session{UserID: fmt.Sprintf("user_%d", i)})
			}
		}
		start := time.Now()
		var wg sync.WaitGroup
		for i, process := range s.processes {
			<-time.After(time.Until(start.Add(time.Duration(i) * apart)))
			wg.Go(func() {
				user := url.QueryEscape(fmt.Sprintf("user_%d", i))
				revoked, err := s.send(http.MethodPost, process.url.String()+"/revoke-all?user="+user)
				if n, _ := strconv.Atoi(revoked); err != nil || n != each {
					s.tb.Errorf("RevokeAll of %s: %q, %v", user, revoked, err)
				}
			})
		}
		wg.Wait()
		took := time.Since(start)
		_, refused := s.clerk.asked("")
		var err error
		if store {
			err = atMost("429s", refused, 0, 0)
		}
		return fmt.Sprintf("%s, %d × 429", text(took), refused), err
	})
	rowsTable.add(t, fmt.Sprintf("%d × RevokeAll(%d), started %s apart (at best 40 s)", of.processes, each, text(apart)),
		"≤ 46 s, 0 × 429", without, "with the shared limit: "+with)
}
