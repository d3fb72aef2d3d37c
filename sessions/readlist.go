package sessions

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/clerk-sessions/clerk-sessions-go/gen"
)

// readList returns a reader of both shapes of a list. Room is made for limit rows, or for as many as the answer can have.
func readList(limit int) func([]byte) (*SessionList, error) {
	return func(body []byte) (*SessionList, error) {
		room := len(body)/rowBytes + 1
		if limit > 0 {
			room = min(room, limit)
		}
		answer := listAnswer{rows: make([]Session, 0, room)}
		if err := decode(body, &answer); err != nil {
			return nil, err
		}
		return &SessionList{Data: answer.rows, TotalCount: answer.total}, nil
	}
}

// rowBytes is about how long a short row is, to guess how many rows an answer can have.
const rowBytes = 400

// activityChunk is how many activities of a list are allocated together: one that is kept keeps the others.
const activityChunk = 16

// listAnswer is a page with its total, or a bare array. It reads the rows one by one straight into public sessions, so that a page is
// never held twice.
type listAnswer struct {
	rows  []Session
	total int // -1 for a bare array
}

// UnmarshalJSONFrom reads a gen.SessionPage or a []gen.Session.
func (a *listAnswer) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() == '[' {
		a.total = -1
		return a.readRows(dec)
	}
	if dec.PeekKind() != '{' {
		return wrong("the answer is neither a page nor an array")
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	var total gen.Count
	var hasRows bool
	for dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		switch name.String() {
		case "data":
			hasRows = true
			err = a.readRows(dec)
		case "total_count":
			err = json.UnmarshalDecode(dec, &total)
		default:
			err = dec.SkipValue()
		}
		if err != nil {
			return err
		}
	}
	switch {
	case !hasRows:
		return missing("data")
	case !total.Seen():
		return missing("total_count")
	case total.Int() < 0:
		return wrong("the answer's total_count is negative")
	}
	a.total = total.Int()
	_, err := dec.ReadToken()
	return err
}

func (a *listAnswer) readRows(dec *jsontext.Decoder) error {
	if dec.PeekKind() != '[' {
		return wrong("the answer's data is not an array")
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	var row gen.Session
	var activities []Activity
	for dec.PeekKind() != ']' {
		row = gen.Session{}
		if err := json.UnmarshalDecode(dec, &row); err != nil {
			return err
		}
		if err := checkRow(&row); err != nil {
			return wrong("row %d: %v", len(a.rows), err)
		}
		if len(activities) == 0 && row.LatestActivity.Seen() {
			activities = make([]Activity, activityChunk)
		}
		a.rows = append(a.rows, newSession(&row, &activities))
	}
	_, err := dec.ReadToken()
	return err
}
