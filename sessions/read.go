package sessions

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/clerk-sessions/clerk-sessions-go/gen"
)

// decode reads one JSON document into the generated model G, and makes a T of it. The error of a
// document that is not as the model has it says where that is, and quotes nothing of the document.
func decode[G, T any](document []byte, read func(*G) (*T, error)) (*T, error) {
	var answered G
	err := json.Unmarshal(document, &answered)
	if err == nil {
		return read(&answered)
	}
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		return nil, fmt.Errorf("the answer's %s has a value of the wrong type",
			cmp.Or(string(semantic.JSONPointer), "document"))
	}
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return nil, fmt.Errorf("the answer is not valid JSON at byte %d", syntactic.ByteOffset)
	}
	return nil, errors.New("the answer is not valid JSON")
}

// needs returns the error of an answer without a good value of a field, unless the value is good.
func needs(field string, good bool) error {
	if good {
		return nil
	}
	return fmt.Errorf("the answer's %s is missing, empty or not valid", field)
}

// asked is the id of the session that was asked for; "" where Clerk chooses it.
type asked string

// read reads a session, which has to be the one asked for.
func (id asked) read(answered *gen.Session) (*Session, error) {
	if err := checkSession(answered); err != nil {
		return nil, err
	}
	if id != "" && answered.ID != string(id) {
		return nil, errors.New("the answer is about another session than the one asked for")
	}
	return new(newSession(answered)), nil
}

// readRevoked reads the session that was revoked, which cannot be active any more.
func (id asked) readRevoked(answered *gen.Session) (*Session, error) {
	session, err := id.read(answered)
	if err == nil && session.Status == StatusActive {
		return nil, errors.New("the session is still active")
	}
	return session, err
}

// listed is a page with its total, or a bare array of sessions, which has no total.
type listed struct {
	Data       rows        `json:"data"`
	TotalCount gen.Integer `json:"total_count"`
	bare       bool
}

// UnmarshalJSONFrom reads either of them.
func (l *listed) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if l.bare = dec.PeekKind() == jsontext.KindBeginArray; l.bare {
		l.TotalCount.Value = -1 // as a SessionList has it
		return json.UnmarshalDecode(dec, &l.Data)
	}
	type page listed // without this method
	return json.UnmarshalDecode(dec, (*page)(l))
}

// usualRow is about how many bytes of JSON a session has. A list makes room for as many at once.
const usualRow = 512

// rows are the sessions of a list, up to the first with a problem.
type rows struct {
	sessions []Session
	problem  error // what is wrong with the last of them
}

// UnmarshalJSONFrom makes a Session of each row as it is read, so that no page is held twice.
func (r *rows) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if token, err := dec.ReadToken(); err != nil || token.Kind() != jsontext.KindBeginArray {
		return cmp.Or(err, errors.New("not an array"))
	}
	r.sessions = make([]Session, 0, min(len(dec.UnreadBuffer())/usualRow, pageSize))
	var row gen.Session
	for dec.PeekKind() != jsontext.KindEndArray {
		row = gen.Session{}
		if err := json.UnmarshalDecode(dec, &row); err != nil {
			return err
		}
		if r.problem == nil { // else the rest only has to be JSON
			r.problem = checkSession(&row)
			r.sessions = append(r.sessions, newSession(&row))
		}
	}
	_, err := dec.ReadToken()
	return err
}

// read reads the answer to p. It refuses sessions of another user or client than p names.
func (p ListParams) read(page *listed) (*SessionList, error) {
	data, total := page.Data.sessions, page.TotalCount
	err := cmp.Or(
		needs("data", data != nil),
		needs("total_count", page.bare || total.Present && total.Value >= 0))
	switch {
	case err != nil:
		return nil, err
	case page.Data.problem != nil:
		return nil, fmt.Errorf("row %d: %w", len(data)-1, page.Data.problem)
	}
	for i := range data {
		row := &data[i]
		if p.UserID != "" && row.UserID != p.UserID || p.ClientID != "" && row.ClientID != p.ClientID {
			return nil, fmt.Errorf("row %d belongs to another user or client than was asked for", i)
		}
	}
	return &SessionList{data, int(min(total.Value, math.MaxInt))}, nil // an int may have 32 bits
}

// readToken reads a token.
func readToken(token *gen.Token) (*Token, error) {
	err := cmp.Or(needs("object", token.Object.Valid()), needs("jwt", token.JWT != ""))
	if err != nil {
		return nil, err
	}
	return &Token{JWT: token.JWT}, nil
}

// readCookies reads cookie directives.
func readCookies(cookies *gen.Cookies) (*Cookies, error) {
	if err := needs("object", cookies.Object.Valid()); err != nil {
		return nil, err
	}
	return newCookies("cookies", cookies.Cookies)
}

// readHandshake reads the cookie directives of a handshake.
func readHandshake(payload *gen.HandshakePayload) (*Cookies, error) {
	return newCookies("directives", payload.Directives)
}

// newCookies refuses directives that net/http could not send as they stand.
func newCookies(field string, directives []string) (*Cookies, error) {
	if err := needs(field, len(directives) > 0); err != nil {
		return nil, err
	}
	for i, directive := range directives {
		if directive == "" || strings.ContainsFunc(directive, unicode.IsControl) {
			return nil, fmt.Errorf(
				"the answer's cookie directive %d is empty or holds control characters", i+1)
		}
	}
	return &Cookies{Directives: directives}, nil
}
