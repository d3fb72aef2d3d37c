// Package app is the example's web service: it shows who is signed in and what the middleware did,
// and ends sessions.
package app

import (
	"crypto/x509"
	"embed"
	"encoding/pem"
	"errors"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

// Config is what the service needs of the world.
type Config struct {
	Client         *sessions.Client
	PublishableKey string
	JWTKey         []byte // the instance's public key, as PEM
	SignIn         func(userID string) []*http.Cookie
	Now            func() time.Time
}

// app is the service.
type app struct {
	Config
	key       any // the instance's public key
	refresher *sessionhttp.Refresher
}

//go:embed page.html
var files embed.FS

var page = template.Must(template.ParseFS(files, "page.html"))

// New returns the service.
func New(cfg Config) (http.Handler, error) {
	block, _ := pem.Decode(cfg.JWTKey)
	if block == nil {
		return nil, errors.New("app: the JWT key is not PEM")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	refresher, err := sessionhttp.NewRefresher(cfg.Client, cfg.PublishableKey,
		sessionhttp.WithJWTKey(cfg.JWTKey), sessionhttp.WithClock(cfg.Now))
	if err != nil {
		return nil, err
	}
	a := &app{Config: cfg, key: key, refresher: refresher}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.show)
	mux.HandleFunc("POST /sign-in", a.signIn)
	mux.HandleFunc("POST /sign-out", a.visitors(a.signOut))
	mux.HandleFunc("POST /sessions/{id}/end", a.visitors(a.end))
	mux.HandleFunc("POST /end-others", a.visitors(a.endOthers))
	// The middleware goes around everything that asks who the visitor is.
	return http.NewCrossOriginProtection().Handler(refresher.Middleware(mux)), nil
}

// signIn signs a visitor in, without a password: this is an example.
func (a *app) signIn(w http.ResponseWriter, r *http.Request) {
	for _, cookie := range a.SignIn("user_ada") {
		http.SetCookie(w, cookie)
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// signOut ends the visitor's own session and takes the cookies back.
func (a *app) signOut(w http.ResponseWriter, r *http.Request, v visitor) {
	_, err := a.Client.Revoke(r.Context(), v.SessionID)
	if err != nil && !errors.Is(err, sessions.ErrNotFound) {
		a.fail(w, err)
		return
	}
	for _, cookie := range r.Cookies() {
		// Other services on this host have cookies here too, whatever their port.
		if isClerks(cookie.Name) {
			http.SetCookie(w, &http.Cookie{ //nolint:gosec // deleted, and on loopback without TLS
				Name: cookie.Name, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode,
			})
		}
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func isClerks(cookie string) bool {
	return strings.HasPrefix(cookie, "__session") || strings.HasPrefix(cookie, "__client_uat") ||
		strings.HasPrefix(cookie, "__refresh")
}

// end ends one of the visitor's sessions; somebody else's is not there.
func (a *app) end(w http.ResponseWriter, r *http.Request, v visitor) {
	session, err := a.Client.Get(r.Context(), r.PathValue("id"))
	if err == nil && session.UserID == v.UserID {
		_, err = a.Client.Revoke(r.Context(), session.ID)
	}
	gone := errors.Is(err, sessions.ErrNotFound) || errors.Is(err, sessions.ErrInvalidParams)
	if err != nil && !gone {
		a.fail(w, err)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// endOthers signs the visitor out everywhere else.
func (a *app) endOthers(w http.ResponseWriter, r *http.Request, v visitor) {
	_, err := a.Client.RevokeAll(r.Context(), sessions.RevokeAllParams{
		UserID: v.UserID,
		Except: []string{v.SessionID},
	})
	if err != nil {
		a.fail(w, err)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// fail answers that Clerk could not be asked. The error is safe to show: it never holds a secret.
func (a *app) fail(w http.ResponseWriter, err error) {
	http.Error(w, "That did not work: "+err.Error(), http.StatusBadGateway)
}
