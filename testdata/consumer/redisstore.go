package consumer

import (
	"context"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/redisstore"
)

var (
	_ sessionfleet.Store = (*redisstore.Store)(nil)
	_ sessions.Limiter   = (*redisstore.Limiter)(nil)
)

var (
	_ func(redis.Scripter, ...redisstore.Option) (*redisstore.Store, error) = redisstore.New
	_ func(string) redisstore.Option                                        = redisstore.WithPrefix
	_ func(*slog.Logger) redisstore.Option                                  = redisstore.WithLogger
)

var (
	_ func(
		*redisstore.Store, context.Context, string, []byte, []byte, time.Duration,
	) ([]byte, bool, error) = (*redisstore.Store).Swap
	_ func(
		*redisstore.Store, string, int, time.Duration,
	) (*redisstore.Limiter, error) = (*redisstore.Store).Limiter
	_ func(*redisstore.Limiter, context.Context) error                = (*redisstore.Limiter).Wait
	_ func(*redisstore.Limiter, context.Context, time.Duration) error = (*redisstore.Limiter).Hold
)
