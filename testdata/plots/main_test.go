package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The pictures are those that the data makes, their text is text, and they can be read without being seen.
func TestCharts(t *testing.T) {
	for _, c := range charts {
		t.Run(c.file, func(t *testing.T) {
			drawn, err := c.draw(c)
			if err != nil {
				t.Fatal(err)
			}
			kept, err := os.ReadFile(c.file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(drawn, kept) {
				t.Error("this is not what the data makes; run make plots")
			}
			for _, want := range []string{
				">" + c.title + "</title>", ">" + c.description + "</desc>", "prefers-color-scheme:dark", "</text>",
			} {
				if !strings.Contains(string(kept), want) {
					t.Errorf("there is no %s", want)
				}
			}
			if black := regexp.MustCompile(`(?:stroke|fill):#000000`).FindString(string(kept)); black != "" {
				t.Errorf("%s cannot be seen on a dark page", black)
			}
		})
	}
}
