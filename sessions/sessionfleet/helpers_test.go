package sessionfleet_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/storetest"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	_ sessionhttp.Backend  = (*sessionfleet.Fleet)(nil)
	_ sessions.TokenMinter = (*sessionfleet.Fleet)(nil)
	_ sessionfleet.Client  = (*sessions.Client)(nil)
)

const secretKey = "sk_test_of_the_fleet"

// clerk is a Client that takes a second for a call, and counts. The number of a call is in its answer.
type clerk struct {
	takes func(n int) time.Duration // for call n, from 1 on; nil for a second
	fails func(n int) error         // what call n is answered; nil for a good answer
	once  bool                      // a refresh token is good for one call, which counts when it begins

	mu      sync.Mutex
	calls   int
	used    map[string]bool
	revoked []string
}

func (c *clerk) call(ctx context.Context, token string) (n int, err error) {
	if ctx.Err() != nil { // as a sessions.Client sends nothing then
		return 0, ctx.Err()
	}
	c.mu.Lock()
	c.calls++
	n = c.calls
	used := c.used[token]
	if c.used == nil {
		c.used = make(map[string]bool)
	}
	c.used[token] = true
	c.mu.Unlock()
	takes := time.Second
	if c.takes != nil {
		takes = c.takes(n)
	}
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		return n, fmt.Errorf("%w: %w", &sessions.Error{Attempts: 1}, ctx.Err())
	}
	if c.once && used {
		return n, refusal(401)
	}
	if c.fails != nil {
		return n, c.fails(n)
	}
	return n, nil
}

// asked returns how many calls there were.
func (c *clerk) asked() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls
}

func refusal(status int) error {
	return &sessions.Error{Operation: "RefreshSession", StatusCode: status, Attempts: 1}
}

func (c *clerk) GetToken(ctx context.Context, id string, p sessions.TokenParams) (*sessions.Token, error) {
	n, err := c.call(ctx, "")
	if err != nil {
		return nil, err
	}
	life := time.Minute
	if p.ExpiresIn > 0 {
		life = p.ExpiresIn
	}
	return newToken(id, n, life), nil
}

// newToken returns a token that was minted just now.
func newToken(id string, n int, life time.Duration) *sessions.Token {
	claims := fmt.Sprintf(`{"sid":%q,"n":%d,"iat":%d,"exp":%d}`, id, n, time.Now().Unix(), time.Now().Add(life).Unix())
	return &sessions.Token{JWT: "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"}
}

func (c *clerk) RefreshCookies(ctx context.Context, id string, p sessions.RefreshParams) (*sessions.Cookies, error) {
	n, err := c.call(ctx, p.RefreshToken)
	if err != nil {
		return nil, err
	}
	return &sessions.Cookies{Directives: []string{fmt.Sprintf("__session=%s.%d; Path=/", id, n), "a=b"}}, nil
}

func (c *clerk) HandshakeCookies(ctx context.Context, nonce string) (*sessions.Cookies, error) {
	return c.RefreshCookies(ctx, "handshake", sessions.RefreshParams{RefreshToken: nonce})
}

func (c *clerk) Revoke(_ context.Context, id string) (*sessions.Session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.revoked = append(c.revoked, id)
	return &sessions.Session{ID: id, Status: sessions.StatusRevoked}, nil
}

// store is a Store in memory that a test can break.
type store struct {
	sessionfleet.Store
	mu     sync.Mutex
	broken func(swap) (now []byte, swapped bool, err error) // nil: it works
	swaps  int
	wrote  map[string][]byte // every value that was to be written, and its name
}

// swap is an operation of a store.
type swap struct {
	ctx      context.Context
	name     string
	old, new []byte
	ttl      time.Duration
	whole    sessionfleet.Store // as the store would work
}

func newStore() *store { return &store{Store: storetest.NewMemory(), wrote: make(map[string][]byte)} }

