package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// The picture is the one that the data makes, its text is text, and it can be read without being seen.
func TestServed(t *testing.T) {
	drawn, err := served()
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile("served.svg")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(drawn, kept) {
		t.Error("served.svg is not what the data makes; run make plots")
	}
	for _, want := range []string{
		"<title ", "<desc ", "prefers-color-scheme:dark", ">minutes</text>", ">" + lines[0].label + "</text>",
	} {
		if !strings.Contains(string(kept), want) {
			t.Errorf("served.svg has no %s", want)
		}
	}
}
