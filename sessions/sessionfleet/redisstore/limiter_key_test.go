//go:build unix

package redisstore_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/redisstore"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/redisstore/internal/redistest"
)

func TestLimitersShareByKeyAndNumbers(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.Redis)
	client := newClient(t, server.Addr)
	store := newStore(t, client)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, row := range []struct {
		name     string
		store    *redisstore.Store
		key      string
		requests int
		per      time.Duration
		shares   bool // so that the one place is taken
	}{
		{"the first", store, secretKey, 2, time.Hour, false},
		{"the same", newStore(t, newClient(t, server.Addr)), secretKey, 2, time.Hour, true},
		{"another key", store, "sk_test_another", 2, time.Hour, false},
		{"another number", store, secretKey, 3, time.Hour, false},
		{"another time", store, secretKey, 2, 2 * time.Hour, false},
		{"another prefix", newStore(t, client, redisstore.WithPrefix("other:")), secretKey, 2, time.Hour, false},
	} {
		l, err := row.store.Limiter(row.key, row.requests, row.per)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Wait(ctx); (err != nil) != row.shares {
			t.Errorf("%s: Wait: %v", row.name, err)
		}
	}
	keys := client.Keys(t.Context(), "*").Val()
	if len(keys) != 5 {
		t.Errorf("the keys are %q, want 5", keys)
	}
	for _, key := range keys {
		for _, bare := range []string{
			secretKey, hex.EncodeToString([]byte(secretKey)), base64.RawURLEncoding.EncodeToString([]byte(secretKey)),
		} {
			if strings.Contains(key, bare) {
				t.Errorf("the key %q has the secret key", key)
			}
		}
		if ttl := client.PTTL(t.Context(), key).Val(); ttl <= 0 || ttl > 2*time.Hour {
			t.Errorf("the key %q has %v to live", key, ttl)
		}
	}
}

func TestLimiterCountsWhatItDidNotSetAsNothing(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.Redis)
	client := newClient(t, server.Addr)
	booked := &places{}
	l := newLimiter(t, server.Addr, 2, time.Hour, booked.note)
	if err := l.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	key := client.Keys(t.Context(), "*").Val()[0]
	if _, err := client.Get(t.Context(), key).Int64(); err != nil {
		t.Errorf("the key has a time that is not in whole microseconds: %v", err)
	}
	nextYear := time.Now().AddDate(1, 0, 0).UnixMicro()
	for i, value := range []any{"", "a", "nan", "-nan", "inf", "-inf", "-5", "1e300", nextYear} {
		client.Set(t.Context(), key, value, 0)
		if err := l.Wait(t.Context()); err != nil || len(booked.at) != i+2 {
			t.Errorf("with %v at its key: %v, want a place at once", value, err)
		}
		client.Set(t.Context(), key, value, 0)
		if err := l.Hold(t.Context(), time.Millisecond); err != nil {
			t.Errorf("Hold with %v at its key: %v", value, err)
		}
	}
}
