package wire

import (
	"errors"
	"io"
	"net/http"
	"strings"
)

// errSentOnce keeps net/http from sending a request again by itself.
var errSentOnce = errors.New("the connection ended, and the request must not be sent twice")

// sendOnce changes a GET of an operation that cannot be repeated, so that net/http does not send
// it again by itself after a server may have acted on it. Over HTTP/1.1, net/http sends a GET
// again when a kept connection turns out to be dead, unless the GET has a body that cannot be had
// again. Over HTTP/2, net/http sends again only a request that the server says it has not acted
// on.
func (s *sending) sendOnce(op *Operation, req *http.Request) {
	if op.Repeatable || req.Method != http.MethodGet {
		return
	}
	req.Body = emptyBody()
	req.GetBody = func() (io.ReadCloser, error) {
		if !s.http2.Load() {
			return nil, errSentOnce
		}
		return emptyBody(), nil
	}
}

// emptyBody returns an empty body that is not http.NoBody, which net/http takes for no body at all.
func emptyBody() io.ReadCloser { return io.NopCloser(strings.NewReader("")) }
