package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// lowIsBetter has the names of all figures, and whether they count mistakes.
var lowIsBetter = map[string]bool{
	"applications.split":     false, // of the true applications: found with just their pages
	"boxes":                  false, // of the fields: given a box on the right page, with its middle in the true box
	"checkboxes":             false, // of the fields that are check boxes: ticked as on paper
	"checks":                 false, // of the checks to be made: come out as they should
	"checks.decided":         false, // of the checks that passed or failed: rightly
	"checks.false_fail":      true,  // of the checks that should pass: failed
	"checks.missed_fail":     true,  // of the checks that should fail: passed
	"checks.review":          true,  // of the checks that paper decides: left to a person
	"fields.short":           false, // of all fields but free texts and tables: right
	"fields.text.cer":        true,  // of the characters of free texts: to be typed anew
	"files.read":             false, // of the files: read
	"pages.blank":            false, // F1 of the blank pages
	"pages.kind":             false, // of the pages: of the right kind
	"pages.rotation":         false, // of the pages with something on them: turned upright
	"seals.false_match":      true,  // of the seals of another unit: accepted
	"seals.found":            false, // F1 of the seals, by role and page
	"seals.matches":          false, // of the seals: rightly accepted or refused
	"signatures":             false, // of the signing places: rightly signed or empty
	"tables.cells":           false, // of the cells of tables: right but for a tenth of the characters
	"tables.rows":            false, // of the tables: with the right number of rows
	"verdict":                false, // of the applications: with the right verdict
	"verdict.false_complete": true,  // of the incomplete applications: called complete
}

// share is n of so many.
type share struct{ n, of int }

func (s share) String() string { return fmt.Sprintf("%d of %d", s.n, s.of) }

// figures are the shares by name; all names of lowIsBetter are there.
type figures map[string]share

func newFigures() figures {
	f := figures{}
	for name := range lowIsBetter {
		f[name] = share{}
	}
	return f
}

// add counts n of so many more.
func (f figures) add(name string, n, of int) {
	s := f[name]
	f[name] = share{s.n + n, s.of + of}
}

// judge counts one more, and whether it is so.
func (f figures) judge(name string, so bool) { f.add(name, count(so), 1) }

// common counts for an F1, which is 2 x common / (true + found).
func (f figures) common(name string, common, truth, found int) {
	f.add(name, 2*common, truth+found)
}

func count(so bool) int {
	if so {
		return 1
	}
	return 0
}

// table is what was reached, and what read it: program, reader and models.
type table struct {
	engine  string
	figures figures
}

const engineLine = "# read by "

// String is the table as it is printed and kept: the engine, then a figure a line.
func (t table) String() string {
	lines := []string{engineLine + t.engine}
	for _, name := range slices.Sorted(maps.Keys(t.figures)) {
		s, value, low := t.figures[name], "-", ""
		if s.of > 0 {
			value = strconv.FormatFloat(float64(s.n)/float64(s.of), 'f', 4, 64)
		}
		if lowIsBetter[name] {
			low = "low is good"
		}
		line := fmt.Sprintf("%-22s %6s %6d of %-6d %s", name, value, s.n, s.of, low)
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return strings.Join(lines, "\n") + "\n"
}

// parseTable reads what String gives.
func parseTable(text string) (table, error) {
	t := table{figures: figures{}}
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if engine, ok := strings.CutPrefix(line, engineLine); ok {
			t.engine = engine
			continue
		}
		// The value before the counts is for people.
		var name, value string
		var s share
		if _, err := fmt.Sscanf(line, "%s %s %d of %d", &name, &value, &s.n, &s.of); err != nil {
			return table{}, fmt.Errorf("line %d is not like \"files.read 1.0000 3 of 3\": %w", i+1, err)
		}
		t.figures[name] = s
	}
	return t, nil
}

// compare says in an error which figures are worse now than before.
func compare(before, now table) error {
	for _, name := range []string{"files.read", "pages.kind"} {
		if b, n := before.figures[name], now.figures[name]; b.of != n.of {
			return fmt.Errorf("these are other bundles: %s is of %d there and of %d here (-update writes the table anew)", name, b.of, n.of)
		}
	}
	var worse []string
	for _, name := range slices.Sorted(maps.Keys(now.figures)) {
		n := now.figures[name]
		b, ok := before.figures[name]
		if !ok {
			return fmt.Errorf("%s has no figure to be held against (-update writes the table anew)", name)
		}
		if isWorse(name, b, n) {
			worse = append(worse, fmt.Sprintf("%s is %v, was %v", name, n, b))
		}
	}
	if len(worse) == 0 {
		return nil
	}
	text := "accuracy fell:\n  " + strings.Join(worse, "\n  ")
	if before.engine != now.engine {
		text += fmt.Sprintf("\nThat was read by another engine: then %s, now %s.", before.engine, now.engine)
	}
	return errors.New(text)
}

// isWorse compares shares without rounding. Of nothing, nothing is wrong.
func isWorse(name string, before, now share) bool {
	wrong := func(s share) share {
		if lowIsBetter[name] {
			return s
		}
		return share{s.of - s.n, s.of}
	}
	b, n := wrong(before), wrong(now)
	return n.n*max(b.of, 1) > b.n*max(n.of, 1)
}
