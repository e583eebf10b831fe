package report

import (
	"errors"
	"fmt"
	"io"
	"time"
	"unicode"

	"github.com/xuri/excelize/v2"
)

// XLSX writes the report as a workbook: a sheet for each table, with a frozen head, and
// one that says what the figures count. Numbers are numbers; all else is text, also
// what looks like a formula.
func (d *Document) XLSX(w io.Writer) (err error) {
	f := excelize.NewFile()
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = fmt.Errorf("report: XLSX: %w", err)
		}
	}()
	b := &workbook{File: f}
	at := d.Time.UTC().Format(time.RFC3339)
	if err := f.SetDocProps(&excelize.DocProperties{Title: d.Title, Creator: "sealdesk", LastModifiedBy: "sealdesk", Created: at, Modified: at}); err != nil {
		return err
	}
	if err := b.makeStyles(); err != nil {
		return err
	}
	for i, t := range d.Tables {
		if err := b.table(i, t); err != nil {
			return err
		}
	}
	if err := b.definitions(d); err != nil {
		return err
	}
	return f.Write(w)
}

// workbook is a workbook that is being written.
type workbook struct {
	*excelize.File
	head        int
	plain, sums map[CellKind]int // styles of cells
}

func (b *workbook) makeStyles() (err error) {
	line := []excelize.Border{{Type: "bottom", Color: "B0B4BA", Style: 1}}
	b.head, err = b.NewStyle(&excelize.Style{
		Font: &excelize.Font{Bold: true}, Border: line,
		Fill:      excelize.Fill{Type: "pattern", Color: []string{"E8F0F7"}, Pattern: 1},
		Alignment: &excelize.Alignment{WrapText: true, Vertical: "center"},
	})
	if err != nil {
		return err
	}
	percent := "0.0%"
	b.plain, b.sums = map[CellKind]int{}, map[CellKind]int{}
	// 49 is text, so that a cell stays text when somebody edits it; 1 is a whole number.
	for kind, style := range []excelize.Style{
		Text:  {NumFmt: 49, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}},
		Count: {NumFmt: 1, Alignment: &excelize.Alignment{Vertical: "top"}},
		Year:  {NumFmt: 1, Alignment: &excelize.Alignment{Vertical: "top", Horizontal: "left"}},
		Share: {CustomNumFmt: &percent, Alignment: &excelize.Alignment{Vertical: "top"}},
	} {
		if b.plain[CellKind(kind)], err = b.NewStyle(&style); err != nil {
			return err
		}
		style.Font = &excelize.Font{Bold: true}
		if b.sums[CellKind(kind)], err = b.NewStyle(&style); err != nil {
			return err
		}
	}
	return nil
}

// sheet begins the n-th sheet, from 0, with a frozen row of heads.
func (b *workbook) sheet(n int, name string, heads []string) error {
	if n == 0 {
		if err := b.SetSheetName(b.GetSheetName(0), name); err != nil {
			return err
		}
	} else if _, err := b.NewSheet(name); err != nil {
		return err
	}
	for i, head := range heads {
		if err := b.put(name, i, 0, Cell{Text: head}, b.head); err != nil {
			return err
		}
	}
	landscape, a4, one, many := "landscape", 9, 1, 0
	fit := true
	return errors.Join(
		b.SetPanes(name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}),
		b.SetPageLayout(name, &excelize.PageLayoutOptions{Orientation: &landscape, Size: &a4, FitToWidth: &one, FitToHeight: &many}),
		b.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit}),
		b.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: "'" + name + "'!$1:$1", Scope: name}),
	)
}

// put writes one cell, by column and row from 0.
func (b *workbook) put(sheet string, column, row int, c Cell, style int) error {
	at, err := excelize.CoordinatesToCellName(column+1, row+1)
	if err != nil {
		return err
	}
	if c.Is {
		err = b.SetCellFloat(sheet, at, c.Number, -1, 64)
	} else {
		err = b.SetCellStr(sheet, at, c.Text)
	}
	return errors.Join(err, b.SetCellStyle(sheet, at, at, style))
}

func (b *workbook) table(n int, t Table) error {
	heads, widths := make([]string, len(t.Columns)), make([]float64, len(t.Columns))
	for i, c := range t.Columns {
		heads[i], widths[i] = c.Head, columns(c.Head)
	}
	if err := b.sheet(n, t.Title, heads); err != nil {
		return err
	}
	for y, r := range t.Rows {
		styles := b.plain
		if r.Sum {
			styles = b.sums
		}
		for x, c := range r.Cells {
			widths[x] = max(widths[x], columns(c.Text))
			if err := b.put(t.Title, x, y+1, c, styles[t.Columns[x].Kind]); err != nil {
				return err
			}
		}
	}
	if len(t.Rows) == 0 {
		if err := b.put(t.Title, 0, 1, Cell{Text: t.Empty}, b.plain[Text]); err != nil {
			return err
		}
		widths[0] = max(widths[0], columns(t.Empty))
	}
	return b.widen(t.Title, widths)
}

// widen makes columns as wide as what stands in them, within bounds.
func (b *workbook) widen(sheet string, widths []float64) error {
	for i, w := range widths {
		name, err := excelize.ColumnNumberToName(i + 1)
		if err == nil {
			err = b.SetColWidth(sheet, name, name, min(max(w+2, 8), 48))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// columns is how wide a text is, in characters of a digit's width.
func columns(s string) float64 {
	n := 0.0
	for _, r := range s {
		if n++; r > unicode.MaxLatin1 {
			n++
		}
	}
	return n
}

func (b *workbook) definitions(d *Document) error {
	w := wordsIn(d.language)
	if err := b.sheet(len(d.Tables), w.definitionsTitle, []string{d.Title, d.Scope}); err != nil {
		return err
	}
	rows := []Definition{{"", d.Made}}
	rows = append(rows, d.Definitions...)
	for _, t := range d.Tables {
		if t.Note != "" {
			rows = append(rows, Definition{t.Title, t.Note})
		}
	}
	for i, def := range rows {
		for x, text := range []string{def.Term, def.Text} {
			if err := b.put(w.definitionsTitle, x, i+1, Cell{Text: text}, b.plain[Text]); err != nil {
				return err
			}
		}
	}
	return errors.Join(b.SetColWidth(w.definitionsTitle, "A", "A", 24), b.SetColWidth(w.definitionsTitle, "B", "B", 90))
}
