package main

import (
	"cmp"
	"fmt"
	"image/color"
	"slices"
	"strconv"

	"gonum.org/v1/plot/vg"
)

// bounce draws the requests that a page costs, one behind the other.
func bounce(c *chart) ([]byte, error) {
	rows, err := read("bounce.csv")
	if err != nil {
		return nil, err
	}
	took, err := rows.column(4)
	if err != nil {
		return nil, err
	}
	hops := []struct {
		from, to string
		color    color.RGBA
	}{{"browser", "service", blue}, {"browser", "Clerk", red}, {"service", "Clerk", orange}}
	p := c.newPlot()
	var bars []bar
	var names []string
	for i, row := range rows {
		name := map[string]string{"bounce": "bounced", "inside": "refreshed inside"}[row[1]] +
			", " + row[0] + " ms"
		if len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
			bars = append(bars, bar{line: float64(len(names) - 1)})
		}
		last := bars[len(bars)-1]
		bars[len(bars)-1].text = "" // the last bar of a line says how long the line is
		for _, hop := range hops {
			if hop.from == row[2] && hop.to == row[3] {
				end := last.to + took[i]
				bars = append(bars, bar{
					last.line, last.to, end, hop.color, fmt.Sprintf("%.0f ms", end),
				})
			}
		}
	}
	for _, hop := range hops {
		p.Legend.Add(hop.from+" to "+hop.to, swatch{hop.color})
	}
	p.X.Label.Text = "ms until the page is there, by the time of one round trip"
	p.X.Tick.Marker = ticks(400, 100, "")
	p.Legend.YOffs, p.Legend.XOffs = vg.Points(62), vg.Points(-2)
	if err := addBars(p, bars, names); err != nil {
		return nil, err
	}
	p.X.Min, p.X.Max = 0, 470
	return c.svg(p, 7.5*vg.Centimeter)
}

// calls draws what a call costs, in percent of clerk-sdk-go.
func calls(c *chart) ([]byte, error) {
	rows, err := read("calls.csv")
	if err != nil {
		return nil, err
	}
	times, err := rows.column(2)
	if err != nil {
		return nil, err
	}
	allocs, err := rows.column(3)
	if err != nil {
		return nil, err
	}
	colors := map[string]color.RGBA{
		"clerk-sessions-go": blue, "generated": gray, "floor": gray, "clerk-sdk-go": orange,
	}
	whole := map[string]int{}
	for i, row := range rows {
		if row[1] == "clerk-sdk-go" {
			whole[row[0]] = i
		}
	}
	p := c.newPlot()
	var bars []bar
	var names []string
	for _, figure := range []struct {
		name   string
		values []float64
	}{{"time", times}, {"allocations", allocs}} {
		for i, row := range rows {
			share := 100 * figure.values[i] / figure.values[whole[row[0]]]
			bars = append(bars, bar{
				float64(len(names)), 0, share, colors[row[1]], fmt.Sprintf("%.0f %%", share),
			})
			names = append(names, row[0]+", "+figure.name+": "+row[1])
		}
	}
	longest := slices.MaxFunc(bars, func(a, b bar) int { return cmp.Compare(a.to, b.to) }).to
	p.X.Tick.Marker = ticks(int(longest), 25, " %")
	if err := addBars(p, bars, names); err != nil {
		return nil, err
	}
	p.X.Min, p.X.Max = 0, 1.12*longest
	return c.svg(p, 12*vg.Centimeter)
}

// silence draws how long it takes until a call succeeds.
func silence(c *chart) ([]byte, error) {
	rows, err := read("silence.csv")
	if err != nil {
		return nil, err
	}
	const most = 120
	p := c.newPlot()
	var bars []bar
	var names []string
	for i, row := range rows {
		text, seconds := "none in two minutes", float64(most)
		if row[3] != "" {
			if seconds, err = strconv.ParseFloat(row[3], 64); err != nil {
				return nil, err
			}
			text = row[3] + " s"
		}
		shade := orange
		if row[4] == "ours" {
			shade = blue
		}
		bars = append(bars, bar{float64(i), 0, seconds, shade, text + ", " + row[2] + " of 25 failed"})
		names = append(names, row[0])
	}
	p.X.Label.Text = "seconds"
	p.X.Tick.Marker = ticks(most, 20, "")
	if err := addBars(p, bars, names); err != nil {
		return nil, err
	}
	p.X.Min, p.X.Max = 0, 1.9*most
	return c.svg(p, 5.5*vg.Centimeter)
}
