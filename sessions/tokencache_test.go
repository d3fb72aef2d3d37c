package sessions_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// A tokenRequest is what a TokenCache is asked for.
type tokenRequest struct {
	Session string
	Params  sessions.TokenParams
}

// A mint makes tokens that live for a minute, or for as long as they are asked to, and keeps a
// record of what it was asked for.
type mint struct {
	takes  time.Duration                                          // for one token
	answer func(n int, req tokenRequest) (*sessions.Token, error) // to the nth request, from 1 on; nil for a good token

	mu        sync.Mutex
	asked     []tokenRequest
	cancelled atomic.Int64 // requests whose context ended before they did
}

func (m *mint) GetToken(ctx context.Context, sessionID string, params sessions.TokenParams) (*sessions.Token, error) {
	req := tokenRequest{sessionID, params}
	m.mu.Lock()
	m.asked = append(m.asked, req)
	n := len(m.asked)
	m.mu.Unlock()
	if m.takes > 0 {
		select {
		case <-time.After(m.takes):
		case <-ctx.Done():
			m.cancelled.Add(1)
			return nil, ctx.Err()
		}
	}
	if m.answer != nil {
		return m.answer(n, req)
	}
	lifetime := time.Minute
	if params.ExpiresIn > 0 {
		lifetime = params.ExpiresIn
	}
	return tokenUntil(time.Now().Add(lifetime)), nil
}

func (m *mint) requests() []tokenRequest {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]tokenRequest{}, m.asked...)
}

// tokenUntil returns a token that expires at a time.
func tokenUntil(exp time.Time) *sessions.Token {
	return tokenWith(fmt.Sprintf(`{"exp":%d}`, exp.Unix()))
}

// tokenOf returns a token that was minted at a time, by Clerk's clock, and lives for a while.
func tokenOf(iat time.Time, life time.Duration) *sessions.Token {
	return tokenWith(fmt.Sprintf(`{"iat":%d,"exp":%d}`, iat.Unix(), iat.Add(life).Unix()))
}

// tokenWith returns a token with claims.
func tokenWith(claims string) *sessions.Token {
	return &sessions.Token{JWT: "eyJhbGciOiJSUzI1NiJ9." + base64.RawURLEncoding.EncodeToString([]byte(claims)) +
		".c2lnbmF0dXJl"}
}

// A step of a cache's life: what is done to it, and which requests to the minter that makes.
type cacheStep struct {
	wait   time.Duration // before the step
	get    string        // the session to get a token of
	params sessions.TokenParams
	forget string // instead: the session to forget
	mints  bool   // the minter is asked
	err    error  // what comes of it
}

var errMint = errors.New("the mint is closed")

