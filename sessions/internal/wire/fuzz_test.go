package wire

import (
	"net/http"
	"testing"
	"time"
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
		one, oneOK := retryAfterAt(t, now, http.Header{"Retry-After": {value}, "Date": {date}})
		two, twoOK := retryAfterAt(t, now, http.Header{"Retry-After": {second}, "Date": {date}})
		both, bothOK := retryAfterAt(t, now, http.Header{"Retry-After": {value, second}, "Date": {date}})
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
