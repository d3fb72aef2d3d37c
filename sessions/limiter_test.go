package sessions_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// A slowLimiter allows each request after a time, and in its Hold waits for the end of the context.
type slowLimiter time.Duration

func (l slowLimiter) Wait(ctx context.Context) error {
	select {
	case <-time.After(time.Duration(l)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (slowLimiter) Hold(ctx context.Context, _ time.Duration) error {
	<-ctx.Done()
	return ctx.Err()
}

// Who joins a shared call is not failed by the deadline of the caller who began it, wherever the call waits.
func TestTheFirstDeadlineFailsNobodyElse(t *testing.T) {
	t.Parallel()
	for _, place := range []string{"behind 64 in flight", "for the limiter"} {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				opts := []sessions.Option{through(func(req *http.Request) (*http.Response, error) {
					if strings.HasSuffix(req.URL.Path, "/tokens") {
						return response(200, goodToken), nil
					}
					time.Sleep(5 * time.Second)
					return response(200, goodSession), nil
				})}
				if place == "for the limiter" {
					opts = append(opts, sessions.WithLimiter(slowLimiter(5*time.Second)))
				}
				client, err := sessions.NewClient(canaryKey, opts...)
				if err != nil {
					t.Fatal(err)
				}
				var running sync.WaitGroup
				for range 64 {
					running.Go(func() { _, _ = client.Get(t.Context(), "sess_1") })
				}
				synctest.Wait()
				cache := sessions.NewTokenCache(client)
				for i, deadline := range []time.Duration{2 * time.Second, 20 * time.Second} {
					running.Go(func() {
						ctx, cancel := context.WithTimeout(t.Context(), deadline)
						defer cancel()
						_, err := cache.GetToken(ctx, "sess_1", sessions.TokenParams{})
						if failed := err != nil; failed != (i == 0) {
							t.Errorf("with a deadline in %v: got %v", deadline, err)
						}
					})
					time.Sleep(time.Second)
				}
				running.Wait()
			})
		})
	}
}

// A Limiter's Hold takes no longer than the call may.
func TestHoldIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, err := sessions.NewClient(canaryKey, through(refuses(429, "60")),
			sessions.WithLimiter(slowLimiter(0)), sessions.WithCallTimeout(5*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err = client.Get(t.Context(), "sess_1"); time.Since(start) != 5*time.Second {
			t.Errorf("the call took %v, want 5s: %v", time.Since(start), err)
		}
	})
}

// A call whose time is over before its request is handed to a connection has certainly not happened.
func TestNothingHandedOver(t *testing.T) {
	t.Parallel()
	client := newClient(t, "https://203.0.113.1", sessions.WithCallTimeout(1))
	_, err := client.Create(t.Context(), sessions.CreateParams{UserID: "user_1"})
	if err == nil || errors.Is(err, sessions.ErrOutcomeUnknown) {
		t.Errorf("got %v, want an error of a request that was not sent", err)
	}
}
