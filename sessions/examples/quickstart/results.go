package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
)

// check returns an error that says what is wrong, unless good.
func check(good bool, wrong string) error {
	if good {
		return nil
	}
	return errors.New(wrong)
}

func ids(list []sessions.Session) []string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = list[i].ID
	}
	return out
}

func count(list *sessions.SessionList) string {
	if list.TotalCount < 0 {
		return fmt.Sprintf("%d sessions", len(list.Data))
	}
	return fmt.Sprintf("%d of %d sessions", len(list.Data), list.TotalCount)
}

// rows describes sessions, each in a line of a table.
func rows(list []sessions.Session, now time.Time) []string {
	return columns(func(table io.Writer) {
		for i := range list {
			x := &list[i]
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", x.ID, state(x), device(x.LatestActivity), ago(now.Sub(x.LastActiveAt)))
		}
	})
}

// columns returns the lines that fill writes, their cells, which tabs end, below each other.
func columns(fill func(table io.Writer)) []string {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fill(table)
	_ = table.Flush() // writing to memory does not fail
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
}

// session describes a session, which has to be the user's and in the state that is wanted.
func (t *tour) session(x *sessions.Session, err error, want sessions.Status) ([]string, error) {
	if err != nil {
		return nil, err
	}
	text := fmt.Sprintf("%s of %s: %s", x.ID, x.UserID, state(x))
	if left := x.ExpireAt.Sub(t.now()); left > 0 && x.Status != sessions.StatusRevoked {
		text += ", ends in " + span(left) + " at the latest"
	}
	lines := []string{text}
	if x.LatestActivity != nil {
		lines = append(lines, "last used "+ago(t.now().Sub(x.LastActiveAt))+", "+device(x.LatestActivity))
	}
	if x.UserID != t.userID {
		return lines, errors.New("the session is another user's")
	}
	return lines, check(x.Status == want, "the session should be "+string(want))
}

// state returns the status of a session and what its user has yet to do.
func state(x *sessions.Session) string {
	text := string(x.Status)
	for i, task := range x.Tasks {
		text += [...]string{": ", ", "}[min(i, 1)] + task.Key
	}
	return text
}

// device returns from what and from where a session was used, as far as that is known.
func device(a *sessions.Activity) string {
	if a == nil {
		return "device unknown"
	}
	var known []string
	for _, text := range []string{strings.TrimSpace(a.BrowserName + " " + a.BrowserVersion), a.DeviceType, a.City} {
		if text != "" {
			known = append(known, text)
		}
	}
	return strings.Join(known, ", ")
}

// token says how long a token is good for, which has to be as wanted. It does not show the token.
func (t *tour) token(token *sessions.Token, err error, want time.Duration) ([]string, error) {
	if err != nil {
		return nil, err
	}
	expiry, ok := token.ExpiresAt()
	if !ok {
		return nil, errors.New("the token does not say when it expires")
	}
	left := expiry.Sub(t.now())
	return []string{"JWT, expires in " + span(left)}, check(left == want, "the token should expire in "+span(want))
}

// cookies lists cookies without their values. The session token among them has to expire as wanted.
func (t *tour) cookies(cookies *sessions.Cookies, err error, want time.Duration) ([]string, error) {
	if err != nil {
		return nil, err
	}
	parsed, err := cookies.HTTPCookies()
	if err != nil {
		return nil, err
	}
	token, ok := cookies.SessionToken("")
	if !ok {
		return nil, errors.New("no cookie holds a session token")
	}
	lines, err := t.token(&token, nil, want)
	return append(columns(func(table io.Writer) {
		for _, cookie := range parsed {
			cookie.Value = ""
			cookie.Expires = time.Time{} // Max-Age says the same, and wins
			name, attributes, _ := strings.Cut(cookie.String(), "=; ")
			fmt.Fprintf(table, "%s\t%s\n", name, attributes)
		}
	}), "__session: "+strings.Join(lines, "")), err
}

// comeBack returns what the browser holds of a user who signed in two minutes ago.
func (t *tour) comeBack() (sessionstest.SignIn, error) {
	browser := t.clerk.SignIn(t.userID)
	t.clerk.Advance(2 * time.Minute)
	expiry, ok := sessions.Token{JWT: browser.SessionToken}.ExpiresAt()
	return browser, check(ok && expiry.Before(t.now()), "the browser's token has not expired")
}

func ago(d time.Duration) string {
	if d < time.Second {
		return "just now"
	}
	return span(d) + " ago"
}

// span returns d rounded to a unit that suits it: "60 s", "10 min", "29 h", "7 days".
func span(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.0f h", d.Hours())
	}
	return fmt.Sprintf("%.0f days", d.Hours()/24)
}
