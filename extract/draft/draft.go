// Package draft guesses a call's profile from its blank form: the ruled cells, the labels
// printed in them, check boxes and limits of length. What it writes is to be finished by
// hand: where it is in doubt, a comment says so.
//
// It reads no pages and knows no form. What cells mean is told by where they stand: a
// printed cell is a label, an empty one a value, one with boxes a choice; a row of labels
// above empty rows is a table.
package draft

import (
	"cmp"
	"image"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"sealdesk/pipeline/layout"
	"sealdesk/pipeline/ocr"
)

// Page is a page of the blank form with what was read of each of its lines, in crops with a
// margin of extract.Margin pixels.
type Page struct {
	Layout   *layout.Page
	Readings []ocr.Reading // one for each of Layout.Lines
}

// form is what was found.
type form struct {
	title        []string
	cover        []text
	instructions string
	sections     []*section
	year         int
}

// text is something printed, and how sure its reading is, 0 to 1.
type text struct {
	words string
	sure  float64
}

// section is a heading and the rows of cells below it.
type section struct {
	heading text
	notes   []string
	whole   *cell // the heading's own cell, where it stands in one
	rows    [][]*cell
}

// cell is a ruled cell; spans says that it began in a row above.
type cell struct {
	box   image.Rectangle
	lines []line
	spans bool
}

// line is a text line with its boxes to tick.
type line struct {
	text
	box     image.Rectangle
	height  int
	options []text
	boxes   int
}

// usually is from where a reading is good enough not to be pointed out.
const usually = 0.8

var (
	numbered = regexp.MustCompile(`^[（(]?[一二三四五六七八九十]{1,3}[）)]?[、.．,，]`)
	folio    = regexp.MustCompile(`^[-—–\s]*(第?\s*\d+\s*页?|[-—–])[-—–\s/共页0-9]*$`)
	remark   = regexp.MustCompile(`^[【\[（(]?\s*(备注|注|说明)\s*[:：]|^【`)
	yearText = regexp.MustCompile(`^[（(]?([二2][〇○零OＯ0oO][一二三四五六七八九〇○零OＯ0-9]{2})年`)
)

// read makes a form of its pages, in order.
func read(pages []Page) *form {
	f := &form{}
	began := false // whether a ruled page has come
	for n := range pages {
		p := newSheet(&pages[n])
		if len(p.cells) == 0 && !began {
			f.front(p)
			continue
		}
		began = true
		f.body(p)
	}
	return f
}

// sheet is a page by its cells and lines.
type sheet struct {
	width int
	cells []*cell
	loose []line // outside of all cells
}

func newSheet(p *Page) *sheet {
	s := &sheet{width: p.Layout.W}
	for _, c := range p.Layout.Cells {
		s.cells = append(s.cells, &cell{box: c.Box})
	}
	for i, l := range p.Layout.Lines {
		r := p.Readings[i]
		found := line{text: text{tidy(r.Text), r.Confidence}, box: l.Box, height: l.Height}
		found.readBoxes(p.Layout, l, r)
		switch {
		case found.words == "" && found.boxes == 0:
		case l.Cell >= 0:
			s.cells[l.Cell].lines = append(s.cells[l.Cell].lines, found)
		case !folio.MatchString(found.words):
			s.loose = append(s.loose, found)
		}
	}
	return s
}

// brackets are Chinese ones for what they are read as.
var brackets = strings.NewReplacer("〈", "（", "〉", "）", "(", "（", ")", "）")

// tidy leaves out blanks about a text and between Chinese characters, and makes brackets
// Chinese where the text is. What stands alone between them and looks like a dash is the
// number one.
func tidy(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		s = strings.NewReplacer("（—）", "（一）", "（-）", "（一）", "（一)", "（一）").Replace(brackets.Replace(s))
	}
	var b strings.Builder
	runes := []rune(strings.TrimSpace(s))
	for i, r := range runes {
		if unicode.IsSpace(r) && i > 0 && (runes[i-1] >= 0x2e80 || i+1 < len(runes) && runes[i+1] >= 0x2e80) {
			continue
		}
		if unicode.IsPrint(r) { // anything else is no print, and none of YAML's
			b.WriteRune(r)
		}
	}
	return b.String()
}

// front takes a page without cells that stands before the others: the cover, whose labels
// stand one below the other with room to write behind each, or the instructions.
func (f *form) front(p *sheet) {
	for _, l := range p.loose {
		if m := yearText.FindStringSubmatch(l.words); m != nil {
			f.year = yearOf(m[1])
		}
	}
	labels := labelsOf(p.loose)
	switch {
	case len(labels) > 0 && len(f.cover) == 0:
		for _, l := range p.loose {
			if l.box.Min.Y >= labels[0].box.Min.Y {
				break
			}
			if l.height*10 >= labels[0].height*13 {
				f.title = append(f.title, l.words)
			}
		}
		for _, l := range labels {
			f.cover = append(f.cover, l.text)
		}
	case len(p.loose) > 1 && f.instructions == "" && p.loose[0].box.Dx() < p.loose[1].box.Dx():
		f.instructions = p.loose[0].words
	}
}

