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
	text, err := dec.ReadToken()
	switch {
	case err != nil:
		return err
	case text.Kind() == jsontext.KindNull:
		*l = ""
	case text.Kind() != jsontext.KindString:
		return errNotString
	case text.String() == string(activityLabel):
		*l = activityLabel
	default:
		*l = Label(text.String())
	}
	return nil
}
