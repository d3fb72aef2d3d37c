package wire

import (
	"sync"
	"time"
)

const (
	budgetSize     = 64.0 // retries; one connection's worth of requests may be cut off and sent again
	budgetFillTime = time.Minute
	perSuccess     = 0.1
)

// Budget bounds the retries of the clients that share it, so that they do not multiply the load of
// a server in trouble. A retry, other than after a 429, takes a token when it is sent. Every tenth
// success gives one back, and time fills the whole budget within a minute: N calls send at most
// 1.1 N + 64 requests, and 64 more a minute. The zero value is a full budget.
type Budget struct {
	mu    sync.Mutex
	spent float64   // tokens
	aged  time.Time // when spent was last reduced by time
}

// spend takes tokens, and reports whether there were enough. A negative number gives tokens back.
func (b *Budget) spend(tokens float64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	filled := budgetSize * now.Sub(b.aged).Seconds() / budgetFillTime.Seconds()
	b.spent, b.aged = max(0, b.spent-filled), now
	if b.spent+tokens > budgetSize {
		return false
	}
	b.spent = max(0, b.spent+tokens)
	return true
}

// left reports whether there is a token, and takes none.
func (b *Budget) left() bool { return b.spend(1) && b.spend(-1) }
