package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"sealdesk/figures"
)

// Document is a report of figures in words and tables, as it is shown on a page and
// written as XLSX, CSV and PDF: whatever shows it shows the same cells.
type Document struct {
	Title  string
	Scope  string // what was counted
	Made   string // when, for people
	Time   time.Time
	Tables []Table
	// Definitions say what the figures count.
	Definitions []Definition

	language Language
}

// Definition says what a figure counts.
type Definition struct{ Term, Text string }

// Table is one table of a report.
type Table struct {
	ID      string // names it within the document
	Title   string
	Note    string // what to bear in mind; may be ""
	Columns []Column
	Rows    []Row
	Empty   string // what is said where there are no rows
}

// Column is one column of a table.
type Column struct {
	Head string
	Kind CellKind
}

// CellKind is the kind of a column's cells.
type CellKind int

// The kinds: text, a whole number, a year, and a share of 0..1 in per cent.
const (
	Text CellKind = iota
	Count
	Year
	Share
)

// Row is one row of a table; Sum says that it adds others up.
type Row struct {
	Cells []Cell
	Sum   bool
}

// Cell is one cell: Text is what people read, one line without control characters.
type Cell struct {
	Text string
	// Number is the value of a Count, Year or Share where Is is true; a share is rounded
	// to a tenth of a per cent.
	Number float64
	Is     bool
	// Of are the applications that the figure counted; nil where the figure is none of
	// applications.
	Of *figures.Selection
	// Narrow is the filter that the cell's name stands for, nil for none.
	Narrow *figures.Filter
}

// nothing is shown where there is no number.
const nothing = "—"

func textCell(s string) Cell { return Cell{Text: oneLine(s)} }

func count(n int) Cell { return Cell{Text: strconv.Itoa(n), Number: float64(n), Is: true} }

func counted(n int, of figures.Selection) Cell {
	c := count(n)
	c.Of = &of
	return c
}

func share(x float64, ok bool) Cell {
	if !ok {
		return Cell{Text: nothing}
	}
	return Cell{Text: strconv.FormatFloat(x*100, 'f', 1, 64) + "%", Number: x, Is: true}
}

// oneLine makes outside text one line that shows as it is: no control characters and
// no marks that turn the direction of writing.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r > ' ' && r <= '~', r >= 0x4e00 && r <= 0x9fff: // nearly all, for speed
			return r
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == '\uFFFE', r == '\uFFFF':
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD")))
}

// Figures puts figures that were counted at a time into words and tables.
func Figures(f *figures.Report, language Language, at time.Time) *Document {
	w := wordsIn(language)
	b := builder{f, w}
	return &Document{
		Title: w.title, Scope: b.scope(), Made: w.made(at), Time: at, language: language,
		Tables:      []Table{b.completeness(), b.defects(), b.quotas(), b.deadlines(), b.kinds(), b.fields()},
		Definitions: w.definitions,
	}
}

// At is the same document as if it were made at another time.
func (d *Document) At(t time.Time) *Document {
	out := *d
	out.Made, out.Time = wordsIn(d.language).made(t), t
	return &out
}

// builder makes the tables of a report.
type builder struct {
	*figures.Report
	*figureWords
}

// scope says in words what was counted.
func (b builder) scope() string {
	parts := []string{b.allYears}
	if b.Filter.Year != 0 {
		parts[0] = fmt.Sprintf(b.ofYear, b.Filter.Year)
	}
	named, ok := b.Named()
	switch {
	case b.Filter.Recommender == "":
		parts = append(parts, b.allRecommenders)
	case ok:
		parts = append(parts, b.name(named.Name))
	default:
		parts = append(parts, oneLine(b.Filter.Recommender))
	}
	return strings.Join(parts, " · ")
}

// name is a recommender's, or that there is none.
func (b builder) name(s string) string {
	if s = oneLine(s); s != "" {
		return s
	}
	return b.unread
}

// of is the filter of a row: its year and recommender within those of the report.
func (b builder) of(year int, recommender *string) figures.Filter {
	f := b.Filter
	if year != 0 {
		f.Year = year
	}
	if recommender != nil {
		if f.Recommender = *recommender; f.Recommender == "" {
			f.Recommender = figures.Unread
		}
	}
	return f
}

func year(y int) Cell { return Cell{Text: strconv.Itoa(y), Number: float64(y), Is: true} }

func (b builder) completeness() Table {
	t := Table{
		ID: "completeness", Title: b.completenessTitle, Empty: b.none,
		Columns: []Column{
			{b.heads.year, Year}, {b.heads.recommender, Text}, {b.heads.received, Count}, {b.heads.complete, Count},
			{b.heads.incomplete, Count}, {b.heads.review, Count}, {b.heads.share, Share},
		},
	}
	if b.Total.Received == 0 {
		return t
	}
	add := func(at, name Cell, of figures.Filter, c figures.Completeness, sum bool) {
		all := figures.Selection{Filter: of}
		verdict := func(v verdictOf) figures.Selection {
			s := all
			s.Verdict = v.verdict
			return s
		}
		row := Row{Sum: sum, Cells: []Cell{at, name, counted(c.Received, all)}}
		for _, v := range verdictsOf(c) {
			row.Cells = append(row.Cells, counted(v.n, verdict(v)))
		}
		row.Cells = append(row.Cells, share(c.Share()))
		t.Rows = append(t.Rows, row)
	}
	add(Cell{Text: nothing}, textCell(b.sum), b.Filter, b.Total, true)
	rest := b.Completeness
	for _, all := range b.ByYear {
		if len(b.ByYear) > 1 && b.Filter.Recommender == "" {
			of, at := b.of(all.Year, nil), year(all.Year)
			at.Narrow = &of
			add(at, textCell(b.allRecommenders), of, all, true)
		}
		for ; len(rest) > 0 && rest[0].Year == all.Year; rest = rest[1:] {
			c := rest[0]
			of := b.of(c.Year, &c.Recommender)
			name, narrow := textCell(b.name(c.Recommender)), b.of(0, &c.Recommender)
			name.Narrow = &narrow
			add(year(c.Year), name, of, c, false)
		}
	}
	return t
}

