package sessionstest

import "testing"

// New starts a server for a test, as NewServer does: the server closes when the test ends, and each
// of its Violations fails the test.
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
