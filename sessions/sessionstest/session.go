package sessionstest

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/gen"
)

const (
	statusAbandoned = "abandoned"
	statusActive    = "active"
	statusEnded     = "ended"
	statusExpired   = "expired"
	statusPending   = "pending"
	statusReplaced  = "replaced"
	statusRevoked   = "revoked"

	defaultExpiry      = 7 * 24 * time.Hour
	defaultAbandonment = 30 * 24 * time.Hour
)

// Session is a session as the server keeps it. Times have a precision of a millisecond. AddSession
// fills in zero fields, by the defaults below; an empty ID, ClientID or UserID becomes a new one.
type Session struct {
	ID                       string
	ClientID                 string
	UserID                   string
	Status                   string         // "active" by default; an unknown state is a violation
	LastActiveOrganizationID string         // "" for none
	LatestActivity           *Activity      // nil if unknown
	Actor                    map[string]any // nil unless impersonated; must be encodable as JSON
	Tasks                    []Task         // what keeps a pending session from being active
	LastActiveAt             time.Time      // CreatedAt by default
	ExpireAt                 time.Time      // 7 days after CreatedAt by default
	AbandonAt                time.Time      // 30 days after CreatedAt by default
	CreatedAt                time.Time      // the server's time by default
	UpdatedAt                time.Time      // CreatedAt by default
}

// Activity is the device and place that a session was last used from.
type Activity struct {
	ID             string // "" becomes a new id
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
	Key string // such as "choose-organization"
}

// AddSession adds a session, as if its user had signed in, and returns the session with its zero
// fields filled in. A session with the same ID is replaced. The user exists from then on.
// AddSession panics if the Actor cannot be encoded as JSON.
func (s *Server) AddSession(in Session) Session {
	out := s.complete(in)
	s.store.put(record{Session: out})
	return out.clone()
}

// Session returns the session with an id, as it is now, and whether there is one.
func (s *Server) Session(id string) (Session, bool) {
	r, ok := s.store.get(id, s.Now())
	return r.Session, ok
}

// Sessions returns all sessions as they are now, newest first.
func (s *Server) Sessions() []Session {
	sessions, _ := s.store.list(filter{}, 0, math.MaxInt, s.Now())
	return sessions
}

// End ends the session with an id, as a sign-out in its browser does. If the session is over
// already, nothing changes. End panics if there is no such session.
func (s *Server) End(id string) {
	now := s.Now()
	_, ok := s.store.update(id, now, func(session *Session) {
		session.Status, session.UpdatedAt = statusEnded, onWire(now)
	})
	if !ok {
		panic(fmt.Sprintf("sessionstest: End: there is no session %q", id))
	}
}

// complete returns in with its zero fields filled in.
func (s *Server) complete(in Session) Session {
	out := in.clone()
	setDefault(&out.ID, func() string { return s.newID("sess") })
	setDefault(&out.ClientID, func() string { return s.newID("client") })
	setDefault(&out.UserID, func() string { return s.newID("user") })
	setDefault(&out.Status, func() string { return statusActive })
	if out.LatestActivity != nil {
		setDefault(&out.LatestActivity.ID, func() string { return s.newID("sess_activity") })
	}
	setDefault(&out.CreatedAt, s.Now)
	setDefault(&out.UpdatedAt, func() time.Time { return out.CreatedAt })
	setDefault(&out.LastActiveAt, func() time.Time { return out.CreatedAt })
	setDefault(&out.ExpireAt, func() time.Time { return out.CreatedAt.Add(defaultExpiry) })
	setDefault(&out.AbandonAt, func() time.Time { return out.CreatedAt.Add(defaultAbandonment) })
	for _, t := range []*time.Time{
		&out.CreatedAt, &out.UpdatedAt, &out.LastActiveAt, &out.ExpireAt, &out.AbandonAt,
	} {
		*t = onWire(*t)
	}
	return out
}

func setDefault[T comparable](field *T, value func() T) {
	if *field == *new(T) {
		*field = value()
	}
}

// onWire returns t as precise as the API states it.
func onWire(t time.Time) time.Time { return time.UnixMilli(t.UnixMilli()).UTC() }

// clone returns a copy that shares nothing with x.
func (x Session) clone() Session {
	if x.LatestActivity != nil {
		activity := *x.LatestActivity
		x.LatestActivity = &activity
	}
	x.Tasks = slices.Clone(x.Tasks)
	if x.Actor != nil {
		encoded, err := json.Marshal(x.Actor)
		x.Actor = nil
		if err != nil || json.Unmarshal(encoded, &x.Actor) != nil {
			panic(fmt.Sprintf("sessionstest: session %q: the Actor cannot be encoded as JSON", x.ID))
		}
	}
	return x
}

// at returns x as it is at the time now: lapsed, if its time has passed.
func (x Session) at(now time.Time) Session {
	if !x.live() {
		return x
	}
	switch {
	case !now.Before(x.AbandonAt):
		x.Status = statusAbandoned
	case !now.Before(x.ExpireAt):
		x.Status = statusExpired
	}
	return x
}

// live reports whether x can still get tokens.
func (x Session) live() bool { return x.Status == statusActive || x.Status == statusPending }

// answered returns x as the API states it, with null for what is not there.
func (x Session) answered() any {
	type task struct {
		Key string `json:"key"`
	}
	var tasks []task
	for _, t := range x.Tasks {
		tasks = append(tasks, task(t))
	}
	var organization *string
	if x.LastActiveOrganizationID != "" {
		organization = &x.LastActiveOrganizationID
	}
	return struct {
		Object                   string         `json:"object"`
		ID                       string         `json:"id"`
		ClientID                 string         `json:"client_id"`
		UserID                   string         `json:"user_id"`
		Actor                    map[string]any `json:"actor"`
		Status                   string         `json:"status"`
		LastActiveOrganizationID *string        `json:"last_active_organization_id"`
		LatestActivity           *activity      `json:"latest_activity"`
		Tasks                    []task         `json:"tasks"`
		LastActiveAt             int64          `json:"last_active_at"`
		ExpireAt                 int64          `json:"expire_at"`
		AbandonAt                int64          `json:"abandon_at"`
		CreatedAt                int64          `json:"created_at"`
		UpdatedAt                int64          `json:"updated_at"`
	}{
		"session", x.ID, x.ClientID, x.UserID, x.Actor, x.Status, organization,
		x.LatestActivity.answered(), tasks, x.LastActiveAt.UnixMilli(), x.ExpireAt.UnixMilli(),
		x.AbandonAt.UnixMilli(), x.CreatedAt.UnixMilli(), x.UpdatedAt.UnixMilli(),
	}
}

// activity is an activity as Clerk answers it.
type activity struct {
	gen.SessionActivity
	Object string `json:"object"`
}

func (a *Activity) answered() *activity {
	if a == nil {
		return nil
	}
	return &activity{Object: "session_activity", SessionActivity: gen.SessionActivity{
		ID:             a.ID,
		DeviceType:     a.DeviceType,
		BrowserName:    a.BrowserName,
		BrowserVersion: a.BrowserVersion,
		IPAddress:      a.IPAddress,
		City:           a.City,
		Country:        a.Country,
		IsMobile:       a.IsMobile,
	}}
}
