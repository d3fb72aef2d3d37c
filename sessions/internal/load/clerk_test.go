package load_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// admits says whether a server takes a request now, and if not, after which time it will take requests again. Time
// is counted from the start of the load.
type admits func(now time.Duration) (wait time.Duration)

// windows admits a number of requests in each window of a fixed length; another process takes the whole of every
// n-th window, unless n is 0.
func windows(limit int, per time.Duration, takenEvery int) func() admits {
	return func() admits {
		window, used := -1, 0
		return func(now time.Duration) time.Duration {
			if n := int(now / per); n != window {
				window, used = n, 0
			}
			if used < limit && (takenEvery == 0 || window%takenEvery != takenEvery-1) {
				used++
				return 0
			}
			return time.Duration(window+1)*per - now
		}
	}
}

// partlyTaken is windows of which other processes take random parts.
func partlyTaken(limit int, per time.Duration) func() admits {
	return func() admits {
		random := rand.New(rand.NewPCG(1, 3))
		window, left := -1, 0
		return func(now time.Duration) time.Duration {
			for ; window < int(now/per); window++ {
				left = random.IntN(limit + 1)
			}
			if left > 0 {
				left--
				return 0
			}
			return time.Duration(window+1)*per - now
		}
	}
}

// sliding admits a number of requests in any time of a fixed length.
func sliding(limit int, per time.Duration) func() admits {
	return func() admits {
		var admitted []time.Duration
		return func(now time.Duration) time.Duration {
			for len(admitted) > 0 && admitted[0] <= now-per {
				admitted = admitted[1:]
			}
			if len(admitted) == limit {
				return admitted[0] + per - now
			}
			admitted = append(admitted, now)
			return 0
		}
	}
}

// bucket admits a number of requests at once, and a number a second in the long run.
func bucket(size, perSecond float64) func() admits {
	return func() admits {
		tokens, last := size, time.Duration(0)
		return func(now time.Duration) time.Duration {
			tokens, last = min(size, tokens+perSecond*(now-last).Seconds()), now
			if tokens < 1 {
				return time.Duration((1 - tokens) / perSecond * float64(time.Second))
			}
			tokens--
			return 0
		}
	}
}

// anything admits every request.
func anything() admits { return func(time.Duration) time.Duration { return 0 } }

// The ways in which a server says for how long to be silent.
func rounded(wait time.Duration) string {
	return strconv.Itoa(int((wait + time.Second - 1) / time.Second))
}
func roundedDown(wait time.Duration) string { return strconv.Itoa(int(wait / time.Second)) }
func unsaid(time.Duration) string           { return "" }
func constant(seconds string) func(time.Duration) string {
	return func(time.Duration) string { return seconds }
}

// A load is what a server does and what is asked of it. Its calls come at random times from one seed.
type load struct {
	admits      func() admits
	retryAfter  func(wait time.Duration) string
	latency     [2]time.Duration // the shortest and the longest
	rate        float64          // calls a second, of all clients
	deadline    time.Duration    // of each call; 0 = none
	length      time.Duration    // calls come for so long
	burst       int              // this many calls at once instead, after a call that was refused oddly
	clients     int              // the processes that share the calls; 0 = 1
	refuseFirst string           // the Retry-After of a 429 to the very first request, whatever the limit
	poison      time.Duration    // how often somebody asks for the id that is always refused; 0 = never
	seed        uint64
}

// A caller sends one call of a client.
type caller func(ctx context.Context, id string) error

// figures are what came of a load.
type figures struct {
	calls, served, refused, sent int
	bySecond                     []int         // calls served
	last                         time.Duration // when the last call was served
}

// goodput is the share of the calls that were served.
func (f *figures) goodput() float64 { return float64(f.served) / float64(f.calls) }

// lastQuarter is how many calls were served in the last quarter of a load.
func (f *figures) lastQuarter(length time.Duration) (n int) {
	for second, served := range f.bySecond {
		if time.Duration(second)*time.Second >= length*3/4 {
			n += served
		}
	}
	return n
}

const poisonID = "sess_poison"

