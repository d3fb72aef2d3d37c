package wire

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []struct{ value, second, date string }{
		{"2", "", ""},
		{"0", "", "Mon, 23 Nov 2026 12:00:00 GMT"},
		{"-5", "3", ""},
		{"1.5", "NaN", "now"},
		{"99999999999999999999", "9223372036", ""},
		{"Mon, 23 Nov 2026 12:00:10 GMT", "", "Mon, 23 Nov 2026 12:00:00 GMT"},
		{"Fri, 31 Dec 9999 23:59:59 GMT", "", "Sat, 01 Jan 0000 00:00:00 GMT"},
		{"Sat, 01 Jan 0000 00:00:00 GMT", "1e3", "Fri, 31 Dec 9999 23:59:59 GMT"},
		{"Monday, 23-Nov-26 12:00:10 GMT", "Mon Nov 23 12:00:10 2026", ""},
	} {
		f.Add(seed.value, seed.second, seed.date)
	}
	now := time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value, second, date string) {
		one, oneOK := RetryAfter(http.Header{"Retry-After": {value}, "Date": {date}}, now)
		two, twoOK := RetryAfter(http.Header{"Retry-After": {second}, "Date": {date}}, now)
		both, bothOK := RetryAfter(http.Header{"Retry-After": {value, second}, "Date": {date}}, now)
		for _, wait := range []time.Duration{one, two, both} {
			if wait < 0 {
				t.Errorf("%v is negative", wait)
			}
		}
		if !oneOK && one != 0 {
			t.Errorf("%v beside false", one)
		}
		if both != max(one, two) || bothOK != (oneOK || twoOK) {
			t.Errorf("%v and %v come to %v, want the longer", one, two, both)
		}
	})
}

// A known secret never survives, in none of the forms in which it may come back.
func FuzzScrub(f *testing.F) {
	f.Add("sk_test_canary", "other-22", "before ", " after", uint8(0))
	f.Add("a b+c/d=?&#%", "eyJhbGciOi.J9.x", `{"m":"`, `"}`, uint8(1))
	f.Add(`say "<x>"\`, "secret", "", "", uint8(2))
	f.Add("canary~\u2028\xff\x00", "canary~", "__session=", ";", uint8(3))
	f.Add("secret", "secret-tail-of-the-long-one", "Bearer ", "", uint8(4))
	f.Add("head-of-the-long-one-secret", "secret", "sk_live_", "eyJa.b.c", uint8(5))
	f.Fuzz(func(t *testing.T, secret, other, before, after string, form uint8) {
		for _, s := range []string{secret, other} { // what the mark itself is made of cannot be told from it
			if len(s) < minSecret || strings.ContainsAny(s, "[]") || strings.Contains(redacted, s) {
				t.Skip()
			}
		}
		forms := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), secret}
		if quoted, err := json.Marshal(secret); err == nil && utf8.ValidString(secret) {
			forms[3] = string(quoted[1 : len(quoted)-1])
		}
		echo := forms[int(form)%len(forms)]
		call := &Call{Op: GetSession, Secrets: func() []string { return []string{secret, other} }}
		got := call.Scrub(before + echo + after)
		for _, s := range []string{secret, other, echo} {
			if strings.Contains(got, s) {
				t.Errorf("%q survives in %q", s, got)
			}
		}
		if !strings.Contains(got, redacted) {
			t.Errorf("%q does not show that something was taken out", got)
		}
	})
}
