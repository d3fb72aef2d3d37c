package sessionstest

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// maxViolations is how many violations are kept.
const maxViolations = 1000

// Call is a request as the server received it, and how it was answered. A Call holds all that was
// sent, the secret key and tokens included.
type Call struct {
	Operation string // such as "GetSession" or "Handshake"; "" if it is none
	Method    string
	Path      string // as sent, with its escapes: "/v1/sessions/sess_1"
	RawQuery  string
	Header    http.Header
	Body      []byte // nil when there was none, cut off after 1 MiB

	Time       time.Time     // when the request came in, by the server's clock
	Status     int           // of the answer; 0 before the answer, and for a dropped connection
	Took       time.Duration // until the answer, in real time
	Violations []string      // how the request, or its answer, broke the fragment
}

// journal keeps the requests that came in and the violations that were found.
type journal struct {
	withoutCalls bool
	maxCalls     int // 0: no limit

	mu         sync.Mutex
	calls      []*Call
	violations []error
}

// Calls returns the requests that the server has received, in order, also those that a Fault or the
// rate limit answered. WithMaxCalls bounds how many are kept.
func (s *Server) Calls() []Call {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	var calls []Call
	for _, kept := range s.journal.calls {
		call := *kept
		call.Header = call.Header.Clone()
		call.Body = slices.Clone(call.Body)
		call.Violations = slices.Clone(call.Violations)
		calls = append(calls, call)
	}
	return calls
}

// ClearCalls forgets the calls so far. Violations are kept.
func (s *Server) ClearCalls() {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	s.journal.calls = nil
}

// Violations returns what broke the fragment, openapi/sessions.yaml, in requests and in answers:
// the first 1000. Each error names the operation and the mistake, and quotes no value that was
// sent. A request counts also if it was refused. Requests to unknown endpoints are violations, and
// so are query parameters that the fragment does not have; a wrong secret key is none. Answers of a
// Fault are not looked at.
func (s *Server) Violations() []error {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return slices.Clone(s.journal.violations)
}

// record keeps a call, and returns where it is kept.
func (j *journal) record(c Call) *Call {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.withoutCalls {
		j.calls = append(j.calls, &c)
		if j.maxCalls > 0 && len(j.calls) > j.maxCalls {
			j.calls[0] = nil // for the garbage collector
			j.calls = j.calls[1:]
		}
	}
	return &c
}

// violation keeps a violation of a call.
func (j *journal) violation(call *Call, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	call.Violations = append(call.Violations, err.Error())
	if len(j.violations) < maxViolations {
		j.violations = append(j.violations, err)
	}
}

// answered notes how a call was answered.
func (j *journal) answered(call *Call, status int, took time.Duration) {
	j.mu.Lock()
	defer j.mu.Unlock()
	call.Status, call.Took = status, took
}
