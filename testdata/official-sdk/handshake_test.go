package officialsdk_test

import (
	"bytes"
	"os/exec"
	"testing"
)

// TestHandshake has the official SDK's authenticateRequest take the fake's cookies and handshakes.
func TestHandshake(t *testing.T) {
	program := buildFakeclerk(t)
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

// TestNodeSuite runs the tests of a service in Node below the fake.
func TestNodeSuite(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), buildFakeclerk(t),
		"--", "node", "--test", "--test-reporter=tap").CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("\n# pass 10\n")) {
		t.Errorf("%v, want ten tests that pass:\n%s", err, out)
	}
}
