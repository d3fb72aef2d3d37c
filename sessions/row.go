package sessions

import (
	"bytes"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/clerk-sessions/clerk-sessions-go/gen"
)

// row is where sessions are decoded into, one after another. LatestActivity points into it, so that the decoder allocates none.
type row struct {
	gen.Session
	activity gen.SessionActivity
}

var rows = sync.Pool{New: func() any { return new(row) }}

// newRow returns an empty row from the pool; free gives it back.
func newRow() *row {
	r := rows.Get().(*row)
	r.LatestActivity = &r.activity
	return r
}

func (r *row) free() {
	*r = row{}
	rows.Put(r)
}

// clear makes room for the next session.
func (r *row) clear() {
	*r = row{}
	r.LatestActivity = &r.activity
}

// check reports what the session lacks; object is the document it was decoded from, with what separates it from the one before.
func (r *row) check(object []byte) error {
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
	case r.LastActiveAt == 0 && !has(object, "last_active_at"):
		return missing("last_active_at")
	case r.ExpireAt == 0 && !has(object, "expire_at"):
		return missing("expire_at")
	case r.AbandonAt == 0 && !has(object, "abandon_at"):
		return missing("abandon_at")
	case r.CreatedAt == 0 && !has(object, "created_at"):
		return missing("created_at")
	case r.UpdatedAt == 0 && !has(object, "updated_at"):
		return missing("updated_at")
	}
	switch activity := r.LatestActivity; {
	case activity == nil:
	case activity.ID == "" && activity.Object == "" && !has(object, "latest_activity"):
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

// has reports whether a field of an object is there and not null. It is asked only where Go's zero value leaves that open.
func has(object []byte, field string) bool {
	if !bytes.Contains(object, []byte(field)) && !bytes.Contains(object, []byte(`\`)) { // the usual case, at a hundredth of the cost
		return false
	}
	var fields map[string]jsontext.Value
	_ = json.Unmarshal(bytes.TrimLeft(object, ", \t\r\n"), &fields) // the decoder has found it good before
	value, there := fields[field]
	return there && value.Kind() != jsontext.KindNull
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
