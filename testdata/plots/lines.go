package main

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// served draws the calls that were served a second.
func served(c *chart) ([]byte, error) {
	// period is the seconds over which the calls are averaged: four windows, one of them taken.
	const period = 40
	p := c.newPlot()
	p.X.Label.Text = "minutes"
	p.Y.Label.Text = fmt.Sprintf("served a second, mean of %d s", period)
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks(20, 5, ""), ticks(50, 10, "")
	p.Legend.Left, p.Legend.XOffs, p.Legend.YOffs = true, vg.Points(235), vg.Points(70)
	p.Add(plotter.NewGrid())
	for _, line := range []struct {
		label  string
		file   string
		column int
		color  color.RGBA
		dashes []vg.Length
	}{
		{"ours", "served.csv", 1, blue, nil},
		{"naive: waits for Retry-After", "served.csv", 2, orange, []vg.Length{6, 3}},
		{"ours, with the gate before", "served-before.csv", 1, red, []vg.Length{2, 2}},
	} {
		rows, err := read(line.file)
		if err != nil {
			return nil, err
		}
		seconds, err := rows.column(line.column)
		if err != nil {
			return nil, err
		}
		var points plotter.XYs
		for end := period; end <= len(seconds); end += period {
			sum := 0.0
			for _, n := range seconds[end-period : end] {
				sum += n
			}
			points = append(points, plotter.XY{X: float64(end) / 60, Y: sum / period})
		}
		drawn, err := plotter.NewLine(points)
		if err != nil {
			return nil, err
		}
		drawn.Color, drawn.Width, drawn.Dashes = line.color, vg.Points(2), line.dashes
		p.Add(drawn)
		p.Legend.Add(line.label, drawn)
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 20.5, 0, 50
	return c.svg(p, 9*vg.Centimeter)
}

// wait draws how long pages waited, by when they were asked for.
func wait(c *chart) ([]byte, error) {
	rows, err := read("wait.csv")
	if err != nil {
		return nil, err
	}
	p := c.newPlot()
	p.X.Label.Text, p.Y.Label.Text = "seconds since Clerk hangs", "a page's wait, seconds"
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks(40, 10, ""), ticks(10, 2, "")
	p.Legend.Left, p.Legend.XOffs, p.Legend.YOffs = true, vg.Points(190), vg.Points(-50)
	p.Legend.Top = true
	p.Add(plotter.NewGrid())
	at, err := rows.column(0)
	if err != nil {
		return nil, err
	}
	for i, client := range []struct {
		label string
		color color.RGBA
		shape draw.GlyphDrawer
	}{
		{"ours", blue, draw.CircleGlyph{}},
		{"an http.Client with a timeout of 10 s", orange, draw.RingGlyph{}},
	} {
		waits, err := rows.column(i + 1)
		if err != nil {
			return nil, err
		}
		points := make(plotter.XYs, len(at))
		for j := range at {
			points[j] = plotter.XY{X: at[j] / 1000, Y: waits[j] / 1000}
		}
		drawn, err := plotter.NewScatter(points)
		if err != nil {
			return nil, err
		}
		drawn.GlyphStyle = draw.GlyphStyle{
			Color: client.color, Radius: vg.Points(2.5), Shape: client.shape,
		}
		p.Add(drawn)
		p.Legend.Add(client.label, drawn)
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 40.5, 0, 11
	return c.svg(p, 8*vg.Centimeter)
}
