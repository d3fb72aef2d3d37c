// Package app is the web service of the example webapp: it shows who is signed in and what it took
// to find out, ends sessions, and lets a visitor make Clerk misbehave. Package sessionhttp does all
// that concerns signing in.
package app

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

// Config is what the service needs of the world.
type Config struct {
	Client         *sessions.Client // one that sends through NewTransport
	PublishableKey string
	FrontendAPI    string // where the Frontend API is, and its page /sign-in
	Now            func() time.Time

	// OtherDevice signs a user in somewhere else.
	OtherDevice func(userID string)
	// Controls are the buttons that make Clerk misbehave, by the path below /clerk/ that they post to.
	Controls map[string]func()
}

// app is the service.
type app struct {
	Config
	auth *sessionhttp.Authenticator
}

// New returns the service.
func New(cfg Config) (http.Handler, error) {
	auth, err := sessionhttp.New(cfg.Client, cfg.PublishableKey,
		sessionhttp.WithFrontendAPI(cfg.FrontendAPI), sessionhttp.WithClock(cfg.Now),
		sessionhttp.WithObserver(observe))
	if err != nil {
		return nil, err
	}
	a := &app{Config: cfg, auth: auth}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.show)
	mux.HandleFunc("POST /sign-out", a.signOut)
	mux.HandleFunc("POST /sessions/{id}/end", a.visitors(a.end))
	mux.HandleFunc("POST /end-others", a.visitors(a.endOthers))
	mux.HandleFunc("POST /other-device", a.visitors(a.otherDevice))
	mux.HandleFunc("POST /clerk/{control}", a.control)
	// The middleware goes around everything that asks who the visitor is.
	return http.NewCrossOriginProtection().Handler(watch(auth.Middleware(mux))), nil
}

// visitors lets a handler see only requests of somebody who is signed in. A POST is never
// refreshed: a visitor whose token has just expired is sent to the page, by a GET, which is
// refreshed, and can try again.
func (a *app) visitors(
	next func(http.ResponseWriter, *http.Request, sessionhttp.Auth),
) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		auth, _ := sessionhttp.FromContext(r.Context())
		if !auth.SignedIn {
			http.Redirect(w, r, "/?again", http.StatusSeeOther)
			return
		}
		next(w, r, auth)
	}
}

// signOut ends the visitor's own session and takes the cookies back. It works after the token has
// expired, too.
func (a *app) signOut(w http.ResponseWriter, r *http.Request) {
	a.back(w, r, a.auth.SignOut(w, r))
}

// end ends one of the visitor's sessions; somebody else's is not there.
func (a *app) end(w http.ResponseWriter, r *http.Request, auth sessionhttp.Auth) {
	session, err := a.Client.Get(r.Context(), r.PathValue("id"))
	if err == nil && session.UserID == auth.UserID {
		_, err = a.Client.Revoke(r.Context(), session.ID)
	}
	if errors.Is(err, sessions.ErrInvalidParams) {
		err = nil
	}
	a.back(w, r, err)
}

// endOthers signs the visitor out everywhere else.
func (a *app) endOthers(w http.ResponseWriter, r *http.Request, auth sessionhttp.Auth) {
	_, err := a.Client.RevokeAll(r.Context(), sessions.RevokeAllParams{
		UserID: auth.UserID, Except: []string{auth.SessionID},
	})
	a.back(w, r, err)
}

// otherDevice signs the visitor in somewhere else.
func (a *app) otherDevice(w http.ResponseWriter, r *http.Request, auth sessionhttp.Auth) {
	a.OtherDevice(auth.UserID)
	a.back(w, r, nil)
}

// control makes Clerk misbehave.
func (a *app) control(w http.ResponseWriter, r *http.Request) {
	press := a.Controls[r.PathValue("control")]
	if press == nil {
		http.NotFound(w, r)
		return
	}
	press()
	a.back(w, r, nil)
}

// back shows the page again, or says that Clerk could not be asked. The error is safe to show: it
// never holds a secret.
func (a *app) back(w http.ResponseWriter, r *http.Request, err error) {
	if err != nil && !errors.Is(err, sessions.ErrNotFound) {
		http.Error(w, "That did not work: "+err.Error(), http.StatusBadGateway)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// signInURL returns the address of Clerk's page to sign in, from where the browser comes back.
func (a *app) signInURL(r *http.Request) string {
	origin, err := a.auth.Origin(r)
	if err != nil {
		return ""
	}
	return a.FrontendAPI + "/sign-in?redirect_url=" + url.QueryEscape(origin+"/")
}
