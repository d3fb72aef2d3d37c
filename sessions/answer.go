package sessions

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/internal/wire"
)

const (
	mediaType = "application/json"
	maxBody   = 512 // bytes of an answer that is not JSON, kept in an Error
)

var (
	errNoClient  = errors.New("clerk: the Client was not made by NewClient")
	errNoContext = invalid("the context is nil")
)

// do sends one call of an operation and makes its answer a T: one hop before the wire, one after.
func do[T any](ctx context.Context, c *Client, op *wire.Operation, secrets func() []string,
	read func([]byte) (*T, error), send func(context.Context) (*http.Response, error),
) (*T, error) {
	switch {
	case c == nil || c.api == nil:
		return nil, errNoClient
	case ctx == nil:
		return nil, errNoContext
	}
	call := &wire.Call{Context: ctx, Op: op, Secrets: c.secretsAnd(secrets)}
	ctx, end := c.chain.Begin(call)
	defer end()
	resp, err := send(ctx) //nolint:contextcheck // Begin's context has the caller's in it
	if err != nil {
		return nil, lostAnswer(call, err)
	}
	defer resp.Body.Close()
	body := resp.Body.(*wire.Body)
	if err := refusal(call, resp, body); err != nil || resp.StatusCode != http.StatusOK {
		return nil, badAnswer(call, resp, body, err)
	}
	value, err := read(body.Bytes())
	if err != nil {
		return nil, badAnswer(call, resp, body, err)
	}
	return value, nil
}

// secretsAnd returns what must not show in an error: the key, and what more returns.
func (c *Client) secretsAnd(more func() []string) func() []string {
	if more == nil {
		return c.config.secrets
	}
	return func() []string { return append(c.config.secrets(), more()...) }
}

// refusal returns why an answer of status 200 is not even looked at; nil for any other status, which says it all.
func refusal(call *wire.Call, resp *http.Response, body *wire.Body) error {
	if resp.StatusCode != http.StatusOK {
		return nil
	}
	if body.Err() != nil {
		return body.Err()
	}
	if encoding := resp.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return fmt.Errorf("the answer's content encoding %s is not one that was asked for", quote(call.Scrub(encoding)))
	}
	contentType := resp.Header.Get("Content-Type")
	if contentType == mediaType { // what Clerk sends, without the work of parsing it
		return nil
	}
	if media, _, err := mime.ParseMediaType(contentType); err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) || media != mediaType {
		return fmt.Errorf("the answer's content type %s is not %s", quote(call.Scrub(contentType)), mediaType)
	}
	return nil
}

// lostAnswer returns the error of a call that got no answer.
func lostAnswer(call *wire.Call, err error) *Error {
	e := &Error{Operation: call.Op.Name, Attempts: call.Attempts}
	if lost, ok := errors.AsType[*wire.LostError](err); ok {
		e.lost = true
		e.outcomeUnknown = !call.Op.Repeatable() && !lost.Unsent
		err = lost.Err
	}
	if cool, ok := errors.AsType[*wire.CoolDownError](err); ok {
		e.StatusCode, e.RetryAfter = http.StatusTooManyRequests, cool.Left
	}
	e.cause = safeCause(call, err)
	return e
}

// endedError returns the error of an operation that was not even tried, because ctx ended.
func endedError(ctx context.Context, op *wire.Operation) *Error {
	return &Error{Operation: op.Name, cause: safeCause(&wire.Call{Op: op}, wire.ContextError(ctx))}
}

// badAnswer returns the error of a call whose answer is not good, with all that can be read of it.
func badAnswer(call *wire.Call, resp *http.Response, body *wire.Body, cause error) *Error {
	e := &Error{
		Operation:  call.Op.Name,
		StatusCode: resp.StatusCode,
		Attempts:   call.Attempts,
		TraceID:    wire.TraceID(resp.Header),
		lost:       body.Lost(),
		badStatus:  resp.StatusCode == 0,
	}
	e.RetryAfter, _ = wire.RetryAfter(resp.Header, time.Now())
	if cause == nil && e.lost {
		cause = body.Err()
	}
	if call.Ended != nil {
		cause = call.Ended
	}
	e.cause = safeCause(call, cause)
	if body.Err() == nil {
		e.readBody(call, body.Bytes())
	}
	e.TraceID = call.Scrub(e.TraceID)
	switch e.StatusCode / 100 {
	case 2:
		e.outcomeUnknown = !call.Op.Repeatable()
	case 5:
		e.outcomeUnknown = !call.Op.Repeatable() && (e.StatusCode == http.StatusBadGateway || e.StatusCode == http.StatusGatewayTimeout)
	}
	return e
}

// readBody takes what Clerk says is wrong out of a body, or the start of a body that is not JSON.
func (e *Error) readBody(call *wire.Call, body []byte) {
	lenient := json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if !jsontext.Value(body).IsValid(lenient) {
		text := strings.ToValidUTF8(call.Scrub(string(body)), "\uFFFD")
		e.Body = strings.ToValidUTF8(text[:min(len(text), maxBody)], "")
		return
	}
	var answer map[string]any
	_ = json.Unmarshal(body, &answer, lenient) // what is not as Clerk documents it stays empty
	if id, _ := answer["clerk_trace_id"].(string); id != "" {
		e.TraceID = id
	}
	items, _ := answer["errors"].([]any)
	for _, item := range items {
		fields, ok := scrubbed(call, item).(map[string]any)
		if !ok {
			continue
		}
		detail := ErrorDetail{}
		detail.Code, _ = fields["code"].(string)
		detail.Message, _ = fields["message"].(string)
		detail.LongMessage, _ = fields["long_message"].(string)
		detail.Meta, _ = fields["meta"].(map[string]any)
		e.Details = append(e.Details, detail)
	}
}

// scrubbed returns a decoded JSON value without secrets, at whatever depth.
func scrubbed(call *wire.Call, value any) any {
	switch value := value.(type) {
	case string:
		return call.Scrub(value)
	case map[string]any:
		clean := make(map[string]any, len(value))
		for name, member := range value {
			clean[call.Scrub(name)] = scrubbed(call, member)
		}
		return clean
	case []any:
		clean := make([]any, len(value))
		for i := range value {
			clean[i] = scrubbed(call, value[i])
		}
		return clean
	}
	return value
}

// safeCause returns err so that neither its text nor its fields can show a secret; what it matches, it still matches.
func safeCause(call *wire.Call, err error) error {
	if err == nil {
		return nil
	}
	return &cause{err: err, text: call.Scrub(err.Error()), open: isClean(call, err)}
}

// isClean reports whether no error in the tree of err shows a secret.
func isClean(call *wire.Call, err error) bool {
	if text := err.Error(); call.Scrub(text) != text {
		return false
	}
	switch err := err.(type) { //nolint:errorlint // each error of the tree is looked at by itself
	case interface{ Unwrap() error }:
		inner := err.Unwrap()
		return inner == nil || isClean(call, inner)
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(err.Unwrap(), func(inner error) bool { return !isClean(call, inner) })
	}
	return true
}

// cause is an error from outside. It has no Unwrap: what it wraps could show what it does not.
type cause struct {
	err  error
	text string
	open bool // neither err nor what it wraps shows a secret
}

func (c *cause) Error() string { return c.text }

func (c *cause) Is(target error) bool { return errors.Is(c.err, target) }

func (c *cause) As(target any) bool { return c.open && errors.As(c.err, target) }

// Format writes the text, for every verb.
func (c *cause) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, c.text) }