// run puts the load on clients that newCaller makes, in a bubble.
func (l load) run(t *testing.T, newCaller func(*testing.T, http.RoundTripper) caller) *figures {
	f := &figures{}
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var mu sync.Mutex
		var calls sync.WaitGroup
		transport := l.clerk(start, &mu, f)
		callers := make([]caller, max(1, l.clients))
		for i := range callers {
			callers[i] = newCaller(t, transport)
		}
		call := func(get caller, id string) {
			ctx := t.Context()
			if l.deadline != 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, l.deadline)
				defer cancel()
			}
			err := get(ctx, id)
			if id == poisonID {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			f.calls++
			if err != nil {
				return
			}
			f.served++
			f.last = time.Since(start)
			for second := int(f.last / time.Second); len(f.bySecond) <= second; {
				f.bySecond = append(f.bySecond, 0)
			}
			f.bySecond[int(f.last/time.Second)]++
		}
		if l.poison != 0 {
			calls.Go(func() {
				for time.Since(start) < l.length {
					time.Sleep(l.poison)
					calls.Go(func() { call(callers[0], poisonID) })
				}
			})
		}
		if l.refuseFirst != "" {
			_ = callers[0](t.Context(), "sess_first")
		}
		for range l.burst {
			calls.Go(func() { call(callers[0], "sess_1") })
		}
		random := rand.New(rand.NewPCG(l.seed, 1))
		for i := 0; l.rate > 0 && time.Since(start) < l.length; i++ {
			time.Sleep(time.Duration(random.ExpFloat64() / l.rate * float64(time.Second)))
			calls.Go(func() { call(callers[i%len(callers)], "sess_1") })
		}
		calls.Wait()
	})
	return f
}

// A roundTripper answers without a network.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

const session = `{"object":"session","id":"sess_1","client_id":"client_1","user_id":"user_1","status":"active",` +
	`"last_active_at":1,"expire_at":2,"abandon_at":3,"created_at":4,"updated_at":5}`

func response(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status,
		Header:     http.Header{"Content-Type": {"application/json"}},
		Body:       io.NopCloser(strings.NewReader(body)),
	}
}

// clerk is the server of a load.
func (l load) clerk(start time.Time, mu *sync.Mutex, f *figures) roundTripper {
	random := rand.New(rand.NewPCG(l.seed, 2))
	ask := l.admits()
	return func(req *http.Request) (*http.Response, error) {
		mu.Lock()
		latency := l.latency[0] + time.Duration(random.Int64N(int64(l.latency[1]-l.latency[0])+1))
		mu.Unlock()
		time.Sleep(latency / 2)
		mu.Lock()
		f.sent++
		first := f.sent == 1 && l.refuseFirst != ""
		wait := time.Duration(0)
		switch {
		case first || strings.Contains(req.URL.Path, poisonID):
			wait = time.Second
		default:
			wait = ask(time.Since(start))
		}
		if wait > 0 {
			f.refused++
		}
		mu.Unlock()
		answer := time.NewTimer(latency - latency/2)
		defer answer.Stop()
		select {
		case <-answer.C:
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
		if wait == 0 {
			return response(200, session), nil
		}
		resp := response(429, `{"errors":[]}`)
		said := l.retryAfter(wait)
		if first {
			said = l.refuseFirst
		}
		if said != "" {
			resp.Header.Set("Retry-After", said)
		}
		return resp, nil
	}
}

// ours makes a client of this package.
func ours(opts ...sessions.Option) func(*testing.T, http.RoundTripper) caller {
	return func(t *testing.T, transport http.RoundTripper) caller {
		hc := &http.Client{Transport: transport}
		client, err := sessions.NewClient("sk_test_load", append(opts, sessions.WithHTTPClient(hc))...)
		if err != nil {
			t.Fatal(err)
		}
		return func(ctx context.Context, id string) error {
			_, err := client.Get(ctx, id)
			return err
		}
	}
}

var errNaive = errors.New("no luck")

// naive makes the client that people write by themselves: three attempts, and it waits for as long as a 429 asks.
func naive(_ *testing.T, transport http.RoundTripper) caller {
	return func(ctx context.Context, id string) error {
		for attempt := 1; ; attempt++ {
			req, err := http.NewRequestWithContext(ctx, "GET", "https://api.clerk.com/v1/sessions/"+id, nil)
			if err != nil {
				return err
			}
			resp, err := transport.RoundTrip(req)
			if err != nil || resp.StatusCode == 200 {
				return err
			}
			wait, err := strconv.Atoi(resp.Header.Get("Retry-After"))
			if err != nil {
				wait = 1
			}
			if attempt == 3 {
				return errNaive
			}
			select {
			case <-time.After(time.Duration(wait) * time.Second):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}
