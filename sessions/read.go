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
func decode(body []byte, into any) error {
	err := json.Unmarshal(body, into)
	if err == nil {
		return nil
	}
	if wrong, ok := errors.AsType[*wrongAnswer](err); ok {
		return wrong
	}
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		return fmt.Errorf("the answer's %s has a value of the wrong type", cmp.Or(string(semantic.JSONPointer), "document"))
	}
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
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
		session := newSession(&row, new([]Activity))
		return &session, nil
	}
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
	if row.LatestActivity.Seen() {
		switch activity := &row.LatestActivity.Value; {
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

// newSession returns the public form of a row; its activity, if it has one, takes a place of activities.
func newSession(row *gen.Session, activities *[]Activity) Session {
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
	if row.LatestActivity.Seen() {
		if len(*activities) == 0 {
			*activities = make([]Activity, 1)
		}
		a := &row.LatestActivity.Value
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
