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

// decode reads one JSON document. Its error says where the document is wrong, and quotes nothing
// of it.
func decode(body []byte, into any) error {
	err := json.Unmarshal(body, into)
	if err == nil {
		return nil
	}
	if wrong, ok := errors.AsType[*wrongAnswer](err); ok {
		return wrong
	}
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		return fmt.Errorf("the answer's %s has a value of the wrong type",
			cmp.Or(string(semantic.JSONPointer), "document"))
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

// missing returns the error of an answer that lacks a field.
func missing(field string) error {
	return wrong("the answer's %s is missing, null or empty", field)
}

// readSession returns a reader of one session, whose id has to be the one asked for unless that is
// "".
func readSession(id string) func([]byte) (*Session, error) {
	return func(body []byte) (*Session, error) {
		var answered gen.Session
		if err := decode(body, &answered); err != nil {
			return nil, err
		}
		if err := checkSession(&answered); err != nil {
			return nil, err
		}
		if id != "" && answered.ID != id {
			return nil, wrong("the answer is about another session than the one asked for")
		}
		session := newSession(&answered)
		return &session, nil
	}
}

// read reads the answer to p. It refuses sessions of another user or client than p names.
func (p ListParams) read(body []byte) (*SessionList, error) {
	list, err := readList(body)
	if err != nil {
		return nil, err
	}
	for i := range list.Data {
		row := &list.Data[i]
		if p.UserID != "" && row.UserID != p.UserID || p.ClientID != "" && row.ClientID != p.ClientID {
			return nil, wrong("row %d belongs to another user or client than was asked for", i)
		}
	}
	return list, nil
}

// readList reads a page with its total, or a bare array of sessions, which has no total.
func readList(body []byte) (*SessionList, error) {
	var page struct {
		Data       rows        `json:"data"`
		TotalCount gen.Integer `json:"total_count"`
	}
	if jsontext.Value(body).Kind() == jsontext.KindBeginArray {
		if err := decode(body, &page.Data); err != nil {
			return nil, err
		}
		return &SessionList{Data: page.Data, TotalCount: -1}, nil
	}
	switch err := decode(body, &page); {
	case err != nil:
		return nil, err
	case page.Data == nil:
		return nil, missing("data")
	case !page.TotalCount.Present:
		return nil, missing("total_count")
	case page.TotalCount.Value < 0:
		return nil, wrong("the answer's total_count is negative")
	}
	total := min(page.TotalCount.Value, math.MaxInt) // an int may have 32 bits
	return &SessionList{Data: page.Data, TotalCount: int(total)}, nil
}

// rows are the sessions of a list.
type rows []Session

// UnmarshalJSONFrom makes a Session of each row as it is read, so that no page is held twice.
func (r *rows) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() != jsontext.KindBeginArray {
		return wrong("the answer's data is not an array")
	}
	_, _ = dec.ReadToken() // cannot fail, as the token was looked at
	*r = rows{}
	var row gen.Session
	for dec.PeekKind() != jsontext.KindEndArray {
		row = gen.Session{}
		if err := json.UnmarshalDecode(dec, &row); err != nil {
			return err
		}
		if err := checkSession(&row); err != nil {
			return wrong("row %d: %v", len(*r), err)
		}
		*r = append(*r, newSession(&row))
	}
	_, err := dec.ReadToken()
	return err
}

// readRevoked returns a reader of the session that was revoked, which cannot be active any more.
func readRevoked(id string) func([]byte) (*Session, error) {
	read := readSession(id)
	return func(body []byte) (*Session, error) {
		session, err := read(body)
		if err == nil && session.Status == StatusActive {
			return nil, wrong("the session is still active")
		}
		return session, err
	}
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
	return checkedCookies(cookies.Cookies)
}

// readHandshake reads the cookie directives of a handshake.
func readHandshake(body []byte) (*Cookies, error) {
	var payload gen.HandshakePayload
	if err := decode(body, &payload); err != nil {
		return nil, err
	}
	if len(payload.Directives) == 0 {
		return nil, missing("directives")
	}
	return checkedCookies(payload.Directives)
}

// checkedCookies refuses directives that net/http could not send as they stand.
func checkedCookies(directives []string) (*Cookies, error) {
	for i, directive := range directives {
		if directive == "" || strings.ContainsFunc(directive, unicode.IsControl) {
			return nil, wrong("the answer's cookie directive %d is empty or holds control characters", i+1)
		}
	}
	return &Cookies{Directives: directives}, nil
}
