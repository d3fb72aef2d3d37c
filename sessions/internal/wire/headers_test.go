package wire

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every request has these headers and no others; in particular no Idempotency-Key, which would make net/http send it
// again.
func TestHeaders(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		version, verify string // what is configured, and what Verify sends
	}{
		{"2026-05-12", "2024-10-01"},
		{"2025-11-10", "2024-10-01"},
		{"2025-04-10", "2024-10-01"},
		{"2025-04-09", "2025-04-09"},
		{"2025-03-12", "2025-03-12"},
		{"2024-10-01", "2024-10-01"},
		{"2021-02-05", "2021-02-05"},
	} {
		for _, op := range Operations() {
			t.Run(row.version+"/"+op.Name, func(t *testing.T) {
				t.Parallel()
				server := &script{acts: []act{answered(200, "")}}
				cfg := defaults(server)
				cfg.APIVersion = row.version
				send(t, NewChain(cfg), op)
				want := http.Header{
					"Authorization":     {"Bearer sk_test_canary"},
					"Clerk-Api-Version": {row.version},
					"Accept":            {"application/json"},
					"User-Agent":        {"clerk-sessions-go/test"},
				}
				if op == VerifySession {
					want["Clerk-Api-Version"] = []string{row.verify}
				}
				if diff := cmp.Diff(want, server.header[0]); diff != "" {
					t.Errorf("want (-), got (+):\n%s", diff)
				}
			})
		}
	}
}
