//go:build linux

package fleet

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

var (
	whole    = flag.Bool("whole", false, "8 processes and all rows, some of which take minutes")
	rowsFile = flag.String("rows", "", "write the table of rows to this file")
	faults   = flag.String("faults", "", "write the table of faults to this file")
	sentence = flag.String("sentence", "", "write what a README may say to this file")
)

// size is how much is measured.
type size struct {
	processes int
	browsers  int
	perSecond float64 // browsers that arrive
	tokens    int
	asks      int           // for each token
	timeout   time.Duration // of a page; 0 is the middleware's own
	atOnce    []int         // browsers that come all at once
	lasting   time.Duration // of the visits beside a fault
}

func sizes() size {
	if *whole {
		return size{
			processes: 8, browsers: 200, perSecond: 20, tokens: 1000, asks: 20, atOnce: []int{100, 1000},
			lasting: 5 * time.Second,
		}
	}
	return size{ // small enough for CI, where a slow machine must not count as a sign-out
		processes: 4, browsers: 30, perSecond: 20, tokens: 100, asks: 20, timeout: 20 * time.Second, atOnce: []int{50},
		lasting: 1500 * time.Millisecond,
	}
}

// TestMain is also the service's main.
func TestMain(m *testing.M) {
	if text := os.Getenv(settingsVariable); text != "" {
		fmt.Fprintln(os.Stderr, serve(text))
		os.Exit(1)
	}
	flag.Parse()
	code := m.Run()
	for name, content := range map[string]string{
		*rowsFile: rowsTable.String(), *faults: faultsTable.String(), *sentence: sentenceText,
	} {
		if name == "" {
			continue
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// table is a table of a document. It is filled by tests that run one after the other.
type table struct {
	lines []string
	after string // text below the table
}

func (t *table) add(tb testing.TB, cells ...string) {
	tb.Log(strings.Join(cells, " | "))
	t.lines = append(t.lines, "| "+strings.Join(cells, " | ")+" |")
}

func (t *table) String() string {
	lines := append([]string{t.lines[0], strings.Repeat("|---", strings.Count(t.lines[0], "|")-1) + "|"}, t.lines[1:]...)
	return strings.Join(lines, "\n") + "\n" + t.after
}

var (
	rowsTable   = &table{lines: []string{"| work | goal | without a store | with it |"}}
	faultsTable = &table{lines: []string{
		"| fault | pages served | signed out | refreshes | page p50 / p95 / longest | 1 s later |",
	}}
	sentenceText string
)

// steady builds a stage and runs it. It does so again, three times in all, if that fails and a
// process found Redis too slow although nothing was wrong with it: the machine stalled.
func steady(t *testing.T, p plan, run func(*stage) error) {
	t.Helper()
	for try := 1; ; try++ {
		s := newStage(t, p)
		err := run(s)
		if stalled := s.stalled(); err == nil || !stalled || try == 3 {
			if err != nil {
				t.Error(err)
			}
			return
		}
		t.Logf("once more, since Redis took more than 250 ms: %v", err)
	}
}

// atMost returns an error if there are more than so many, with a share for what may happen twice.
func atMost(what string, got, want int, share float64) error {
	if got < want || float64(got) > float64(want)*(1+share) {
		return fmt.Errorf("%s: %d, want %d, and at most %.0f %% more", what, got, want, 100*share)
	}
	return nil
}

// allSignedIn returns an error unless all pages were served, and knew their visitor.
func allSignedIn(v visits) error {
	if v.signedOut() != 0 {
		return fmt.Errorf("of %d pages %d were not served and %d signed out: %q",
			len(v.all), len(v.all)-v.served(), v.signedOut(), v.troubles())
	}
	return nil
}

func ifWhole(tb testing.TB) {
	tb.Helper()
	if !*whole {
		tb.Skip("takes minutes: make fleet")
	}
}
