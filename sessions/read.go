package sessions

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/clerk-sessions/clerk-sessions-go/gen"
)

// decode reads one JSON document. Its error says where the document is wrong, and quotes nothing of it.
func decode(body []byte, into any, opts ...json.Options) error {
	err := json.Unmarshal(body, into, opts...)
	if err == nil {
		return nil
	}
	if wrong := (*wrongAnswer)(nil); errors.As(err, &wrong) {
		return wrong
	}
	if semantic := (*json.SemanticError)(nil); errors.As(err, &semantic) {
		return fmt.Errorf("the answer's %s has a value of the wrong type", cmp.Or(string(semantic.JSONPointer), "document"))
	}
	if syntactic := (*jsontext.SyntacticError)(nil); errors.As(err, &syntactic) {
		return fmt.Errorf("the answer is not valid JSON at byte %d", syntactic.ByteOffset)
	}
	return errors.New("the answer is not valid JSON")
}

// wrongAnswer says what is wrong with a document that can be decoded.
type wrongAnswer struct{ text string }

func (e *wrongAnswer) Error() string { return e.text }

func wrong(format string, args ...any) error { return &wrongAnswer{fmt.Sprintf(format, args...)} }

// readSession returns a reader of one session, whose id has to be the one asked for unless that is "".
func readSession(id string) func([]byte) (*Session, error) {
	return func(body []byte) (*Session, error) {
		var row gen.Session
		if err := decode(body, &row); err != nil {
			return nil, err
		}
		if err := checkRow(&row); err != nil {
			return nil, err
		}
		if id != "" && row.ID != id {
			return nil, wrong("the answer is about another session than the one asked for")
		}
		session := newSession(&row, new(Activity))
		return &session, nil
	}
}

// readList returns a reader of both shapes of a list: a page with its total, and a bare array. It goes through the rows one by one,
// so that a page is never held twice. Room is made for limit rows, or for as many as the answer can have.
func readList(limit int) func([]byte) (*SessionList, error) {
	return func(body []byte) (*SessionList, error) {
		list := &SessionList{Data: []Session{}, TotalCount: -1}
		rows := rowReader{list: list, room: len(body)/rowBytes + 1}
		if limit > 0 {
			rows.room = min(rows.room, limit)
		}
		byRow := json.WithUnmarshalers(json.UnmarshalFromFunc(rows.read))
		if jsontext.Value(body).Kind() == '[' {
			if err := decode(body, new([]gen.Session), byRow); err != nil {
				return nil, err
			}
			return list, nil
		}
		var page gen.SessionPage
		if err := decode(body, &page, byRow); err != nil {
			return nil, err
		}
		switch {
		case !rows.seen:
			return nil, missing("data")
		case !page.TotalCount.Seen():
			return nil, missing("total_count")
		case page.TotalCount.Int() < 0:
			return nil, wrong("the answer's total_count is negative")
		}
		list.TotalCount = page.TotalCount.Int()
		return list, nil
	}
}

// rowReader reads the rows of a list straight into public sessions, in place of the generated slice.
type rowReader struct {
	list *SessionList
	room int // how many rows to make room for
	seen bool
}

// rowBytes is about how long a short row is, to guess how many rows an answer can have.
const rowBytes = 400

// activityChunk is how many activities of a list are allocated together.
const activityChunk = 16

func (r *rowReader) read(dec *jsontext.Decoder, _ *[]gen.Session) error {
	if kind := dec.PeekKind(); kind != '[' {
		return wrong("the answer's data is not an array")
	}
	r.seen = true
	r.list.Data = make([]Session, 0, r.room)
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	var row gen.Session
	var activities []Activity // allocated together: one that is kept keeps a few others
	for dec.PeekKind() != ']' {
		row = gen.Session{}
		if err := json.UnmarshalDecode(dec, &row); err != nil {
			return err
		}
		if err := checkRow(&row); err != nil {
			return wrong("row %d: %v", len(r.list.Data), err)
		}
		if len(activities) == 0 {
			activities = make([]Activity, activityChunk)
		}
		r.list.Data = append(r.list.Data, newSession(&row, &activities[0]))
		if row.LatestActivity != nil {
			activities = activities[1:]
		}
	}
	_, err := dec.ReadToken()
	return err
}

