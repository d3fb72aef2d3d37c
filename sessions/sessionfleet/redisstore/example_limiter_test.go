package redisstore_test

import (
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/redisstore"
)

// One limit for all instances: 1000 requests in 10 seconds.
func ExampleStore_Limiter() {
	const secretKey = "sk_test_made_up_for_this_example"
	client := redis.NewClient(&redis.Options{Addr: "redis.example.com:6379"}) // and more: see New
	defer client.Close()
	store, err := redisstore.New(client)
	if err != nil {
		fmt.Println(err)
		return
	}
	limiter, err := store.Limiter(secretKey, 1000, 10*time.Second)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = sessions.NewClient(secretKey, sessions.WithLimiter(limiter))
	fmt.Println(err)
	// Output: <nil>
}
