package app

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

//go:embed page.html
var pageHTML string

var page = template.Must(template.New("page").Parse(pageHTML))

// view is what the page shows.
type view struct {
	Auth      sessionhttp.Auth
	Remaining int    // seconds until the token expires
	What      string // what the middleware did, in words
	Calls     []call // what went to Clerk for it
	Took      time.Duration
	Again     bool // the visitor came from a form that could not be served
	Sessions  []row
	Others    bool  // there are sessions beside the visitor's own
	Err       error // why there is no list
	SignIn    string
	Controls  bool
}

// row is one of the visitor's sessions.
type row struct {
	ID, Device, Since string
	Own               bool
}

// inWords returns what the middleware did with a request.
func inWords(auth sessionhttp.Auth) string {
	switch {
	case auth.Refreshed:
		return "The token had expired: this page and your browser have a new one"
	case auth.SignedIn && auth.Reason != "":
		return "Clerk cannot be asked for a new token: the old one counts a little longer"
	case auth.SignedIn:
		return "The token is good: there was nothing to ask Clerk for"
	case auth.Pending:
		return "There is something left to do before you are signed in"
	case auth.Temporary:
		return "Clerk did not answer well"
	}
	return "There is no session"
}

// show shows the page. It is served when Clerk is down as well.
func (a *app) show(w http.ResponseWriter, r *http.Request) {
	auth, _ := sessionhttp.FromContext(r.Context())
	v := view{
		Auth:     auth,
		What:     inWords(auth),
		Again:    r.URL.Query().Has("again"),
		SignIn:   a.signInURL(r),
		Controls: len(a.Controls) > 0,
	}
	if t := tripOf(r.Context()); t != nil {
		v.Calls, v.Took = t.calls(), t.Took.Round(time.Microsecond)
	}
	if auth.SignedIn {
		v.Remaining = a.remaining(auth)
		v.Sessions, v.Err = a.rows(r, auth)
		v.Others = slices.ContainsFunc(v.Sessions, func(r row) bool { return !r.Own })
	}
	var body bytes.Buffer
	if err := page.Execute(&body, v); err != nil {
		slog.ErrorContext(r.Context(), "webapp: page", "error", err)
		http.Error(w, "The page cannot be shown.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = body.WriteTo(w)
}

// remaining returns for how many seconds a token is still good.
func (a *app) remaining(auth sessionhttp.Auth) int {
	expires, _ := auth.Token.ExpiresAt()
	return max(0, int(expires.Sub(a.Now())/time.Second))
}

func (a *app) rows(r *http.Request, auth sessionhttp.Auth) ([]row, error) {
	var rows []row
	params := sessions.ListParams{UserID: auth.UserID, Status: sessions.StatusActive}
	for session, err := range a.Client.All(r.Context(), params) {
		if err != nil {
			return nil, err
		}
		device := "Unknown device"
		if activity := session.LatestActivity; activity != nil {
			device = activity.BrowserName + ", " + activity.DeviceType + ", " + activity.City
		}
		rows = append(rows, row{
			ID:     session.ID,
			Device: device,
			Since:  ago(a.Now().Sub(session.CreatedAt)),
			Own:    session.ID == auth.SessionID,
		})
	}
	return rows, nil
}

// ago returns how long ago something was, in one number.
func ago(d time.Duration) string {
	switch {
	case d < 5*time.Second:
		return "just now"
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s ago", d/time.Second)
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min ago", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", d/time.Hour)
	}
	return fmt.Sprintf("%d days ago", d/(24*time.Hour))
}
