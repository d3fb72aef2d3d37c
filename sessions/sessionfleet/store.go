// Package sessionfleet lets the instances of a service share what each of them asked Clerk for.
package sessionfleet

import (
	"context"
	"time"
)

// Store is a place that all instances reach. It keeps small values under names, each for a short
// time. A Store must be safe for concurrent use.
type Store interface {
	// Swap puts new in the place of old for ttl, if old is what is there (nil: nothing), says whether
	// it did, and returns what is there now. A nil new removes old; with both nil Swap only reads. It
	// must be atomic, and should end with ctx. An empty value is not nil: it is there.
	Swap(ctx context.Context, name string, old, new []byte, ttl time.Duration) (
		now []byte, swapped bool, err error)
}
