package wire

import "sync/atomic"

const (
	budgetSize = 100 // full
	retryCost  = 10
)

// Budget stops retry storms: retries draw from it and successes refill it, so that in an outage the clients that share it send at
// most 10 requests more than they have calls, and else one more for every ten successes.
type Budget struct{ spent atomic.Int32 }

// withdraw reports whether one more retry may be sent.
func (b *Budget) withdraw() bool {
	for {
		spent := b.spent.Load()
		if spent+retryCost > budgetSize {
			return false
		}
		if b.spent.CompareAndSwap(spent, spent+retryCost) {
			return true
		}
	}
}

// refill takes note of a success.
func (b *Budget) refill() {
	for {
		spent := b.spent.Load()
		if spent == 0 || b.spent.CompareAndSwap(spent, spent-1) {
			return
		}
	}
}
