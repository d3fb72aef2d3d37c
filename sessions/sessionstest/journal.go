package sessionstest

import (
	"net/http"
	"slices"
	"sync"
)

// maxViolations is how many violations are kept.
const maxViolations = 1000

// Call is a request as the server received it. It holds whatever was sent, the secret key and
// tokens included.
type Call struct {
	Operation string // such as "GetSession" or "Handshake"; "" for a request of no operation
	Method    string
	Path      string // as sent, with its escapes: "/v1/sessions/sess_1"
	RawQuery  string
	Header    http.Header
	Body      []byte // nil when there was none, cut off after 1 MiB
}

// journal keeps the requests that came in and the violations that were found.
type journal struct {
	withoutCalls bool

	mu         sync.Mutex
	calls      []Call
	violations []error
}

// Calls returns the requests that the server has received, in their order.
func (s *Server) Calls() []Call {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	calls := slices.Clone(s.journal.calls)
	for i := range calls {
		calls[i].Header = calls[i].Header.Clone()
		calls[i].Body = slices.Clone(calls[i].Body)
	}
	return calls
}

// Violations returns the first 1000 requests and answers that broke the fragment,
// openapi/sessions.yaml: each names the operation and what is wrong, and quotes no value that was
// sent. A request counts even if it was refused, one to an unknown endpoint counts, and so does a
// query parameter that the fragment does not have; a wrong key does not. Answers that were injected
// are not looked at.
func (s *Server) Violations() []error {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return slices.Clone(s.journal.violations)
}

func (j *journal) record(c Call) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.withoutCalls {
		j.calls = append(j.calls, c)
	}
}

func (j *journal) violation(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.violations) < maxViolations {
		j.violations = append(j.violations, err)
	}
}
