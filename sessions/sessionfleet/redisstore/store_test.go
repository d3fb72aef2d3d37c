//go:build unix

package redisstore_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/redisstore"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/redisstore/internal/redistest"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/storetest"
)

func TestMain(m *testing.M) {
	logging.Disable()
	os.Exit(m.Run())
}

var _ sessionfleet.Store = (*redisstore.Store)(nil)

// newClient returns a client as ExampleNew has it, changed by change.
func newClient(t *testing.T, addr string, change ...func(*redis.Options)) *redis.Client {
	opts := options(addr)
	for _, change := range change {
		change(opts)
	}
	c := redis.NewClient(opts)
	t.Cleanup(func() { c.Close() })
	return c
}

// patient is a client's change for a test that has many callers and does not ask how long they take.
func patient(o *redis.Options) {
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = time.Minute, time.Minute, time.Minute, time.Minute
}

func newStore(t *testing.T, c redis.Scripter, opts ...redisstore.Option) *redisstore.Store {
	t.Helper()
	s, err := redisstore.New(c, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStore(t *testing.T) {
	t.Parallel()
	client := func(t *testing.T, program string) *redis.Client {
		return newClient(t, redistest.Start(t, program).Addr, patient)
	}
	for name, scripter := range map[string]func(t *testing.T) redis.Scripter{
		"Redis":  func(t *testing.T) redis.Scripter { return client(t, redistest.Redis) },
		"Valkey": func(t *testing.T) redis.Scripter { return client(t, redistest.Valkey) },
		"RESP2": func(t *testing.T) redis.Scripter {
			return newClient(t, redistest.Start(t, redistest.Redis).Addr, patient, func(o *redis.Options) { o.Protocol = 2 })
		},
		"the cluster client": func(t *testing.T) redis.Scripter { return startCluster(t) },
		"a ring of two": func(t *testing.T) redis.Scripter {
			r := redis.NewRing(&redis.RingOptions{Addrs: map[string]string{
				"one": redistest.Start(t, redistest.Redis).Addr,
				"two": redistest.Start(t, redistest.Redis).Addr,
			}})
			t.Cleanup(func() { r.Close() })
			return r
		},
		"a user with the rights that the doc asks for": func(t *testing.T) redis.Scripter {
			addr := redistest.Start(t, redistest.Redis).Addr
			admin := newClient(t, addr)
			if err := admin.Do(t.Context(), "ACL", "SETUSER", "fleet", "on", ">made-up", "~clerk:*",
				"+@connection", "+evalsha", "+eval", "+get", "+set", "+del", "+time").Err(); err != nil {
				t.Fatal(err)
			}
			return newClient(t, addr, patient, func(o *redis.Options) { o.Username, o.Password = "fleet", "made-up" })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := newStore(t, scripter(t))
			storetest.Run(t, store)
			limiter, err := store.Limiter("sk_test_made_up", 100, time.Second)
			if err != nil {
				t.Fatal(err)
			}
			if err := limiter.Hold(t.Context(), time.Millisecond); err != nil {
				t.Errorf("Hold: %v", err)
			}
			if err := limiter.Wait(t.Context()); err != nil {
				t.Errorf("Wait: %v", err)
			}
		})
	}
}

func TestStoreSendsOneCommandForEachSwap(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.Redis)
	client := newClient(t, server.Addr)
	store := newStore(t, client, redisstore.WithPrefix("other:"))
	swap := func(old, next string) {
		t.Helper()
		if _, swapped, err := store.Swap(t.Context(), "name", []byte(old), []byte(next), time.Minute); !swapped {
			t.Errorf("Swap: %t, %v", swapped, err)
		}
	}
	if now, swapped, err := store.Swap(t.Context(), "name", nil, nil, time.Minute); now != nil || swapped || err != nil {
		t.Errorf("a read of nothing: %q, %t, %v", now, swapped, err)
	}
	if _, _, err := store.Swap(t.Context(), "name", nil, []byte("0"), 1500*time.Microsecond+time.Minute); err != nil {
		t.Fatal(err)
	}
	if ttl := client.PTTL(t.Context(), "other:name").Val(); ttl > time.Minute+2*time.Millisecond || ttl < 59*time.Second {
		t.Errorf("the key other:name has %v to live, want a minute and 2 ms", ttl)
	}
	client.ConfigResetStat(t.Context())
	swap("0", "1")
	swap("1", "2")
	if got := calls(t, client); got["evalsha"] != 2 || got["eval"] != 0 {
		t.Errorf("two Swaps sent %v, want EVALSHA twice", got)
	}
	client.ScriptFlush(t.Context())
	swap("2", "3")
	swap("3", "4")
	if got := calls(t, client); got["evalsha"] != 4 || got["eval"] != 1 {
		t.Errorf("two more, after the server forgot the script, sent %v in all, want EVAL once", got)
	}
}

