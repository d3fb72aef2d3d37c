package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions"
)

// rows describes sessions, each in a line of a table.
func rows(list []sessions.Session, now time.Time) []string {
	return columns(func(table io.Writer) {
		for i := range list {
			x := &list[i]
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n",
				x.ID, state(x), device(x.LatestActivity), ago(now.Sub(x.LastActiveAt)))
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
	browser := strings.TrimSpace(a.BrowserName + " " + a.BrowserVersion)
	for _, text := range []string{browser, a.DeviceType, a.City} {
		if text != "" {
			known = append(known, text)
		}
	}
	return strings.Join(known, ", ")
}

// ago returns how long ago something was.
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