func (b builder) defects() Table {
	t := Table{
		ID: "defects", Title: b.defectsTitle, Empty: b.noDefects,
		Columns: []Column{
			{b.heads.defect, Text}, {b.heads.rule, Text}, {b.heads.failed, Count}, {b.heads.failedShare, Share}, {b.heads.doubtful, Count},
		},
	}
	for _, d := range b.Defects {
		of := func(s figures.Selection, n int) Cell {
			s.Filter, s.Rule = b.Filter, d.Rule.ID
			return counted(n, s)
		}
		t.Rows = append(t.Rows, Row{Cells: []Cell{
			textCell(b.rule(d.Rule)), textCell(d.Rule.ID), of(failed, d.Failed), share(d.Share()), of(doubtful, d.Review),
		}})
	}
	return t
}

func (b builder) quotas() Table {
	t := Table{
		ID: "quotas", Title: b.quotasTitle, Empty: b.noQuotas,
		Columns: []Column{
			{b.heads.year, Year}, {b.heads.recommender, Text}, {b.heads.kind, Text}, {b.heads.limit, Count},
			{b.heads.claimed, Count}, {b.heads.counted, Count}, {b.heads.over, Count},
		},
	}
	for _, q := range b.Quotas {
		kind, limit, over := nothing, Cell{Text: nothing}, Cell{Text: nothing}
		if q.Limit > 0 {
			kind, limit, over = q.Kind, count(q.Limit), count(q.Over())
		}
		claimed := counted(q.Claimed, figures.Selection{Filter: b.Filter, Call: q.Call.ID, Quota: q.Recommender, Kind: q.Kind})
		t.Rows = append(t.Rows, Row{Cells: []Cell{
			year(q.Call.Year), textCell(q.Recommender), textCell(kind), limit, claimed, count(q.Counted), over,
		}})
	}
	return t
}

func (b builder) deadlines() Table {
	t := Table{
		ID: "deadlines", Title: b.deadlinesTitle, Empty: b.noDeadlines,
		Columns: []Column{
			{b.heads.year, Year}, {b.heads.call, Text}, {b.heads.deadline, Text}, {b.heads.received, Count}, {b.heads.inTime, Count},
			{b.heads.late, Count}, {b.heads.unknown, Count}, {b.heads.datedLate, Count}, {b.heads.datedDoubt, Count},
		},
	}
	for _, d := range b.Deadlines {
		of := func(s figures.Selection, n int) Cell {
			s.Filter, s.Call = b.Filter, d.Call.ID
			return counted(n, s)
		}
		t.Rows = append(t.Rows, Row{Cells: []Cell{
			year(d.Call.Year), textCell(d.Call.Title), textCell(d.Call.Deadline.String()), of(figures.Selection{}, d.Received),
			of(figures.Selection{Timing: figures.InTime}, d.InTime), of(figures.Selection{Timing: figures.Late}, d.Late),
			of(figures.Selection{Timing: figures.Unknown}, d.Unknown), of(datedLate, d.DatedLate), of(datedDoubtful, d.Doubtful),
		}})
	}
	return t
}

func (b builder) kinds() Table {
	t := Table{ID: "kinds", Title: b.kindsTitle, Note: b.accuracyNote, Empty: b.none, Columns: b.accuracyColumns(Column{b.heads.thing, Text})}
	for _, a := range b.Kinds {
		t.Rows = append(t.Rows, Row{Cells: b.accuracy(a, textCell(b.kindName(a.Kind)))})
	}
	return t
}

func (b builder) fields() Table {
	t := Table{
		ID: "fields", Title: b.fieldsTitle, Empty: b.noFields,
		Columns: b.accuracyColumns(Column{b.heads.field, Text}, Column{b.heads.thing, Text}),
	}
	for _, a := range b.Fields {
		t.Rows = append(t.Rows, Row{Cells: b.accuracy(a, textCell(a.Label), textCell(b.kindName(a.Kind)))})
	}
	return t
}

func (b builder) accuracyColumns(first ...Column) []Column {
	return append(first, []Column{
		{b.heads.values, Count}, {b.heads.looked, Count}, {b.heads.corrected, Count},
		{b.heads.right, Share}, {b.heads.low, Share}, {b.heads.high, Share},
	}...)
}

func (b builder) accuracy(a figures.Accuracy, first ...Cell) []Cell {
	right, low, high, ok := a.Right()
	corrected := count(a.Corrected)
	if a.Corrected > 0 {
		corrected.Of = &figures.Selection{Filter: b.Filter, Corrected: a.Kind, Thing: a.Key}
	}
	return append(first, count(a.Values), count(a.Looked), corrected, share(right, ok), share(low, ok), share(high, ok))
}
