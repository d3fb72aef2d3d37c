package sessions

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/flight"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/minted"
)

var tokenCacheDefaults = tokenCacheConfig{size: 10_000, margin: 5 * time.Second}

// TokenMinter mints tokens: a Client, a Fleet of package sessionfleet, or a stand-in for a test.
type TokenMinter interface {
	GetToken(ctx context.Context, sessionID string, params TokenParams) (*Token, error)
}

// TokenCache keeps tokens until shortly before they expire, and mints a token when it has none that
// will do. NewTokenCache makes one; a zero TokenCache returns errors. It is safe for concurrent use
// and keeps no goroutine. Callers who miss the same token at the same time share one request.
// Errors are never kept, nor are tokens without the claim exp.
//
// The lifetime of a token is its claim exp less its claim iat, and counts from when the token came:
// a wrong clock on this machine does not matter. Where the token has no iat, or another instance of
// the service minted it (see package sessionfleet), exp is compared with the clock.
type TokenCache struct {
	minter TokenMinter
	margin time.Duration
	flight flight.Group[tokenKey, *Token]

	mu     sync.Mutex
	tokens *simplelru.LRU[tokenKey, cachedToken]
}

type tokenKey struct {
	sessionID string
	params    TokenParams
}

type cachedToken struct {
	token *Token
	until time.Time
}

// TokenCacheOption changes how a TokenCache works. A nil option is ignored.
type TokenCacheOption func(*tokenCacheConfig)

type tokenCacheConfig struct {
	size   int
	margin time.Duration
}

// WithTokenCacheSize sets how many tokens are kept; 10,000 unless set, or if n is less than 1. In a
// full cache, the token that was not used for longest makes room.
func WithTokenCacheSize(n int) TokenCacheOption {
	return func(cfg *tokenCacheConfig) { cfg.size = cmp.Or(max(n, 0), tokenCacheDefaults.size) }
}

// WithTokenMargin sets how long before its expiry a token is no longer handed out; 5 s unless set,
// or if d is negative.
func WithTokenMargin(d time.Duration) TokenCacheOption {
	if d < 0 {
		d = tokenCacheDefaults.margin
	}
	return func(cfg *tokenCacheConfig) { cfg.margin = d }
}

// NewTokenCache returns an empty cache in front of minter. With a nil minter, GetToken returns an
// error.
func NewTokenCache(minter TokenMinter, opts ...TokenCacheOption) *TokenCache {
	cfg := tokenCacheDefaults
	for _, opt := range opts {
		if opt != nil {
			opt(&cfg)
		}
	}
	tokens, _ := simplelru.NewLRU[tokenKey, cachedToken](cfg.size, nil) // fails below 1 alone
	return &TokenCache{minter: minter, margin: cfg.margin, tokens: tokens}
}

// GetToken returns a token that is kept for the session and equal params, or mints one by the
// minter's GetToken, whose errors it returns. The *Token is shared with other callers: do not
// change it. If ctx ends, the error is an *Error that matches the context's error, and other
// callers who wait for the same token still get it.
//
// POST /sessions/{session_id}/tokens
//
// POST /sessions/{session_id}/tokens/{template_name}
func (tc *TokenCache) GetToken(
	ctx context.Context, sessionID string, params TokenParams,
) (*Token, error) {
	if tc == nil || tc.tokens == nil {
		return nil, errors.New("clerk: the TokenCache was not made by NewTokenCache")
	}
	key := tokenKey{sessionID, params}
	client, _ := tc.minter.(*Client)
	switch token := tc.kept(key); {
	case token != nil:
		client.tell(ctx, Event{Operation: tokenOperation(params).Name, Cache: "hit"})
		return token, nil
	case tc.minter == nil:
		return nil, errors.New("clerk: the TokenCache has no minter; give NewTokenCache a Client")
	case ctx == nil:
		return nil, errNoContext
	}
	mint := func(ctx context.Context, forgotten func() bool) (*Token, error) {
		if token := tc.kept(key); token != nil { // minted since this caller missed it
			return token, nil
		}
		ctx, earlier := minted.Watch(ctx)
		token, err := tc.minter.GetToken(ctx, sessionID, params)
		if err == nil && token != nil {
			tc.keep(key, token, earlier.Load(), forgotten)
		}
		return token, err
	}
	client.tell(ctx, Event{Operation: tokenOperation(params).Name, Cache: "miss"})
	token, err := tc.flight.Do(ctx, key, mint)
	if errors.Is(err, flight.ErrLeft) {
		if held, ok := errors.AsType[*Error](err); ok && held.heldBack {
			return nil, held
		}
		return nil, notTried(ctx, tokenOperation(params))
	}
	return token, err
}

// kept returns the token of key if it is still good for longer than the margin.
func (tc *TokenCache) kept(key tokenKey) *Token {
	tc.mu.Lock()
	defer tc.mu.Unlock()
	cached, ok := tc.tokens.Get(key)
	if ok && time.Now().Before(cached.until) {
		return cached.token
	}
	tc.tokens.Remove(key)
	return nil
}

// keep keeps a token until the margin before its expiry, unless its session was forgotten while the
// token was minted.
func (tc *TokenCache) keep(key tokenKey, token *Token, earlier bool, forgotten func() bool) {
	now := time.Now()
	until := minted.GoodUntil(token.JWT, now, earlier).Add(-tc.margin)
	tc.mu.Lock()
	defer tc.mu.Unlock()
	if now.Before(until) && !forgotten() { // asked under the lock, which Forget holds as well
		tc.tokens.Add(key, cachedToken{token: token, until: until})
	}
}

// Forget drops every token of a session, for example of one that was revoked. Tokens that are being
// minted at that moment still go to the callers who wait for them, and are not kept.
func (tc *TokenCache) Forget(sessionID string) {
	if tc == nil || tc.tokens == nil {
		return
	}
	tc.mu.Lock()
	defer tc.mu.Unlock()
	tc.flight.Forget(func(key tokenKey) bool { return key.sessionID == sessionID })
	for _, key := range tc.tokens.Keys() {
		if key.sessionID == sessionID {
			tc.tokens.Remove(key)
		}
	}
}
