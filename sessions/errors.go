package sessions

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// The errors that an *Error matches by its StatusCode, for errors.Is.
var (
	ErrBadRequest    = errors.New("clerk: bad request")              // 400
	ErrUnauthorized  = errors.New("clerk: unauthorized")             // 401, see RefreshToken
	ErrForbidden     = errors.New("clerk: forbidden")                // 403
	ErrNotFound      = errors.New("clerk: not found")                // 404
	ErrGone          = errors.New("clerk: gone")                     // 410
	ErrUnprocessable = errors.New("clerk: unprocessable parameters") // 422
	ErrRateLimited   = errors.New("clerk: rate limited")             // 429
	ErrServer        = errors.New("clerk: server error")             // 500 to 599
)

var byStatus = map[int]error{
	http.StatusBadRequest:          ErrBadRequest,
	http.StatusUnauthorized:        ErrUnauthorized,
	http.StatusForbidden:           ErrForbidden,
	http.StatusNotFound:            ErrNotFound,
	http.StatusGone:                ErrGone,
	http.StatusUnprocessableEntity: ErrUnprocessable,
}

var (
	// ErrInvalidResponse is matched by an *Error about an answer that cannot be what was asked for: a
	// 200 that cannot be decoded, or is too large, incomplete, of the wrong kind or about another id;
	// any other status below 400, redirects too; 600 and above.
	ErrInvalidResponse = errors.New("clerk: invalid response")

	// ErrOutcomeUnknown is matched by an *Error of a create, a refresh or a handshake that may have
	// happened: its answer was lost or could not be read. It matches ErrServer (502, 504),
	// ErrInvalidResponse (a bad 2xx) or the context's error as well, where those apply.
	ErrOutcomeUnknown = errors.New("clerk: outcome unknown")
)

// Error is every failure of a call whose parameters were found good. It never holds the secret key,
// a token or a cookie, whatever the server answered, and of each text from outside at most 512
// bytes.
type Error struct {
	Operation  string        // the operationId: "GetSession"
	StatusCode int           // 0: no answer; 429 as well if the client itself held the call back
	Details    []ErrorDetail // what Clerk says is wrong, if it says so: the first 16
	TraceID    string        // names the request to Clerk's support
	RetryAfter time.Duration // how long the server asks to stay silent; 0 if it does not
	Attempts   int           // how many times the request was handed to the transport
	Body       string        // of an answer that is not JSON and holds no new tokens; not in Error()

	cause          error
	answered       bool // an answer came, whose status may be 000
	brokenOff      bool // a 200 whose body ended too early to say whether it is good
	heldBack       bool // by the client itself, after a 429 or by a Limiter
	outcomeUnknown bool
}

// ErrorDetail is one thing that Clerk says is wrong.
type ErrorDetail struct {
	Code        string // stable: "resource_not_found"
	Message     string
	LongMessage string
	Meta        map[string]any // such as the name of the parameter; numbers are float64; up to 4 KiB
}

// HasCode reports whether one of the details has a code, such as "resource_not_found".
func (e *Error) HasCode(code string) bool {
	return slices.ContainsFunc(e.Details, func(d ErrorDetail) bool { return d.Code == code })
}

// Unwrap returns why there is no answer, or why the answer is not good; nil where the status says
// it all.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether e is what a sentinel of this package stands for.
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
	sentinel := byStatus[status]
	return sentinel != nil && sentinel == target
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
	text := e.Error()
	if verb == 'q' {
		text = strconv.Quote(text)
	}
	_, _ = io.WriteString(f, text)
}

// LogValue returns the fields of the error that are for logs, as a group.
func (e *Error) LogValue() slog.Value {
	attrs := []slog.Attr{
		slog.String("error", e.Error()),
		slog.String("operation", e.Operation),
		slog.Int("status", e.StatusCode),
	}
	if e.TraceID != "" {
		attrs = append(attrs, slog.String("trace_id", e.TraceID))
	}
	return slog.GroupValue(append(attrs, slog.Int("attempts", e.Attempts))...)
}

// maxLine is how much an error shows of a text from outside.
const maxLine = 300

// oneLine returns a text from outside so that it can neither break a line nor fill a log.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return r
	}, text)
	if len(text) > maxLine {
		text = strings.ToValidUTF8(text[:maxLine], "") + "…"
	}
	return text
}
