package sessions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/gen"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/redact"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/wire"
)

const mediaType = "application/json"

var errNoClient = errors.New("clerk: the Client was not made by NewClient")

var errNoContext = invalid("the context is nil")

// exchange is one call on its way: the doer of the generated client that builds the call's request.
// It hands the request to the chain and keeps the Answer.
type exchange struct {
	api    gen.Client
	chain  *wire.Chain
	call   wire.Call
	answer *wire.Answer // nil until the request is built and has been sent
}

// Do sends the request of the call. The response's body is read and closed: it is in the Answer.
func (x *exchange) Do(req *http.Request) (*http.Response, error) {
	x.answer = x.chain.Send(&x.call, req)
	return x.answer.Response, x.answer.Err
}

// do makes one call of an operation, unless there is a problem with the call's parameters: send
// calls a method of the generated client, and read makes the result of the generated model that the
// answer's body is decoded into. secrets returns what must not show in an error, beside the key; it
// may be nil.
func do[G, T any](ctx context.Context, c *Client, op *wire.Operation,
	problem error, secrets func() []string,
	read func(*G) (*T, error), send func(*gen.Client) (*http.Response, error),
) (*T, error) {
	switch {
	case problem != nil:
		return nil, problem
	case c == nil || c.chain == nil:
		return nil, errNoClient
	case ctx == nil:
		return nil, errNoContext
	}
	hidden := c.config.Key
	if secrets != nil {
		hidden = func() []string { return append(c.config.Key(), secrets()...) }
	}
	x := &exchange{chain: c.chain, call: wire.Call{
		Op: op, Secrets: redact.Redactor{Secrets: hidden},
		Deadline: time.Now().Add(c.config.wholeTimeout()),
	}}
	x.api = gen.Client{Server: c.server, Client: x}
	_, err := send(&x.api) //nolint:bodyclose // Do has closed it
	if x.answer == nil {
		return nil, failure(&x.call, &wire.Answer{Err: err, Unsent: true}, nil)
	}
	defer x.answer.Release()
	c.tell(ctx, Event{op.Name, x.answer.Attempts, x.call.Waited, x.answer.HeldBack, ""})
	if !x.answer.Whole() || x.answer.Status() != http.StatusOK {
		return nil, failure(&x.call, x.answer, nil)
	}
	var value *T
	if err = checkHeaders(&x.call, x.answer.Response.Header); err == nil {
		value, err = decode(x.answer.Body, read)
	}
	if err != nil {
		return nil, failure(&x.call, x.answer, err)
	}
	return value, nil
}

// checkHeaders refuses an answer whose headers say that its body is not plain JSON.
func checkHeaders(call *wire.Call, h http.Header) error {
	contentType, encoding := h.Get("Content-Type"), cmp.Or(h.Get("Content-Encoding"), "identity")
	media, _, _ := strings.Cut(contentType, ";")
	isPlain := strings.EqualFold(encoding, "identity")
	if isPlain && strings.EqualFold(strings.TrimSpace(media), mediaType) {
		return nil
	}
	return fmt.Errorf("the answer is %s in the encoding %s, and not plain %s",
		quote(call.Secrets.Text(contentType)), quote(call.Secrets.Text(encoding)), mediaType)
}
