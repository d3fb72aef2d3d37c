package wire

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)
	const (
		noon    = "Mon, 23 Nov 2026 12:00:00 GMT"
		at11    = "Mon, 23 Nov 2026 11:00:00 GMT"
		in10    = "Mon, 23 Nov 2026 12:00:10 GMT"
		ago10   = "Mon, 23 Nov 2026 11:59:50 GMT"
		at11_10 = "Mon, 23 Nov 2026 11:00:10 GMT"
	)
	none := time.Duration(-1)
	for _, row := range []struct {
		name   string
		values []string
		date   string // the answer's own
		want   time.Duration
	}{
		{"not there", nil, "", none},
		{"seconds", []string{"2"}, "", 2 * time.Second},
		{"zero", []string{"0"}, "", 0},
		{"leading zeros", []string{"007"}, "", 7 * time.Second},
		{"an hour", []string{"3600"}, "", time.Hour},
		{"the most seconds that fit", []string{"9223372036"}, "", 9223372036 * time.Second},
		{"one second more", []string{"9223372037"}, "", none},
		{"20 digits", []string{"99999999999999999999"}, "", none},
		{"300 digits", []string{strings.Repeat("9", 300)}, "", none},
		{"negative", []string{"-5"}, "", none},
		{"with a plus", []string{"+5"}, "", none},
		{"a fraction", []string{"1.5"}, "", none},
		{"an exponent", []string{"1e3"}, "", none},
		{"hexadecimal", []string{"0x10"}, "", none},
		{"an underscore", []string{"1_000"}, "", none},
		{"with a unit", []string{"5s"}, "", none},
		{"NaN", []string{"NaN"}, "", none},
		{"Inf", []string{"Inf"}, "", none},
		{"empty", []string{""}, "", none},
		{"two in one line", []string{"2, 3"}, "", none},
		{"digits of another script", []string{"٢"}, "", none},
		{"prose", []string{"soon"}, "", none},
		{"a date", []string{in10}, "", 10 * time.Second},
		{"a date, by the answer's clock", []string{at11_10}, at11, 10 * time.Second},
		{"a date, and the answer's Date is junk", []string{in10}, "now", 10 * time.Second},
		{"seconds, whatever the answer's clock", []string{"2"}, at11, 2 * time.Second},
		{"a past date", []string{ago10}, "", 0},
		{"a date that is past by the answer's clock only", []string{at11_10}, noon, 0},
		{"a date that is past by our clock only", []string{ago10}, at11, 59*time.Minute + 50*time.Second},
		{"a date of RFC 850", []string{"Monday, 23-Nov-26 12:00:10 GMT"}, "", 10 * time.Second},
		{"a date of asctime", []string{"Mon Nov 23 12:00:10 2026"}, "", 10 * time.Second},
		{"a date without a zone", []string{"Mon, 23 Nov 2026 12:00:10"}, "", none},
		{"a date that is none", []string{"Mon, 32 Nov 2026 12:00:10 GMT"}, "", none},
		{"the end of time", []string{"Fri, 31 Dec 9999 23:59:59 GMT"}, "", 1<<63 - 1},
		{"twice: the longer counts", []string{"2", "3"}, "", 3 * time.Second},
		{"twice: the longer first", []string{"3", "2"}, "", 3 * time.Second},
		{"twice: junk and a number", []string{"soon", "3"}, "", 3 * time.Second},
		{"twice: a number and junk", []string{"3", "-5"}, "", 3 * time.Second},
		{"twice: a date and a number", []string{in10, "3"}, "", 10 * time.Second},
		{"twice: junk", []string{"soon", "later"}, "", none},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{"Retry-After": row.values}
			if row.date != "" {
				h.Set("Date", row.date)
			}
			got, ok := retryAfterAt(t, now, h)
			if !ok {
				if got != 0 {
					t.Errorf("got %v beside false", got)
				}
				got = none
			}
			if got != row.want {
				t.Errorf("got %v, want %v", got, row.want)
			}
		})
	}
}

// retryAfterAt returns what an answer with headers asks for at a time.
func retryAfterAt(t *testing.T, now time.Time, h http.Header) (wait time.Duration, ok bool) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		time.Sleep(time.Until(now))
		wait, ok = (&Answer{Response: &http.Response{Header: h}}).RetryAfter()
	})
	return wait, ok
}

func TestTraceID(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		header http.Header
		want   string
	}{
		{"none", http.Header{}, ""},
		{"no header at all", nil, ""},
		{"Clerk's", http.Header{"Clerk-Trace-Id": {"trace_1"}}, "trace_1"},
		{"the network's", http.Header{"Cf-Ray": {"ray_1"}}, "ray_1"},
		{"both", http.Header{"Clerk-Trace-Id": {"trace_1"}, "Cf-Ray": {"ray_1"}}, "trace_1"},
		{"an empty one of Clerk's", http.Header{"Clerk-Trace-Id": {""}, "Cf-Ray": {"ray_1"}}, "ray_1"},
	} {
		if got := (&Answer{Response: &http.Response{Header: row.header}}).TraceID(); got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}
