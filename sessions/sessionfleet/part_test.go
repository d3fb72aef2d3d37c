package sessionfleet_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A store of which a part fails for long rests nearly all the time: calls do not go on waiting for it.
func TestPartOfAStoreFails(t *testing.T) {
	t.Parallel()
	for name, hits := range map[string]func(swap) bool{
		"half of the operations hang": func(swap) bool { return rand.IntN(2) == 0 },
		"one node of two hangs":       func(op swap) bool { return op.name[0]%2 == 0 },
	} {
		bubble(t, name, func(t *testing.T) {
			s, long := newStore(), new(atomic.Int64)
			fleet := newFleet(t, &clerk{takes: atOnce}, s, secretKey)
			for i := range 3000 { // however long it has worked before
				handshakeOf(fmt.Sprint("before ", i))(t.Context(), fleet)
			}
			s.breaks(func(op swap) ([]byte, bool, error) {
				if hits(op) {
					return hangs(op)
				}
				return works(op)
			})
			var wg sync.WaitGroup
			for i := range 4500 { // 150 a second
				wg.Go(func() {
					a := <-begin(t.Context(), fleet, handshakeOf(fmt.Sprint(i)))
					if a.err != nil || i >= 3000 && a.took >= opLimit {
						long.Add(1)
					}
				})
				time.Sleep(time.Second / 150)
			}
			if wg.Wait(); long.Load() > 400 {
				t.Errorf("%d of the last 1500 calls waited for an operation that failed, want 400 at most", long.Load())
			}
			time.Sleep(time.Second)
		})
	}
}

// A store that works again is soon as good as new, however long it was down: a failure now and then is forgiven.
func TestRecoversFromALongOutage(t *testing.T) {
	t.Parallel()
	bubble(t, "an hour", func(t *testing.T) {
		s := newStore()
		fleet, failures := logged(t, &clerk{takes: atOnce}, s)
		s.breaks(isDown)
		for i := range 3600 {
			handshakeOf(fmt.Sprint("down ", i))(t.Context(), fleet)
			time.Sleep(time.Second)
		}
		s.breaks(nil)
		for i := range 100 {
			handshakeOf(fmt.Sprint("works ", i))(t.Context(), fleet)
			time.Sleep(100 * time.Millisecond)
		}
		s.breaks(isDown)
		handshakeOf("one failure")(t.Context(), fleet)
		if failures() != 1 {
			t.Errorf("the store was said to fail %d times, want once", failures())
		}
	})
}
