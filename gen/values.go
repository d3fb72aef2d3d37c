package gen

import (
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Millis is a point in time as the wire has it, milliseconds since the Unix epoch. It remembers whether it was set, so that a
// field that is missing can be told from one that is 0.
type Millis struct{ integer }

// NewMillis returns t as the wire has it; what is finer than a millisecond is cut off.
func NewMillis(t time.Time) Millis { return Millis{integer{value: t.UnixMilli(), seen: true}} }

// Time returns the point in time, in UTC.
func (m Millis) Time() time.Time { return time.UnixMilli(m.value).UTC() }

// Count is a number of things that remembers whether it was set.
type Count struct{ integer }

// NewCount returns n as the wire has it.
func NewCount(n int) Count { return Count{integer{value: int64(n), seen: true}} }

// Int returns the number.
func (c Count) Int() int { return int(min(c.value, math.MaxInt)) }

// Optional is a value that may be missing or null, in place: a pointer would cost every row of a list an allocation.
type Optional[T any] struct {
	Value T
	seen  bool
}

// NewOptional returns a value that is there.
func NewOptional[T any](value T) Optional[T] { return Optional[T]{Value: value, seen: true} }

// Seen reports whether the value was set.
func (o *Optional[T]) Seen() bool { return o.seen }

// MarshalJSON writes the value, or null.
func (o Optional[T]) MarshalJSON() ([]byte, error) {
	if !o.seen {
		return []byte("null"), nil
	}
	return json.Marshal(o.Value)
}

// UnmarshalJSONFrom takes null, or what T takes.
func (o *Optional[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*o = Optional[T]{}
	if dec.PeekKind() == 'n' {
		_, err := dec.ReadToken()
		return err
	}
	o.seen = true
	return json.UnmarshalDecode(dec, &o.Value)
}

// Label is a string that hardly ever differs, so that the usual value costs no allocation.
type Label string

const activityLabel Label = "session_activity"

// UnmarshalJSONFrom takes a string and nothing else.
func (l *Label) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if string(v) == `"`+string(activityLabel)+`"` {
		*l = activityLabel
		return nil
	}
	return json.Unmarshal(v, (*string)(l))
}

// integer is a JSON integer with a mark that it was there: a plain int64 is 0 for a missing field and for null alike.
type integer struct {
	value int64
	seen  bool
}

// Seen reports whether the value was set.
func (i integer) Seen() bool { return i.seen }

// MarshalJSON writes the number.
func (i integer) MarshalJSON() ([]byte, error) { return strconv.AppendInt(nil, i.value, 10), nil }

var errNotInteger = errors.New("gen: not an integer")

// UnmarshalJSON takes an integer and nothing else.
func (i *integer) UnmarshalJSON(b []byte) error {
	value, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		return errNotInteger
	}
	*i = integer{value: value, seen: true}
	return nil
}

// UnmarshalJSONFrom takes an integer and nothing else, without an allocation.
func (i *integer) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	return i.UnmarshalJSON(v)
}
