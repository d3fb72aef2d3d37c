package sessionstest_test

import (
	"testing"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// BenchmarkNewServer is what a test pays for a server of its own. Reading the fragment, once a process, and the first
// signature come on top.
func BenchmarkNewServer(b *testing.B) {
	for b.Loop() {
		sessionstest.NewServer().Close()
	}
}

func BenchmarkGet(b *testing.B) {
	s := newServer(sessionstest.WithoutCalls())
	s.AddSession(sessionstest.Session{ID: "sess_1"})
	for b.Loop() {
		get(b, s, "/sessions/sess_1")
	}
}

func BenchmarkListOf500(b *testing.B) {
	s := newServer(sessionstest.WithoutCalls())
	for range 500 {
		s.AddSession(sessionstest.Session{})
	}
	for b.Loop() {
		get(b, s, "/sessions?limit=500&paginated=true")
	}
}
