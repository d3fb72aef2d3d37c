package sessions

import (
	"cmp"
	"slices"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/gen"
)

// Session is a user's sign-in on one client. Its times are in UTC, to the millisecond.
type Session struct {
	ID                       string
	ClientID                 string // the browser or device that holds the session
	UserID                   string
	Status                   Status
	LastActiveOrganizationID string         // the organization last worked in; "" for none
	LatestActivity           *Activity      // nil when Clerk has none
	Actor                    map[string]any // who impersonates the user, else nil; numbers are float64
	Tasks                    []Task         // to do before a pending session becomes active
	LastActiveAt             time.Time
	ExpireAt                 time.Time // when the session ends at the latest
	AbandonAt                time.Time // when the session counts as abandoned if it stays unused
	CreatedAt                time.Time
	UpdatedAt                time.Time
}

// SessionList is one page of the sessions that List was asked for.
type SessionList struct {
	Data       []Session // newest first
	TotalCount int       // how many sessions match on all pages; -1 if the server did not say
}

// Activity is the device and the place that a session was last used from, as far as Clerk knows
// them.
type Activity struct {
	ID             string
	DeviceType     string
	BrowserName    string
	BrowserVersion string
	IPAddress      string
	City           string
	Country        string
	IsMobile       bool
}

// Task is something that a user has to do before a pending session becomes active.
type Task struct {
	Key string // what to do: "choose-organization"
}

// Status is the state of a session. A state that Clerk adds, and this package does not know, is
// kept as it came; see IsKnown.
type Status string

// The states that this package knows.
const (
	StatusAbandoned Status = "abandoned" // unused for too long
	StatusActive    Status = "active"
	StatusEnded     Status = "ended"   // signed out
	StatusExpired   Status = "expired" // over its lifetime
	StatusPending   Status = "pending" // signed in, with tasks to do
	StatusRemoved   Status = "removed"
	StatusReplaced  Status = "replaced" // by another session of the same client
	StatusRevoked   Status = "revoked"  // ended by the application
)

// IsKnown reports whether s is one of the constants of this package.
func (s Status) IsKnown() bool { return gen.SessionStatus(s).Valid() }

// checkSession reports what a session from Clerk lacks. Only what Clerk's description requires has
// to be there.
func checkSession(s *gen.Session) error {
	return cmp.Or(
		needs("object", s.Object.Valid()),
		needs("id", s.ID != ""),
		needs("client_id", s.ClientID != ""),
		needs("user_id", s.UserID != ""),
		needs("status", s.Status != ""),
		needs("last_active_at", s.LastActiveAt.Present),
		needs("expire_at", s.ExpireAt.Present),
		needs("abandon_at", s.AbandonAt.Present),
		needs("created_at", s.CreatedAt.Present),
		needs("updated_at", s.UpdatedAt.Present),
		needs("tasks[].key", !slices.Contains(s.Tasks, gen.SessionTask{})),
	)
}

// newSession returns the public form of a session from Clerk.
func newSession(s *gen.Session) Session {
	session := Session{
		ID:                       s.ID,
		ClientID:                 s.ClientID,
		UserID:                   s.UserID,
		Status:                   Status(s.Status),
		LastActiveOrganizationID: s.LastActiveOrganizationID,
		Actor:                    s.Actor,
		LastActiveAt:             fromMillis(s.LastActiveAt),
		ExpireAt:                 fromMillis(s.ExpireAt),
		AbandonAt:                fromMillis(s.AbandonAt),
		CreatedAt:                fromMillis(s.CreatedAt),
		UpdatedAt:                fromMillis(s.UpdatedAt),
	}
	if s.LatestActivity.ID != "" {
		session.LatestActivity = new(Activity(s.LatestActivity))
	}
	for _, task := range s.Tasks {
		session.Tasks = append(session.Tasks, Task(task))
	}
	return session
}

func fromMillis(ms gen.Timestamp) time.Time { return time.UnixMilli(ms.Value).UTC() }
