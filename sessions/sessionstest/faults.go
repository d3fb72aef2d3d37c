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

// Fault is something that goes wrong. Its zero fields change nothing: a Fault with only a Delay
// slows the usual answer down.
type Fault struct {
	// Operation is the operation that the Fault hits, such as "GetSession"; "" hits any operation of
	// the fragment. The Frontend API's are "Handshake" and "GetJWKS", and are hit by name only.
	Operation string
	// SessionID is the session that the Fault hits requests about; "" hits requests about any, and
	// requests that name no session.
	SessionID string
	// Times is how many requests the Fault hits; 0 is one.
	Times int
	// Status is answered instead of the usual status, from 400 on with Clerk's error body. With a
	// Body, 0 is 200.
	Status int
	// RetryAfter is the answer's Retry-After header, rounded up to whole seconds.
	RetryAfter time.Duration
	// Delay is how long the request waits before the server looks at it, in real time or, in a
	// synctest bubble, the bubble's.
	Delay time.Duration
	// Body is answered instead of the usual body.
	Body string
	// ContentType is the type of the Body; "application/json" by default.
	ContentType string
	// Drop cuts the connection in the middle of the answer; the server does not act on the request.
	Drop bool
}

// faultQueue holds the faults to come.
type faultQueue struct {
	mu     sync.Mutex
	faults []Fault
}

// Inject makes f happen to the next requests that it fits. Of several that fit, the one injected
// first goes first. A faulty request is recorded and checked like any other. One that the fault
// answers is not authenticated, and the answer need not fit the fragment. Inject panics when f
// names an unknown operation or makes no sense.
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

// Faults returns the faults that are still to come, in the order in which they were injected. Times
// is how many requests each of them has yet to hit.
func (s *Server) Faults() []Fault {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return slices.Clone(s.faults.faults)
}

// ClearFaults takes all faults back that are still to come.
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
		return errors.New("the Fault changes nothing")
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
