package wire

import (
	"bytes"
	"cmp"
	"compress/flate"
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"slices"
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
	HeldBack bool           // Err, or Ended, is about a request that the client itself held back
	Silence  time.Duration  // for a request that was held back: how long its operation is still silent
	Ended    error          // what ended the wait for a better answer than this one; else nil

	buffer *bytes.Buffer // holds Body; nil once it is released
}

// noResponse stands for the response that did not come.
var noResponse = &http.Response{}

// Status returns the response's status, or 0 if no response came.
//
//nolint:bodyclose // readBody closes it
func (a *Answer) Status() int { return cmp.Or(a.Response, noResponse).StatusCode }

//nolint:bodyclose // readBody closes it
func (a *Answer) header() http.Header { return cmp.Or(a.Response, noResponse).Header }

// Whole reports whether a response came with its whole body.
func (a *Answer) Whole() bool { return a.Response != nil && a.Err == nil }

// Lost reports whether the response, or the end of its body, was lost on its way. A body that is
// too large, or was read to where its compression makes no sense, is a bad answer, not a lost one.
func (a *Answer) Lost() bool {
	return a.Err != nil && !errors.Is(a.Err, ErrTooLarge) && !errors.Is(a.Err, gzip.ErrHeader) &&
		!errors.Is(a.Err, gzip.ErrChecksum) && !isA[flate.CorruptInputError](a.Err)
}

// TraceID returns the name that Clerk, or the network in front of Clerk, gave to the request; "" if
// the response's headers hold none.
func (a *Answer) TraceID() string {
	return cmp.Or(a.header().Get("Clerk-Trace-Id"), a.header().Get("Cf-Ray"))
}

// RetryAfter returns how long the response asks the client to stay silent, and whether it asks at
// all: in whole seconds, or by a date, which is measured against the response's own Date so that a
// wrong clock does no harm. Of several values the longest counts. A value that cannot be read is
// ignored; a date in the past is 0.
func (a *Answer) RetryAfter() (wait time.Duration, ok bool) {
	now, err := http.ParseTime(a.header().Get("Date"))
	if err != nil {
		now = time.Now()
	}
	for _, value := range a.header()["Retry-After"] {
		if seconds, err := strconv.ParseUint(value, 10, 64); err == nil && seconds <= maxSeconds {
			wait, ok = max(wait, time.Duration(seconds)*time.Second), true
		} else if date, err := http.ParseTime(value); err == nil {
			wait, ok = max(wait, date.Sub(now)), true
		}
	}
	return wait, ok
}

// maxSeconds is how many whole seconds fit into a time.Duration.
const maxSeconds = math.MaxInt64 / uint64(time.Second)

// maxPooled is the size in bytes up to which a buffer is kept for the next answer. A page of 500
// sessions has about half of that size.
const maxPooled = 1 << 20

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// readBody reads the rest of the response, up to the operation's limit, and closes it. A response
// that is read to its end lets its connection be used again.
func (a *Answer) readBody(op *Operation) {
	// No body is against the contract of http.RoundTripper, and common in hand-made ones.
	body := cmp.Or[io.ReadCloser](a.Response.Body, http.NoBody)
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

// outcome is how an attempt ended, as far as sending again is concerned.
type outcome int

const (
	final   outcome = iota // a good answer, or a bad one that no attempt is likely to better
	notDone                // the server has not done what was asked for, and may do it next time
	unclear                // it may have
)

// allows reports whether an operation is sent again: after an unclear outcome only an operation
// that does no more when it is sent twice.
func (o outcome) allows(op *Operation) bool { return o == notDone || o == unclear && op.Repeatable }

// inTrouble are the statuses of a server, or of a network in front of it, that may be well again
// when it is asked the next time.
var inTrouble = []int{500, 502, 503, 504}

// outcomeOf returns how an attempt ended.
func outcomeOf(answer *Answer) outcome {
	status := answer.Status()
	switch {
	case status == http.StatusTooManyRequests:
		return notDone
	case status == http.StatusOK && answer.Lost(), slices.Contains(inTrouble, status):
		return unclear
	case answer.Response != nil, isPermanent(answer.Err):
		return final
	case answer.Unsent:
		return notDone
	}
	return unclear
}

// isPermanent reports whether a request failed for a reason that will still be there next time: a
// host that does not exist, a certificate that is not trusted, a server that does not speak our
// TLS.
func isPermanent(err error) bool {
	dns, failed := errors.AsType[*net.DNSError](err)
	op, alerted := errors.AsType[*net.OpError](err)
	return failed && dns.IsNotFound || alerted && op.Op == "remote error" || // a TLS alert
		isA[*tls.CertificateVerificationError](err) || isA[x509.UnknownAuthorityError](err) ||
		isA[x509.HostnameError](err) || isA[x509.CertificateInvalidError](err) ||
		isA[tls.RecordHeaderError](err)
}

func isA[T error](err error) bool { return errors.As(err, new(T)) }