var sentence = regexp.MustCompile(`[，。；,;]|^\d+[.、]`)

// labelsOf are three or more short lines one below the other, from the same left edge.
func labelsOf(lines []line) []line {
	var best []line
	for i, first := range lines {
		run := []line{first}
		for _, l := range lines[i+1:] {
			if d := l.box.Min.X - first.box.Min.X; d > first.height/2 || d < -first.height/2 || l.height*10 > first.height*13 || l.height*13 < first.height*10 {
				break
			}
			run = append(run, l)
		}
		short := !slices.ContainsFunc(run, func(l line) bool { return sentence.MatchString(l.words) || len([]rune(l.words)) > 12 })
		if short && len(run) >= 3 && len(run) > len(best) {
			best = run
		}
	}
	return best
}

func yearOf(s string) int {
	n := 0
	for _, r := range s {
		d := strings.IndexRune("0123456789", r)
		if i := strings.Index("〇一二三四五六七八九", string(r)); i >= 0 {
			d = i / len("一")
		}
		n = n*10 + max(d, 0)
	}
	return n
}

// body takes a page with cells: what is printed between them are headings.
func (f *form) body(p *sheet) {
	rows := rowsOf(p.cells)
	loose := p.loose
	for len(rows) > 0 || len(loose) > 0 {
		if len(rows) == 0 || len(loose) > 0 && loose[0].box.Min.Y < rows[0][0].box.Min.Y {
			loose = f.head(loose, p.width, nil)
			continue
		}
		f.row(rows[0])
		rows = rows[1:]
	}
}

// rowsOf puts cells in rows, from the left; a cell that reaches over several rows stands in
// each.
func rowsOf(cells []*cell) [][]*cell {
	var tops []int
	for _, c := range cells {
		tops = append(tops, c.box.Min.Y)
	}
	const near = 8 // pixels
	slices.Sort(tops)
	tops = slices.CompactFunc(tops, func(a, b int) bool { return max(a, b)-min(a, b) < near })
	var rows [][]*cell
	for _, top := range tops {
		var row []*cell
		own := false
		for _, c := range cells {
			switch {
			case c.box.Min.Y >= top && c.box.Min.Y < top+near:
				row, own = append(row, c), true
			case c.box.Min.Y < top && c.box.Max.Y > top+near:
				row = append(row, &cell{box: c.box, lines: c.lines, spans: true})
			}
		}
		if own {
			slices.SortFunc(row, func(a, b *cell) int { return cmp.Compare(a.box.Min.X, b.box.Min.X) })
			rows = append(rows, row)
		}
	}
	return rows
}

// head begins a section with the first of some lines, and gives the lines behind its
// heading and notes. in is the cell that they stand in.
func (f *form) head(lines []line, width int, in *cell) []line {
	s := &section{heading: lines[0].text, whole: in}
	f.sections = append(f.sections, s)
	i := 1
	for ; i < len(lines); i++ {
		above, l := lines[i-1], lines[i]
		if l.box.Min.Y-above.box.Max.Y > above.height || l.boxes > 0 || numbered.MatchString(l.words) || remark.MatchString(l.words) {
			break
		}
		if balanced(s.heading.words) && above.box.Max.X < width*8/10 {
			break
		}
		s.heading.words += l.words
		s.heading.sure = min(s.heading.sure, l.sure)
	}
	for ; i < len(lines) && (remark.MatchString(lines[i].words) || len(s.notes) > 0 && lines[i].box.Min.Y-lines[i-1].box.Max.Y <= lines[i-1].height); i++ {
		if len(s.notes) > 0 && !remark.MatchString(lines[i].words) {
			s.notes[len(s.notes)-1] += lines[i].words
			continue
		}
		s.notes = append(s.notes, lines[i].words)
	}
	return lines[i:]
}

// balanced says whether all brackets of a text are closed.
func balanced(s string) bool {
	open := strings.Count(s, "（") + strings.Count(s, "(")
	return open <= strings.Count(s, "）")+strings.Count(s, ")")
}

// row takes a row of cells: one that is as wide as the form may begin a section.
func (f *form) row(row []*cell) {
	var last *section
	if len(f.sections) > 0 {
		last = f.sections[len(f.sections)-1]
	}
	c := row[0]
	alone := len(row) == 1 && !c.spans
	// Below a heading that stands outside of cells, the first cell is its own.
	fresh := last != nil && last.whole == nil && len(last.rows) == 0
	if alone && len(c.lines) > 0 && c.lines[0].boxes == 0 && (!fresh || numbered.MatchString(c.lines[0].words)) {
		rest := f.head(c.lines, c.box.Max.X, c)
		s := f.sections[len(f.sections)-1]
		if len(rest) > 0 {
			s.rows = append(s.rows, []*cell{{box: c.box, lines: rest}})
		}
		return
	}
	if last == nil {
		last = &section{}
		f.sections = append(f.sections, last)
	}
	last.rows = append(last.rows, row)
}
