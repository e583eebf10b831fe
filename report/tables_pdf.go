package report

import (
	"fmt"
	"io"
)

// The sizes of a report's print in points.
const (
	cellSize  = 9.0
	titleLine = 13.0
)

// printed is a report that is being written as a PDF.
type printed struct {
	*document
	*Document
	words *figureWords
}

// PDF writes the report as A4 pages. Names that are too long for two lines lose their
// end. The error is a Chinese sentence for people when the font is missing.
func (d *Document) PDF(w io.Writer) error {
	doc, err := newDocument(d.Title, d.Time)
	if err != nil {
		return err
	}
	p := printed{doc, d, wordsIn(d.language)}
	p.AddPage()
	p.centred(16, titleSize, p.face.clean(d.Title), p.putBold)
	scope, size := p.fitted(d.Scope, headSize, 8, inner)
	p.centred(28, size, scope, p.put)
	made := p.face.clean(d.Made)
	p.centred(36, noteSize, made, p.put)
	p.y = 46
	for _, t := range d.Tables {
		p.table(t)
	}
	p.definitions()
	p.feet()
	return p.write(w)
}

// heading prints a table's title, with room for a few rows below it.
func (p printed) heading(title, note string) {
	p.next = nil
	p.room(30)
	p.putBold(margin, p.y, titleLine, p.face.clean(title))
	p.y += lineHeight(titleLine) + 1
	if note != "" {
		for _, line := range p.lines(note, noteSize, inner, 3) {
			p.put(margin, p.y, noteSize, line)
			p.y += lineHeight(noteSize)
		}
		p.y++
	}
}

func (p printed) table(t Table) {
	p.heading(t.Title, t.Note)
	if len(t.Rows) == 0 {
		p.put(margin, p.y, cellSize, p.face.clean(t.Empty))
		p.y += lineHeight(cellSize) + 8
		return
	}
	widths := p.widths(t)
	heads := Row{Sum: true}
	for _, c := range t.Columns {
		heads.Cells = append(heads.Cells, Cell{Text: c.Head})
	}
	head := func() { p.row(t, widths, heads, true) }
	head()
	p.next = head
	for _, r := range t.Rows {
		p.row(t, widths, r, false)
	}
	p.next = nil
	p.y += 8
}

// widths gives numbers the room that their column needs, and the rest to texts, by how
// much stands in them.
func (p printed) widths(t Table) []float64 {
	const (
		least, most = 11.0, 27.0 // of a column of numbers, in mm
		slack       = 0.1        // so that what fits is not wrapped for a rounding
	)
	widths, rest, texts := make([]float64, len(t.Columns)), inner, 0.0
	need := func(i int) float64 {
		wide := p.width(p.face.clean(t.Columns[i].Head), cellSize)
		for _, r := range t.Rows {
			wide = max(wide, p.width(p.face.clean(r.Cells[i].Text), cellSize))
		}
		return wide + 2*padding + slack
	}
	for i, c := range t.Columns {
		widths[i] = need(i)
		if c.Kind == Text {
			widths[i] = min(widths[i], 80)
			texts += widths[i]
			continue
		}
		widths[i] = min(max(widths[i], least), most)
		rest -= widths[i]
	}
	for i, c := range t.Columns {
		if c.Kind == Text {
			widths[i] *= rest / texts
		}
	}
	return widths
}

// row prints one row between two lines; numbers stand at the right of their columns, on
// the first line of the row.
func (p printed) row(t Table, widths []float64, r Row, head bool) {
	height := lineHeight(cellSize)
	cells := make([][]string, len(r.Cells))
	for i, c := range r.Cells {
		cells[i] = p.lines(c.Text, cellSize, widths[i]-2*padding, 2)
		height = max(height, float64(len(cells[i]))*lineHeight(cellSize))
	}
	height += padding
	p.room(height)
	if head {
		p.SetFillColor(232, 240, 247)
		p.Rect(margin, p.y, inner, height, "F")
	}
	put := p.put
	if r.Sum {
		put = p.putBold
	}
	x := margin
	for i, lines := range cells {
		for k, line := range lines {
			left := x + padding
			if t.Columns[i].Kind == Count || t.Columns[i].Kind == Share {
				left = x + widths[i] - padding - p.width(line, cellSize)
			}
			put(left, p.y+padding/2+float64(k)*lineHeight(cellSize), cellSize, line)
		}
		x += widths[i]
	}
	p.y += height
	p.SetDrawColor(190, 190, 190)
	p.SetLineWidth(0.15)
	p.Line(margin, p.y, pageWidth-margin, p.y)
}

func (p printed) definitions() {
	p.heading(p.words.definitionsTitle, "")
	for _, d := range p.Definitions {
		lines := p.lines(d.Text, cellSize, inner-labelWidth, 6)
		p.room(float64(len(lines)) * lineHeight(cellSize))
		term, size := p.fitted(d.Term, cellSize, 6, labelWidth-padding)
		p.putBold(margin, p.y, size, term)
		for _, line := range lines {
			p.put(margin+labelWidth, p.y, cellSize, line)
			p.y += lineHeight(cellSize)
		}
		p.y++
	}
}

// feet prints the foot of every page, once it is known how many there are.
func (p printed) feet() {
	n := p.PageCount()
	for i := range n {
		p.SetPage(i + 1)
		p.SetDrawColor(150, 150, 150)
		p.SetLineWidth(0.2)
		p.Line(margin, pageHeight-18, pageWidth-margin, pageHeight-18)
		leaf := p.face.clean(fmt.Sprintf(p.words.page, i+1, n))
		scope, size := p.fitted(p.Title+" · "+p.Scope, noteSize, 6, inner-40)
		p.put(margin, pageHeight-16, size, scope)
		p.put(pageWidth-margin-p.width(leaf, noteSize), pageHeight-16, noteSize, leaf)
	}
}
