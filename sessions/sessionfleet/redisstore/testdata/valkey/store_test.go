//go:build unix

package valkey_test

import (
	"testing"

	"github.com/valkey-io/valkey-go"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/redisstore/internal/redistest"
	store "github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/redisstore/testdata/valkey"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/storetest"
)

var _ sessionfleet.Store = (*store.Store)(nil)

func TestStore(t *testing.T) {
	for _, program := range []string{redistest.Redis, redistest.Valkey} {
		t.Run(program, func(t *testing.T) {
			client, err := valkey.NewClient(valkey.ClientOption{
				InitAddress:  []string{redistest.Start(t, program).Addr},
				DisableCache: true,
			})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			storetest.Run(t, &store.Store{Client: client, Prefix: "clerk:"})
		})
	}
}
