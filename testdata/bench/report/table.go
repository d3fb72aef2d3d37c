package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Units of the benchmarks.
const (
	perOp     = "ns/op"
	allocs    = "allocs/op"
	heapBytes = "B/op"
)

// A figure is one row of the table: what one benchmark measured, beside what another did.
type figure struct {
	work       string
	ours, peer string // benchmarks; no peer = the figure stands for itself
	against    string // the peer's name
	targets    []target
}

// A target is the most that a figure may be: a ratio to the peer, or a value where there is none.
type target struct {
	unit string
	most float64
}

// figures returns the rows of the table. A time has a target only beside clerk-sdk-go, the client
// that a user would have otherwise.
func figures() (rows []figure) {
	targets := map[string][]target{
		"memory Get clerk-sdk-go":     {{perOp, 0.45}, {allocs, 0.50}},
		"memory List500 clerk-sdk-go": {{perOp, 0.40}, {allocs, 0.45}, {heapBytes, 0.50}},
	}
	for _, net := range []struct{ name, title string }{
		{"memory", "in memory"},
		{"loopback", "over loopback"},
	} {
		for _, work := range []struct{ name, title string }{
			{"Get", "Get"},
			{"List100", "List(100)"},
			{"List500", "List(500)"},
			{"GetToken", "GetToken"},
			{"Revoke", "Revoke"},
			{"404", "Get, 404"},
		} {
			for _, peer := range []string{"clerk-sdk-go", "generated", "floor"} {
				name := fmt.Sprintf("Call/net=%s/work=%s/client=", net.name, work.name)
				rows = append(rows, figure{
					work.title + ", " + net.title, name + "clerk-sessions-go", name + peer, peer,
					targets[net.name+" "+work.name+" "+peer],
				})
			}
		}
	}
	for _, peer := range []string{"clerk-sdk-go", "generated", "floor"} {
		rows = append(rows, figure{
			"Get, 64 callers over loopback", "Burst/callers=64/client=clerk-sessions-go",
			"Burst/callers=64/client=" + peer, peer, nil,
		})
	}
	rows = append(rows,
		figure{
			"… connections", "Burst/callers=64/client=clerk-sessions-go", "", "",
			[]target{{"connections", 64}},
		},
		figure{
			"walk of 100,000 sessions, 20 ms a request", "Walk/by=All", "Walk/by=List",
			"page after page", nil,
		},
		figure{"… live heap", "WalkHeap", "", "", []target{{"pages", 15}}},
		figure{"cached GetToken", "TokenCache/work=hit", "", "", nil},
		figure{
			"1000 concurrent misses of one key", "TokenCache/work=1000-misses", "", "",
			[]target{{"requests", 1}},
		},
		figure{
			"1000 sessions to revoke, 20 ms a request", "RevokeAll/by=RevokeAll",
			"RevokeAll/by=Revoke", "one after another", nil,
		},
	)
	for _, proto := range []struct{ name, title string }{
		{"http1", "HTTP/1.1"},
		{"http1-tls", "HTTP/1.1 over TLS"},
		{"http2-tls", "HTTP/2 over TLS"},
	} {
		for _, callers := range []int{1, 16, 64, 256} {
			name := fmt.Sprintf("Connections/proto=%s/callers=%d", proto.name, callers)
			rows = append(rows,
				figure{
					fmt.Sprintf("Get, %d callers, %s", callers, proto.title), name, "", "",
					[]target{{"connections", 64}},
				})
		}
	}
	return rows
}

