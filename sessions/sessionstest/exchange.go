package sessionstest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	maxBody    = 1 << 20  // bytes of a request's body that are read
	maxShown   = 64       // bytes of a part of an unknown path that a violation shows
	maxDrained = 16 << 20 // bytes of a body that are thrown away so that its sender reads the answer
)

// exchange is a request on its way through the server.
type exchange struct {
	request *http.Request
	op      *operation        // nil for a request that is none of the fragment's operations
	beside  *endpoint         // for a request of an endpoint that the fragment does not have
	params  map[string]string // in its path
	allowed []string          // the methods that the path is good for, if the request has another
	body    []byte
	now     time.Time
	trace   string

	recorded *Call
}

// serve answers one request. It records the request and compares it with the fragment; then a
// fault strikes, or else the operation is worked on and its answer compared with the fragment.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	x := &exchange{request: r, now: s.Now(), trace: fmt.Sprintf("%032x", s.traces.Add(1))}
	x.op, x.params, x.allowed = s.fragment.match(r)
	if x.op == nil {
		x.beside = s.endpointBeside(r)
	}
	refused := x.readBody()
	x.recorded = s.journal.record(x.call())
	start := time.Now()
	w = &statusWriter{ResponseWriter: w, answered: func(status int) {
		s.journal.answered(x.recorded, status, time.Since(start))
	}}
	w.Header().Set("Clerk-Trace-Id", x.trace)
	if refused == nil && x.op == nil {
		s.serveElsewhere(w, x)
		return
	}
	if refused != nil {
		s.violation(x, "%s: the body cannot be read or is larger than %d bytes", x.name(), maxBody)
		refused.answer(x.trace).send(w)
		return
	}

	//nolint:contextcheck // the body has been read already
	breaches := x.op.checkRequest(x)
	for _, b := range breaches {
		s.violation(x, "%s: %s: %s", x.op.name, b.where, b.reason)
	}
	if s.struck(w, x, x.op.name) {
		return
	}
	a := s.work(x, breaches)
	//nolint:contextcheck // the body has been read already
	if err := x.op.checkAnswer(x, a); err != nil {
		s.journal.violation(x.recorded, err)
	}
	a.send(w)
}

// violation keeps a violation of an exchange.
func (s *Server) violation(x *exchange, format string, args ...any) {
	s.journal.violation(x.recorded, fmt.Errorf(format, args...))
}

// statusWriter tells of the status of an answer, before its receiver can see the answer.
type statusWriter struct {
	http.ResponseWriter
	answered func(status int)
}

// WriteHeader passes the status on.
func (w *statusWriter) WriteHeader(status int) {
	w.answered(status)
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets a Fault take the connection over, to cut it.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// struck lets the next fault of an operation happen to a request, and reports whether the fault has
// answered it.
func (s *Server) struck(w http.ResponseWriter, x *exchange, operation string) bool {
	f, ok := s.faults.take(operation, x.sessionID())
	if !ok {
		return false
	}
	if a, ok := f.strike(w, x.request, x.trace); ok {
		a.send(w)
		return true
	}
	x.now = s.Now()
	return false
}

// work returns the answer of an operation.
func (s *Server) work(x *exchange, breaches []breach) answer {
	if refused := s.admit(x); refused != nil {
		return refused.answer(x.trace)
	}
	if refused := refusalFor(breaches); refused != nil {
		return refused.answer(x.trace)
	}
	value, refused := handlers[x.op.name](s, x)
	if refused != nil {
		return refused.answer(x.trace)
	}
	return jsonAnswer(http.StatusOK, value)
}

// admit refuses a request for a reason that all operations share: the key, the version, the rate.
func (s *Server) admit(x *exchange) *refusal {
	if refused := s.authenticate(x.request.Header); refused != nil {
		return refused
	}
	asked, refused := version(x.request.Header)
	if refused != nil {
		return refused
	}
	if refused := s.limiter.admit(x.now); refused != nil {
		return refused
	}
	if x.op.name == "VerifySession" && asked >= firstWithoutVerify {
		return notFound("This endpoint is not part of API version " + asked + ".")
	}
	return nil
}

// serveElsewhere answers a request that is none of the fragment's operations: an endpoint beside
// the fragment, or else with 404 or 405.
func (s *Server) serveElsewhere(w http.ResponseWriter, x *exchange) {
	if x.beside != nil {
		s.serveBeside(w, x)
		return
	}
	refused := notFound("There is no such endpoint.")
	missing := "path"
	if len(x.allowed) > 0 {
		w.Header().Set("Allow", strings.Join(x.allowed, ", "))
		refused, missing = methodNotAllowed(), "method for this path"
	}
	s.violation(x, "%s: the fragment has no such %s", x.name(), missing)
	refused.answer(x.trace).send(w)
}

// name names the request for a violation. Parts of an unknown path that may be a secret are left
// out.
func (x *exchange) name() string {
	if x.op != nil {
		return x.op.name
	}
	segments := strings.Split(x.request.URL.EscapedPath(), "/")
	for i, segment := range segments {
		if len(segment) > maxShown || strings.Contains(segment, secretKey) {
			segments[i] = "…"
		}
	}
	return x.request.Method + " " + strings.Join(segments, "/")
}

func (x *exchange) call() Call {
	c := Call{
		Method:   x.request.Method,
		Path:     x.request.URL.EscapedPath(),
		RawQuery: x.request.URL.RawQuery,
		Header:   x.request.Header.Clone(),
		Body:     x.body,
		Time:     x.now,
	}
	switch {
	case x.op != nil:
		c.Operation = x.op.name
	case x.beside != nil:
		c.Operation = x.beside.name
	}
	return c
}

// readBody reads at most maxBody bytes of the request's body, and refuses a longer one.
func (x *exchange) readBody() *refusal {
	body, err := io.ReadAll(io.LimitReader(x.request.Body, maxBody+1))
	if len(body) > 0 {
		x.body = body[:min(len(body), maxBody)]
	}
	if len(body) > maxBody {
		_, _ = io.CopyN(io.Discard, x.request.Body, maxDrained)
		return refuse(http.StatusRequestEntityTooLarge, "request_body_too_large",
			"request body is too large", "The request body is larger than 1 MiB.")
	}
	if err != nil {
		return malformedBody()
	}
	return nil
}
