package wire

import (
	"strings"
	"testing"
)

func TestScrub(t *testing.T) {
	t.Parallel()
	const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyXzEifQ.c2lnbmF0dXJl-_"
	for _, row := range []struct {
		name    string
		secrets []string
		text    string
		want    string
	}{
		{"nothing", []string{"secret-1"}, "", ""},
		{"no secrets known", nil, "plain text", "plain text"},
		{"nothing secret", []string{"secret-1"}, "plain text", "plain text"},
		{"a known one", []string{"secret-1"}, "got secret-1!", "got [redacted]!"},
		{"more than once", []string{"secret-1"}, "secret-1secret-1", "[redacted][redacted]"},
		{"several", []string{"secret-1", "other-22"}, "other-22 and secret-1", "[redacted] and [redacted]"},
		{"as a query writes it", []string{"a b+c/d="}, "q=a+b%2Bc%2Fd%3D", "q=[redacted]"},
		{"as a path writes it", []string{"a b+c/d="}, "/a%20b+c%2Fd=", "/[redacted]"},
		{"as JSON writes it", []string{`"<x>" said`}, `{"m":"\"\u003cx\u003e\" said"}`, `{"m":"[redacted]"}`},
		{"as JSON writes it, with a quote at its end", []string{`said "<x>"`}, `{"m":"said \"\u003cx\u003e\""}`, `{"m":"[redacted]"}`},
		{"too short to be one", []string{"abcde", ""}, "abcdef", "abcdef"},
		{"of the least length", []string{"abcdef"}, "abcdef", "[redacted]"},
		{"one that starts with another", []string{"secret", "secret-tail-of-the-long-one"}, "secret-tail-of-the-long-one", "[redacted]"},
		{"one that ends with another", []string{"secret", "head-of-the-long-one-secret"}, "head-of-the-long-one-secret", "[redacted]"},
		{"somebody's test key", nil, "key sk_test_abcDEF123 here", "key [redacted] here"},
		{"somebody's live key", nil, "sk_live_abc.def-ghi_jkl", "[redacted]"},
		{"a publishable key is none", nil, "pk_test_abc", "pk_test_abc"},
		{"a JWT", nil, "token " + jwt + ", expired", "token [redacted], expired"},
		{"a JWT without signature", nil, "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "[redacted]"},
		{"a bearer credential", nil, "Authorization: Bearer abc123~x/y==", "Authorization: [redacted]"},
		{"a bearer credential in any case", nil, "bEARER  abc123", "[redacted]"},
		{"a session cookie", nil, "__session=abc; Path=/", "[redacted]; Path=/"},
		{"a suffixed session cookie", nil, "__session_AbC-1=abc; Path=/", "[redacted]; Path=/"},
		{"a refresh cookie", nil, "cookie __refresh_AbC=abc, sent", "cookie [redacted], sent"},
		{"the client cookie", nil, "__client=abc", "[redacted]"},
		{"other cookies", nil, "theme=dark", "theme=dark"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			call := &Call{Context: t.Context(), Op: GetSession}
			if row.secrets != nil {
				call.Secrets = func() []string { return row.secrets }
			}
			if got := call.Scrub(row.text); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

// A secret of any length goes, and so do all of its bytes.
func TestScrubLongSecrets(t *testing.T) {
	t.Parallel()
	secret := strings.Repeat("canary/+ ", 10_000)
	call := &Call{Context: t.Context(), Op: GetSession, Secrets: func() []string { return []string{secret} }}
	if got := call.Scrub("before " + secret + "after"); got != "before [redacted]after" {
		t.Errorf("got %d bytes, starting %.40q", len(got), got)
	}
}
