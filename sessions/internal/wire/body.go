package wire

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync"
)

// ErrTooLarge says that an answer is larger than its operation allows.
var ErrTooLarge = errors.New("the answer is too large")

// Body is the whole body of an answer, in a buffer that goes back to a pool when it is closed: nothing may point into it then.
type Body struct {
	buf   bytes.Buffer
	limit io.LimitedReader
	err   error
}

// maxPooled is the size up to which a buffer is kept for the next answer: a page of 500 sessions has about half of it.
const maxPooled = 1 << 20

var bodies = sync.Pool{New: func() any { return new(Body) }}

// readBody reads what is left of an answer, up to the operation's limit, and closes it. An answer that is read to its end lets
// the connection be used again.
func readBody(resp *http.Response, op *Operation) *Body {
	if resp.Body == nil { // against the contract of http.RoundTripper, and common in hand-made ones
		resp.Body = http.NoBody
	}
	defer resp.Body.Close()
	b := bodies.Get().(*Body)
	if resp.StatusCode < 200 { // what follows a 101 is not HTTP, and has no end
		return b
	}
	limit := int64(maxError)
	if resp.StatusCode == http.StatusOK {
		limit = op.MaxAnswer
	}
	b.limit = io.LimitedReader{R: resp.Body, N: limit + 1}
	_, b.err = b.buf.ReadFrom(&b.limit)
	b.limit.R = nil
	if b.err == nil && b.limit.N == 0 {
		b.err = ErrTooLarge
	}
	return b
}

// Bytes returns the body, good until Close.
func (b *Body) Bytes() []byte { return b.buf.Bytes() }

// Err returns why the body is not whole: ErrTooLarge, or what cut it off.
func (b *Body) Err() error { return b.err }

// Lost reports whether the body was cut off on its way.
func (b *Body) Lost() bool {
	return b.err != nil && !errors.Is(b.err, ErrTooLarge) && !isCorrupt(b.err)
}

// Read reads from the buffer; the error of a body that is not whole comes at the end.
func (b *Body) Read(p []byte) (int, error) {
	n, err := b.buf.Read(p)
	if errors.Is(err, io.EOF) && b.err != nil {
		err = b.err
	}
	return n, err
}

// Close gives the buffer back. It must be called once.
func (b *Body) Close() error {
	if b.buf.Cap() <= maxPooled {
		b.buf.Reset()
		b.err = nil
		bodies.Put(b)
	}
	return nil
}
