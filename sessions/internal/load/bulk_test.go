package load_test

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

var bulkSentence = flag.String("bulk-sentence", "", "let TestBulkJobBesideVisitors write its figures into this file")

// A bulk job of 3,000 calls runs beside seven processes that ask for five sessions a second each, with deadlines of
// 5 s, on one key. What the job may use up is for the job to say: its client has a limit.
func TestBulkJobBesideVisitors(t *testing.T) {
	t.Parallel()
	var failures [2]int
	t.Cleanup(func() {
		if *bulkSentence == "" || t.Failed() {
			return
		}
		sentence := fmt.Sprintf("3,000 calls beside 35 reads a second with deadlines of 5 s, on one key, failed "+
			"%d of 1,400 reads without that line, and %d with it.\n", failures[0], failures[1])
		if err := os.WriteFile(*bulkSentence, []byte(sentence), 0o600); err != nil {
			t.Error(err)
		}
	})
	for i, row := range []struct {
		name   string
		opts   []sessions.Option
		failed [2]int // of 1,400, at least and at most
	}{
		{"without a limit", nil, [2]int{1, 1400}},
		{"with a limit of 50 a second", []sessions.Option{sessions.WithLimiter(rate.NewLimiter(50, 10))}, [2]int{0, 0}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			l := load{admits: windows(1000, 10*time.Second, 0), retryAfter: rounded, latency: usual, seed: 2}
			failed, took := l.besideBulkJob(t, ours(append(row.opts, sessions.WithCallTimeout(10*time.Minute))...))
			t.Logf("%d of 1400 calls of visitors failed; the job took %v", failed, took)
			failures[i] = failed
			if failed < row.failed[0] || failed > row.failed[1] {
				t.Errorf("%d calls of visitors failed, want %d to %d", failed, row.failed[0], row.failed[1])
			}
		})
	}
}

// besideBulkJob returns how many calls of visitors failed, and how long the job took.
func (l load) besideBulkJob(t *testing.T,
	newBulk func(*testing.T, http.RoundTripper) caller,
) (failed int, took time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var all sync.WaitGroup
		start := time.Now()
		clerk := l.clerk(start, &mu, &figures{})
		bulk, jobs := newBulk(t, clerk), make(chan struct{})
		for range 64 {
			all.Go(func() {
				for range jobs {
					if err := bulk(t.Context(), "sess_1"); err != nil {
						t.Errorf("the job failed: %v", err)
					}
				}
			})
		}
		all.Go(func() {
			for range 3000 {
				jobs <- struct{}{}
			}
			close(jobs)
			took = time.Since(start)
		})
		for range 7 {
			visitors := ours()(t, clerk)
			all.Go(func() {
				for range 200 {
					time.Sleep(200 * time.Millisecond)
					all.Go(func() {
						ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
						defer cancel()
						if visitors(ctx, "sess_1") != nil {
							mu.Lock()
							failed++
							mu.Unlock()
						}
					})
				}
			})
		}
		all.Wait()
	})
	return failed, took
}
