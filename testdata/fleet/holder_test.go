//go:build linux

package fleet

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The instance that asks Clerk dies, or stops for longer than its claim lasts. The others go on.
func TestHolder(t *testing.T) {
	of := sizes()
	for _, row := range []struct {
		name   string
		signal syscall.Signal
		rounds int
	}{
		{"the process that refreshes is killed (-9)", syscall.SIGKILL, 3},
		{"the process that refreshes stops for 5 s, and goes on", syscall.SIGSTOP, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			var others visits
			p := plan{
				processes: of.processes, visitors: 1, store: true,
				change: func(_ int, set *settings) { set.Timeout = 20 * time.Second },
			}
			for range map[bool]int{false: 1, true: row.rounds}[*whole] {
				var v visits
				steady(t, p, func(s *stage) error {
					v = s.loseHolder(row.signal)
					return errors.Join(allSignedIn(v), atMost("refreshes", v.refreshes, 2, 0))
				})
				others.all = append(others.all, v.all...)
				others.refreshes += v.refreshes
			}
			_, _, longest := others.times()
			faultsTable.add(t, row.name, others.servedText(), fmt.Sprint(others.signedOut()),
				fmt.Sprintf("%d for %d browsers", others.refreshes, len(others.all)/(of.processes-1)), others.timesText(), "–")
			if row.signal == syscall.SIGKILL {
				rowsTable.add(t, "the instance that refreshes is killed (-9): the other pages", "≤ +1.7 s", "–",
					fmt.Sprintf("+%.2f s, %d refreshes for %d browsers", longest.Seconds(), others.refreshes,
						len(others.all)/(of.processes-1)))
			}
		})
	}
}

// loseHolder sends a browser's requests, one to each process, and the signal to the process that
// refreshes. It returns what came of the others, whose times count from then.
func (s *stage) loseHolder(signal syscall.Signal) (others visits) {
	ctx := s.tb.Context()
	caller, release := s.clerk.holdRefresh()
	defer release()
	var wg sync.WaitGroup
	ended := make([]time.Time, len(s.processes))
	all := make([]visit, len(s.processes))
	for i, process := range s.processes {
		wg.Go(func() {
			all[i] = s.visit(process.url.String(), s.visitors[0])
			ended[i] = time.Now()
		})
	}
	name := <-caller
	i := slices.IndexFunc(s.processes, func(p *process) bool { return strings.HasPrefix(name, p.name) })
	wait(ctx, 300*time.Millisecond) // the others wait
	start := time.Now()
	if err := s.processes[i].cmd.Process.Signal(signal); err != nil {
		s.tb.Fatal(err)
	}
	if signal == syscall.SIGSTOP {
		release() // the answer waits for the process to go on
		wg.Go(func() {
			wait(ctx, 5*time.Second)
			s.processes[i].cmd.Process.Signal(syscall.SIGCONT)
		})
	}
	wg.Wait()
	lost := all[i]
	for n := range all {
		all[n].took = ended[n].Sub(start)
	}
	others.all = slices.Delete(all, i, i+1)
	others.refreshes, _ = s.clerk.asked("RefreshSession")
	if signal == syscall.SIGSTOP && lost.trouble != "" {
		s.tb.Errorf("the page of the process that stopped: %s", lost.trouble)
	}
	return others
}
