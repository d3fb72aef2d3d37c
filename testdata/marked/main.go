// Command marked writes what it reads into a document, in the place of what is between two lines:
//
//	<!-- name:start -->
//	<!-- name:end -->
//
// Figures get into the documents in this way and no other, so that the target of the Makefile that
// measured them can write them again:
//
//	… | go run ./testdata/marked README.md name
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "marked:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader) error {
	if len(args) != 2 {
		return fmt.Errorf("give it a document and a name, not %q", args)
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return fmt.Errorf("there is nothing to write into %s", args[0])
	}
	document, err := os.ReadFile(args[0]) //nolint:gosec // the document is the caller's choice
	if err != nil {
		return err
	}
	start := fmt.Appendf(nil, "<!-- %s:start -->\n", args[1])
	end := fmt.Appendf(nil, "<!-- %s:end -->\n", args[1])
	before, rest, found := bytes.Cut(document, start)
	_, after, ended := bytes.Cut(rest, end)
	if !found || !ended {
		return fmt.Errorf("%s lacks the lines %q and %q", args[0], start, end)
	}
	changed := bytes.Join([][]byte{before, start, text, end, after}, nil)
	return os.WriteFile(args[0], changed, 0o644) //nolint:gosec // a document is for everybody
}