func TestTokenCache(t *testing.T) {
	t.Parallel()
	refuseFirst := func(n int, _ tokenRequest) (*sessions.Token, error) {
		if n == 1 {
			return nil, errMint
		}
		return tokenUntil(time.Now().Add(time.Minute)), nil
	}
	always := func(token *sessions.Token) func(int, tokenRequest) (*sessions.Token, error) {
		return func(int, tokenRequest) (*sessions.Token, error) { return token, nil }
	}
	hasura := sessions.TokenParams{Template: "hasura"}
	hour := sessions.TokenParams{ExpiresIn: time.Hour}
	for _, row := range []struct {
		name    string
		options []sessions.TokenCacheOption
		answer  func(int, tokenRequest) (*sessions.Token, error)
		steps   []cacheStep
	}{
		{
			name:  "a token is kept",
			steps: []cacheStep{{get: "s", mints: true}, {get: "s"}, {get: "s", wait: 30 * time.Second}},
		},
		{
			name: "until 5 s before it expires", // it was minted at a whole second, and lives for 60
			steps: []cacheStep{
				{get: "s", mints: true},
				{get: "s", wait: 55*time.Second - 1},
				{get: "s", wait: 1, mints: true},
				{get: "s"},
			},
		},
		{
			name:    "until a margin before it expires",
			options: []sessions.TokenCacheOption{sessions.WithTokenMargin(20 * time.Second)},
			steps: []cacheStep{
				{get: "s", mints: true},
				{get: "s", wait: 40*time.Second - 1},
				{get: "s", wait: 1, mints: true},
			},
		},
		{
			name: "no margin", options: []sessions.TokenCacheOption{sessions.WithTokenMargin(0)},
			steps: []cacheStep{
				{get: "s", mints: true},
				{get: "s", wait: 60*time.Second - 1},
				{get: "s", wait: 1, mints: true},
			},
		},
		{
			name:    "a margin as long as the token lives",
			options: []sessions.TokenCacheOption{sessions.WithTokenMargin(time.Minute)},
			steps:   []cacheStep{{get: "s", mints: true}, {get: "s", mints: true}},
		},
		{
			name:    "a negative margin is the default",
			options: []sessions.TokenCacheOption{sessions.WithTokenMargin(-time.Hour)},
			steps: []cacheStep{
				{get: "s", mints: true},
				{get: "s", wait: 55*time.Second - 1},
				{get: "s", wait: 1, mints: true},
			},
		},
		{
			name: "as long as the token says, not as long as was asked",
			answer: func(int, tokenRequest) (*sessions.Token, error) {
				return tokenUntil(time.Now().Add(time.Minute)), nil
			},
			steps: []cacheStep{
				{get: "s", params: hour, mints: true},
				{get: "s", params: hour, wait: 55 * time.Second, mints: true},
			},
		},
		{
			name: "a token without exp is not kept", answer: always(tokenWith(`{}`)),
			steps: []cacheStep{{get: "s", mints: true}, {get: "s", mints: true}},
		},
		{
			name: "a token with an odd exp is not kept", answer: always(tokenWith(`{"exp":"soon"}`)),
			steps: []cacheStep{{get: "s", mints: true}, {get: "s", mints: true}},
		},
		{
			name: "our clock is an hour ahead", answer: func(int, tokenRequest) (*sessions.Token, error) {
				return tokenOf(time.Now().Add(-time.Hour), time.Minute), nil
			},
			steps: []cacheStep{
				{get: "s", mints: true},
				{get: "s", wait: 55*time.Second - 1},
				{get: "s", wait: 1, mints: true},
			},
		},
		{
			name: "our clock is an hour behind", answer: func(int, tokenRequest) (*sessions.Token, error) {
				return tokenOf(time.Now().Add(time.Hour), time.Minute), nil
			},
			steps: []cacheStep{
				{get: "s", mints: true},
				{get: "s", wait: 55*time.Second - 1},
				{get: "s", wait: 1, mints: true},
			},
		},
		{
			name: "an iat that is no number is none", answer: func(int, tokenRequest) (*sessions.Token, error) {
				return tokenWith(fmt.Sprintf(`{"iat":"now","exp":%d}`, time.Now().Add(time.Minute).Unix())), nil
			},
			steps: []cacheStep{
				{get: "s", mints: true},
				{get: "s", wait: 55*time.Second - 1},
				{get: "s", wait: 1, mints: true},
			},
		},
		{
			name: "a token that was never good is not kept", answer: func(int, tokenRequest) (*sessions.Token, error) {
				return tokenOf(time.Now(), -time.Minute), nil
			},
			steps: []cacheStep{{get: "s", mints: true}, {get: "s", mints: true}},
		},
		{
			name: "a token that has expired is not kept", answer: always(tokenWith(`{"exp":1}`)),
			steps: []cacheStep{{get: "s", mints: true}, {get: "s", mints: true}},
		},
		{
			name: "what is not a JWT is not kept", answer: always(&sessions.Token{JWT: "opaque"}),
			steps: []cacheStep{{get: "s", mints: true}, {get: "s", mints: true}},
		},
		{
			name: "an error is not kept", answer: refuseFirst,
			steps: []cacheStep{{get: "s", mints: true, err: errMint}, {get: "s", mints: true}, {get: "s"}},
		},
		{
			name:  "another session is another token",
			steps: []cacheStep{{get: "s", mints: true}, {get: "t", mints: true}, {get: "s"}, {get: "t"}},
		},
		{
			name: "another template is another token",
			steps: []cacheStep{
				{get: "s", mints: true},
				{get: "s", params: hasura, mints: true},
				{get: "s"},
				{get: "s", params: hasura},
			},
		},
		{
			name: "another lifetime is another token",
			steps: []cacheStep{
				{get: "s", mints: true},
				{get: "s", params: hour, mints: true},
				{get: "s"},
				{get: "s", params: hour},
				{get: "s", params: hour, wait: 59 * time.Minute},
				{get: "s", mints: true},
			},
		},
		{
			name: "the parts of a key are not run together",
			steps: []cacheStep{
				{get: "ab", params: sessions.TokenParams{Template: "c"}, mints: true},
				{get: "a", params: sessions.TokenParams{Template: "bc"}, mints: true},
			},
		},
		{
			name: "Forget drops every token of a session, and of no other",
			steps: []cacheStep{
				{get: "s", mints: true},
				{get: "s", params: hasura, mints: true},
				{get: "s", params: hour, mints: true},
				{get: "t", mints: true},
				{forget: "s"},
				{get: "t"},
				{get: "s", mints: true},
				{get: "s", params: hasura, mints: true},
				{get: "s", params: hour, mints: true},
				{get: "s"},
			},
		},
		{
			name: "Forget of what is not there",
			steps: []cacheStep{
				{forget: "s"},
				{get: "s", mints: true},
				{forget: "t"},
				{get: "s"},
				{forget: "s"},
				{forget: "s"},
			},
		},
		{
			name:    "the token that was not used for longest makes room",
			options: []sessions.TokenCacheOption{sessions.WithTokenCacheSize(2)},
			steps: []cacheStep{
				{get: "a", mints: true},
				{get: "b", mints: true},
				{get: "a"},
				{get: "c", mints: true},
				{get: "a"},
				{get: "c"},
				{get: "b", mints: true},
				{get: "c"},
				{get: "a", mints: true},
			},
		},
		{
			name: "one token of room", options: []sessions.TokenCacheOption{sessions.WithTokenCacheSize(1)},
			steps: []cacheStep{
				{get: "s", mints: true},
				{get: "s"},
				{get: "s", params: hasura, mints: true},
				{get: "s", params: hasura},
				{get: "s", mints: true},
				{forget: "s"},
				{get: "s", mints: true},
			},
		},
		{
			name:    "a size below 1 is the default",
			options: []sessions.TokenCacheOption{sessions.WithTokenCacheSize(1), sessions.WithTokenCacheSize(0)},
			steps:   []cacheStep{{get: "a", mints: true}, {get: "b", mints: true}, {get: "a"}, {get: "b"}},
		},
		{
			name: "a nil option is none", options: []sessions.TokenCacheOption{nil},
			steps: []cacheStep{{get: "s", mints: true}, {get: "s"}},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				minter := &mint{answer: row.answer}
				cache := sessions.NewTokenCache(minter, row.options...)
				var want []tokenRequest
				for i, step := range row.steps {
					time.Sleep(step.wait)
					if step.forget != "" {
						cache.Forget(step.forget)
						continue
					}
					if step.mints {
						want = append(want, tokenRequest{step.get, step.params})
					}
					token, err := cache.GetToken(t.Context(), step.get, step.params)
					if !errors.Is(err, step.err) || (token == nil) != (step.err != nil) {
						t.Errorf("step %d returned %v, %v; want error %v", i, token, err, step.err)
					}
					if diff := cmp.Diff(want, minter.requests()); diff != "" {
						t.Fatalf("requests to the minter up to step %d (-want +got):\n%s", i, diff)
					}
				}
			})
		})
	}
}

