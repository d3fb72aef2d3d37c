package app

import (
	"bytes"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionhttp"
)

// view is what the page shows.
type view struct {
	SignedIn  bool
	Visitor   visitor
	Remaining int // seconds until the token expires
	Outcome   sessionhttp.Outcome
	What      string // the outcome's status in words
	Again     bool   // the visitor came from a form that could not be served
	Sessions  []row
	Others    bool  // there are sessions beside the visitor's own
	Err       error // why there is no list
}

// row is one of the visitor's sessions.
type row struct {
	ID, Device, Since string
	Own               bool
}

// inWords returns what the middleware did with a request.
func inWords(status sessionhttp.Status) string {
	switch status {
	case sessionhttp.StatusNotNeeded:
		return "There was nothing to do"
	case sessionhttp.StatusNotEligible:
		return "This request cannot refresh the token"
	case sessionhttp.StatusRefreshed:
		return "The token had expired: this page and your browser have a new one"
	case sessionhttp.StatusHandshakeNeeded:
		return "The server alone cannot mend this: sign in again"
	case sessionhttp.StatusUnavailable:
		return "Clerk did not answer well"
	}
	return ""
}

// show shows the page. It is served when Clerk is down as well: the token is verified here.
func (a *app) show(w http.ResponseWriter, r *http.Request) {
	var v view
	v.Outcome, _ = sessionhttp.OutcomeFromContext(r.Context())
	v.What = inWords(v.Outcome.Status)
	v.Visitor, v.SignedIn = a.visitor(r)
	v.Again = r.URL.Query().Has("again")
	if v.SignedIn {
		v.Remaining = max(0, int(v.Visitor.Expires.Sub(a.Now())/time.Second))
		v.Sessions, v.Err = a.rows(r, v.Visitor)
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

func (a *app) rows(r *http.Request, v visitor) ([]row, error) {
	var rows []row
	params := sessions.ListParams{UserID: v.UserID, Status: sessions.StatusActive}
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
			Since:  session.CreatedAt.Format("2 Jan 2006, 15:04:05 MST"),
			Own:    session.ID == v.SessionID,
		})
	}
	return rows, nil
}
