package sessionfleet

import (
	"context"
	"time"
)

// SetClock makes a Fleet read another clock.
func (f *Fleet) SetClock(now func() time.Time) { f.now = now }

// Names returns where a Fleet shares a refresh or a handshake ("") of a session, for tests that
// touch what is there.
func (f *Fleet) Names(ctx context.Context, kind string, names ...string) (found []string) {
	places, _ := f.places(ctx, kind, names)
	for _, p := range places {
		found = append(found, p.name)
	}
	return found
}
