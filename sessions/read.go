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
		r := newRow()
		defer r.free()
		if err := decode(body, &r.Session); err != nil {
			return nil, err
		}
		if err := r.check(body); err != nil {
			return nil, err
		}
		if id != "" && r.ID != id {
			return nil, wrong("the answer is about another session than the one asked for")
		}
		session := new(Session)
		r.copyTo(session, new([]Activity))
		return session, nil
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
	for i, directive := range cookies.Cookies {
		if directive == "" || strings.ContainsFunc(directive, unicode.IsControl) {
			return nil, wrong("the answer's cookie directive %d is empty or holds control characters", i+1)
		}
	}
	return &Cookies{Directives: cookies.Cookies}, nil
}
