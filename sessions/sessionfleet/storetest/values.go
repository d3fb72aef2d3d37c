package storetest

import (
	"bytes"
	"strings"
)

var a, b, c = []byte("a"), []byte("b"), []byte("c")

func nothingThere(s *subject) {
	s.is(nil)
	s.swap(a, b, nil, false)
	s.swap(a, nil, nil, false)
	s.is(nil)
}

func takesFreePlace(s *subject) {
	s.swap(nil, a, a, true)
	s.is(a)
}

func takesPlace(s *subject) {
	s.swap(nil, a, a, true)
	s.swap(a, b, b, true)
	s.is(b)
	s.swap(b, b, b, true) // as one who renews a claim
	s.is(b)
}

func oldDiffers(s *subject) {
	s.swap(nil, a, a, true)
	s.swap(nil, b, a, false)
	s.swap(nil, a, a, false)
	s.swap(b, c, a, false)
	s.swap([]byte("aa"), c, a, false)
	s.swap([]byte{}, c, a, false)
	s.swap(b, nil, a, false)
	s.is(a)
}

func removed(s *subject) {
	s.swap(nil, a, a, true)
	s.swap(a, nil, nil, true)
	s.is(nil)
	s.swap(a, nil, nil, false)
	s.swap(nil, b, b, true)
}

func emptyValue(s *subject) {
	empty := []byte{}
	s.swap(nil, empty, empty, true)
	s.is(empty)
	s.swap(nil, a, empty, false)
	s.swap(empty, a, a, true)
	s.swap(a, empty, empty, true)
	s.swap(empty, nil, nil, true)
	s.is(nil)
}

func binaryValue(s *subject) {
	value := make([]byte, 64<<10)
	for i := range value {
		value[i] = byte((i ^ i>>8) & 0xff)
	}
	other := bytes.Clone(value)
	other[len(other)-1]++
	s.swap(nil, value, value, true)
	s.is(value)
	s.swap(other, a, value, false)
	s.swap(value, other, other, true)
	s.is(other)
}

func ownCopy(s *subject) {
	value := []byte("value")
	s.put(s.name, nil, value, long)
	value[0] = 'V'
	now, _ := s.put(s.name, nil, nil, long)
	if len(now) > 0 {
		now[0] = 'V'
	}
	s.is([]byte("value"))
}

func namesDiffer(s *subject) {
	names := []string{"Ab_-9", "aB_-9", "ab_-9", "Ab_-9A", "_Ab_-9", "Ab_-" + strings.Repeat("9", 60)}
	for _, name := range names {
		s.put(s.name+name, nil, []byte(name), long)
	}
	for _, name := range names {
		if now, _ := s.put(s.name+name, nil, nil, long); !same(now, []byte(name)) {
			s.Errorf("at %s there is %s", name, show(now))
		}
	}
}