// writeTable writes a row for every figure that was measured, or for those alone that have targets,
// and returns how many do not reach their targets.
func writeTable(w io.Writer, r *results, targetsOnly bool) (missed int, err error) {
	fmt.Fprintln(w, "| work | ours | peer | ratio time | allocs | bytes | target | met |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|")
	measured := 0
	for _, f := range figures() {
		ours, peer := r.values[f.ours], r.values[f.peer]
		if ours == nil || f.peer != "" && peer == nil {
			continue // left out by -bench
		}
		measured++
		target, met := f.judge(ours, peer)
		if met == "no" {
			missed++
		}
		if targetsOnly && len(f.targets) == 0 {
			continue
		}
		cells := []string{
			f.work, f.value(ours), "–", "–", amount(ours, allocs),
			amount(ours, heapBytes), target, met,
		}
		if peer != nil {
			cells[2] = f.against + ": " + duration(best(peer, perOp))
			cells[3] = fmt.Sprintf("%.2f", ratio(ours, peer, perOp))
			cells[4], cells[5] = compare(ours, peer, allocs), compare(ours, peer, heapBytes)
		}
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
	}
	if measured == 0 {
		return 0, fmt.Errorf("there is no benchmark of ours in the input")
	}
	return missed, nil
}

// value returns what was measured of ours.
func (f figure) value(ours map[string][]float64) string {
	if f.peer == "" {
		for _, t := range f.targets {
			if t.unit != perOp && t.unit != allocs {
				text := fmt.Sprintf("%.4g %s", best(ours, t.unit), t.unit)
				if strings.HasPrefix(f.ours, "Connections/") {
					text = duration(best(ours, perOp)) + ", " + text
				}
				return text
			}
		}
	}
	return duration(best(ours, perOp))
}

// judge returns the targets and whether they are met: yes, no, or nothing where there are none.
func (f figure) judge(ours, peer map[string][]float64) (targets, met string) {
	var texts []string
	met = "yes"
	for _, t := range f.targets {
		got, text := best(ours, t.unit), ""
		switch {
		case peer != nil:
			got = ratio(ours, peer, t.unit)
			text = fmt.Sprintf("%.2f × %s", t.most,
				map[string]string{perOp: "time", allocs: "allocs", heapBytes: "bytes"}[t.unit])
		case t.unit == perOp:
			text = duration(t.most)
		default:
			text = fmt.Sprintf("%g %s", t.most, strings.TrimSuffix(t.unit, "/op"))
		}
		texts = append(texts, text)
		if got > t.most {
			met = "no"
		}
	}
	if len(texts) == 0 {
		return "–", "–"
	}
	return strings.Join(texts, ", "), met
}

// best returns the least of the values, which other work on the machine has disturbed least.
func best(units map[string][]float64, unit string) float64 {
	if len(units[unit]) == 0 {
		return 0
	}
	if unit == "requests" || unit == "pages" {
		return slices.Max(units[unit]) // what must never be exceeded
	}
	return slices.Min(units[unit])
}

func ratio(ours, peer map[string][]float64, unit string) float64 {
	return best(ours, unit) / best(peer, unit)
}

// compare returns ours, the peer's and their ratio, of units that were measured.
func compare(ours, peer map[string][]float64, unit string) string {
	if len(ours[unit]) == 0 || best(peer, unit) == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f (%s : %s)", ratio(ours, peer, unit), amount(ours, unit),
		amount(peer, unit))
}

func amount(units map[string][]float64, unit string) string {
	if len(units[unit]) == 0 {
		return "–"
	}
	value := best(units, unit)
	if unit == heapBytes && value >= 10_000 {
		return fmt.Sprintf("%.0f K", value/1000)
	}
	return fmt.Sprintf("%.0f", value)
}

// duration returns nanoseconds with three digits.
func duration(ns float64) string {
	d := time.Duration(ns)
	for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Microsecond} {
		if d >= unit {
			digits := 2 - min(2, len(fmt.Sprint(int64(d/unit)))-1)
			return fmt.Sprintf("%.*f %s", digits, float64(d)/float64(unit),
				map[time.Duration]string{
					time.Second: "s", time.Millisecond: "ms",
					time.Microsecond: "µs",
				}[unit])
		}
	}
	return fmt.Sprintf("%.0f ns", ns)
}
