//go:build unix

package redisstore_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet/redisstore/internal/redistest"
)

// startCluster starts a cluster of three nodes, and returns its client once every node knows it.
func startCluster(t *testing.T) *redis.ClusterClient {
	t.Helper()
	const slots = 16384
	var addrs []string
	var nodes []*redis.Client
	var first []any // how the others meet the first node
	for i := range 3 {
		bus := redistest.FreePort(t)
		s := redistest.Start(t, redistest.Redis, "--cluster-enabled", "yes", "--cluster-port", bus)
		c := newClient(t, s.Addr)
		if err := c.ClusterAddSlotsRange(t.Context(), i*slots/3, (i+1)*slots/3-1).Err(); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			host, port, _ := net.SplitHostPort(s.Addr)
			first = []any{"CLUSTER", "MEET", host, port, bus}
		} else if err := c.Do(t.Context(), first...).Err(); err != nil {
			t.Fatal(err)
		}
		addrs, nodes = append(addrs, s.Addr), append(nodes, c)
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for start := time.Now(); ; <-tick.C {
		ready := 0
		for _, c := range nodes {
			info := c.ClusterInfo(t.Context()).Val()
			if strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:3") {
				ready++
			}
		}
		if ready == len(nodes) {
			break
		}
		if time.Since(start) > 20*time.Second {
			t.Fatal("the nodes do not become a cluster")
		}
	}
	c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs, ContextTimeoutEnabled: true})
	t.Cleanup(func() { c.Close() })
	return c
}
