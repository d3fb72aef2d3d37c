//go:build unix

package redisstore_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/redisstore/internal/redistest"
)

// clerk is a sessionfleet.Client that counts its calls, and answers with its name in everything.
type clerk struct {
	name  string
	limit sessions.Limiter
	calls *atomic.Int64
}

func (c clerk) call(ctx context.Context) error {
	c.calls.Add(1)
	return c.limit.Wait(ctx)
}

func (c clerk) jwt() string {
	claims := fmt.Sprintf(`{"sub":"user_of_%s","iat":%d,"exp":%d}`, c.name, time.Now().Unix(), time.Now().Unix()+60)
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
}

func (c clerk) GetToken(ctx context.Context, _ string, _ sessions.TokenParams) (*sessions.Token, error) {
	return &sessions.Token{JWT: c.jwt()}, c.call(ctx)
}

func (c clerk) RefreshCookies(ctx context.Context, _ string, _ sessions.RefreshParams) (*sessions.Cookies, error) {
	return &sessions.Cookies{Directives: []string{"__session=" + c.jwt() + "; Path=/"}}, c.call(ctx)
}

func (c clerk) HandshakeCookies(ctx context.Context, _ string) (*sessions.Cookies, error) {
	return &sessions.Cookies{Directives: []string{"__client_uat=1; Domain=" + c.name + ".example.com"}}, c.call(ctx)
}

func (c clerk) Revoke(ctx context.Context, id string) (*sessions.Session, error) {
	return &sessions.Session{ID: id}, c.call(ctx)
}

// run lets each of 8 instances mint, refresh and finish a handshake, and returns what is secret about it.
func run(t *testing.T, name, addr string) (secrets []string) {
	t.Helper()
	key, calls := "sk_test_made_up_"+name, &atomic.Int64{}
	fleets := make([]*sessionfleet.Fleet, 8)
	for i := range fleets {
		store := newStore(t, newClient(t, addr, patient))
		limiter, err := store.Limiter(key, 100, 10*time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if fleets[i], err = sessionfleet.New(clerk{name, limiter, calls}, store, key); err != nil {
			t.Fatal(err)
		}
	}
	params := sessions.RefreshParams{
		ExpiredToken: "expired_of_" + name, RefreshToken: "refresh_of_" + name,
		RequestOrigin: "https://app." + name + ".example.com",
	}
	secrets = []string{
		key, "sess_of_" + name, params.ExpiredToken, params.RefreshToken, params.RequestOrigin,
		"user_of_" + name, name + ".example.com", "nonce_of_" + name, "__session", "__client_uat",
	}
	for _, fn := range []func(f *sessionfleet.Fleet) ([]string, error){
		func(f *sessionfleet.Fleet) ([]string, error) {
			token, err := f.GetToken(t.Context(), "sess_of_"+name, sessions.TokenParams{})
			return strings.Split(token.JWT, "."), err
		},
		func(f *sessionfleet.Fleet) ([]string, error) {
			cookies, err := f.RefreshCookies(t.Context(), "sess_of_"+name, params)
			return cookies.Directives, err
		},
		func(f *sessionfleet.Fleet) ([]string, error) {
			cookies, err := f.HandshakeCookies(t.Context(), "nonce_of_"+name)
			return cookies.Directives, err
		},
	} {
		answers := make([][]string, len(fleets))
		var wg sync.WaitGroup
		for i, f := range fleets {
			wg.Go(func() {
				answer, err := fn(f)
				if err != nil {
					t.Error(err)
				}
				answers[i] = answer
			})
		}
		wg.Wait()
		for _, answer := range answers {
			if !slices.Equal(answer, answers[0]) {
				t.Errorf("the instances have %q and %q", answer, answers[0])
			}
		}
		for _, text := range answers[0] {
			if len(text) > 4 { // "e30" and "c2ln" are in any text
				secrets = append(secrets, text)
			}
		}
	}
	if n := calls.Load(); n != 3 {
		t.Errorf("8 instances sent %d calls for a token, a refresh and a handshake, want 3", n)
	}
	return secrets
}

// Whoever reads the server finds nothing of what 8 instances of two Clerk instances each keep there, in any encoding.
func TestFleetsShareAndRedisHoldsNoSecret(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, redistest.Redis)
	var secrets []string
	for _, name := range []string{"north", "south"} {
		secrets = append(secrets, run(t, name, s.Addr)...)
	}

	admin := newClient(t, s.Addr, patient)
	keys := admin.Keys(t.Context(), "*").Val()
	if len(keys) < 2*4 { // a token, a refresh, a handshake, and a limit
		t.Errorf("there are %d keys, want at least 8: %q", len(keys), keys)
	}
	var dump strings.Builder
	for _, key := range keys {
		value := admin.Get(t.Context(), key).Val()
		for _, text := range []string{key, value} {
			dump.WriteString(text + "\n" + hex.EncodeToString([]byte(text)) + "\n")
		}
		if !strings.HasPrefix(key, "clerk:") || value == "" || admin.PTTL(t.Context(), key).Val() <= 0 {
			t.Errorf("the key %q has no prefix, no value, or no end", key)
		}
	}
	for _, secret := range secrets {
		for _, form := range []string{
			secret, hex.EncodeToString([]byte(secret)), url.QueryEscape(secret),
			base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
		} {
			if strings.Contains(dump.String(), form) {
				t.Errorf("%q is in Redis as %q", secret, form)
			}
		}
	}
}
