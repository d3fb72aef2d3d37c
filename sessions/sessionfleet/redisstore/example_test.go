package redisstore_test

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/redisstore"
)

// options are those of a client whose operations end in time.
func options(addr string) *redis.Options {
	return &redis.Options{
		Addr: addr, // and Username, Password, TLSConfig

		ContextTimeoutEnabled: true, // an operation ends with its context's deadline
		MaxRetries:            -1,   // not 0, which is 3
		DialerRetries:         1,
		DialTimeout:           250 * time.Millisecond,
		ReadTimeout:           250 * time.Millisecond,
		WriteTimeout:          250 * time.Millisecond,
		PoolTimeout:           250 * time.Millisecond,

		// Fewer exchanges with the server before a new connection's first operation.
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}

func ExampleNew() {
	logging.Disable() // go-redis writes to stderr by itself
	client := redis.NewClient(options("redis.example.com:6379"))
	defer client.Close()

	_, err := redisstore.New(client, redisstore.WithLogger(slog.Default()))
	fmt.Println(err)
	// Output: <nil>
}
