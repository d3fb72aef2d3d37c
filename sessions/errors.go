package sessions

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The errors that an *Error matches by its StatusCode, for errors.Is. ErrRateLimited also matches a
// call that the client itself held back: after a 429, because the call could not have been sent and
// answered before its deadline, or because a Limiter refused it.
var (
	ErrBadRequest    = errors.New("clerk: bad request")              // 400
	ErrUnauthorized  = errors.New("clerk: unauthorized")             // 401: the key or a token is bad
	ErrForbidden     = errors.New("clerk: forbidden")                // 403
	ErrNotFound      = errors.New("clerk: not found")                // 404
	ErrGone          = errors.New("clerk: gone")                     // 410
	ErrUnprocessable = errors.New("clerk: unprocessable parameters") // 422
	ErrRateLimited   = errors.New("clerk: rate limited")             // 429, or held back
	ErrServer        = errors.New("clerk: server error")             // 500 to 599
)

// byStatus has the errors that stand for one status and nothing else.
var byStatus = map[int]error{
	400: ErrBadRequest, 401: ErrUnauthorized, 403: ErrForbidden,
	404: ErrNotFound, 410: ErrGone, 422: ErrUnprocessable,
}

var (
	// ErrInvalidResponse is matched by an *Error about an answer that is no success as Clerk
	// describes it: a 200 that cannot be decoded, or is too large, incomplete, of the wrong kind or
	// about another session; any other status below 400, redirects included; a status of 600 and
	// above.
	ErrInvalidResponse = errors.New("clerk: invalid response")

	// ErrOutcomeUnknown is matched by an *Error of a create, a refresh or a handshake that Clerk
	// may have carried out, although its answer was lost or could not be read. The same Error can
	// match ErrServer (502, 504, and Cloudflare's 520, 522 and 524), ErrInvalidResponse (a 2xx that
	// will not do) or the error of the context.
	ErrOutcomeUnknown = errors.New("clerk: outcome unknown")
)

// Error is every failure of a call whose parameters were found good; get it with errors.As or
// errors.AsType. Whatever the server answered, an Error never holds the secret key, a token or a
// cookie, and of each text from outside it holds at most 512 bytes.
type Error struct {
	Operation  string        // the operationId: "GetSession"
	StatusCode int           // 0 for no answer; 429 also if held back after a 429
	Details    []ErrorDetail // what Clerk says is wrong, if it says so: the first 16
	TraceID    string        // what Clerk's support finds the request by; "" for none
	RetryAfter time.Duration // how long to wait before the next call; 0 if nothing says so
	Attempts   int           // how many requests were sent
	Body       string        // the start of an answer that is not JSON and cannot hold new tokens

	cause          error
	answered       bool // an answer came, whose status may be 000
	brokenOff      bool // a 200 whose body ended too early to say whether it is good
	heldBack       bool // by the client itself, after a 429 or by a Limiter
	outcomeUnknown bool
}

// ErrorDetail is one thing that Clerk says is wrong.
type ErrorDetail struct {
	Code        string // does not change, unlike the messages: "resource_not_found"
	Message     string
	LongMessage string         // for people; may be ""
	Meta        map[string]any // such as the name of the parameter; numbers are float64; up to 4 KiB
}

// HasCode reports whether one of the details has a code of Clerk's, such as "resource_not_found".
func (e *Error) HasCode(code string) bool {
	return slices.ContainsFunc(e.Details, func(d ErrorDetail) bool { return d.Code == code })
}

// Unwrap returns why there is no answer, or why the answer will not do; nil where the status says
// it all.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether e matches one of this package's errors; errors.Is calls it.
func (e *Error) Is(target error) bool {
	status := e.StatusCode
	switch target {
	case ErrRateLimited:
		return status == http.StatusTooManyRequests || e.heldBack
	case ErrServer:
		return status/100 == 5
	case ErrInvalidResponse:
		return (e.answered || status > 0) && (status < 400 || status >= 600) && !e.brokenOff
	case ErrOutcomeUnknown:
		return e.outcomeUnknown
	}
	return target != nil && target == byStatus[status]
}

// Error returns one line: the operation, the status, what Clerk says is wrong or else the cause,
// and the trace id.
func (e *Error) Error() string {
	status := strings.TrimSpace(fmt.Sprint(e.StatusCode, " ", http.StatusText(e.StatusCode)))
	if e.StatusCode == 0 && !e.answered {
		status = "no answer"
	}
	var details []string
	for _, d := range e.Details {
		text := d.Code + ": " + cmp.Or(d.LongMessage, d.Message)
		details = append(details, oneLine(strings.Trim(text, ": ")))
	}
	parts := []string{"clerk", e.Operation, status, strings.Join(details, "; ")}
	if e.cause != nil {
		parts = append(parts, oneLine(e.cause.Error()))
	}
	if e.outcomeUnknown {
		parts = append(parts, "it may have happened all the same")
	}
	parts = slices.DeleteFunc(parts, func(part string) bool { return part == "" })
	text := strings.Join(parts, ": ")
	if e.TraceID != "" {
		text += " (trace id " + oneLine(e.TraceID) + ")"
	}
	if e.Attempts > 1 {
		text += fmt.Sprintf(" (%d attempts)", e.Attempts)
	}
	return text
}

// Format writes the text of the error, for every verb: fields of its own and of its cause stay out
// of %+v and %#v.
func (e Error) Format(f fmt.State, verb rune) {
	if verb != 'q' {
		verb = 's'
	}
	fmt.Fprintf(f, "%"+string(verb), e.Error())
}

// LogValue returns a group of the error's text, operation, status, trace id and attempts.
func (e *Error) LogValue() slog.Value {
	attrs := []slog.Attr{
		slog.String("error", e.Error()),
		slog.String("operation", e.Operation), slog.Int("status", e.StatusCode),
	}
	if e.TraceID != "" {
		attrs = append(attrs, slog.String("trace_id", e.TraceID))
	}
	return slog.GroupValue(append(attrs, slog.Int("attempts", e.Attempts))...)
}

// maxLine is how much an error shows of a text from outside.
const maxLine = 300

// unprintable finds what could break a line, or change how it looks.
var unprintable = regexp.MustCompile(`[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]`)

// oneLine returns a text from outside so that it can neither break a line nor fill a log.
func oneLine(text string) string {
	text = unprintable.ReplaceAllLiteralString(strings.ToValidUTF8(text, "\uFFFD"), " ")
	if len(text) > maxLine {
		text = strings.ToValidUTF8(text[:maxLine], "") + "…"
	}
	return text
}
