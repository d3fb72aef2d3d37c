package sessionfleet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/minted"
)

// Client is what a Fleet asks: a *sessions.Client, or what stands for one in a test. It must be
// safe for concurrent use.
type Client interface {
	sessions.TokenMinter // POST /sessions/{session_id}/tokens
	// RefreshCookies trades an expired session token for new cookies,
	// POST /sessions/{session_id}/refresh.
	RefreshCookies(
		ctx context.Context, sessionID string, params sessions.RefreshParams,
	) (*sessions.Cookies, error)
	// HandshakeCookies returns the cookies of a handshake's answer, GET /clients/handshake_payload.
	HandshakeCookies(ctx context.Context, nonce string) (*sessions.Cookies, error)
	// Revoke ends a session, POST /sessions/{session_id}/revoke.
	Revoke(ctx context.Context, sessionID string) (*sessions.Session, error)
}

// Fleet asks Clerk on behalf of all instances of a service. It has a client's methods and belongs
// where the client was: in sessionhttp.New, or behind a sessions.TokenCache. It is safe for
// concurrent use. New makes one.
type Fleet struct {
	client Client
	store  *guard
	keys   func() []string // the secret key, then the old ones; fmt would print a field
	margin time.Duration
	now    func() time.Time
}

// New returns a Fleet that asks c, and shares what c answered through store with every Fleet that
// has the same secret key. The key is that of c: what is in the store is sealed by it, and can
// neither be read nor forged without it. Everything that is wrong comes joined in one error, which
// shows no key. Nothing is sent, and the store is not asked.
func New(c Client, store Store, secretKey string, opts ...Option) (*Fleet, error) {
	f := &Fleet{client: c, store: &guard{store: store, logger: slog.New(slog.DiscardHandler)}}
	f.keys, f.margin, f.now = keys(secretKey), 5*time.Second, time.Now
	for _, opt := range opts {
		if opt != nil {
			opt(f)
		}
	}
	var errs []error
	client, isClient := c.(*sessions.Client)
	for _, check := range []struct {
		isBad bool
		text  string
	}{
		{c == nil || isClient && client == nil, "New needs a client, as sessions.NewClient makes it"},
		{store == nil, "New needs a Store; without one, use the client itself"},
		{f.store.logger == nil, "WithLogger: the logger is nil"},
		{f.margin < 0, "WithTokenMargin: the margin is negative"},
	} {
		if check.isBad {
			errs = append(errs, errors.New("clerk: "+check.text))
		}
	}
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

// Option changes how a Fleet works. What cannot be used is an error of New.
type Option func(*Fleet)

// WithLogger writes to l when the store begins to rest because it fails, with the store's last
// error, and when it answers again. Nothing else is logged.
func WithLogger(l *slog.Logger) Option {
	return func(f *Fleet) { f.store.logger = l }
}

// WithTokenMargin sets how long before its expiry a token is no longer shared, 5 s unless set. Let
// it be that of a TokenCache in front: in between, the cache hands out what it does not keep, and
// asks the store for each call.
func WithTokenMargin(d time.Duration) Option {
	return func(f *Fleet) { f.margin = d }
}

// WithOldSecretKeys names the keys that the instance had before, for the time of a rotation. What
// was sealed with one of them is read, and Forget reaches the instances that still have an old key
// alone. These know nothing of the new key: while both are in use, each group asks Clerk once. A
// call costs up to two operations more for each old key. Drop an old key an hour after the last
// instance that has it alone.
func WithOldSecretKeys(old ...string) Option {
	return func(f *Fleet) { f.keys = keys(append(f.keys(), old...)...) }
}

// GetToken returns the token that an instance minted with equal parameters, until its margin before
// its expiry and for an hour at most, or else mints it. A sessions.TokenCache keeps another
// instance's token until it expires by the clock here.
//
// POST /sessions/{session_id}/tokens
// POST /sessions/{session_id}/tokens/{template_name}
func (f *Fleet) GetToken(
	ctx context.Context, sessionID string, params sessions.TokenParams,
) (*sessions.Token, error) {
	var own *sessions.Token
	names := []string{sessionID, params.Template, params.ExpiresIn.String()}
	others, err := f.share(ctx, "token", names, func(ctx context.Context) (e entry, err error) {
		if own, err = f.client.GetToken(ctx, sessionID, params); err == nil && own != nil {
			e = entry{Answer: []string{own.JWT}, Until: f.now().Add(f.keepToken(own.JWT))}
		}
		return e, err
	})
	if others == nil {
		return own, err
	}
	minted.MarkEarlier(ctx)
	return &sessions.Token{JWT: others[0]}, nil
}

// RefreshCookies returns the cookies that an instance got within the last 10 s for the same session
// with the same tokens, origin and SuffixedCookies, or else gets them. Headers and address do not
// count: the parallel requests of a page differ in these. What another instance was refused comes
// as a *sessions.Error with its status, codes and trace id; it never matches ErrOutcomeUnknown.
//
// POST /sessions/{session_id}/refresh
func (f *Fleet) RefreshCookies(
	ctx context.Context, sessionID string, params sessions.RefreshParams,
) (*sessions.Cookies, error) {
	names := []string{sessionID, params.RefreshToken, params.ExpiredToken, params.RequestOrigin}
	names = append(names, fmt.Sprint(params.SuffixedCookies))
	return f.cookies(ctx, "refresh", names, func(ctx context.Context) (*sessions.Cookies, error) {
		return f.client.RefreshCookies(ctx, sessionID, params)
	})
}

// HandshakeCookies returns the cookies that an instance got for the nonce within the last 10 s, or
// else gets them.
//
// GET /clients/handshake_payload
func (f *Fleet) HandshakeCookies(ctx context.Context, nonce string) (*sessions.Cookies, error) {
	names := []string{"", nonce}
	return f.cookies(ctx, "handshake", names, func(ctx context.Context) (*sessions.Cookies, error) {
		return f.client.HandshakeCookies(ctx, nonce)
	})
}

// cookies shares a call that gets cookies.
func (f *Fleet) cookies(ctx context.Context, kind string, names []string,
	get func(context.Context) (*sessions.Cookies, error),
) (*sessions.Cookies, error) {
	var own *sessions.Cookies
	others, err := f.share(ctx, kind, names, func(ctx context.Context) (e entry, err error) {
		if own, err = get(ctx); err == nil && own != nil {
			e = entry{Answer: own.Directives, Until: f.now().Add(keepAnswer)}
		}
		return e, err
	})
	if others == nil {
		return own, err
	}
	return &sessions.Cookies{Directives: others}, nil
}

// Revoke ends a session, and forgets what the instances share of it, whatever Clerk answers and
// even if ctx has ended. Where the store cannot be reached, which is no error, other instances may
// hand tokens of the session out until these expire.
//
// POST /sessions/{session_id}/revoke
func (f *Fleet) Revoke(ctx context.Context, sessionID string) (*sessions.Session, error) {
	session, err := f.client.Revoke(ctx, sessionID)
	if ctx != nil && !errors.Is(err, sessions.ErrInvalidParams) {
		_ = f.Forget(context.WithoutCancel(ctx), sessionID)
	}
	return session, err
}

// Forget makes every instance's next GetToken and RefreshCookies of a session that reaches the
// store ask Clerk anew. Calls that are waiting just now still get what they wait for, and a
// TokenCache in front of another instance keeps what it has until that expires. A store that evicts
// values may bring back what was forgotten, until that expires. An error tells that the store could
// not be reached.
func (f *Fleet) Forget(ctx context.Context, sessionID string) error {
	for _, key := range f.keys() {
		name, never := newPlace("generation", key, sessionID).name, func([]byte) bool { return false }
		op := operation{name, nil, []byte(rand.Text()), keepGeneration}
		if err := f.store.replace(ctx, op, never); err != nil {
			return fmt.Errorf("clerk: Forget: the store could not be reached: %w", err)
		}
	}
	return nil
}
