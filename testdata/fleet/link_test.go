//go:build linux

package fleet

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// link stands between the processes and Redis, as a network does.
type link struct {
	away time.Duration // from a question to its answer
	drop float64       // the probability that a connection breaks at an answer

	mu     sync.Mutex
	random *rand.Rand
	broken int
}

// start returns where to connect instead of to addr.
func (l *link) start(tb testing.TB, addr string) string {
	tb.Helper()
	l.random = rand.New(rand.NewPCG(3, 4))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { listener.Close() })
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go l.connect(near, addr)
		}
	}()
	return listener.Addr().String()
}

func (l *link) connect(near net.Conn, addr string) {
	defer near.Close()
	far, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer far.Close()
	go func() {
		defer far.Close()
		io.Copy(far, near)
	}()
	type answer struct {
		at    time.Time
		bytes []byte
	}
	answers := make(chan answer, 1000)
	go func() {
		defer close(answers)
		for {
			b := make([]byte, 64<<10)
			n, err := far.Read(b)
			if err != nil {
				return
			}
			answers <- answer{time.Now(), b[:n]}
		}
	}()
	for a := range answers {
		<-time.After(time.Until(a.at.Add(l.away)))
		if l.breaks() {
			return
		}
		if _, err := near.Write(a.bytes); err != nil {
			return
		}
	}
}

func (l *link) breaks() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	breaks := l.random.Float64() < l.drop
	if breaks {
		l.broken++
	}
	return breaks
}
