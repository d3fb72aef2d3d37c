package sessionstest

import (
	"net/http"
	"slices"
	"strings"
)

// keySetPath is where the Frontend API has the instance's key set.
const keySetPath = "/.well-known/jwks.json"

// endpoint is an endpoint that the fragment does not have. Most belong to the Frontend API, whose
// requests have no secret key and are not checked against the fragment.
type endpoint struct {
	name  string // of its operation, for Fault and Call; "" for a page
	serve map[string]func(*Server, http.ResponseWriter, *exchange)
}

// The operations beside the fragment, with names of Clerk's own where Clerk has one.
const (
	handshakeOperation = "Handshake"
	keySetOperation    = "GetJWKS"
)

// isBeside reports whether an operation is one that the fragment does not have.
func isBeside(operation string) bool {
	return operation == handshakeOperation || operation == keySetOperation
}

// Operations returns the names of all operations: those of the fragment, sorted, and the Frontend
// API's.
func (s *Server) Operations() []string {
	return append(s.fragment.names(), keySetOperation, handshakeOperation)
}

// endpointBeside returns the endpoint beside the fragment that a request is for, or nil.
func (s *Server) endpointBeside(r *http.Request) *endpoint {
	type methods = map[string]func(*Server, http.ResponseWriter, *exchange)
	switch r.URL.Path {
	case keySetPath:
		return &endpoint{keySetOperation, methods{
			http.MethodGet: (*Server).serveKeySet, http.MethodHead: (*Server).serveKeySet,
		}}
	case s.fragment.base + "/jwks":
		return &endpoint{keySetOperation, methods{
			http.MethodGet: (*Server).serveBackendKeySet, http.MethodHead: (*Server).serveBackendKeySet,
		}}
	case s.fragment.base + "/client/handshake":
		return &endpoint{handshakeOperation, methods{http.MethodGet: (*Server).serveHandshake}}
	case signInPath:
		return &endpoint{"", methods{
			http.MethodGet: (*Server).serveSignInPage, http.MethodPost: (*Server).serveSignIn,
		}}
	}
	return nil
}

// serveBeside answers a request for an endpoint beside the fragment.
func (s *Server) serveBeside(w http.ResponseWriter, x *exchange) {
	serve := x.beside.serve[x.request.Method]
	if serve == nil {
		var allowed []string
		for method := range x.beside.serve {
			allowed = append(allowed, method)
		}
		slices.Sort(allowed)
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		s.violation(x, "%s: the endpoint has no such method", x.name())
		methodNotAllowed().answer(x.trace).send(w)
		return
	}
	if x.beside.name != "" && s.struck(w, x, x.beside.name) {
		return
	}
	serve(s, w, x)
}

// serveKeySet answers the key set to everybody.
func (s *Server) serveKeySet(w http.ResponseWriter, _ *exchange) {
	jsonAnswer(http.StatusOK, s.keys.published()).send(w)
}

// serveBackendKeySet answers the key set to whoever has the secret key.
func (s *Server) serveBackendKeySet(w http.ResponseWriter, x *exchange) {
	if refused := s.authenticate(x.request.Header); refused != nil {
		refused.answer(x.trace).send(w)
		return
	}
	s.serveKeySet(w, x)
}
