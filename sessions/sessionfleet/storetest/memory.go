package storetest

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionfleet"
)

// NewMemory returns an empty Store in memory, for the tests of a service whose instances are Fleets
// in one process. It has no goroutine; values that have expired make room when the next value
// comes.
func NewMemory() sessionfleet.Store { return &memory{entries: make(map[string]entry)} }

type memory struct {
	mu      sync.Mutex
	entries map[string]entry
}

type entry struct {
	value []byte
	until time.Time
}

// Swap implements sessionfleet.Store.
func (m *memory) Swap(
	ctx context.Context, name string, old, value []byte, ttl time.Duration,
) ([]byte, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	now := time.Now()
	there := m.entries[name].value
	if !now.Before(m.entries[name].until) {
		there = nil
	}
	same := (old == nil) == (there == nil) && bytes.Equal(old, there)
	if !same || old == nil && value == nil {
		return bytes.Clone(there), false, nil
	}
	if value == nil {
		delete(m.entries, name)
		return nil, true, nil
	}
	for name, e := range m.entries {
		if !now.Before(e.until) {
			delete(m.entries, name)
		}
	}
	m.entries[name] = entry{bytes.Clone(value), now.Add(ttl)}
	return bytes.Clone(value), true, nil
}