// A cache is bounded by 10,000 tokens unless told otherwise.
func TestTokenCacheDefaultSize(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		minter := &mint{}
		cache := sessions.NewTokenCache(minter)
		get := func(session int) {
			if _, err := cache.GetToken(t.Context(), fmt.Sprintf("s%d", session), sessions.TokenParams{}); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 10_001 {
			get(i)
		}
		get(1) // the first but one is still there
		if n := len(minter.requests()); n != 10_001 {
			t.Errorf("%d requests, want 10001: the cache keeps less than 10000 tokens", n)
		}
		get(0)
		if n := len(minter.requests()); n != 10_002 {
			t.Errorf("%d requests, want 10002: the cache keeps more than 10000 tokens", n)
		}
	})
}

// A hit is the very token that was kept.
func TestTokenCacheShares(t *testing.T) {
	t.Parallel()
	cache := sessions.NewTokenCache(&mint{})
	first, err := cache.GetToken(t.Context(), "s", sessions.TokenParams{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := cache.GetToken(t.Context(), "s", sessions.TokenParams{})
	if second != first || err != nil {
		t.Errorf("the hit returned %p, %v; want %p", second, err, first)
	}
}

func TestTokenCacheConcurrentMisses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		takes time.Duration
	}{
		{"a slow minter", 20 * time.Millisecond},
		{"a minter that is faster than the callers come", 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				minter := &mint{takes: row.takes}
				cache := sessions.NewTokenCache(minter)
				const rounds = 20
				for round := range rounds {
					session := fmt.Sprintf("s%d", round)
					tokens := make([]*sessions.Token, 1000)
					start := make(chan struct{})
					var running sync.WaitGroup
					for i := range tokens {
						running.Go(func() {
							<-start
							var err error
							if tokens[i], err = cache.GetToken(t.Context(), session,
								sessions.TokenParams{}); err != nil {
								t.Error(err)
							}
						})
					}
					synctest.Wait()
					close(start)
					running.Wait()
					for i, token := range tokens {
						if token != tokens[0] {
							t.Fatalf("callers 0 and %d got different tokens", i)
						}
					}
				}
				if n := len(minter.requests()); n != rounds {
					t.Errorf("%d requests for %d keys, want one for each", n, rounds)
				}
			})
		})
	}
}

