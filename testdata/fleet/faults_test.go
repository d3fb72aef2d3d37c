//go:build linux

package fleet

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// fault is something that goes wrong with the store while visitors come.
type fault struct {
	name    string
	plan    plan
	begin   func(*stage) // nil: it is there from the start; may take as long as the visitors come
	end     func(*stage) // nil: it stays
	shares  bool         // each browser is refreshed for once all the same
	waits   bool         // pages wait for a claim that nobody holds; else few do
	summary bool         // counts in the table of rows as well
	long    bool         // with make fleet alone
}

// noStore is a plan for processes that are told of a store which is not there.
var noStore = plan{cold: true, change: func(_ int, set *settings) { set.Store = "127.0.0.1:1" }}

func storeFaults() []fault {
	withStore := plan{store: true}
	wrongPassword := plan{
		store: true, cold: true, redis: []string{"--requirepass", "made-up"},
		change: func(_ int, set *settings) { set.Password = "another" },
	}
	clocks := plan{store: true, change: func(i int, set *settings) {
		set.Ahead = 5 * time.Second
		if i%2 == 0 {
			set.Ahead = -set.Ahead
		}
	}}
	faults := []fault{
		{name: "none, without a store", long: true},
		{name: "none, with it", plan: withStore, shares: true},
		{name: "down from the start", plan: noStore, summary: true},
		{
			name: "dies, and is back 2 s later, empty", plan: withStore, summary: true,
			begin: func(s *stage) { s.redis.Kill() }, end: func(s *stage) { s.redis.Restart() },
		},
		{
			name: "hangs for 2 s (SIGSTOP)", plan: withStore, summary: true,
			begin: func(s *stage) { s.redis.Pause() }, end: func(s *stage) { s.redis.Resume() },
		},
		{
			name: "restarted at once, empty", plan: withStore, summary: true, long: true,
			begin: func(s *stage) { s.redis.Kill(); s.redis.Restart() },
		},
		{
			name: "out of memory for 2 s", plan: withStore, summary: true,
			begin: func(s *stage) { s.configure("maxmemory", "1") },
			end:   func(s *stage) { s.configure("maxmemory", "0") },
		},
		{name: "another password", plan: wrongPassword, summary: true},
		{name: "50 ms away", plan: plan{store: true, link: &link{away: 50 * time.Millisecond}}, long: true},
		{name: "500 ms away", plan: plan{store: true, cold: true, link: &link{away: 500 * time.Millisecond}}, long: true},
		{name: "connections break, 5 of 100 answers", plan: plan{store: true, link: &link{drop: 0.05}}},
		{name: "the processes' clocks are 10 s apart", plan: clocks, shares: true},
	}
	for _, by := range spoilers() {
		faults = append(faults, fault{
			name: "each value " + by.name + ", as soon as it is there", plan: withStore, begin: by.spoil,
		})
	}
	return append(faults, fault{
		name: "each value " + claimer.name + ", as soon as it is there; pages wait 8 s", begin: claimer.spoil, waits: true,
		plan: plan{store: true, change: func(_ int, set *settings) { set.Timeout = 8 * time.Second }},
	})
}

// configure changes a setting of Redis.
func (s *stage) configure(name, value string) {
	admin := redis.NewClient(&redis.Options{Addr: s.redis.Addr})
	defer admin.Close()
	if err := admin.ConfigSet(context.Background(), name, value).Err(); err != nil {
		s.tb.Errorf("CONFIG SET %s %s: %v", name, value, err)
	}
}

func TestStoreFaults(t *testing.T) {
	of := sizes()
	var summary visits
	var away visits
	lowest, highest := time.Hour, time.Duration(0)
	for _, f := range storeFaults() {
		if f.long && !*whole {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			p, change := f.plan, f.plan.change
			p.processes, p.visitors = of.processes, int(of.perSecond*of.lasting.Seconds())
			p.change = func(i int, set *settings) {
				set.Timeout = of.timeout
				if change != nil {
					change(i, set)
				}
			}
			begin, end := time.Duration(0), of.lasting
			if f.begin != nil {
				begin = of.lasting / 5
			}
			if f.end != nil {
				end = begin + 2*of.lasting/5
			}
			var v visits
			run := func(s *stage) error {
				v = s.browse(of.perSecond, func() {
					start := time.Now()
					if f.begin != nil {
						wait(t.Context(), begin)
						f.begin(s)
					}
					if f.end != nil {
						wait(t.Context(), time.Until(start.Add(end)))
						f.end(s)
					}
				})
				var waited error
				if _, p95, _ := v.times(); f.waits != (p95 > 2*time.Second) { // longer than a lease
					waited = fmt.Errorf("one page of 20 took %v or more", p95)
				}
				more := float64(parallel)
				if f.shares {
					more = 0.02
				}
				return errors.Join(allSignedIn(v), waited, atMost("refreshes", v.refreshes, p.visitors, more))
			}
			if f.shares {
				steady(t, p, run)
			} else if err := run(newStage(t, p)); err != nil {
				t.Error(err)
			}
			name := f.name
			if p.link != nil && p.link.drop > 0 {
				name += fmt.Sprintf(" (%d did)", p.link.broken)
			}
			later := v.between(begin+time.Second, end)
			faultsTable.add(t, name, v.servedText(), fmt.Sprint(v.signedOut()), fmt.Sprint(v.refreshes),
				v.timesText(), later.timesText())
			if f.summary {
				summary.all = append(summary.all, v.all...)
				_, p95, _ := v.times()
				lowest, highest = min(lowest, p95), max(highest, p95)
			}
			if f.name == "50 ms away" {
				away = v
			}
		})
	}
	_, _, longest := summary.times()
	rowsTable.add(t, "the store down; hung 2 s; full; wrong password; restarted", "all pages, longest +0.9 s", "–",
		fmt.Sprintf("%d of %d pages; p95 %d–%s, longest %s", len(summary.all)-summary.signedOut(), len(summary.all),
			lowest.Milliseconds(), text(highest), text(longest)))
	if *whole {
		rowsTable.add(t, "the store 50 ms away", "every page served", "–",
			fmt.Sprintf("%d of %d pages, %d refreshes of %d; %s", len(away.all)-away.signedOut(), len(away.all),
				away.refreshes, len(away.all)/parallel, away.timesText()))
	}
}

func TestManyAtOnce(t *testing.T) {
	of := sizes()
	for _, n := range of.atOnce {
		for _, store := range []bool{false, true} {
			name := fmt.Sprintf("none, but %d browsers at once, %s; pages wait 30 s", n,
				map[bool]string{false: "without a store", true: "with it"}[store])
			t.Run(name, func(t *testing.T) {
				s := newStage(t, plan{
					processes: of.processes, visitors: n, store: store,
					change: func(_ int, set *settings) { set.Timeout = 30 * time.Second },
				})
				v := s.browse(0, nil)
				if err := allSignedIn(v); err != nil && store { // the other stage is there to compare
					t.Error(err)
				}
				faultsTable.add(t, name, v.servedText(), fmt.Sprint(v.signedOut()), fmt.Sprint(v.refreshes), v.timesText(), "–")
			})
		}
	}
}