func (s *store) Swap(
	ctx context.Context, name string, old, value []byte, ttl time.Duration,
) ([]byte, bool, error) {
	s.mu.Lock()
	broken := s.broken
	s.swaps++
	if value != nil {
		s.wrote[string(value)] = []byte(name)
	}
	s.mu.Unlock()
	if broken != nil {
		return broken(swap{ctx, name, old, value, ttl, s.Store})
	}
	return s.Store.Swap(ctx, name, old, value, ttl)
}

// breaks makes the store fail from now on; nil mends it.
func (s *store) breaks(broken func(swap) ([]byte, bool, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = broken
}

func (s *store) operations() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.swaps
}

// newFleets returns instances of one service.
func newFleets(
	t *testing.T, n int, c sessionfleet.Client, s sessionfleet.Store, opts ...sessionfleet.Option,
) []*sessionfleet.Fleet {
	t.Helper()
	fleets := make([]*sessionfleet.Fleet, n)
	for i := range fleets {
		fleets[i] = newFleet(t, c, s, secretKey, opts...)
	}
	return fleets
}

func newFleet(
	t *testing.T, c sessionfleet.Client, s sessionfleet.Store, key string, opts ...sessionfleet.Option,
) *sessionfleet.Fleet {
	t.Helper()
	fleet, err := sessionfleet.New(c, s, key, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return fleet
}

// answer is what came of one call.
type answer struct {
	text string // the token or the first cookie
	err  error
	took time.Duration
}

// call is one of a Fleet's.
type call func(ctx context.Context, f *sessionfleet.Fleet) (text string, err error)

func refresh(ctx context.Context, f *sessionfleet.Fleet) (string, error) {
	return refreshWith(sessions.RefreshParams{
		ExpiredToken: "expired", RefreshToken: "rt_1", RequestOrigin: "https://app.example.com",
	})(ctx, f)
}

func refreshWith(p sessions.RefreshParams) call {
	return func(ctx context.Context, f *sessionfleet.Fleet) (string, error) {
		return first(f.RefreshCookies(ctx, "sess_1", p))
	}
}

func handshake(ctx context.Context, f *sessionfleet.Fleet) (string, error) {
	return first(f.HandshakeCookies(ctx, "nonce_1"))
}

func first(cookies *sessions.Cookies, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return cookies.Directives[0], nil
}

func mint(ctx context.Context, f *sessionfleet.Fleet) (string, error) {
	return mintWith(sessions.TokenParams{})(ctx, f)
}

func mintWith(p sessions.TokenParams) call {
	return func(ctx context.Context, f *sessionfleet.Fleet) (string, error) {
		token, err := f.GetToken(ctx, "sess_1", p)
		if err != nil {
			return "", err
		}
		return token.JWT, nil
	}
}

// together makes the same call at every Fleet at the same time.
func together(ctx context.Context, fleets []*sessionfleet.Fleet, c call) []answer {
	answers := make([]answer, len(fleets))
	var wg sync.WaitGroup
	for i, fleet := range fleets {
		wg.Go(func() {
			start := time.Now()
			text, err := c(ctx, fleet)
			answers[i] = answer{text, err, time.Since(start)}
		})
	}
	wg.Wait()
	return answers
}

// begin makes one call, whose answer comes through the channel.
func begin(ctx context.Context, f *sessionfleet.Fleet, c call) <-chan answer {
	done := make(chan answer, 1)
	go func() { done <- together(ctx, []*sessionfleet.Fleet{f}, c)[0] }()
	return done
}

// same fails the test unless all answers are equal and good.
func same(t *testing.T, answers []answer) {
	t.Helper()
	for i, a := range answers {
		if a.err != nil || a.text != answers[0].text {
			t.Errorf("answer %d: %q, %v; want %q", i, a.text, a.err, answers[0].text)
		}
	}
}

// asked fails the test unless Clerk was asked so often.
func asked(t *testing.T, c *clerk, want int) {
	t.Helper()
	if got := c.asked(); got != want {
		t.Errorf("Clerk was asked %d times, want %d", got, want)
	}
}

// bubble runs a test with fake time.
func bubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { t.Parallel(); synctest.Test(t, test) })
}
