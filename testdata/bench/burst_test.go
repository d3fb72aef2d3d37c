package bench

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
)

// BenchmarkBurst measures calls of many callers at once, over loopback, by every client as it comes. The time is that
// of a call when all of them share the machine.
func BenchmarkBurst(b *testing.B) {
	for _, m := range makers {
		b.Run("callers=64/client="+m.name, func(b *testing.B) {
			burst(b, 64, (*httptest.Server).Start, m)
		})
	}
}

// BenchmarkConnections measures this client's own transport.
func BenchmarkConnections(b *testing.B) {
	for _, proto := range []struct {
		name  string
		start func(*httptest.Server)
	}{
		{"http1", (*httptest.Server).Start},
		{"http1-tls", (*httptest.Server).StartTLS},
		{"http2-tls", func(s *httptest.Server) {
			s.EnableHTTP2 = true
			s.StartTLS()
		}},
	} {
		for _, callers := range []int{1, 16, 64, 256} {
			b.Run(fmt.Sprintf("proto=%s/callers=%d", proto.name, callers), func(b *testing.B) {
				burst(b, callers, proto.start, makers[0])
			})
		}
	}
}

func burst(b *testing.B, callers int, start func(*httptest.Server), m maker) {
	server := newLoopback(b, start)
	c := m.make(b, server.URL, nil)
	c.check(b)
	spread(b, c, callers, 10*callers) // the connections are made
	b.ReportAllocs()
	b.ResetTimer()
	spread(b, c, callers, b.N)
	b.StopTimer()
	b.ReportMetric(float64(server.connections.Load()), "connections")
}

// spread makes n calls from so many goroutines.
func spread(b *testing.B, c client, callers, n int) {
	ctx := context.Background()
	var made atomic.Int64
	var running sync.WaitGroup
	for range callers {
		running.Go(func() {
			for made.Add(1) <= int64(n) {
				if err := c.get(ctx); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	running.Wait()
}

func pemOf(cert *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
}
