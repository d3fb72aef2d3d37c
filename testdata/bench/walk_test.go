package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

const latency = 20 * time.Millisecond // of a request, in real time

func sleep() { time.Sleep(latency) }

// slowClient returns this client, and the transport it sends through.
func slowClient(tb testing.TB, wait func()) (*sessions.Client, *slow) {
	transport := &slow{latency: wait, list: newLongList()}
	return ours(tb, "https://api.clerk.test", transport), transport
}

// BenchmarkWalk measures a walk of 100,000 sessions at 20 ms a request: by All, and page after page with the same
// client.
func BenchmarkWalk(b *testing.B) {
	client, _ := slowClient(b, sleep)
	ctx := context.Background()
	b.Run("by=All", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			n := 0
			for _, err := range client.All(ctx, sessions.ListParams{UserID: userID}) {
				if err != nil {
					b.Fatal(err)
				}
				n++
			}
			if n != longListSize {
				b.Fatalf("%d sessions, want %d", n, longListSize)
			}
		}
	})
	b.Run("by=List", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for n, got := 0, pageSize; got == pageSize; n += got {
				list, err := client.List(ctx, sessions.ListParams{UserID: userID, Limit: pageSize, Offset: n})
				if err != nil {
					b.Fatal(err)
				}
				got = len(list.Data)
			}
		}
	})
}

// BenchmarkWalkHeap measures how much is live during a walk of 100,000 sessions, in pages, when the loop is so slow
// that all is fetched that may be.
func BenchmarkWalkHeap(b *testing.B) {
	client, _ := slowClient(b, func() {})
	ctx := context.Background()
	var pageHeap int64
	for range 2 { // the first fills the caches of the JSON library as well
		before := liveHeap()
		page, err := client.List(ctx, sessions.ListParams{UserID: userID, Limit: pageSize})
		if err != nil {
			b.Fatal(err)
		}
		pageHeap = liveHeap() - before
		runtime.KeepAlive(page)
	}

	var most float64
	for b.Loop() {
		before := liveHeap()
		n := 0
		for _, err := range client.All(ctx, sessions.ListParams{UserID: userID}) {
			if err != nil {
				b.Fatal(err)
			}
			if n++; n%(20*pageSize) == pageSize {
				time.Sleep(100 * time.Millisecond)
				most = max(most, float64(liveHeap()-before)/float64(pageHeap))
			}
		}
	}
	b.ReportMetric(most, "pages")
	b.ReportMetric(float64(pageHeap), "B/page")
}

// liveHeap returns how many bytes are in use after a collection.
func liveHeap() int64 {
	runtime.GC()
	runtime.GC() // empties the pools
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

const toRevoke = 1000

// BenchmarkRevokeAll measures the revocation of 1000 sessions at 20 ms a request: by RevokeAll with its concurrency of
// 8, and one after another. The latter takes 20 s and is measured once for all runs.
func BenchmarkRevokeAll(b *testing.B) {
	b.Run("by=RevokeAll", func(b *testing.B) {
		for b.Loop() {
			client := ours(b, "https://api.clerk.test", newDwindling(toRevoke))
			result, err := client.RevokeAll(context.Background(), sessions.RevokeAllParams{UserID: userID})
			if err != nil || len(result.Revoked) != toRevoke {
				b.Fatal(len(result.Revoked), err)
			}
		}
	})
	b.Run("by=Revoke", func(b *testing.B) {
		for b.Loop() {
			oneAfterAnother(b)
		}
		b.ReportMetric(float64(tookOneAfterAnother), "ns/op")
	})
}

var tookOneAfterAnother time.Duration // 0 = not measured yet

func oneAfterAnother(b *testing.B) {
	if tookOneAfterAnother > 0 {
		return
	}
	client := ours(b, "https://api.clerk.test", newDwindling(toRevoke))
	ctx := context.Background()
	start := time.Now()
	var ids []string
	for session, err := range client.All(ctx, sessions.ListParams{UserID: userID, Status: sessions.StatusActive}) {
		if err != nil {
			b.Fatal(err)
		}
		ids = append(ids, session.ID)
	}
	for _, id := range ids {
		if _, err := client.Revoke(ctx, id); err != nil {
			b.Fatal(err)
		}
	}
	tookOneAfterAnother = time.Since(start)
}

// BenchmarkTokenCache measures a hit, and how many requests 1000 callers make who miss the same token at the same time.
func BenchmarkTokenCache(b *testing.B) {
	ctx := context.Background()
	b.Run("work=hit", func(b *testing.B) {
		cache := sessions.NewTokenCache(mint{})
		b.ReportAllocs()
		for b.Loop() {
			if _, err := cache.GetToken(ctx, sessionID, sessions.TokenParams{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("work=1000-misses", func(b *testing.B) {
		client, transport := slowClient(b, sleep)
		var rounds int64
		for b.Loop() {
			rounds++
			cache := sessions.NewTokenCache(client)
			var running sync.WaitGroup
			errs := make([]error, 1000)
			for i := range errs {
				running.Go(func() { _, errs[i] = cache.GetToken(ctx, sessionID, sessions.TokenParams{}) })
			}
			running.Wait()
			if err := errors.Join(errs...); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(transport.requests.Load())/float64(rounds), "requests")
	})
}

// mint makes tokens that are good for ever.
type mint struct{}

func (mint) GetToken(context.Context, string, sessions.TokenParams) (*sessions.Token, error) {
	return &sessions.Token{JWT: fmt.Sprintf("e30.%s.c2ln", "eyJleHAiOjI1MzQwMjMwMDc5OX0")}, nil // {"exp":253402300799}
}
