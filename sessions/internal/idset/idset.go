// Package idset remembers which ids were seen in about nine bytes an id, however long they are.
package idset

import (
	"hash/maphash"
	"maps"
	"slices"
)

// Set is a set of ids, of which it keeps 64-bit hashes: two ids are taken for one with a chance of about n²/2⁶⁵. Most hashes lie in a
// sorted slice; a map of them all would need two to three times as much.
type Set struct {
	seed   maphash.Seed
	sorted []uint64
	recent map[uint64]struct{} // not in sorted yet
}

// New returns an empty set.
func New() *Set {
	return &Set{seed: maphash.MakeSeed(), recent: make(map[uint64]struct{})}
}

// Add adds an id and reports whether it was not there.
func (s *Set) Add(id string) bool {
	hash := maphash.String(s.seed, id)
	if _, ok := s.recent[hash]; ok {
		return false
	}
	if _, ok := slices.BinarySearch(s.sorted, hash); ok {
		return false
	}
	s.recent[hash] = struct{}{}
	if len(s.recent) >= 1024+len(s.sorted)/16 {
		s.merge()
	}
	return true
}

// merge moves what is recent to the sorted slice.
func (s *Set) merge() {
	recent := slices.Sorted(maps.Keys(s.recent))
	clear(s.recent)
	merged := make([]uint64, 0, len(s.sorted)+len(recent))
	for _, hash := range s.sorted {
		for len(recent) > 0 && recent[0] < hash {
			merged, recent = append(merged, recent[0]), recent[1:]
		}
		merged = append(merged, hash)
	}
	s.sorted = append(merged, recent...)
}
