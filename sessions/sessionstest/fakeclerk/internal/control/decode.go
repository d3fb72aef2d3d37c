package control

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// decode reads a body, which has to be one JSON object without fields that T does not have.
func decode[T any](r *http.Request) (T, error) {
	var value T
	body, err := readBody(r)
	if err != nil {
		return value, err
	}
	if !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) {
		return value, errors.New("the body has to be a JSON object")
	}
	err = json.Unmarshal(body, &value, json.RejectUnknownMembers(true))
	return value, jsonError(err)
}

// decodeOptional does the same for a body that may be missing.
func decodeOptional[T any](r *http.Request) (T, error) {
	var value T
	if r.ContentLength == 0 {
		return value, nil
	}
	return decode[T](r)
}

// jsonError returns an error in words for the caller of an API.
func jsonError(err error) error {
	semantic, ok := errors.AsType[*json.SemanticError](err)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, json.ErrUnknownName):
		return fmt.Errorf("there is no field %s", semantic.JSONPointer)
	case ok && semantic.JSONKind == '"' && semantic.GoType == reflect.TypeFor[duration]():
		return fmt.Errorf("the field %s: %w", semantic.JSONPointer, semantic.Err)
	case ok:
		return fmt.Errorf("the field %s has a value of another type than its own", semantic.JSONPointer)
	}
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return fmt.Errorf("the body is not valid JSON at byte %d", syntactic.ByteOffset)
	}
	return errors.New("the body is not valid JSON")
}

// duration is a time.Duration as text, such as "90s".
type duration time.Duration

// MarshalText returns the text.
func (d duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads the text.
func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	switch {
	case err != nil:
		return errors.New(`a duration has a unit and is not huge: "90s", "10m", "1h30m"`)
	case parsed < 0:
		return errors.New("a duration is not negative")
	}
	*d = duration(parsed)
	return nil
}

// query returns the parameters of a request's query, each once and none but those of the names.
func query(r *http.Request, names ...string) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, errors.New("the query is malformed")
	}
	for name, all := range values {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("the query takes only %s", strings.Join(names, ", "))
		}
		if len(all) > 1 {
			return nil, fmt.Errorf("the query has %s twice", name)
		}
	}
	return values, nil
}
