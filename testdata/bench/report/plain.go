package main

import (
	"encoding/csv"
	"fmt"
	"io"
)

// call returns the name of a benchmark of one call in memory.
func call(work, client string) string {
	return fmt.Sprintf("Call/net=memory/work=%s/client=%s", work, client)
}

// sentence returns what a front page says of the results.
func sentence(r *results) string {
	part := func(work string) string {
		ours, peer := r.values[call(work, "clerk-sessions-go")], r.values[call(work, "clerk-sdk-go")]
		return fmt.Sprintf("%.2f × the time and %.2f × the allocations", ratio(ours, peer, perOp),
			ratio(ours, peer, allocs))
	}
	return fmt.Sprintf("Reading one session takes %s of clerk-sdk-go; reading a page of 500 takes %s.",
		part("Get"), part("List500"))
}

// writeValues writes what calls.svg is drawn from.
func writeValues(w io.Writer, r *results) error {
	rows := [][]string{{"call", "client", "ns", "allocations"}}
	for _, work := range []struct{ name, title string }{{"Get", "Get"}, {"List500", "List(500)"}} {
		for _, client := range []string{"clerk-sessions-go", "generated", "floor", "clerk-sdk-go"} {
			measured := r.values[call(work.name, client)]
			if measured == nil {
				return fmt.Errorf("%s of %s was not measured", work.title, client)
			}
			rows = append(rows, []string{
				work.title, client, fmt.Sprintf("%.0f", best(measured, perOp)),
				fmt.Sprintf("%.0f", best(measured, allocs)),
			})
		}
	}
	return csv.NewWriter(w).WriteAll(rows)
}
