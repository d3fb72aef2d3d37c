package main

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"image/color"
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

// The colors can be told from each other, and from a light and a dark page.
var (
	blue   = color.RGBA{R: 0x3b, G: 0x82, B: 0xf6, A: 0xff}
	orange = color.RGBA{R: 0xd9, G: 0x77, B: 0x06, A: 0xff}
	red    = color.RGBA{R: 0xe5, G: 0x48, B: 0x4d, A: 0xff}
	gray   = color.RGBA{R: 0x8b, G: 0x94, B: 0x9e, A: 0xff}
)

// style lets text and axes follow the page, light or dark.
const style = "<style>svg{color:#1f2328}text{fill:currentColor}" +
	"@media(prefers-color-scheme:dark){svg{color:#e6edf3}}</style>"

// newPlot returns a plot without anything in it.
func (c *chart) newPlot() *plot.Plot {
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}
	p := plot.New()
	p.BackgroundColor = nil
	p.Title.Text = c.title
	p.Title.Padding = vg.Points(6)
	p.Legend.Padding = vg.Points(3)
	return p
}

// svg returns a plot as a file: with the description for those who do not see it, and colors that
// follow the page.
func (c *chart) svg(p *plot.Plot, height vg.Length) ([]byte, error) {
	canvas := vgsvg.New(18*vg.Centimeter, height)
	p.Draw(draw.New(canvas))
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return nil, err
	}
	svg := out.Bytes()
	at := opening.FindIndex(svg)
	if at == nil {
		return nil, errors.New("there is no <svg> tag")
	}
	head := strings.TrimSuffix(string(svg[at[0]:at[1]]), ">") +
		` role="img" aria-labelledby="title desc">` +
		"\n<title id=\"title\">" + c.title + "</title>" +
		"\n<desc id=\"desc\">" + c.description + "</desc>\n" + style
	body := strings.NewReplacer(
		"stroke:#000000", "stroke:currentColor",
		"Liberation Sans", "Liberation Sans, Arial, sans-serif",
	).Replace(string(svg[at[1]:]))
	return []byte(string(svg[:at[0]]) + head + withWidths(body)), nil
}

var (
	opening = regexp.MustCompile(`(?s)<svg [^>]*>`)
	text    = regexp.MustCompile(`(?s)<text ([^>]*font-size:([0-9.]+)px[^>]*)>([^<]*)<`)
)

// withWidths says of each text how wide the plot was laid out for it to be: a reader's font may be
// a wider one.
func withWidths(svg string) string {
	return text.ReplaceAllStringFunc(svg, func(tag string) string {
		parts := text.FindStringSubmatch(tag)
		size, err := strconv.ParseFloat(parts[2], 64)
		if err != nil {
			return tag
		}
		style := draw.TextStyle{
			Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Length(size)},
			Handler: plot.DefaultTextHandler,
		}
		width := style.Width(html.UnescapeString(parts[3]))
		return fmt.Sprintf(`<text textLength="%.1f" lengthAdjust="spacingAndGlyphs" %s>%s<`,
			float64(width), parts[1], parts[3])
	})
}

// ticks returns a labelled tick for every step from 0 to last.
func ticks(last, step int, unit string) plot.ConstantTicks {
	var ticks []plot.Tick
	for at := 0; at <= last; at += step {
		ticks = append(ticks, plot.Tick{Value: float64(at), Label: strconv.Itoa(at) + unit})
	}
	return ticks
}

// A bar lies across a plot, from one value to another. Its line is counted from the top.
type bar struct {
	line     float64
	from, to float64
	color    color.Color
	text     string // behind its end
}

// addBars adds bars, and the names of their lines.
func addBars(p *plot.Plot, bars []bar, names []string) error {
	p.Y.Min, p.Y.Max = -float64(len(names))+0.4, 0.6
	var marks []plot.Tick
	for i, name := range names {
		marks = append(marks, plot.Tick{Value: -float64(i), Label: name})
	}
	p.Y.Tick.Marker = plot.ConstantTicks(marks)
	p.Y.Tick.Length, p.Y.LineStyle.Width = 0, 0
	grid := plotter.NewGrid()
	grid.Horizontal.Width = 0
	p.Add(grid)
	var texts plotter.XYLabels
	for _, b := range bars {
		const half = 0.32
		shape, err := plotter.NewPolygon(plotter.XYs{
			{X: b.from, Y: -b.line - half},
			{X: b.to, Y: -b.line - half},
			{X: b.to, Y: -b.line + half},
			{X: b.from, Y: -b.line + half},
		})
		if err != nil {
			return err
		}
		shape.Color, shape.LineStyle.Width = b.color, 0
		p.Add(shape)
		if b.text != "" {
			texts.XYs = append(texts.XYs, plotter.XY{X: b.to, Y: -b.line})
			texts.Labels = append(texts.Labels, b.text)
		}
	}
	if len(texts.Labels) == 0 {
		return nil
	}
	labels, err := plotter.NewLabels(texts)
	if err != nil {
		return err
	}
	for i := range labels.TextStyle {
		labels.TextStyle[i].YAlign = draw.YCenter
	}
	labels.Offset = vg.Point{X: vg.Points(4)}
	p.Add(labels)
	return nil
}

// A swatch is a colored square in a legend.
type swatch struct{ color color.Color }

// Thumbnail draws the square.
func (s swatch) Thumbnail(c *draw.Canvas) {
	c.FillPolygon(s.color, []vg.Point{
		{X: c.Min.X, Y: c.Min.Y},
		{X: c.Min.X, Y: c.Max.Y},
		{X: c.Max.X, Y: c.Max.Y},
		{X: c.Max.X, Y: c.Min.Y},
	})
}
