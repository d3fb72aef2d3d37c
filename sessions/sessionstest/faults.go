package sessionstest

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is something that goes wrong with requests; see [Server.Inject]. At least one of Status,
// RetryAfter, Delay, Body and Drop has to be set. What a Fault does not set stays as usual: a Fault
// with only a Delay slows the usual answer down.
type Fault struct {
	// Operation is the operation that the Fault hits, such as "GetSession"; "" hits any operation of
	// the fragment. "Handshake" and "GetJWKS", of the Frontend API, are hit by name only.
	Operation string
	// SessionID is the session that the Fault hits requests about; "" hits requests about any session
	// and about none.
	SessionID string
	// Times is how many requests the Fault hits; 0 stands for 1.
	Times int
	// Status is answered instead of the usual status, 200 to 999, from 400 on with Clerk's error body;
	// 0 leaves the usual answer or, with a Body, stands for 200.
	Status int
	// RetryAfter is the answer's Retry-After header, rounded up to whole seconds; 0 for none.
	RetryAfter time.Duration
	// Delay is how long the request waits before the server looks at it: real time or, in a synctest
	// bubble, the bubble's, and never the server's clock.
	Delay time.Duration
	// Body is answered instead of the usual body.
	Body string
	// ContentType is the type of the Body; "application/json" unless set.
	ContentType string
	// Drop cuts the connection in the middle of an answer; the server does not act on the request.
	Drop bool
}

// faultQueue holds the faults to come.
type faultQueue struct {
	mu     sync.Mutex
	faults []Fault
}

// Inject makes f happen to the next requests that it fits. Of several faults that fit a request,
// the one that was injected first hits it. A request that is hit is recorded and checked like any
// other; if the fault answers it, the key is not checked, and the answer need not fit the fragment.
// Inject panics if f names an unknown operation or makes no sense.
func (s *Server) Inject(f Fault) {
	if err := s.TryInject(f); err != nil {
		panic(err.Error())
	}
}

// TryInject does what Inject does, and returns an error where Inject panics.
func (s *Server) TryInject(f Fault) error {
	if err := s.checkFault(f); err != nil {
		return fmt.Errorf("sessionstest: Inject: %w", err)
	}
	f.Times = max(f.Times, 1)
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.faults = append(s.faults.faults, f)
	return nil
}

// Faults returns the faults that are still to come, in the order in which they were injected, each
// with the number of requests that it has yet to hit as Times.
func (s *Server) Faults() []Fault {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return slices.Clone(s.faults.faults)
}

// ClearFaults takes back all faults that are still to come.
func (s *Server) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.faults = nil
}

// checkFault returns why f makes no sense.
func (s *Server) checkFault(f Fault) error {
	if f.Operation != "" && !slices.Contains(s.Operations(), f.Operation) {
		return fmt.Errorf("there is no operation %q, only %s",
			f.Operation, strings.Join(s.Operations(), ", "))
	}
	answers := f.Status != 0 || f.Body != ""
	switch {
	case f.Times < 0 || f.RetryAfter < 0 || f.Delay < 0:
		return errors.New("a Fault has no negative numbers")
	case f.Status != 0 && (f.Status < 200 || f.Status > 999):
		return fmt.Errorf("status %d is not one of a final answer", f.Status)
	case f.Drop && (answers || f.RetryAfter != 0):
		return errors.New("a Fault either answers or drops the connection")
	case f.ContentType != "" && f.Body == "":
		return errors.New("a ContentType needs a Body")
	case !answers && !f.Drop && f.RetryAfter == 0 && f.Delay == 0:
		return errors.New("the Fault changes nothing: " +
			"it needs one of Status, RetryAfter, Delay, Body and Drop")
	case strings.ContainsAny(f.ContentType, "\r\n"):
		return errors.New("the ContentType holds a line break")
	}
	return nil
}

// take returns the fault that hits a request of the operation about the session, if there is one.
func (q *faultQueue) take(operation, sessionID string) (Fault, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.IndexFunc(q.faults, func(f Fault) bool {
		fits := f.Operation == operation || f.Operation == "" && !isBeside(operation)
		return fits && (f.SessionID == "" || f.SessionID == sessionID)
	})
	if i < 0 {
		return Fault{}, false
	}
	hit := q.faults[i]
	if q.faults[i].Times--; q.faults[i].Times == 0 {
		q.faults = slices.Delete(q.faults, i, i+1)
	}
	return hit, true
}

// strike lets f happen to a request. It returns the answer if the fault decides on one.
func (f Fault) strike(w http.ResponseWriter, r *http.Request, trace string) (answer, bool) {
	if f.Delay > 0 {
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			panic(http.ErrAbortHandler) // nobody is waiting any more
		}
	}
	if f.Drop {
		drop(w)
	}
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(wholeSeconds(f.RetryAfter)))
	}
	switch {
	case f.Body != "":
		contentType := f.ContentType
		if contentType == "" {
			contentType = jsonMediaType
		}
		status := max(f.Status, http.StatusOK)
		return answer{status: status, contentType: contentType, body: []byte(f.Body)}, true
	case f.Status >= http.StatusBadRequest:
		return genericRefusal(f.Status).answer(trace), true
	case f.Status != 0:
		return answer{status: f.Status}, true
	}
	return answer{}, false
}

// drop cuts the connection after the first line of an answer. Without it a client may take the
// connection for one that was idle for too long, and send the request again by itself.
func drop(w http.ResponseWriter) {
	if conn, buffered, err := http.NewResponseController(w).Hijack(); err == nil {
		_, _ = buffered.WriteString("HTTP/1.1 200 OK\r\n")
		_ = buffered.Flush()
		_ = conn.Close()
	}
	panic(http.ErrAbortHandler)
}
