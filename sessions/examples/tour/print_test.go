package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestColoursChangeNoText(t *testing.T) {
	clerk, same := newClerk(), newClerk()
	defer clerk.Close()
	defer same.Close()
	plain, colourful := playDemo(t, clerk, false), playDemo(t, same, true)
	if strings.Contains(plain, "\x1b") {
		t.Error("the plain output holds escape sequences")
	}
	stripped := regexp.MustCompile("\x1b\\[[0-9]*m").ReplaceAllString(colourful, "")
	if stripped == colourful {
		t.Error("the coloured output has no colours")
	}
	if diff := cmp.Diff(plain, stripped); diff != "" {
		t.Errorf("the outputs differ by more than colours (-plain +stripped):\n%s", diff)
	}
}

func TestColoursAreForTerminals(t *testing.T) {
	terminal, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0) // a character device as well
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	file, err := os.Create(filepath.Join(t.TempDir(), "out.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for name, row := range map[string]struct {
		out  *os.File
		env  environment
		want bool
	}{
		"a terminal":            {terminal, nil, true},
		"a file":                {file, nil, false},
		"NO_COLOR":              {terminal, environment{"NO_COLOR": "1"}, false},
		"a terminal that can't": {terminal, environment{"TERM": "dumb"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := inColour(row.out, row.env.get); got != row.want {
				t.Errorf("inColour = %t, want %t", got, row.want)
			}
		})
	}
}

func TestWhatAServerSaysDoesNotSteerTheTerminal(t *testing.T) {
	got := wrap("Fire\x1b[2Jfox\r\n\u202e145 on a rather long device name", 20)
	want := []string{"Fire?[2Jfox???145 on", "a rather long device", "name"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
