package report

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// CSVWriter writes rows as a CSV file with the mark by which Excel knows UTF-8. A text
// that a spreadsheet would take for a formula has an apostrophe before it.
type CSVWriter struct {
	out *csv.Writer
	err error
}

// NewCSV begins a file. Close ends it, and has the error of whatever went wrong.
func NewCSV(w io.Writer) *CSVWriter {
	c := &CSVWriter{out: csv.NewWriter(w)}
	_, c.err = io.WriteString(w, "\uFEFF")
	c.out.UseCRLF = true
	return c
}

// Row writes a row of texts.
func (c *CSVWriter) Row(texts ...string) {
	cells := make([]string, len(texts))
	for i, text := range texts {
		cells[i] = defused(text)
	}
	c.raw(cells)
}

// raw writes a row of cells as they are.
func (c *CSVWriter) raw(cells []string) {
	if c.err == nil {
		c.err = c.out.Write(cells)
	}
}

// Close writes what is left; the writer below is not closed.
func (c *CSVWriter) Close() error {
	c.out.Flush()
	if err := errors.Join(c.err, c.out.Error()); err != nil {
		return fmt.Errorf("report: CSV: %w", err)
	}
	return nil
}

// CSV writes the report as one file of tables under each other, with the mark by which
// Excel knows UTF-8. A text that a spreadsheet would take for a formula has an
// apostrophe before it.
func (d *Document) CSV(w io.Writer) error {
	out := NewCSV(w)
	out.Row(d.Title)
	out.Row(d.Scope)
	out.Row(d.Made)
	for _, t := range d.Tables {
		out.Row("")
		out.Row(t.Title)
		if t.Note != "" {
			out.Row(t.Note)
		}
		if len(t.Rows) == 0 {
			out.Row(t.Empty)
			continue
		}
		heads := make([]string, len(t.Columns))
		for i, c := range t.Columns {
			heads[i] = c.Head
		}
		out.Row(heads...)
		for _, r := range t.Rows {
			cells := make([]string, len(r.Cells))
			for i, c := range r.Cells {
				if cells[i] = c.Text; !c.Is {
					cells[i] = defused(c.Text)
				}
			}
			out.raw(cells)
		}
	}
	out.Row("")
	out.Row(wordsIn(d.language).definitionsTitle)
	for _, def := range d.Definitions {
		out.Row(def.Term, def.Text)
	}
	return out.Close()
}

// defused is a text that no spreadsheet takes for a formula: those begin with one of
// these, in half or full width (OWASP, CSV Injection).
func defused(s string) string {
	if strings.IndexAny(s, "=+-@\t\r\n＝＋－＠") == 0 {
		return "'" + s
	}
	return s
}