// checkRow reports what a session lacks. The generated types cannot: a missing string is empty to them.
func checkRow(row *gen.Session) error {
	switch {
	case row.Object != gen.SessionObjectSession:
		return wrong("the answer's object is not session")
	case row.ID == "":
		return missing("id")
	case row.ClientID == "":
		return missing("client_id")
	case row.UserID == "":
		return missing("user_id")
	case row.Status == "":
		return missing("status")
	case !row.LastActiveAt.Seen():
		return missing("last_active_at")
	case !row.ExpireAt.Seen():
		return missing("expire_at")
	case !row.AbandonAt.Seen():
		return missing("abandon_at")
	case !row.CreatedAt.Seen():
		return missing("created_at")
	case !row.UpdatedAt.Seen():
		return missing("updated_at")
	}
	if activity := row.LatestActivity; activity != nil {
		switch {
		case activity.ID == "":
			return missing("latest_activity.id")
		case activity.Object == "":
			return missing("latest_activity.object")
		}
	}
	for i := range row.Tasks {
		if row.Tasks[i].Key == "" {
			return missing("tasks[].key")
		}
	}
	return nil
}

func missing(field string) error { return wrong("the answer's %s is missing, null or empty", field) }

// newSession returns the public form of a row; its activity, if it has one, goes to activity.
func newSession(row *gen.Session, activity *Activity) Session {
	session := Session{
		ID:                       row.ID,
		ClientID:                 row.ClientID,
		UserID:                   row.UserID,
		Status:                   Status(row.Status),
		LastActiveOrganizationID: row.LastActiveOrganizationID,
		Actor:                    row.Actor,
		LastActiveAt:             row.LastActiveAt.Time(),
		ExpireAt:                 row.ExpireAt.Time(),
		AbandonAt:                row.AbandonAt.Time(),
		CreatedAt:                row.CreatedAt.Time(),
		UpdatedAt:                row.UpdatedAt.Time(),
	}
	if a := row.LatestActivity; a != nil {
		*activity = Activity{
			ID:             a.ID,
			DeviceType:     a.DeviceType,
			BrowserName:    a.BrowserName,
			BrowserVersion: a.BrowserVersion,
			IPAddress:      a.IPAddress,
			City:           a.City,
			Country:        a.Country,
			IsMobile:       a.IsMobile,
		}
		session.LatestActivity = activity
	}
	for _, task := range row.Tasks {
		session.Tasks = append(session.Tasks, Task{Key: task.Key})
	}
	return session
}

// readToken reads a token.
func readToken(body []byte) (*Token, error) {
	var token gen.Token
	if err := decode(body, &token); err != nil {
		return nil, err
	}
	switch {
	case token.Object != gen.TokenObjectToken:
		return nil, wrong("the answer's object is not token")
	case token.JWT == "":
		return nil, missing("jwt")
	}
	return &Token{JWT: token.JWT}, nil
}

// readCookies reads cookie directives.
func readCookies(body []byte) (*Cookies, error) {
	var cookies gen.Cookies
	if err := decode(body, &cookies); err != nil {
		return nil, err
	}
	switch {
	case cookies.Object != gen.CookiesObjectCookies:
		return nil, wrong("the answer's object is not cookies")
	case len(cookies.Cookies) == 0:
		return nil, missing("cookies")
	}
	for i, directive := range cookies.Cookies {
		if directive == "" || strings.ContainsFunc(directive, unicode.IsControl) {
			return nil, wrong("the answer's cookie directive %d is empty or holds control characters", i+1)
		}
	}
	return &Cookies{Directives: cookies.Cookies}, nil
}
