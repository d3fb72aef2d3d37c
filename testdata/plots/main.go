// Command plots draws served.svg from served.csv, which `make plots-data` writes, and from
// served-before.csv, which the gate of commit 8648598 left: calls served a second, while another
// process takes one window in four of the same limit.
package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"image/color"
	"log"
	"os"
	"regexp"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// period is the time in seconds over which the calls are averaged: four windows, one of them taken.
const period = 40

// The colors can be told from each other, and from a light and a dark page.
var (
	blue   = color.RGBA{R: 0x3b, G: 0x82, B: 0xf6, A: 0xff}
	orange = color.RGBA{R: 0xd9, G: 0x77, B: 0x06, A: 0xff}
	red    = color.RGBA{R: 0xe5, G: 0x48, B: 0x4d, A: 0xff}
)

// A line is one client.
type line struct {
	label  string
	file   string
	column int
	color  color.RGBA
	dashes []vg.Length
}

var lines = []line{
	{"ours", "served.csv", 1, blue, nil},
	{"naive: waits for Retry-After", "served.csv", 2, orange, []vg.Length{6, 3}},
	{"ours, with the gate before", "served-before.csv", 1, red, []vg.Length{2, 2}},
}

const (
	title = "Calls served a second while another process takes one window in four"
	// description is read out in the place of the picture.
	description = "Three lines over 20 minutes. Of 50 calls asked a second, our client and a naive" +
		" one serve" +
		" about 43 and 42 throughout. With the gate before, our client falls from 40 to almost none" +
		" after nine minutes and stays there."
	// style lets text and axes follow the page, light or dark.
	style = "<style>svg{color:#1f2328}text{fill:currentColor}" +
		"@media(prefers-color-scheme:dark){svg{color:#e6edf3}}</style>"
)

func main() {
	svg, err := served()
	if err != nil {
		log.Fatal(err)
	}
	//nolint:gosec // everybody may look at it
	if err := os.WriteFile("served.svg", svg, 0o644); err != nil {
		log.Fatal(err)
	}
}

// served draws the plot.
func served() ([]byte, error) {
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}
	p := plot.New()
	p.BackgroundColor = nil
	p.Title.Text = title
	p.X.Label.Text = "minutes"
	p.Y.Label.Text = fmt.Sprintf("served a second, mean of %d s", period)
	p.Y.Tick.Marker = plot.ConstantTicks(ticks(50, 10))
	p.X.Tick.Marker = plot.ConstantTicks(ticks(20, 5))
	p.Legend.Left, p.Legend.XOffs, p.Legend.YOffs = true, vg.Points(235), vg.Points(70)
	p.Legend.Padding = vg.Points(3)
	p.Add(plotter.NewGrid())
	for _, l := range lines {
		points, err := l.points()
		if err != nil {
			return nil, err
		}
		drawn, err := plotter.NewLine(points)
		if err != nil {
			return nil, err
		}
		drawn.Color, drawn.Width, drawn.Dashes = l.color, vg.Points(2), l.dashes
		p.Add(drawn)
		p.Legend.Add(l.label, drawn)
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 20.5, 0, 50
	canvas := vgsvg.New(18*vg.Centimeter, 9*vg.Centimeter)
	p.Draw(draw.New(canvas))
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return nil, err
	}
	return accessible(out.Bytes())
}

// ticks returns a labelled tick for every step from 0 to last.
func ticks(last, step int) (ticks []plot.Tick) {
	for at := 0; at <= last; at += step {
		ticks = append(ticks, plot.Tick{Value: float64(at), Label: strconv.Itoa(at)})
	}
	return ticks
}

// points returns the means over each period, at the minute of its end.
func (l *line) points() (points plotter.XYs, err error) {
	text, err := os.ReadFile(l.file)
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.file, err)
	}
	sum := 0
	for second, row := range rows[1:] {
		n, err := strconv.Atoi(row[l.column])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", l.file, err)
		}
		sum += n
		if (second+1)%period == 0 {
			points = append(points, plotter.XY{X: float64(second+1) / 60, Y: float64(sum) / period})
			sum = 0
		}
	}
	return points, nil
}

var opening = regexp.MustCompile(`(?s)<svg [^>]*>`)

// accessible adds what a page and its readers need: the description, and colors that follow the
// page.
func accessible(svg []byte) ([]byte, error) {
	at := opening.FindIndex(svg)
	if at == nil {
		return nil, errors.New("there is no <svg> tag")
	}
	head := strings.TrimSuffix(string(svg[at[0]:at[1]]), ">") +
		` role="img" aria-labelledby="title desc">` +
		"\n<title id=\"title\">" + title + "</title>" +
		"\n<desc id=\"desc\">" + description + "</desc>\n" + style
	body := strings.NewReplacer(
		"stroke:#000000", "stroke:currentColor", "Liberation Sans", "Liberation Sans, Arial, sans-serif",
	).Replace(string(svg[at[1]:]))
	return []byte(string(svg[:at[0]]) + head + body), nil
}
