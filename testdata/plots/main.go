// Command plots draws the *.svg of this directory from the *.csv beside them, which `make
// plots-data`, `make bench-readme` and `make silence` write. served-before.csv is what the gate of
// commit 8648598 left.
package main

import (
	"encoding/csv"
	"fmt"
	"log"
	"os"
	"strconv"
)

// A chart is one picture.
type chart struct {
	file  string
	title string
	draw  func(c *chart) ([]byte, error)
	// description is read out in the place of the picture.
	description string
}

var charts = []*chart{
	{
		"bounce.svg", "A page whose session token has expired", bounce,
		"Bars for round trips of 20, 50 and 100 ms. A bounce through the handshake takes four round" +
			" trips: browser to service, browser to Clerk, browser to service, service to Clerk. A" +
			" refresh inside the request takes two: browser to service, service to Clerk.",
	},
	{
		"calls.svg", "Time and allocations of a call, clerk-sdk-go = 100 %", calls,
		"Bars of clerk-sessions-go, the generated client alone, a hand-written floor and" +
			" clerk-sdk-go, for one session and for a page of 500.",
	},
	{
		"served.svg", "Calls served a second while another process takes one window in four", served,
		"Three lines over 20 minutes, of 50 calls asked a second. Our client and a naive one serve" +
			" five in six throughout. With the gate before, our client falls to almost none after" +
			" nine minutes and stays there.",
	},
	{
		"silence.svg", "Seconds until a call succeeds after connections went silent", silence,
		"Bars over HTTP/2 and HTTP/1.1. With the client's own transport a call succeeds after ten" +
			" seconds or less, and no call has failed; with others much later, and most have.",
	},
	{
		"wait.svg", "How long pages wait while Clerk hangs", wait,
		"Points over 40 seconds, five visitors a second with expired tokens. Behind the middleware" +
			" the first wait three seconds, and nearly all others not at all. Behind an http.Client" +
			" with a timeout of ten seconds, all wait for these.",
	},
}

func main() {
	for _, c := range charts {
		svg, err := c.draw(c)
		if err != nil {
			log.Fatalf("%s: %v", c.file, err)
		}
		//nolint:gosec // everybody may look at it
		if err := os.WriteFile(c.file, svg, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// A table is what a program measured: its rows, without the line of names.
type table [][]string

func read(file string) (table, error) {
	text, err := os.Open(file) //nolint:gosec // a name from the list above
	if err != nil {
		return nil, err
	}
	defer func() { _ = text.Close() }()
	rows, err := csv.NewReader(text).ReadAll()
	if err != nil || len(rows) < 2 {
		return nil, fmt.Errorf("%s has %d lines: %w", file, len(rows), err)
	}
	return rows[1:], nil
}

// column returns the numbers of a column.
func (t table) column(i int) (numbers []float64, err error) {
	for _, row := range t {
		number, err := strconv.ParseFloat(row[i], 64)
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, number)
	}
	return numbers, nil
}
