package idset

import (
	"slices"
	"strconv"
	"testing"
)

func TestSet(t *testing.T) {
	const n = 20_000
	s := New()
	for i := range n {
		if id := strconv.Itoa(i); !s.Add(id) || s.Add(id) {
			t.Fatalf("%s is not new once", id)
		}
	}
	for i := range n {
		if s.Add(strconv.Itoa(i)) {
			t.Fatalf("%d was forgotten", i)
		}
	}
	if !slices.IsSorted(s.sorted) || len(s.sorted)+len(s.recent) != n {
		t.Errorf("%d hashes are sorted and %d recent, want %d in all", len(s.sorted), len(s.recent), n)
	}
}
