package consumer

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/storetest"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

type (
	fleet       = sessionfleet.Fleet
	fleetOption = sessionfleet.Option
)

var (
	_ func(
		sessionfleet.Client, sessionfleet.Store, string, ...fleetOption,
	) (*fleet, error) = sessionfleet.New
	_ func(*slog.Logger) fleetOption  = sessionfleet.WithLogger
	_ func(time.Duration) fleetOption = sessionfleet.WithTokenMargin
	_ func(...string) fleetOption     = sessionfleet.WithOldSecretKeys
)

var (
	_ func(
		*fleet, context.Context, string, sessions.TokenParams,
	) (*sessions.Token, error) = (*fleet).GetToken
	_ func(
		*fleet, context.Context, string, sessions.RefreshParams,
	) (*sessions.Cookies, error) = (*fleet).RefreshCookies
	_ func(*fleet, context.Context, string) (*sessions.Cookies, error) = (*fleet).HandshakeCookies
	_ func(*fleet, context.Context, string) (*sessions.Session, error) = (*fleet).Revoke
	_ func(*fleet, context.Context, string) error                      = (*fleet).Forget
)

// A Fleet belongs where a client does.
var (
	_ sessionhttp.Backend  = (*fleet)(nil)
	_ sessions.TokenMinter = (*fleet)(nil)
	_ sessionfleet.Client  = (*sessions.Client)(nil)
)

var (
	_ func() sessionfleet.Store            = storetest.NewMemory
	_ func(*testing.T, sessionfleet.Store) = storetest.Run
	_ sessionfleet.Store                   = standInStore{}
)

// standInStore is what a service would write for a store of its own: Store must not grow.
type standInStore struct{}

func (standInStore) Swap(
	context.Context, string, []byte, []byte, time.Duration,
) ([]byte, bool, error) {
	return nil, false, context.Canceled
}

func _(client sessionfleet.Client, store sessionfleet.Store) {
	_, _, _ = client.GetToken, client.RefreshCookies, client.HandshakeCookies
	_, _ = client.Revoke, store.Swap
}
