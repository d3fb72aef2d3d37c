//go:build linux

package fleet

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// inTurn builds a stage without and one with a store, and returns what run says of each.
func inTurn(t *testing.T, p plan, run func(s *stage, store bool) (string, error)) (without, with string) {
	t.Helper()
	for _, store := range []bool{false, true} {
		t.Run(fmt.Sprintf("store %t", store), func(t *testing.T) {
			own := p
			own.store = store
			steady(t, own, func(s *stage) error {
				said, err := run(s, store)
				if store {
					with = said
				} else {
					without = said
				}
				return err
			})
		})
	}
	return without, with
}

func TestExpiredTokens(t *testing.T) {
	of := sizes()
	pages := of.browsers * parallel
	withTimeout := func(d time.Duration) func(int, *settings) {
		return func(_ int, set *settings) { set.Timeout = d }
	}
	p := plan{processes: of.processes, visitors: of.browsers, change: withTimeout(of.timeout)}
	what := fmt.Sprintf("%d browsers with an expired token × %d parallel requests, %g browsers a second",
		of.browsers, parallel, of.perSecond)
	goal := fmt.Sprintf("%d (+2 %%)", of.browsers)

	var times, refreshes, lost [2]string
	index := func(store bool) int { return map[bool]int{true: 1}[store] }
	refreshes[0], refreshes[1] = inTurn(t, p, func(s *stage, store bool) (string, error) {
		v := s.browse(of.perSecond, nil)
		times[index(store)] = v.timesText()
		err := atMost("refreshes", v.refreshes, of.browsers, 0.02)
		if !store {
			err = atMost("refreshes", v.refreshes, 2*of.browsers, parallel) // else they are not spread
		}
		return fmt.Sprintf("%d refreshes", v.refreshes), errors.Join(allSignedIn(v), err)
	})
	rowsTable.add(t, what, goal, refreshes[0], refreshes[1])

	once := p
	once.once = true
	lost[0], lost[1] = inTurn(t, once, func(s *stage, store bool) (string, error) {
		v := s.browse(of.perSecond, nil)
		err := errors.Join(allSignedIn(v), atMost("refreshes", v.refreshes, of.browsers, 0.02))
		if !store {
			err = atMost("pages signed out", v.signedOut(), of.browsers, parallel)
		}
		return fmt.Sprintf("%d of %d", v.signedOut(), pages), err
	})
	rowsTable.add(t, "the same, if a refresh token is good for one refresh: pages not signed in", "0", lost[0], lost[1])
	sentenceText = fmt.Sprintf("Measured with %d processes ([all figures](testdata/fleet/README.md)): for %d browsers "+
		"with an expired token and %d parallel requests each, "+
		"%s without a store and %s with one; if a refresh token were good for one refresh, %s pages would be signed out "+
		"without a store, and %s with one.\n",
		of.processes, of.browsers, parallel, refreshes[0], refreshes[1], lost[0], lost[1])

	if *whole {
		limited := p
		limited.limited, limited.change = true, withTimeout(30*time.Second)
		without, with := inTurn(t, limited, func(s *stage, store bool) (string, error) {
			v := s.browse(of.perSecond, nil)
			said := fmt.Sprintf("%s, %d not signed in", v.timesText(), v.signedOut())
			if !store {
				return said, nil
			}
			return said, allSignedIn(v)
		})
		rowsTable.add(t, "the same under 1000 / 10 s, pages that wait 30 s: p50 / p95 / longest", "p95 ≤ 150 ms",
			without, with)
	}
	rowsTable.add(t, "pages without a limit: p50 / p95 / longest", "p50 +5 ms", times[0], times[1])
}
