package control

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest"
	"github.com/clerk-sessions/clerk-sessions-go/sessions/sessionstest/fakeclerk/internal/instance"
)

// session is a session in JSON, with the names and the milliseconds of Clerk's API.
type session struct {
	ID                       string         `json:"id,omitzero"`
	ClientID                 string         `json:"client_id,omitzero"`
	UserID                   string         `json:"user_id,omitzero"`
	Status                   string         `json:"status,omitzero"`
	LastActiveOrganizationID string         `json:"last_active_organization_id,omitzero"`
	LatestActivity           *activity      `json:"latest_activity,omitzero"`
	Actor                    map[string]any `json:"actor,omitzero"`
	Tasks                    []task         `json:"tasks,omitzero"`
	LastActiveAt             milliseconds   `json:"last_active_at,omitzero"`
	ExpireAt                 milliseconds   `json:"expire_at,omitzero"`
	AbandonAt                milliseconds   `json:"abandon_at,omitzero"`
	CreatedAt                milliseconds   `json:"created_at,omitzero"`
	UpdatedAt                milliseconds   `json:"updated_at,omitzero"`
}

type activity struct {
	ID             string `json:"id,omitzero"`
	DeviceType     string `json:"device_type,omitzero"`
	BrowserName    string `json:"browser_name,omitzero"`
	BrowserVersion string `json:"browser_version,omitzero"`
	IPAddress      string `json:"ip_address,omitzero"`
	City           string `json:"city,omitzero"`
	Country        string `json:"country,omitzero"`
	IsMobile       bool   `json:"is_mobile,omitzero"`
}

type task struct {
	Key string `json:"key"`
}

func tasks(in []task) (out []sessionstest.Task) {
	for _, t := range in {
		out = append(out, sessionstest.Task(t))
	}
	return out
}

// milliseconds is a time since 1970; 0 stands for a time that is not given.
type milliseconds int64

// latest is the last millisecond of the year 9999.
const latest milliseconds = 253402300799999

func (ms milliseconds) time() time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(ms))
}

// idPattern is what the fragment takes for the id of a session.
var idPattern = regexp.MustCompile(`^[A-Za-z0-9_.~-]{1,256}$`)

func statuses() []string {
	return []string{
		"abandoned", "active", "ended", "expired", "pending", "removed", "replaced", "revoked",
	}
}

// check returns why x cannot be a session.
func (x session) check() error {
	switch {
	case x.ID != "" && (!idPattern.MatchString(x.ID) || strings.Trim(x.ID, ".") == ""):
		return errors.New("the id has to be 1 to 256 letters, digits and any of _ . ~ -")
	case x.Status != "" && !slices.Contains(statuses(), x.Status):
		return fmt.Errorf("the status has to be one of %s", strings.Join(statuses(), ", "))
	}
	for _, ms := range []milliseconds{
		x.LastActiveAt, x.ExpireAt, x.AbandonAt, x.CreatedAt, x.UpdatedAt,
	} {
		if ms < 0 || ms > latest {
			return errors.New("a time has to be in milliseconds from 1970 to 9999")
		}
	}
	return nil
}

func listSessions(in *instance.Instance, _ *http.Request) (any, error) {
	sessions := []session{}
	for _, x := range in.Clerk().Sessions() {
		sessions = append(sessions, sessionOf(x))
	}
	return struct {
		Sessions []session `json:"sessions"`
	}{sessions}, nil
}

func addSession(in *instance.Instance, r *http.Request) (any, error) {
	x, err := decodeOptional[session](r)
	if err != nil {
		return nil, err
	}
	if err := x.check(); err != nil {
		return nil, err
	}
	added := sessionstest.Session{
		ID:                       x.ID,
		ClientID:                 x.ClientID,
		UserID:                   x.UserID,
		Status:                   x.Status,
		LastActiveOrganizationID: x.LastActiveOrganizationID,
		LatestActivity:           (*sessionstest.Activity)(x.LatestActivity),
		Actor:                    x.Actor,
		Tasks:                    tasks(x.Tasks),
		LastActiveAt:             x.LastActiveAt.time(),
		ExpireAt:                 x.ExpireAt.time(),
		AbandonAt:                x.AbandonAt.time(),
		CreatedAt:                x.CreatedAt.time(),
		UpdatedAt:                x.UpdatedAt.time(),
	}
	return sessionOf(in.Clerk().AddSession(added)), nil
}

func endSession(in *instance.Instance, r *http.Request) (any, error) {
	id, clerk := r.PathValue("id"), in.Clerk()
	if _, ok := clerk.Session(id); !ok {
		return nil, &refusal{http.StatusNotFound, "there is no session with this id"}
	}
	clerk.End(id)
	x, _ := clerk.Session(id)
	return sessionOf(x), nil
}

func sessionOf(x sessionstest.Session) session {
	out := session{
		ID:                       x.ID,
		ClientID:                 x.ClientID,
		UserID:                   x.UserID,
		Status:                   x.Status,
		LastActiveOrganizationID: x.LastActiveOrganizationID,
		LatestActivity:           (*activity)(x.LatestActivity),
		Actor:                    x.Actor,
		LastActiveAt:             milliseconds(x.LastActiveAt.UnixMilli()),
		ExpireAt:                 milliseconds(x.ExpireAt.UnixMilli()),
		AbandonAt:                milliseconds(x.AbandonAt.UnixMilli()),
		CreatedAt:                milliseconds(x.CreatedAt.UnixMilli()),
		UpdatedAt:                milliseconds(x.UpdatedAt.UnixMilli()),
	}
	for _, t := range x.Tasks {
		out.Tasks = append(out.Tasks, task(t))
	}
	return out
}
