package extract

import (
	"image"
	"slices"
	"strings"
	"unicode"

	"sealdesk/pipeline/layout"
	"sealdesk/pipeline/ocr"
)

// Margin is the white margin, in pixels, around the crops whose readings a
// Sheet holds: character boxes are counted from it.
const Margin = 10

// row is one line of text as a reader's eye takes it: the pieces that stand
// side by side in one cell, or outside all cells, joined from left to right.
type row struct {
	box   image.Rectangle
	cell  int // index into Layout.Cells, -1 outside
	lines []int
	text  string
	raw   string
	chars []ocr.Char // boxes in pixels of the page
	conf  float64    // mean of the characters'
}

// rows joins the sheet's lines into rows, in reading order.
func (s *Sheet) rows() []row {
	var out []row
	for i, l := range s.Layout.Lines {
		r := s.lineRow(i)
		if n := len(out); n > 0 && out[n-1].cell == l.Cell {
			last := &out[n-1]
			overlap := min(last.box.Max.Y, l.Box.Max.Y) - max(last.box.Min.Y, l.Box.Min.Y)
			if overlap*2 > min(last.box.Dy(), l.Box.Dy()) {
				*last = joinRows(*last, r)
				continue
			}
		}
		out = append(out, r)
	}
	return slices.DeleteFunc(out, func(r row) bool { return s.watermark(r) })
}

func (s *Sheet) watermark(r row) bool {
	for _, p := range s.Call.Watermarks {
		if p.Match(r.text) && r.box.Min.Y > s.Layout.H*3/4 {
			return true
		}
	}
	return false
}

func (s *Sheet) lineRow(i int) row {
	l, reading := s.Layout.Lines[i], s.Readings[i]
	r := row{box: l.Box, cell: l.Cell, lines: []int{i}, text: reading.Text, raw: reading.Raw, conf: reading.Confidence}
	shift := l.Box.Min.Sub(image.Pt(Margin, Margin))
	for _, c := range reading.Chars {
		c.Box = c.Box.Add(shift)
		r.chars = append(r.chars, c)
	}
	return r
}

func joinRows(a, b row) row {
	if b.box.Min.X < a.box.Min.X {
		a, b = b, a
	}
	n, m := float64(len(a.chars)), float64(len(b.chars))
	conf := 0.0
	if n+m > 0 {
		conf = (a.conf*n + b.conf*m) / (n + m)
	}
	return row{
		box: a.box.Union(b.box), cell: a.cell, lines: append(slices.Clone(a.lines), b.lines...),
		text: strings.TrimSpace(a.text + " " + b.text), raw: a.raw + " " + b.raw,
		chars: append(slices.Clone(a.chars), b.chars...), conf: conf,
	}
}

// joinText joins rows of one value: a blank only where a Latin word would run
// into the next.
func joinText(rows []row) string {
	var b strings.Builder
	last := rune(0)
	for _, r := range rows {
		t := strings.TrimSpace(r.text)
		if t == "" {
			continue
		}
		first := []rune(t)[0]
		if isLatin(last) && isLatin(first) {
			b.WriteByte(' ')
		}
		b.WriteString(t)
		for _, c := range t {
			last = c
		}
	}
	return b.String()
}

func isLatin(r rune) bool { return r < 0x250 && unicode.IsLetter(r) }

// confidence of rows as one value: between the mean and the weakest character,
// since one wrong character makes a short value wrong.
func confidence(rows []row) float64 {
	n, sum, least := 0, 0.0, 1.0
	for _, r := range rows {
		for _, c := range r.chars {
			n++
			sum += c.Confidence
			least = min(least, c.Confidence)
		}
	}
	if n == 0 {
		return 0
	}
	return (sum/float64(n) + least) / 2
}

func bounds(rows []row) image.Rectangle {
	var b image.Rectangle
	for _, r := range rows {
		b = b.Union(r.box)
	}
	return b
}

// after is the part of a row behind its first n folded characters, as a row of
// its own: what stands behind a label.
func (r row) after(n int) row {
	out := r
	out.chars, out.text, out.raw = nil, "", ""
	var text strings.Builder
	seen := 0
	for _, c := range r.chars {
		if seen >= n {
			if text.Len() > 0 || !strings.ContainsAny(c.Text, "：:，、 ") {
				out.chars = append(out.chars, c)
				text.WriteString(c.Text)
			}
			continue
		}
		seen += len(fold(c.Text))
	}
	out.text = text.String()
	out.raw = out.text
	out.box = image.Rectangle{}
	for _, c := range out.chars {
		out.box = out.box.Union(c.Box)
	}
	if out.box.Empty() {
		out.box = image.Rect(r.box.Max.X, r.box.Min.Y, r.box.Max.X, r.box.Max.Y)
	}
	out.box.Min.Y, out.box.Max.Y = r.box.Min.Y, r.box.Max.Y
	return out
}

// gridRow is one row of cells of a table, from left to right; a cell that spans
// several rows stands in each.
type gridRow struct {
	top, bottom int
	cells       []int
}

// grid sorts cells into rows. A row is a set of cells of about one height
// beside each other; taller ones that cross its middle belong to it too.
func grid(l *layout.Page, cells []int) []gridRow {
	sorted := slices.Clone(cells)
	slices.SortFunc(sorted, func(a, b int) int { return l.Cells[a].Box.Dy() - l.Cells[b].Box.Dy() })
	var rows []gridRow
	for _, i := range sorted {
		b := l.Cells[i].Box
		placed := false
		for k := range rows {
			mid := (rows[k].top + rows[k].bottom) / 2
			if b.Min.Y < mid && mid < b.Max.Y {
				rows[k].cells = append(rows[k].cells, i)
				placed = true
			}
		}
		if !placed {
			rows = append(rows, gridRow{b.Min.Y, b.Max.Y, []int{i}})
		}
	}
	slices.SortFunc(rows, func(a, b gridRow) int { return a.top - b.top })
	for _, r := range rows {
		slices.SortFunc(r.cells, func(a, b int) int { return l.Cells[a].Box.Min.X - l.Cells[b].Box.Min.X })
	}
	return rows
}
