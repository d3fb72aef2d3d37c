package instance

import "sync"

// watchers are told when something has happened.
type watchers struct {
	mu    sync.Mutex
	chans map[chan struct{}]bool
}

// Changed tells whoever watches that something has happened.
func (in *Instance) Changed() {
	in.watchers.mu.Lock()
	defer in.watchers.mu.Unlock()
	for c := range in.watchers.chans {
		select {
		case c <- struct{}{}:
		default: // it will look anyway
		}
	}
}

// Watch returns a channel that has something to receive once something has happened since the last
// receive, and a function that ends the watch.
func (in *Instance) Watch() (changes <-chan struct{}, end func()) {
	c := make(chan struct{}, 1)
	in.watchers.mu.Lock()
	defer in.watchers.mu.Unlock()
	if in.watchers.chans == nil {
		in.watchers.chans = map[chan struct{}]bool{}
	}
	in.watchers.chans[c] = true
	return c, func() {
		in.watchers.mu.Lock()
		defer in.watchers.mu.Unlock()
		delete(in.watchers.chans, c)
	}
}
