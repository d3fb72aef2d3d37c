package bench

import (
	"context"
	"flag"
	"net/http/httptest"
	"os"
	"strconv"
	"testing"
)

// TestMain lets every client trust the servers that speak TLS on loopback, as it trusts others: by the system's
// certificates.
func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(func() int {
		file, err := os.CreateTemp("", "bench-*.pem")
		if err != nil {
			panic(err)
		}
		defer os.Remove(file.Name())
		server := httptest.NewTLSServer(nil)
		_, err = file.WriteString(pemOf(server.Certificate()))
		server.Close()
		if err != nil || file.Close() != nil || os.Setenv("SSL_CERT_FILE", file.Name()) != nil {
			panic("the certificate cannot be written")
		}
		return runInRounds(m)
	}())
}

// runInRounds makes -count=6 six rounds of everything, instead of everything six times in a row: a machine that gets
// slower for a while then does so to every client.
func runInRounds(m *testing.M) int {
	count := flag.Lookup("test.count").Value
	rounds, err := strconv.Atoi(count.String())
	if err != nil || count.Set("1") != nil {
		panic("-count is not a number")
	}
	for range rounds {
		if code := m.Run(); code != 0 {
			return code
		}
	}
	return 0
}

// works is what every client does.
var works = []struct {
	name string
	do   func(ctx context.Context, c client) error
}{
	{"Get", func(ctx context.Context, c client) error { return c.get(ctx) }},
	{"List100", func(ctx context.Context, c client) error { return c.list(ctx, 100) }},
	{"List500", func(ctx context.Context, c client) error { return c.list(ctx, 500) }},
	{"GetToken", func(ctx context.Context, c client) error { return c.getToken(ctx) }},
	{"Revoke", func(ctx context.Context, c client) error { return c.revoke(ctx) }},
	{"404", func(ctx context.Context, c client) error { return c.getMissing(ctx) }},
}

// BenchmarkCall measures one call at a time.
func BenchmarkCall(b *testing.B) {
	for _, w := range works {
		b.Run("net=memory/work="+w.name, func(b *testing.B) {
			for _, m := range makers {
				b.Run("client="+m.name, func(b *testing.B) {
					measure(b, m.make(b, "https://api.clerk.test", memory{}), w.do)
				})
			}
		})
	}
	for _, w := range works {
		b.Run("net=loopback/work="+w.name, func(b *testing.B) {
			for _, m := range makers {
				b.Run("client="+m.name, func(b *testing.B) {
					server := newLoopback(b, (*httptest.Server).Start)
					measure(b, m.make(b, server.URL, nil), w.do)
				})
			}
		})
	}
}

func measure(b *testing.B, c client, do func(context.Context, client) error) {
	c.check(b)
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if err := do(ctx, c); err != nil {
			b.Fatal(err)
		}
	}
}
