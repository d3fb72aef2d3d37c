package page

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest/fakeclerk/internal/instance"
)

const (
	shownSessions = 50
	shownCalls    = 50
)

// viewData is all that the page shows.
type viewData struct {
	Address     string
	Environment [][2]string
	Problem     string
	SignedIn    *signedIn

	Users        []string
	Sessions     []sessionView
	MoreSessions int
	Calls        []callView
	MoreCalls    int
	Violations   int

	Now, Ahead string
	Operations []string
	Faults     []string
	Limit      string
}

type sessionView struct {
	ID, UserID, Device, Status, Active string
	Live                               bool
}

type callView struct {
	Operation, Line, Status, Took, Ago string
	Kind                               string // of the status: "good", "wrong" or "broken"
	Wrong                              []string
}

// view returns what the page shows now.
func view(in *instance.Instance) *viewData {
	clerk := in.Clerk()
	now := clerk.Now()
	v := &viewData{
		Address:     in.Address(),
		Environment: in.Environment(),
		Violations:  len(clerk.Violations()),
		Now:         now.UTC().Format("2006-01-02 15:04:05"),
		Operations:  clerk.Operations(),
	}
	if ahead := time.Until(now).Round(time.Second); ahead > 0 {
		v.Ahead = spell(ahead) + " ahead"
	}
	v.showSessions(clerk.Sessions(), now)
	v.showCalls(clerk.Calls(), now)
	for _, f := range clerk.Faults() {
		v.Faults = append(v.Faults, describe(f))
	}
	if requests, per := clerk.RateLimit(); requests > 0 {
		v.Limit = fmt.Sprintf("%d requests in %s", requests, spell(per))
	}
	return v
}

func (v *viewData) showSessions(sessions []sessionstest.Session, now time.Time) {
	for _, x := range sessions {
		if !slices.Contains(v.Users, x.UserID) && len(v.Users) < shownSessions {
			v.Users = append(v.Users, x.UserID)
		}
		if len(v.Sessions) == shownSessions {
			v.MoreSessions++
			continue
		}
		v.Sessions = append(v.Sessions, sessionView{
			ID:     x.ID,
			UserID: x.UserID,
			Device: device(x.LatestActivity),
			Status: x.Status,
			Active: ago(now.Sub(x.LastActiveAt)),
			Live:   x.Status == "active" || x.Status == "pending",
		})
	}
	slices.Sort(v.Users)
}

func (v *viewData) showCalls(calls []sessionstest.Call, now time.Time) {
	for _, c := range slices.Backward(calls) {
		if len(v.Calls) == shownCalls {
			v.MoreCalls++
			continue
		}
		shown := callView{
			Operation: c.Operation,
			Line:      c.Method + " " + c.Path,
			Status:    fmt.Sprint(c.Status),
			Took:      fmt.Sprintf("%.1f ms", float64(c.Took.Microseconds())/1000),
			Ago:       ago(now.Sub(c.Time)),
			Kind:      "good",
			Wrong:     c.Violations,
		}
		switch {
		case c.Status == 0:
			shown.Status, shown.Took, shown.Kind = "no answer", "", "broken"
		case c.Status >= http.StatusInternalServerError:
			shown.Kind = "broken"
		case c.Status >= http.StatusBadRequest:
			shown.Kind = "wrong"
		}
		v.Calls = append(v.Calls, shown)
	}
}

// device returns in words from where a session was last used.
func device(a *sessionstest.Activity) string {
	if a == nil {
		return ""
	}
	parts := []string{
		strings.TrimSpace(a.BrowserName + " " + a.BrowserVersion), a.DeviceType, a.City, a.Country,
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

// describe returns a fault in words.
func describe(f sessionstest.Fault) string {
	var does []string
	if f.Delay > 0 {
		does = append(does, "waits "+spell(f.Delay))
	}
	switch {
	case f.Drop:
		does = append(does, "cuts the connection")
	case f.Status != 0:
		does = append(does, fmt.Sprintf("answers %d", f.Status))
	case f.Body != "":
		does = append(does, "answers a body")
	}
	if f.RetryAfter > 0 {
		does = append(does, "Retry-After "+spell(f.RetryAfter))
	}
	operation := f.Operation
	if operation == "" {
		operation = "any operation"
	}
	if f.SessionID != "" {
		operation += " of " + f.SessionID
	}
	return fmt.Sprintf("%s: %s, %d×", operation, strings.Join(does, ", "), f.Times)
}

// ago returns in words how long ago something was.
func ago(d time.Duration) string {
	switch {
	case d < -time.Second:
		return "in " + spell(-d)
	case d < time.Second:
		return "now"
	}
	return spell(d) + " ago"
}

// spell returns a duration in its largest unit and, below it, one more: "1 h 30 min".
func spell(d time.Duration) string {
	const day = 24 * time.Hour
	two := func(n, rest time.Duration, unit, small string) string {
		if rest == 0 {
			return fmt.Sprintf("%d %s", n, unit)
		}
		return fmt.Sprintf("%d %s %d %s", n, unit, rest, small)
	}
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return two(d/time.Minute, d%time.Minute/time.Second, "min", "s")
	case d < day:
		return two(d/time.Hour, d%time.Hour/time.Minute, "h", "min")
	}
	return two(d/day, d%day/time.Hour, "d", "h")
}
