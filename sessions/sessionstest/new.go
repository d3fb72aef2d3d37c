package sessionstest

import "testing"

// New does what NewServer does for a test: the server closes when the test ends, and a violation of
// the fragment fails the test.
func New(tb testing.TB, opts ...Option) *Server {
	tb.Helper()
	s := NewServer(opts...)
	tb.Cleanup(func() {
		s.Close()
		for _, err := range s.Violations() {
			tb.Errorf("sessionstest: violation: %v", err)
		}
	})
	return s
}