// A waiter is a caller of a cache whose minter takes a second.
type waiter struct {
	comes, leaves time.Duration // leaves: 0 = never
	want          error         // nil for a token
}

func TestTokenCacheCancellation(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for _, row := range []struct {
		name                string
		waiters             []waiter
		requests, cancelled int
	}{
		{"nobody leaves", []waiter{{}, {comes: 100 * ms}}, 1, 0},
		{"the first leaves", []waiter{{leaves: 200 * ms, want: context.DeadlineExceeded}, {comes: 100 * ms}}, 1, 0},
		{"the second leaves", []waiter{{}, {comes: 100 * ms, leaves: 200 * ms, want: context.DeadlineExceeded}}, 1, 0},
		{
			"all leave",
			[]waiter{
				{leaves: 200 * ms, want: context.DeadlineExceeded},
				{comes: 100 * ms, leaves: 300 * ms, want: context.DeadlineExceeded},
			},
			1, 1,
		},
		{
			"all leave, and somebody comes",
			[]waiter{{leaves: 200 * ms, want: context.DeadlineExceeded}, {comes: 300 * ms}},
			2, 1,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				minter := &mint{takes: time.Second}
				cache := sessions.NewTokenCache(minter)
				start := time.Now()
				var running sync.WaitGroup
				for i, w := range row.waiters {
					running.Go(func() {
						time.Sleep(w.comes)
						ctx := t.Context()
						if w.leaves > 0 {
							var cancel context.CancelFunc
							ctx, cancel = context.WithTimeout(ctx, w.leaves-w.comes)
							defer cancel()
						}
						token, err := cache.GetToken(ctx, "s", sessions.TokenParams{})
						if !errors.Is(err, w.want) || (token == nil) != (w.want != nil) {
							t.Errorf("waiter %d got %v, %v; want error %v", i, token, err, w.want)
						}
						if w.want != nil && time.Since(start) != w.leaves {
							t.Errorf("waiter %d got its error after %v, want it after %v", i,
								time.Since(start), w.leaves)
						}
					})
				}
				running.Wait()
				if got := len(minter.requests()); got != row.requests {
					t.Errorf("%d requests, want %d", got, row.requests)
				}
				if got := int(minter.cancelled.Load()); got != row.cancelled {
					t.Errorf("%d requests were cancelled, want %d", got, row.cancelled)
				}
			})
		})
	}
}

