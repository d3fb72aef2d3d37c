package sessionfleet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// Client is what a Fleet asks: a *sessions.Client, or a stand-in for a test. It must be safe for
// concurrent use.
type Client interface {
	sessions.TokenMinter // POST /sessions/{session_id}/tokens
	// RefreshCookies trades an expired session token for new cookies,
	// POST /sessions/{session_id}/refresh.
	RefreshCookies(ctx context.Context, sessionID string, params sessions.RefreshParams) (
		*sessions.Cookies, error)
	// HandshakeCookies returns the cookies of a handshake's answer, GET /clients/handshake_payload.
	HandshakeCookies(ctx context.Context, nonce string) (*sessions.Cookies, error)
	// Revoke ends a session, POST /sessions/{session_id}/revoke.
	Revoke(ctx context.Context, sessionID string) (*sessions.Session, error)
}

// Fleet asks Clerk on behalf of all instances of a service. [New] makes one. It goes where a client
// would go: into sessionhttp.New, or behind a sessions.TokenCache. It is safe for concurrent use.
type Fleet struct {
	client Client
	store  *guard
	keys   func() []string // the secret key, then the old ones; fmt would print a field
	margin time.Duration
	now    func() time.Time
}

// New returns a Fleet that asks c, and shares the answers through store with every Fleet that has
// the same secret key: the key of c. What is in the store is sealed with it, and can neither be
// read nor forged without it. The error names everything that is wrong, and shows no key. Nothing
// is sent, and the store is not asked.
func New(c Client, store Store, secretKey string, opts ...Option) (*Fleet, error) {
	f := &Fleet{client: c, keys: keys(secretKey), margin: 5 * time.Second, now: time.Now}
	f.store = &guard{store: store, logger: slog.New(slog.DiscardHandler), turns: make(chan int, 48)}
	for _, opt := range opts {
		if opt != nil {
			opt(f)
		}
	}
	var errs []error
	refuse := func(isBad bool, text string) {
		if isBad {
			errs = append(errs, errors.New("clerk: "+text))
		}
	}
	own, ok := c.(*sessions.Client)
	refuse(c == nil || ok && own == nil, "New needs a client, as sessions.NewClient makes it")
	refuse(store == nil, "New needs a Store; without one, use the client itself")
	refuse(f.store.logger == nil, "WithLogger: the logger is nil")
	refuse(f.margin < 0, "WithTokenMargin: the margin is negative")
	for _, key := range f.keys() { // a publishable key, which everybody knows, would hide nothing
		_, err := sessions.NewClient(key)
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return f, nil
}

// keys returns keys where fmt does not look.
func keys(keys ...string) func() []string { return func() []string { return keys } }

// Option changes how a Fleet works. An argument that cannot be used is an error of New; a nil
// Option is ignored.
type Option func(*Fleet)

// WithLogger writes a record to l when the store begins to rest because it fails, with the store's
// last error, and one when the store answers again. Nothing else is logged. l must not be nil.
func WithLogger(l *slog.Logger) Option { return func(f *Fleet) { f.store.logger = l } }

// WithTokenMargin sets how long before its expiry a token is no longer shared; 5 s unless set. d
// must not be negative. Give a TokenCache in front of the Fleet the same margin: between two
// margins that differ, the cache hands out what it does not keep, and asks the store for each call.
func WithTokenMargin(d time.Duration) Option { return func(f *Fleet) { f.margin = d } }

// WithOldSecretKeys names the secret keys that the Clerk instance had before, during a rotation.
// What was sealed with an old key is read, and Forget also reaches the instances that have the old
// key only. These do not know the new key: while both keys are in use, each group of instances asks
// Clerk once. Each old key costs up to two more operations of the store a call. Drop an old key an
// hour after the last instance that has no other.
func WithOldSecretKeys(old ...string) Option {
	return func(f *Fleet) { f.keys = keys(append(f.keys(), old...)...) }
}

// GetToken returns a token that an instance minted with equal parameters and that is still shared,
// or else mints it. The errors are those of the client's GetToken.
//
// POST /sessions/{session_id}/tokens
//
// POST /sessions/{session_id}/tokens/{template_name}
func (f *Fleet) GetToken(
	ctx context.Context, sessionID string, params sessions.TokenParams,
) (*sessions.Token, error) {
	names := []string{sessionID, params.Template, params.ExpiresIn.String()}
	e, err := f.share(ctx, "token", names, func(ctx context.Context) (entry, error) {
		own, err := f.client.GetToken(ctx, sessionID, params)
		return entry{Token: (*token)(own)}, err
	})
	return (*sessions.Token)(e.Token), err
}

// RefreshCookies returns the cookies that an instance got within the last 10 s for the same
// session, tokens, origin and SuffixedCookies, or else gets them. Headers and address do not count:
// the parallel requests of a page differ in these. The errors are those of the client's
// RefreshCookies; an error that another instance got never matches ErrOutcomeUnknown.
//
// POST /sessions/{session_id}/refresh
func (f *Fleet) RefreshCookies(
	ctx context.Context, sessionID string, params sessions.RefreshParams,
) (*sessions.Cookies, error) {
	names := []string{sessionID, params.RefreshToken, params.ExpiredToken, params.RequestOrigin}
	names = append(names, fmt.Sprint(params.SuffixedCookies))
	e, err := f.share(ctx, "refresh", names, func(ctx context.Context) (entry, error) {
		own, err := f.client.RefreshCookies(ctx, sessionID, params)
		return entry{Cookies: (*cookies)(own)}, err
	})
	return (*sessions.Cookies)(e.Cookies), err
}

// HandshakeCookies returns the cookies that an instance got for the nonce within the last 10 s, or
// else gets them. The errors are those of the client's HandshakeCookies; an error that another
// instance got never matches ErrOutcomeUnknown.
//
// GET /clients/handshake_payload
func (f *Fleet) HandshakeCookies(ctx context.Context, nonce string) (*sessions.Cookies, error) {
	e, err := f.share(ctx, "handshake", []string{"", nonce}, func(ctx context.Context) (entry, error) {
		own, err := f.client.HandshakeCookies(ctx, nonce)
		return entry{Cookies: (*cookies)(own)}, err
	})
	return (*sessions.Cookies)(e.Cookies), err
}

// Revoke ends a session, and then does what Forget does, whatever Clerk answered and even if ctx
// has ended. The errors are those of the client's Revoke. That Forget fails is no error: other
// instances may then hand out the session's tokens until these expire.
//
// POST /sessions/{session_id}/revoke
func (f *Fleet) Revoke(ctx context.Context, sessionID string) (*sessions.Session, error) {
	session, err := f.client.Revoke(ctx, sessionID)
	if ctx != nil && !errors.Is(err, sessions.ErrInvalidParams) {
		_ = f.Forget(context.WithoutCancel(ctx), sessionID)
	}
	return session, err
}

// Forget makes the next GetToken and RefreshCookies of a session ask Clerk anew, in every instance.
// Call it for each session that was ended in another way than by Revoke, such as by the RevokeAll
// of a client. Four things stay: calls that wait at that moment get what they wait for; a
// TokenCache keeps its tokens until they expire or its own Forget is called; package sessionhttp
// remembers new cookies for 10 s; and a store that evicts values may bring back what was forgotten,
// until that expires. The error says that the store could not be reached.
func (f *Fleet) Forget(ctx context.Context, sessionID string) error {
	var errs []error
	for _, key := range f.keys() {
		name, never := newPlace("generation", key, sessionID).name, func([]byte) bool { return false }
		// A token lives an hour here.
		op := operation{name: name, new: []byte(rand.Text()), ttl: 2 * time.Hour, always: true}
		if err := f.store.replace(ctx, op, never); err != nil {
			errs = append(errs, fmt.Errorf("clerk: Forget: the store could not be reached: %w", err))
		}
	}
	return errors.Join(errs...)
}
