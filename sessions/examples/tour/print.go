package main

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	width  = 100 // columns, at most
	indent = 4   // of everything below a title
)

// The colours, as terminals know them.
const (
	plain = ""
	bold  = "1"
	faint = "2"
	green = "32"
	cyan  = "36"
)

// printer lays the steps out for reading.
type printer struct {
	w      *bufio.Writer // its first error stays until flush
	colour bool
}

func newPrinter(w io.Writer, colour bool) *printer {
	return &printer{w: bufio.NewWriter(w), colour: colour}
}

// inColour reports whether w is a terminal whose user has nothing against colours (see
// no-color.org).
func inColour(w io.Writer, getenv func(string) string) bool {
	file, ok := w.(*os.File)
	if !ok || getenv("NO_COLOR") != "" || getenv("TERM") == "dumb" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// opening prints what is going to happen, and how the client was made.
func (p *printer) opening(title, scene, code string) {
	p.block("", bold, title)
	p.block("", plain, scene)
	p.block("", plain,
		"For each call: the Go code, the line of the request that it sent, and what it got.")
	p.line("")
	p.code(code)
}

// closing prints how it went.
func (p *printer) closing(format string, args ...any) error {
	p.line("")
	p.block("", green, fmt.Sprintf(format, args...))
	return p.w.Flush()
}

// step prints a step: its code, the requests that it sent and what came of it.
func (p *printer) step(number int, title string, sent, result []string) error {
	p.line("")
	p.block(fmt.Sprintf("%2d  ", number), bold, title)
	p.code(codeOf(title))
	if len(sent) == 0 {
		sent = []string{"nothing"}
	}
	p.labelled("sent", faint, sent)
	p.labelled("got", green, result)
	return p.w.Flush()
}

// chapter prints the heading above the steps of a kind.
func (p *printer) chapter(heading string) {
	const before, after = "── ", " "
	rest := max(0, width-utf8.RuneCountInString(before+heading+after))
	p.line("")
	p.line(p.paint(faint, before) + p.paint(bold, heading) +
		p.paint(faint, after+strings.Repeat("─", rest)))
}

func (p *printer) code(code string) {
	for line := range strings.SplitSeq(code, "\n") {
		p.line(strings.Repeat(" ", indent) + p.paint(cyan, line))
	}
}

// labelled prints lines, the first with the label in front.
func (p *printer) labelled(label, colour string, lines []string) {
	for _, line := range lines {
		p.block(fmt.Sprintf("%*s%-6s", indent, "", label), colour, line)
		label = ""
	}
}

// block prints text of which every line fits the width, the first with the prefix in front and the
// rest below it.
func (p *printer) block(prefix, colour, text string) {
	for _, line := range wrap(text, width-len(prefix)) {
		p.line(prefix + p.paint(colour, line))
		prefix = strings.Repeat(" ", len(prefix))
	}
}

func (p *printer) line(text string) {
	_, _ = p.w.WriteString(text + "\n") // an error stays for Flush
}

func (p *printer) paint(colour, text string) string {
	if !p.colour || colour == plain || text == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// wrap breaks text into lines of at most columns, where it can at spaces. What a server answered is
// part of text: it does not get to steer the terminal.
func wrap(text string, columns int) []string {
	rest := []rune(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text))
	var lines []string
	for len(rest) > columns {
		cut := columns
		for i := columns; i > columns/2; i-- {
			if rest[i] == ' ' {
				cut = i
				break
			}
		}
		lines = append(lines, string(rest[:cut]))
		rest = []rune(strings.TrimLeft(string(rest[cut:]), " "))
	}
	return append(lines, string(rest))
}

// source is where the code of the steps is printed from.
//
//go:embed steps.go
var source string

// codeOf returns the code of a step as it stands in steps.go, between the step's title and the line
// that hands on the result, without its indentation and without comments to the linter.
func codeOf(title string) string {
	_, rest, _ := strings.Cut(source, "\tt.step("+strconv.Quote(title)+")\n")
	code, _, _ := strings.Cut(rest, "t.got(")
	code = code[:strings.LastIndex(code, "\n")]
	code = regexp.MustCompile(` *//nolint.*`).ReplaceAllString(code, "")
	code = regexp.MustCompile(`(?m)^\t`).ReplaceAllString(code, "")
	return strings.ReplaceAll(code, "\t", "    ")
}
