package sessions

import (
	"bytes"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/clerk-sessions/clerk-sessions-go/gen"
)

// row is where sessions are decoded into, one after another. LatestActivity points into it, so that the decoder allocates none: a row
// must not be copied.
type row struct {
	gen.Session
	activity gen.SessionActivity
}

var rows = sync.Pool{New: func() any {
	r := new(row)
	r.clear()
	return r
}}

// newRow returns an empty row from the pool; free gives it back.
func newRow() *row { return rows.Get().(*row) }

func (r *row) free() {
	r.clear()
	rows.Put(r)
}

// clear makes room for the next session.
func (r *row) clear() {
	*r = row{}
	r.LatestActivity = &r.activity
}

// check reports what the session lacks, and removes the activity that was provided for if it has none. object is what the session was
// decoded from, with what separates it from a row before. It is looked at only where Go's zero value leaves open whether a field was
// there.
func (r *row) check(object []byte) error {
	is := presence{object: object}
	switch {
	case r.Object != gen.SessionObjectSession:
		return wrong("the answer's object is not session")
	case r.ID == "":
		return missing("id")
	case r.ClientID == "":
		return missing("client_id")
	case r.UserID == "":
		return missing("user_id")
	case r.Status == "":
		return missing("status")
	case r.LastActiveAt == 0 && !is.there("last_active_at"):
		return missing("last_active_at")
	case r.ExpireAt == 0 && !is.there("expire_at"):
		return missing("expire_at")
	case r.AbandonAt == 0 && !is.there("abandon_at"):
		return missing("abandon_at")
	case r.CreatedAt == 0 && !is.there("created_at"):
		return missing("created_at")
	case r.UpdatedAt == 0 && !is.there("updated_at"):
		return missing("updated_at")
	}
	switch activity := r.LatestActivity; {
	case activity == nil:
	case activity.ID == "" && !is.there("latest_activity"):
		r.LatestActivity = nil
	case activity.ID == "":
		return missing("latest_activity.id")
	case activity.Object == "":
		return missing("latest_activity.object")
	}
	for i := range r.Tasks {
		if r.Tasks[i].Key == "" {
			return missing("tasks[].key")
		}
	}
	return nil
}

func missing(field string) error { return wrong("the answer's %s is missing, null or empty", field) }

// presence knows which fields of an object are there, once somebody has asked.
type presence struct {
	object []byte // which the decoder has found good
	fields map[string]jsontext.Value
}

// there reports whether a field is there and not null.
func (p *presence) there(field string) bool {
	if !bytes.Contains(p.object, []byte(field)) && !bytes.Contains(p.object, []byte(`\`)) {
		return false // what a session without an activity costs, most of the time
	}
	if p.fields == nil {
		var fields map[string]jsontext.Value // its own variable: p would be allocated for every session
		_ = json.Unmarshal(bytes.TrimLeft(p.object, ", \t\r\n"), &fields)
		p.fields = fields
	}
	value, ok := p.fields[field]
	return ok && value.Kind() != jsontext.KindNull
}

// copyTo writes the public form; an activity takes a place of activities, or one of its own.
func (r *row) copyTo(session *Session, activities *[]Activity) {
	*session = Session{
		ID:                       r.ID,
		ClientID:                 r.ClientID,
		UserID:                   r.UserID,
		Status:                   Status(r.Status),
		LastActiveOrganizationID: r.LastActiveOrganizationID,
		Actor:                    r.Actor,
		LastActiveAt:             fromMillis(r.LastActiveAt),
		ExpireAt:                 fromMillis(r.ExpireAt),
		AbandonAt:                fromMillis(r.AbandonAt),
		CreatedAt:                fromMillis(r.CreatedAt),
		UpdatedAt:                fromMillis(r.UpdatedAt),
	}
	if a := r.LatestActivity; a != nil {
		if len(*activities) == 0 {
			*activities = make([]Activity, 1)
		}
		session.LatestActivity, *activities = &(*activities)[0], (*activities)[1:]
		*session.LatestActivity = Activity{
			ID:             a.ID,
			DeviceType:     a.DeviceType,
			BrowserName:    a.BrowserName,
			BrowserVersion: a.BrowserVersion,
			IPAddress:      a.IPAddress,
			City:           a.City,
			Country:        a.Country,
			IsMobile:       a.IsMobile,
		}
	}
	for _, task := range r.Tasks {
		session.Tasks = append(session.Tasks, Task{Key: task.Key})
	}
}

func fromMillis(ms gen.Timestamp) time.Time { return time.UnixMilli(ms).UTC() }
