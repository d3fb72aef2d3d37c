package sessions

import (
	"math"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// readList returns a reader of both shapes of a list. Room is made for limit rows, or for as many as the answer can have.
func readList(limit int) func([]byte) (*SessionList, error) {
	return func(body []byte) (*SessionList, error) {
		room := len(body)/rowBytes + 1
		if limit > 0 {
			room = min(room, limit)
		}
		answer := listAnswer{body: body, rows: make([]Session, 0, room)}
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
	body  []byte
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
	var hasRows, hasTotal bool
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
			hasTotal = dec.PeekKind() != jsontext.KindNull
			var total int64
			err = json.UnmarshalDecode(dec, &total)
			a.total = int(max(-1, min(total, math.MaxInt))) // an int may have 32 bits
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
	case !hasTotal:
		return missing("total_count")
	case a.total < 0:
		return wrong("the answer's total_count is negative")
	}
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
	r := newRow()
	defer r.free()
	var activities []Activity
	for dec.PeekKind() != ']' {
		start := dec.InputOffset()
		if err := json.UnmarshalDecode(dec, &r.Session); err != nil {
			return err
		}
		if err := r.check(a.body[start:dec.InputOffset()]); err != nil {
			return wrong("row %d: %v", len(a.rows), err)
		}
		if len(activities) == 0 && r.LatestActivity != nil {
			activities = make([]Activity, activityChunk)
		}
		a.rows = append(a.rows, Session{})
		r.copyTo(&a.rows[len(a.rows)-1], &activities)
		r.clear()
	}
	_, err := dec.ReadToken()
	return err
}
