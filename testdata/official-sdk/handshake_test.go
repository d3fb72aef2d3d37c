package officialsdk_test

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// TestHandshake has the official SDK's authenticateRequest take the fake's cookies and handshakes.
func TestHandshake(t *testing.T) {
	program := filepath.Join(t.TempDir(), "fakeclerk")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program,
		"../../sessions/sessionstest/fakeclerk").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for name, args := range map[string][]string{
		"development": {"--", "node", "handshake.mjs"},
		"production":  {"-production", "--", "node", "handshake.mjs"},
	} {
		t.Run(name, func(t *testing.T) {
			if out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}