// What a context ended matches as it does for Client.GetToken, and shows no secret either.
func TestTokenCacheContextErrors(t *testing.T) {
	t.Parallel()
	errCause := errors.New("the browser went away with sk_test_abcdefghijkl")
	for _, row := range []struct {
		name      string
		params    sessions.TokenParams
		operation string
	}{
		{"session token", sessions.TokenParams{}, "CreateSessionToken"},
		{"template", sessions.TokenParams{Template: "hasura"}, "CreateSessionTokenFromTemplate"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cache := sessions.NewTokenCache(&mint{takes: time.Second})
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(100*time.Millisecond, func() { cancel(errCause) })
				token, err := cache.GetToken(ctx, "s", row.params)
				if token != nil || !errors.Is(err, context.Canceled) || !errors.Is(err, errCause) {
					t.Errorf("got %v, %v; want an error that matches the context's error and its cause", token, err)
				}
				if e, ok := errors.AsType[*sessions.Error](err); !ok || e.Operation != row.operation ||
					e.StatusCode != 0 {
					t.Errorf("got %#v, want an *Error of %s without a status", err, row.operation)
				}
				if strings.Contains(fmt.Sprintf("%+v", err), "abcdefghijkl") {
					t.Errorf("the error shows what looks like a secret: %v", err)
				}
			})
		})
	}
}

// A context that has ended asks the minter for nothing, and may still have what is kept.
func TestTokenCacheAfterTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		minter := &mint{}
		cache := sessions.NewTokenCache(minter)
		ctx, cancel := context.WithCancel(t.Context())
		if _, err := cache.GetToken(ctx, "kept", sessions.TokenParams{}); err != nil {
			t.Fatal(err)
		}
		cancel()
		for range 100 {
			if token, err := cache.GetToken(ctx, "s", sessions.TokenParams{}); token != nil ||
				!errors.Is(err, context.Canceled) {
				t.Fatalf("a miss returned %v, %v", token, err)
			}
		}
		if n := len(minter.requests()); n != 1 {
			t.Errorf("the minter was asked %d times after the context had ended", n-1)
		}
		if token, err := cache.GetToken(ctx, "kept", sessions.TokenParams{}); token == nil || err != nil {
			t.Errorf("a hit returned %v, %v", token, err)
		}
	})
}

// A token that is being minted when its session is forgotten goes to those who wait, and to nobody
// else.
func TestTokenCacheForgetsWhatIsMinted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		minter := &mint{takes: time.Second}
		cache := sessions.NewTokenCache(minter)
		var running sync.WaitGroup
		get := func(session string) {
			running.Go(func() {
				if _, err := cache.GetToken(t.Context(), session, sessions.TokenParams{}); err != nil {
					t.Errorf("%s: %v", session, err)
				}
			})
			synctest.Wait()
		}
		get("s")
		get("s")
		get("t")
		time.Sleep(500 * time.Millisecond)
		cache.Forget("s")
		get("s") // asks anew
		get("t") // waits with the other
		if n := len(minter.requests()); n != 3 {
			t.Fatalf("%d requests after Forget, want 3", n)
		}
		time.Sleep(600 * time.Millisecond) // the first has come, and must not be kept
		get("s")                           // waits for the second
		running.Wait()
		if n := len(minter.requests()); n != 3 {
			t.Errorf("%d requests, want 3", n)
		}
		get("s")
		get("t")
		running.Wait()
		if n := len(minter.requests()); n != 3 {
			t.Errorf("%d requests, want 3: the token minted after Forget is not kept", n)
		}

		get("u")
		cache.Forget("u")
		running.Wait()
		get("u")
		running.Wait()
		if n := len(minter.requests()); n != 5 {
			t.Errorf("%d requests, want 5: a forgotten token was kept", n)
		}
	})
}

// A minter's panic reaches its callers, who may recover from it, and the cache goes on.
func TestTokenCachePanic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		minter := &mint{takes: time.Millisecond, answer: func(n int, _ tokenRequest) (*sessions.Token, error) {
			if n == 1 {
				panic("no luck")
			}
			return tokenUntil(time.Now().Add(time.Minute)), nil
		}}
		cache := sessions.NewTokenCache(minter)
		var running sync.WaitGroup
		var panics atomic.Int64
		for range 3 {
			running.Go(func() {
				defer func() {
					if got := recover(); got == "no luck" {
						panics.Add(1)
					}
				}()
				_, _ = cache.GetToken(t.Context(), "s", sessions.TokenParams{})
			})
		}
		running.Wait()
		if n := panics.Load(); n != 3 {
			t.Errorf("%d of 3 callers saw the panic", n)
		}
		if token, err := cache.GetToken(t.Context(), "s", sessions.TokenParams{}); token == nil || err != nil {
			t.Errorf("afterwards: %v, %v", token, err)
		}
	})
}

