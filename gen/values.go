package gen

import (
	"errors"

	"github.com/go-json-experiment/json/jsontext"
)

// Label is a string that hardly ever differs, so that the usual value costs no allocation. The decoder's own cache of strings does
// not do that for an activity's object: it keeps "session_activity" where it keeps "active", and each drives out the other.
type Label string

const activityLabel Label = "session_activity"

var errNotString = errors.New("gen: not a string")

// UnmarshalJSONFrom takes a string, or null as the empty one.
func (l *Label) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	value, err := dec.ReadValue()
	switch {
	case err != nil:
		return err
	case string(value) == `"`+string(activityLabel)+`"`:
		*l = activityLabel
	case value.Kind() == jsontext.KindNull:
		*l = ""
	case value.Kind() != jsontext.KindString:
		return errNotString
	default:
		var room [64]byte
		text, err := jsontext.AppendUnquote(room[:0], value)
		*l = Label(text)
		return err
	}
	return nil
}
