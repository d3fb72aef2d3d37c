package sessionhttp

import (
	"net/http"
	"slices"
	"strings"
)

// Middleware returns a handler that refreshes the session of each request that needs it, and then serves it by next. The request
// goes on with the new token in its cookies, and in its Authorization header if it had one there; the response sets the cookies that
// Clerk asks for, beside those of next, and says "Cache-Control: private, no-store". Every other request goes on as it came, but
// for what OutcomeFromContext finds in its context; only WithHandshake answers some of them itself.
//
// A refresh sends POST /sessions/{session_id}/refresh. How long a page waits for Clerk is up to the client: see
// sessions.WithTimeout and sessions.WithRetry.
func (r *Refresher) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		now := r.now()
		v := r.read(req, now)
		a := r.refresh(req, &v, now)
		if a.outcome.Status == StatusRefreshed {
			rw := &response{ResponseWriter: w, cookies: a.cookies.Directives}
			defer rw.prepare() // for a handler that wrote nothing
			next.ServeHTTP(rw, r.renewed(withOutcome(req, a.outcome), &v, a))
			return
		}
		if location, ok := r.handshakeURL(req, &v, a.outcome); ok {
			redirect(w, location, int(leadingInt(v.redirects))+1)
			return
		}
		next.ServeHTTP(w, withOutcome(req, a.outcome))
	})
}

// withOutcome returns a shallow copy of a request, with the outcome in its context.
func withOutcome(req *http.Request, out Outcome) *http.Request {
	return req.WithContext(&outcomeContext{Context: req.Context(), outcome: out}) //nolint:contextcheck // the context is the request's, with the outcome in it
}

// renewed gives a request, whose headers it leaves alone, headers with the new token.
func (r *Refresher) renewed(req *http.Request, v *visit, a answer) *http.Request {
	req.Header = req.Header.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	req.Header["Cookie"] = replaceCookies(req.Header["Cookie"], r.renewedNames(v, a), a.token)
	if v.bearer != "" {
		old := req.Header.Get("Authorization")
		if strings.HasPrefix(old, "Bearer ") {
			req.Header["Authorization"] = []string{"Bearer " + a.token}
		} else {
			req.Header["Authorization"] = []string{a.token}
		}
	}
	return req
}

// renewedNames returns the names that the new token goes under: the one that the old was read from, and those that the response
// sets, so that the request looks as the browser's next one will.
func (r *Refresher) renewedNames(v *visit, a answer) []string {
	read := r.instance.session
	if v.suffixed {
		read = r.instance.ownSession
	}
	names := []string{read}
	for _, directive := range a.cookies.Directives {
		name, value, _ := cutCookie(directive)
		if value != "" && (name == r.instance.session || name == r.instance.ownSession) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
