package wire

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// ErrTooLarge says that an answer is larger than its operation allows.
var ErrTooLarge = errors.New("the answer is too large")

// Answer is everything that is known of a request after it was sent, or was kept from being sent.
type Answer struct {
	Response *http.Response // nil if none came; its body is read and closed
	Body     []byte         // what was read of the response's body, good until Release
	Err      error          // why no response came, or why Body is not whole
	Unsent   bool           // no response came, and no server can have acted on the request
	Attempts int            // how many times the request was handed to the transport
	Took     time.Duration  // how long the last attempt took or, if there was none, the wait for it
	HeldBack bool           // Err, or Ended, is about a request that the client itself kept from being sent
	Silence  time.Duration  // for a request that was held back: how long its operation is still silent
	Ended    error          // what ended the wait for a better answer than this one; else nil

	buffer *bytes.Buffer // holds Body; nil once it is released
}

// Status returns the response's status, or 0 if no response came.
func (a *Answer) Status() int {
	if a.Response == nil {
		return 0
	}
	return a.Response.StatusCode
}

// Whole reports whether a response came with its whole body.
func (a *Answer) Whole() bool { return a.Response != nil && a.Err == nil }

// Lost reports whether the response, or the end of its body, was lost on its way.
func (a *Answer) Lost() bool {
	return a.Err != nil && !errors.Is(a.Err, ErrTooLarge) && !isCorrupt(a.Err)
}

// TraceID returns the name that Clerk, or the network in front of Clerk, gave to the request; "" if
// the response's headers hold none.
func (a *Answer) TraceID() string {
	if a.Response == nil {
		return ""
	}
	return cmp.Or(a.Response.Header.Get("Clerk-Trace-Id"), a.Response.Header.Get("Cf-Ray"))
}

// RetryAfter returns how long the response asks the client to stay silent, and whether it asks at
// all.
func (a *Answer) RetryAfter() (time.Duration, bool) {
	if a.Response == nil {
		return 0, false
	}
	return retryAfter(a.Response.Header, time.Now())
}

// retryAfter reads Retry-After headers: whole seconds, or a date, which is measured against the
// response's own Date so that a wrong clock does no harm. Of several values the longest counts. A
// value that cannot be read is ignored; a date in the past is 0.
func retryAfter(h http.Header, now time.Time) (wait time.Duration, ok bool) {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	for _, value := range h["Retry-After"] {
		if d, valid := parseRetryAfter(value, now); valid {
			wait, ok = max(wait, d), true
		}
	}
	return wait, ok
}

func parseRetryAfter(value string, now time.Time) (time.Duration, bool) {
	seconds, err := strconv.ParseUint(value, 10, 63)
	if err == nil && seconds <= math.MaxInt64/uint64(time.Second) {
		return time.Duration(seconds) * time.Second, true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return max(0, date.Sub(now)), true
}

// maxPooled is the size in bytes up to which a buffer is kept for the next answer. A page of 500
// sessions has about half of that size.
const maxPooled = 1 << 20

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// readBody reads the rest of the response, up to the operation's limit, and closes it. A response
// that is read to its end lets its connection be used again.
func (a *Answer) readBody(op *Operation) {
	body := a.Response.Body
	if body == nil { // against the contract of http.RoundTripper, and common in hand-made ones
		return
	}
	defer body.Close()
	if a.Response.StatusCode < 200 { // what follows a 101 is not HTTP, and has no end
		return
	}
	limit := int64(maxError)
	if a.Response.StatusCode == http.StatusOK {
		limit = op.MaxAnswer
	}
	a.buffer = buffers.Get().(*bytes.Buffer)
	n, err := a.buffer.ReadFrom(io.LimitReader(body, limit+1))
	a.Body, a.Err = a.buffer.Bytes(), err
	if err == nil && n > limit {
		a.Err = ErrTooLarge
	}
}

// Release gives the memory of Body back: nothing may point into Body from then on.
func (a *Answer) Release() {
	if a.buffer != nil && a.buffer.Cap() <= maxPooled {
		a.buffer.Reset()
		buffers.Put(a.buffer)
	}
	a.Body, a.buffer = nil, nil
}