// calls returns how often each command was sent since the statistics were reset.
func calls(t *testing.T, c *redis.Client) map[string]int {
	t.Helper()
	stats := make(map[string]int)
	for line := range strings.Lines(c.Info(t.Context(), "commandstats").Val()) {
		name, rest, ok := strings.Cut(strings.TrimPrefix(line, "cmdstat_"), ":calls=")
		if ok {
			count, _, _ := strings.Cut(rest, ",")
			for _, digit := range count {
				stats[name] = stats[name]*10 + int(digit-'0')
			}
		}
	}
	return stats
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	good := newClient(t, "127.0.0.1:1")
	store := func(c redis.Scripter, opts ...redisstore.Option) func() error {
		return func() error { _, err := redisstore.New(c, opts...); return err }
	}
	prefix := func(p string) func() error { return store(good, redisstore.WithPrefix(p)) }
	limiter := func(key string, requests int, per time.Duration) func() error {
		return func() error { _, err := newStore(t, good).Limiter(key, requests, per); return err }
	}
	for name, row := range map[string]struct {
		do   func() error
		want string // what the error says to do; "" for no error
	}{
		"no client":        {store(nil), "redis.NewClient"},
		"a nil client":     {store((*redis.Client)(nil)), "redis.NewClient"},
		"a nil cluster":    {store((*redis.ClusterClient)(nil)), "redis.NewClient"},
		"a nil option":     {store(good, nil), ""},
		"a nil logger":     {store(good, redisstore.WithLogger(nil)), "leave the option out"},
		"a space":          {prefix("my clerk:"), `use one like "clerk:"`},
		"braces":           {prefix("{clerk}:"), `use one like "clerk:"`},
		"one brace":        {prefix("clerk}"), `use one like "clerk:"`},
		"a line feed":      {prefix("clerk\n"), `use one like "clerk:"`},
		"a NUL":            {prefix("\x00"), `use one like "clerk:"`},
		"not UTF-8":        {prefix("\xff"), `use one like "clerk:"`},
		"a good prefix":    {prefix("app-1/clerk:"), ""},
		"no prefix":        {prefix(""), ""},
		"no key":           {limiter("", 100, time.Second), "pass the key"},
		"one request":      {limiter("sk_test_made_up", 1, time.Second), "pass 2 or more"},
		"minus 5":          {limiter("sk_test_made_up", -5, time.Second), "pass 2 or more"},
		"in no time":       {limiter("sk_test_made_up", 100, 0), "a millisecond to a day"},
		"in two days":      {limiter("sk_test_made_up", 100, 48*time.Hour), "a millisecond to a day"},
		"2 requests a day": {limiter("sk_test_made_up", 2, 24*time.Hour), ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := row.do()
			if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
				t.Errorf("the error is %v, want one that says %q", err, row.want)
			}
			if err != nil && strings.Contains(err.Error(), "sk_test") {
				t.Errorf("the error %v has the key", err)
			}
		})
	}
}
