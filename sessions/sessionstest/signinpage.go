package sessionstest

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"net/url"
)

const (
	signInPath   = "/sign-in"
	maxSignIns   = 50  // users that the page offers
	maxUserBytes = 255 // of a user's id
)

//go:embed signin.html
var signInHTML string

// signInPage is the page at signInPath.
var signInPage = template.Must(template.New("sign-in").Parse(signInHTML))

// serveSignInPage serves the page on which somebody signs in as one of the instance's users.
func (s *Server) serveSignInPage(w http.ResponseWriter, x *exchange) {
	query := x.request.URL.Query()
	if query.Has("redirect_url") {
		if _, refused := redirectTarget(query); refused != nil {
			refused.answer(x.trace).send(w)
			return
		}
	}
	s.showSignIn(w, http.StatusOK, query, "")
}

// showSignIn writes the page; note is what has just happened.
func (s *Server) showSignIn(w http.ResponseWriter, status int, query url.Values, note string) {
	var page bytes.Buffer
	err := signInPage.Execute(&page, map[string]any{
		"Users":      s.store.someUsers(maxSignIns),
		"Redirect":   query.Get("redirect_url"),
		"DevBrowser": query.Get(devBrowserCookie),
		"Note":       note,
	})
	if err != nil {
		panic("sessionstest: cannot write the sign-in page: " + err.Error())
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy",
		"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	answer{status: status, contentType: "text/html; charset=utf-8", body: page.Bytes()}.send(w)
}

// serveSignIn signs the browser in as the user that the form names, who exists from then on, and
// sends it to redirect_url. A service in development learns of the sign-in by the dev browser in
// the query, a service of a production instance by the cookie __client_uat: both ask for a
// handshake.
func (s *Server) serveSignIn(w http.ResponseWriter, x *exchange) {
	if err := http.NewCrossOriginProtection().Check(x.request); err != nil {
		refuse(http.StatusForbidden, "authorization_invalid", "Unauthorized request",
			"Another site sent this form.").answer(x.trace).send(w)
		return
	}
	form, err := url.ParseQuery(string(x.body))
	if err != nil {
		malformedBody().answer(x.trace).send(w)
		return
	}
	userID := form.Get("user_id")
	if userID == "" || len(userID) > maxUserBytes {
		s.showSignIn(w, http.StatusUnprocessableEntity, form, "Choose a user, or type the id of one.")
		return
	}
	var target *url.URL
	if form.Get("redirect_url") != "" {
		var refused *refusal
		if target, refused = redirectTarget(form); refused != nil {
			refused.answer(x.trace).send(w)
			return
		}
	}
	b, known := s.browsers.get(form.Get(devBrowserCookie))
	if !known {
		b, known = s.browserOfCookie(x.request)
	}
	if !known {
		b = s.browsers.add(s.newBrowser())
	}
	r := s.startSession(b, record{Session: Session{UserID: userID}})
	http.SetCookie(w, s.clientCookie(x.request, b))
	if target == nil {
		s.showSignIn(w, http.StatusOK, form, "Signed in as "+userID+".")
		return
	}
	if s.production {
		for _, cookie := range s.cookiesFor(origin(target)).signInTime(r.Session, true, x.now) {
			http.SetCookie(w, cookie)
		}
	} else {
		addQuery(target, devBrowserCookie, b.token)
	}
	redirect(w, target, http.StatusSeeOther)
}
