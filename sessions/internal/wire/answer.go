package wire

import (
	"cmp"
	"math"
	"net/http"
	"strconv"
	"time"
)

// TraceID returns the name that Clerk, or the network in front of it, gave to a request, or "".
func TraceID(h http.Header) string { return cmp.Or(h.Get("Clerk-Trace-Id"), h.Get("Cf-Ray")) }

// RetryAfter returns how long an answer asks to stay silent: whole seconds, or a date, measured against the answer's own Date so
// that a wrong clock does no harm. Of several values the longest counts. What cannot be read is ignored; a date in the past is 0.
func RetryAfter(h http.Header, now time.Time) (wait time.Duration, ok bool) {
	values := h["Retry-After"]
	if len(values) == 0 {
		return 0, false
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	for _, value := range values {
		if d, valid := parseRetryAfter(value, now); valid {
			wait, ok = max(wait, d), true
		}
	}
	return wait, ok
}

func parseRetryAfter(value string, now time.Time) (time.Duration, bool) {
	if seconds, err := strconv.ParseUint(value, 10, 63); err == nil {
		if seconds > math.MaxInt64/uint64(time.Second) {
			return 0, false
		}
		return time.Duration(seconds) * time.Second, true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return max(0, date.Sub(now)), true
}
