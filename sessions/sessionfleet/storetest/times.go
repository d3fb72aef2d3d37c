package storetest

import "time"

// gone waits until nothing is there, and fails the test if that takes less than least since start:
// a caller's clock and the store's may differ by a millisecond.
func (s *subject) gone(start time.Time, least time.Duration) {
	s.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for s.ctx.Err() == nil && !s.Failed() {
		if now, _ := s.put(s.name, nil, nil, long); now == nil {
			if took := time.Since(start); took < least-2*time.Millisecond {
				s.Errorf("it expired after %v, want %v", took, least)
			}
			return
		}
		<-tick.C
	}
	s.Errorf("it has not expired after %v", time.Since(start))
}

const short = 200 * time.Millisecond

func expires(s *subject) {
	start := time.Now()
	s.put(s.name, nil, a, short)
	s.gone(start, short)
	s.swap(a, b, nil, false)
	s.swap(nil, b, b, true)
}

func expiresAnew(s *subject) {
	s.put(s.name, nil, a, long)
	start := time.Now()
	s.put(s.name, a, b, short)
	s.gone(start, short)

	s.put(s.name, nil, a, short)
	start = time.Now()
	if _, swapped := s.put(s.name, a, a, 2*short); swapped { // unless the store took too long
		s.gone(start, 2*short)
	}
}

func failedKeepsTime(s *subject) {
	start := time.Now()
	s.put(s.name, nil, a, short)
	s.put(s.name, nil, b, long)
	s.put(s.name, c, b, long)
	s.put(s.name, c, nil, long)
	s.put(s.name, nil, nil, long)
	s.gone(start, short)
}
