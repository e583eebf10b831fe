package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
)

// CSV writes the report as one file of tables under each other, with the mark by which
// Excel knows UTF-8. A text that a spreadsheet would take for a formula has an
// apostrophe before it.
func (d *Document) CSV(w io.Writer) error {
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return fmt.Errorf("report: CSV: %w", err)
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	write := func(cells ...string) {
		// The writer keeps its first error.
		_ = out.Write(cells)
	}
	write(defused(d.Title))
	write(defused(d.Scope))
	write(defused(d.Made))
	for _, t := range d.Tables {
		write("")
		write(defused(t.Title))
		if t.Note != "" {
			write(defused(t.Note))
		}
		if len(t.Rows) == 0 {
			write(defused(t.Empty))
			continue
		}
		heads := make([]string, len(t.Columns))
		for i, c := range t.Columns {
			heads[i] = defused(c.Head)
		}
		write(heads...)
		for _, r := range t.Rows {
			cells := make([]string, len(r.Cells))
			for i, c := range r.Cells {
				if cells[i] = c.Text; !c.Is {
					cells[i] = defused(c.Text)
				}
			}
			write(cells...)
		}
	}
	write("")
	write(wordsIn(d.language).definitionsTitle)
	for _, def := range d.Definitions {
		write(defused(def.Term), defused(def.Text))
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("report: CSV: %w", err)
	}
	return nil
}

// defused is a text that no spreadsheet takes for a formula: those begin with one of
// these, in half or full width (OWASP, CSV Injection).
func defused(s string) string {
	if strings.IndexAny(s, "=+-@\t\r\n＝＋－＠") == 0 {
		return "'" + s
	}
	return s
}