// Without a minter, and with a client that was not made by NewClient, a cache fails and does not
// panic.
func TestTokenCacheWithoutMinter(t *testing.T) {
	t.Parallel()
	for name, minter := range map[string]sessions.TokenMinter{
		"nil": nil, "nil client": (*sessions.Client)(nil),
		"zero client": &sessions.Client{},
	} {
		cache := sessions.NewTokenCache(minter)
		if token, err := cache.GetToken(t.Context(), "s", sessions.TokenParams{}); token != nil || err == nil {
			t.Errorf("%s: got %v, %v", name, token, err)
		}
		cache.Forget("s")
	}
}

// A cache that NewTokenCache did not make fails and does not panic.
func TestTokenCacheZero(t *testing.T) {
	t.Parallel()
	for name, cache := range map[string]*sessions.TokenCache{"nil": nil, "zero": {}} {
		token, err := cache.GetToken(t.Context(), "s", sessions.TokenParams{})
		if token != nil || err == nil {
			t.Errorf("%s: got %v, %v", name, token, err)
		}
		cache.Forget("s")
	}
}

// Parameters that are wrong are refused as the client refuses them.
func TestTokenCacheInvalidParams(t *testing.T) {
	t.Parallel()
	server := sessionstest.NewServer(sessionstest.WithoutListener())
	cache := sessions.NewTokenCache(fakeClient(t, server))
	for _, row := range []tokenRequest{
		{"", sessions.TokenParams{}},
		{"../users", sessions.TokenParams{}},
		{"sess_1", sessions.TokenParams{Template: "a/b"}},
		{"sess_1", sessions.TokenParams{ExpiresIn: -time.Second}},
		{"sess_1", sessions.TokenParams{ExpiresIn: time.Millisecond}},
	} {
		if token, err := cache.GetToken(t.Context(), row.Session, row.Params); token != nil ||
			!errors.Is(err, sessions.ErrInvalidParams) {
			t.Errorf("%+v: got %v, %v; want ErrInvalidParams", row, token, err)
		}
	}
	if calls := server.Calls(); len(calls) != 0 {
		t.Errorf("%d requests were sent", len(calls))
	}
}

// A nil context is refused, as the client refuses it, and leaves the cache usable.
func TestTokenCacheNilContext(t *testing.T) {
	t.Parallel()
	defer func() {
		if got := recover(); got != nil {
			t.Errorf("GetToken panicked: %v", got)
		}
	}()
	cache := sessions.NewTokenCache(&mint{})
	if token, err := cache.GetToken(noContext, "sess_1", sessions.TokenParams{}); token != nil ||
		!errors.Is(err, sessions.ErrInvalidParams) {
		t.Errorf("got %v, %v; want ErrInvalidParams", token, err)
	}
	if token, err := cache.GetToken(t.Context(), "sess_1", sessions.TokenParams{}); token == nil || err != nil {
		t.Errorf("afterwards: %v, %v", token, err)
	}
}

// The cache in front of a client and Clerk's own tokens: one request a minute for each session.
func TestTokenCacheOfClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := sessionstest.NewServer(sessionstest.WithoutListener())
		session := server.AddSession(sessionstest.Session{}).ID
		cache := sessions.NewTokenCache(fakeClient(t, server))
		for range 110 { // seconds: the first token is good for 55, and so is the second
			token, err := cache.GetToken(t.Context(), session, sessions.TokenParams{})
			if err != nil {
				t.Fatal(err)
			}
			if exp, ok := token.ExpiresAt(); !ok || time.Until(exp) <= 5*time.Second {
				t.Fatalf("got a token that expires in %v", time.Until(exp))
			}
			time.Sleep(time.Second)
		}
		if n := len(server.Calls()); n != 2 {
			t.Errorf("%d requests, want 2", n)
		}
		if _, err := fakeClient(t, server).Revoke(t.Context(), session); err != nil {
			t.Fatal(err)
		}
		cache.Forget(session)
		if _, err := cache.GetToken(t.Context(), session, sessions.TokenParams{}); err == nil {
			t.Error("a forgotten session still has a token")
		}
	})
}

