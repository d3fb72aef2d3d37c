package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// lists are the fenced blocks of UPSTREAM.md that say in oasdiff's terms what the numbered differences are. Each block names the
// official version it is about; the first is the fragment's own.
type lists []list

type list struct {
	version  string
	only     string // the one operation that counts, as "POST /sessions"; "" for all
	expected []expectation
}

// expectation is a line of a block: the number of a difference, and what it looks like, "*" standing for any text.
type expectation struct {
	number  string
	pattern string
	match   *regexp.Regexp
}

var (
	numberedItem = regexp.MustCompile(`^(\d+)\. \*\*`)
	blockStart   = regexp.MustCompile("^```drift (\\d{4}-\\d{2}-\\d{2})(?: ([A-Z]+ /\\S*))?$")
	blockLine    = regexp.MustCompile(`^(\d+) +(\S.*)$`)
)

// readLists reads the blocks of a file. Each number in them has to be that of a numbered difference.
func readLists(file string) (lists, error) {
	content, err := os.ReadFile(file) //nolint:gosec // the file is named on the command line
	if err != nil {
		return nil, err
	}
	var all lists
	var numbers []string
	inside := false
	line := 0
	for text := range strings.Lines(string(content)) {
		line++
		text = strings.TrimRight(text, "\r\n")
		switch {
		case inside && text == "```":
			inside = false
		case inside:
			e, err := parseExpectation(text, numbers)
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", file, line, err)
			}
			last := &all[len(all)-1]
			last.expected = append(last.expected, e)
		default:
			if m := numberedItem.FindStringSubmatch(text); m != nil {
				numbers = append(numbers, m[1])
			}
			if m := blockStart.FindStringSubmatch(text); m != nil {
				all, inside = append(all, list{version: m[1], only: m[2]}), true
			} else if strings.HasPrefix(text, "```drift") {
				return nil, fmt.Errorf("%s:%d: a block starts with ```drift, a version and at most one operation", file, line)
			}
		}
	}
	if len(all) == 0 || inside {
		return nil, fmt.Errorf("%s: there is no whole ```drift block in it", file)
	}
	return all, nil
}

func parseExpectation(text string, numbers []string) (expectation, error) {
	m := blockLine.FindStringSubmatch(text)
	if m == nil {
		return expectation{}, fmt.Errorf("want the number of a difference and what it looks like")
	}
	if !slices.Contains(numbers, m[1]) {
		return expectation{}, fmt.Errorf("no difference above has the number %s", m[1])
	}
	pattern := strings.ReplaceAll(regexp.QuoteMeta(m[2]), `\*`, ".*")
	return expectation{number: m[1], pattern: m[2], match: regexp.MustCompile("^" + pattern + "$")}, nil
}

// of returns the list for an official version; one that has none of its own, as a newer one, is held against the fragment's.
func (all lists) of(version string) list {
	if i := slices.IndexFunc(all, func(l list) bool { return l.version == version }); i >= 0 {
		return all[i]
	}
	return all[0]
}

func (l list) scope() string {
	if l.only == "" {
		return "all operations"
	}
	return l.only + " alone"
}

// check returns the differences that the list does not have, and the lines of the list that no difference is like.
func (l list) check(differences []string) (unlisted, stale []string) {
	met := make([]bool, len(l.expected))
	for _, difference := range differences {
		if l.only != "" && !strings.HasPrefix(difference, l.only+": ") {
			continue
		}
		known := false
		for i, e := range l.expected {
			if e.match.MatchString(difference) {
				met[i], known = true, true
			}
		}
		if !known {
			unlisted = append(unlisted, difference)
		}
	}
	for i, e := range l.expected {
		if !met[i] {
			stale = append(stale, e.number+" "+e.pattern)
		}
	}
	return unlisted, stale
}
