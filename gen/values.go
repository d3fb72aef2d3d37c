package gen

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Integer is a whole number that knows whether it was there: absent and null leave it not Present.
type Integer struct {
	Value   int64
	Present bool
}

// UnmarshalJSON does what UnmarshalJSONFrom does, for encoding/json.
func (i *Integer) UnmarshalJSON(text []byte) error { return json.Unmarshal(text, i) }

// UnmarshalJSONFrom reads a whole number of 64 bits, or null.
func (i *Integer) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*i = Integer{Present: dec.PeekKind() != jsontext.KindNull}
	return json.UnmarshalDecode(dec, &i.Value)
}