// Callers who share a request are told of a refusal at once if none of them can wait until it is
// over, with all that the answer said; a caller who can gets the token.
func TestTokenCacheSharesRefusals(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		waits   []time.Duration // how long each caller waits; the refusal asks for 5 s
		refused time.Duration   // when all learn of it; 0: the last gets the token
	}{
		{"nobody can wait", []time.Duration{2 * time.Second, 4 * time.Second, 3 * time.Second}, time.Second},
		{"the last can wait", []time.Duration{2 * time.Second, 8 * time.Second}, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := sessionstest.NewServer(sessionstest.WithoutListener())
				session := server.AddSession(sessionstest.Session{}).ID
				server.Inject(sessionstest.Fault{ // once all are waiting
					Status: 429, RetryAfter: 5 * time.Second, Delay: max(row.refused, time.Millisecond),
				})
				cache := sessions.NewTokenCache(fakeClient(t, server))
				start := time.Now()
				var running sync.WaitGroup
				for i, wait := range row.waits {
					running.Go(func() {
						ctx, cancel := context.WithTimeout(t.Context(), wait)
						defer cancel()
						token, err := cache.GetToken(ctx, session, sessions.TokenParams{})
						if row.refused == 0 {
							if last := i == len(row.waits)-1; last != (err == nil) || last != (token != nil) {
								t.Errorf("caller %d got %v, %v", i, token, err)
							}
							return
						}
						var e *sessions.Error
						if !errors.As(err, &e) || !errors.Is(err, sessions.ErrRateLimited) ||
							e.RetryAfter != 5*time.Second || e.TraceID == "" {
							t.Errorf("caller %d got %v", i, err)
						}
						if took := time.Since(start); took != row.refused {
							t.Errorf("caller %d learned it after %v, want %v", i, took, row.refused)
						}
					})
				}
				running.Wait()
			})
		})
	}
}

// fakeClient returns a client of a fake that has no listener.
func fakeClient(t *testing.T, server *sessionstest.Server, opts ...sessions.Option) *sessions.Client {
	t.Helper()
	client, err := sessions.NewClient(server.SecretKey, append([]sessions.Option{
		sessions.WithBaseURL(server.URL),
		sessions.WithHTTPClient(server.HTTPClient()),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// A cache can be used from everywhere at once.
func TestTokenCacheConcurrentUse(t *testing.T) {
	t.Parallel()
	cache := sessions.NewTokenCache(&mint{}, sessions.WithTokenCacheSize(20))
	var running sync.WaitGroup
	for i := range 8 {
		running.Go(func() {
			for j := range 500 {
				session := fmt.Sprintf("s%d", (i+j)%30)
				if j%10 == 0 {
					cache.Forget(session)
				}
				if token, err := cache.GetToken(t.Context(), session,
					sessions.TokenParams{Template: []string{"", "a"}[j%2]}); token == nil || err != nil {
					t.Errorf("got %v, %v", token, err)
				}
			}
		})
	}
	running.Wait()
}

func TestTokenCacheHitAllocations(t *testing.T) {
	cache := sessions.NewTokenCache(&mint{})
	get := func() {
		if _, err := cache.GetToken(t.Context(), "sess_1",
			sessions.TokenParams{Template: "hasura", ExpiresIn: time.Minute}); err != nil {
			t.Fatal(err)
		}
	}
	get()
	if n := testing.AllocsPerRun(1000, get); n != 0 {
		t.Errorf("a hit makes %v allocations, want 0", n)
	}
}

func BenchmarkTokenCacheHit(b *testing.B) {
	cache := sessions.NewTokenCache(&mint{})
	for i := range 10_000 {
		if _, err := cache.GetToken(b.Context(), fmt.Sprintf("sess_%027d", i),
			sessions.TokenParams{ExpiresIn: 24 * time.Hour}); err != nil {
			b.Fatal(err)
		}
	}
	session := fmt.Sprintf("sess_%027d", 5000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := cache.GetToken(b.Context(), session, sessions.TokenParams{ExpiresIn: 24 * time.Hour}); err != nil {
			b.Fatal(err)
		}
	}
}
