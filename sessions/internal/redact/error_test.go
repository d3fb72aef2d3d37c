package redact

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// TestError says what an error from outside still shows and matches: cause is in each of them.
func TestError(t *testing.T) {
	t.Parallel()
	const secret = "secret-1"
	cause := errors.New("the cause")
	urlError := func(text string) error { return &url.Error{Op: "Get", URL: text, Err: cause} }
	for _, row := range []struct {
		name    string
		err     error
		text    string
		reaches bool // errors.As reaches the *url.Error
	}{
		{"harmless", cause, "the cause", false},
		{"harmless, with fields", urlError("u"), `Get "u": the cause`, true},
		{"a secret in the text", fmt.Errorf("%s: %w", secret, urlError("u")), `[redacted]: Get "u": the cause`, false},
		{"a secret in the fields", urlError("u?" + secret), `Get "u?[redacted]": the cause`, false},
		{"a secret inside", &quiet{urlError("u?" + secret)}, "quiet", false},
		{"a secret beside", &quiet{errors.Join(urlError("u"), errors.New(secret))}, "quiet", false},
		{"harmless inside", &quiet{errors.Join(urlError("u"), errors.New("x"))}, "quiet", true},
		{"wraps nothing", &quiet{}, "quiet", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r := &Redactor{Secrets: func() []string { return []string{secret} }}
			got := r.Error(row.err)
			if got.Error() != row.text {
				t.Errorf("got %q, want %q", got, row.text)
			}
			if !errors.Is(got, row.err) || errors.Is(row.err, cause) != errors.Is(got, cause) {
				t.Error("the error does not match what it matched")
			}
			var reached *url.Error
			if errors.As(got, &reached) != row.reaches {
				t.Errorf("errors.As reached %v, want %v", reached, row.reaches)
			}
			if errors.Unwrap(got) != nil {
				t.Error("the error unwraps")
			}
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
				if text := fmt.Sprintf(verb, got); strings.Contains(text, secret) {
					t.Errorf("%s shows %q", verb, text)
				}
			}
		})
	}
}

// quiet is an error that shows nothing itself.
type quiet struct{ inner error }

func (q *quiet) Error() string { return "quiet" }
func (q *quiet) Unwrap() error { return q.inner }
