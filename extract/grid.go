package extract

import (
	"image"
	"slices"
	"strings"

	"sealdesk/extract/call"
	"sealdesk/pipeline/ocr"
)

// grid reads a ruled table of labels and values: the profile's rows are laid
// against the page's, in order, by their labels and their number of cells.
func (v *visit) grid(sec *call.Section, a anchor, end int) {
	cells := v.cellsIn(a.top, end)
	if head := v.headingCell(a); head >= 0 {
		cells = slices.DeleteFunc(cells, func(i int) bool { return i == head })
	}
	rows := grid(v.Layout, cells)
	texts := map[int]string{}
	for _, i := range cells {
		texts[i] = joinText(v.inCell(i))
	}
	n, m := len(sec.Rows), len(rows)
	score := func(p, r int) float64 { return rowLikeness(sec.Rows[p], rows[r], texts) }
	best := make([][]float64, n+1)
	for p := range best {
		best[p] = make([]float64, m+1)
	}
	for p := n - 1; p >= 0; p-- {
		for r := m - 1; r >= 0; r-- {
			best[p][r] = max(best[p+1][r], best[p][r+1], best[p+1][r+1]+score(p, r))
		}
	}
	for p, r := 0, 0; p < n && r < m; {
		switch s := score(p, r); {
		case s > 0 && best[p][r] == best[p+1][r+1]+s:
			v.gridRow(sec.Rows[p], rows[r])
			p, r = p+1, r+1
		case best[p][r] == best[p+1][r]:
			p++
		default:
			r++
		}
	}
	v.content.parts = append(v.content.parts, part{section: a.section, rest: a.rest})
}

// rowLikeness is how well a row of the page fits one of the profile, 0..1.
func rowLikeness(want []call.FormCell, have gridRow, texts map[int]string) float64 {
	labels, sum := 0, 0.0
	for _, c := range want {
		if c.Label == "" {
			continue
		}
		labels++
		best := 0.0
		for _, i := range have.cells {
			best = max(best, labelIn(c.Label, texts[i]))
		}
		if best >= 0.4 {
			sum += best
		}
	}
	count := 1 - 0.35*float64(abs(len(want)-len(have.cells)))
	count = max(count, 0)
	if labels == 0 {
		return 0.4 * count
	}
	return 0.75*sum/float64(labels) + 0.25*count
}

// labelIn is how surely a label stands in a cell's text, 0..1: alone, or with its
// value in the same cell.
func labelIn(label, text string) float64 {
	want, have := fold(label), fold(text)
	out := similarRunes(want, have)
	if ahead, _ := begins(want, have); ahead >= 0.75 {
		out = max(out, ahead*0.9)
	}
	if strings.Contains(string(have), string(want)) && len(want) > 1 {
		out = max(out, 0.6)
	}
	return out
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

// gridRow gives each value of a profile's row its cell. Where rules were lost
// or added the counts differ, and labels decide which cell is which.
func (v *visit) gridRow(want []call.FormCell, have gridRow) {
	places := v.places(want, have)
	if len(want) == len(places) {
		for k, c := range want {
			if c.Field != "" {
				v.fill(c.Field, places[k].rows, places[k].box)
			}
		}
		return
	}
	n, m := len(want), len(places)
	labels := make([]bool, m)
	for j, p := range places {
		labels[j] = p.label || slices.ContainsFunc(want, func(c call.FormCell) bool { return similar(c.Label, p.text) >= 0.8 })
	}
	likeness := func(k, j int) float64 {
		switch {
		case want[k].Label != "":
			return similar(want[k].Label, places[j].text) - 0.3
		case labels[j]:
			return -1
		default:
			return 0.15
		}
	}
	best := make([][]float64, n+1)
	for k := range best {
		best[k] = make([]float64, m+1)
	}
	for k := n - 1; k >= 0; k-- {
		for j := m - 1; j >= 0; j-- {
			best[k][j] = max(best[k+1][j], best[k][j+1], best[k+1][j+1]+likeness(k, j))
		}
	}
	for k, j := 0, 0; k < n && j < m; {
		switch {
		case best[k][j] == best[k+1][j+1]+likeness(k, j):
			if want[k].Field != "" {
				v.fill(want[k].Field, places[j].rows, places[j].box)
				if j > 0 && places[j].box.Min.X-places[j-1].box.Max.X > int(v.Layout.DPI*0.2) {
					// Between the two is room for what this place may belong to.
					v.doubt(want[k].Field, 0.5)
				}
			}
			k, j = k+1, j+1
		case best[k][j] == best[k][j+1]:
			j++
		default:
			k++
		}
	}
}

// table reads a table with a head row and any number of rows.
func (v *visit) table(sec *call.Section, a anchor, end int) {
	f := v.field(sec.Field)
	cells := v.cellsIn(a.bottom, end)
	if head := v.headingCell(a); head >= 0 {
		cells = slices.DeleteFunc(cells, func(i int) bool { return i == head })
	}
	rows := grid(v.Layout, cells)
	head, likeness := -1, 0.3
	for r, g := range rows {
		if s := v.headLikeness(f, g); s > likeness {
			head, likeness = r, s
		}
	}
	var box image.Rectangle
	for _, i := range cells {
		box = box.Union(v.Layout.Cells[i].Box)
	}
	p := part{section: a.section, box: v.boxOf(box), open: end == v.Layout.H, confidence: 1}
	var columns []image.Rectangle
	if head >= 0 && len(rows[head].cells) == len(f.Columns) {
		for _, i := range rows[head].cells {
			columns = append(columns, v.Layout.Cells[i].Box)
		}
	}
	for r := head + 1; r < len(rows); r++ {
		texts, conf := v.tableRow(rows[r], columns, len(f.Columns))
		if texts == nil {
			if v.inked(rows[r].cells) {
				p.confidence = min(p.confidence, 0.3)
			}
			continue
		}
		// A row that could not be read is no blank row.
		p.confidence = min(p.confidence, conf)
		if m := rowOf(f, texts); m != nil {
			p.rows = append(p.rows, m)
		}
	}
	if head < 0 {
		p.confidence = 0.3
	}
	p.bare = head+1 >= len(rows)
	v.content.parts = append(v.content.parts, p)
}

// inked is true when text stands in one of these cells.
func (v *visit) inked(cells []int) bool {
	return slices.ContainsFunc(cells, func(i int) bool { return len(v.inCell(i)) > 0 })
}

// headLikeness is how well a row of cells fits a table's printed head, 0..1.
func (v *visit) headLikeness(f *call.Field, g gridRow) float64 {
	sum := 0.0
	for k, c := range f.Columns {
		best := 0.0
		for j, i := range g.cells {
			s := similar(c.Label, joinText(v.inCell(i)))
			if len(g.cells) == len(f.Columns) && j != k {
				s /= 2
			}
			best = max(best, s)
		}
		sum += best
	}
	return sum / float64(max(1, len(f.Columns)))
}

// tableRow reads the cells of one row; nil when the row does not have the
// table's columns. columns, where known, say which cell is whose.
func (v *visit) tableRow(g gridRow, columns []image.Rectangle, n int) (texts []string, conf float64) {
	if len(columns) == 0 && len(g.cells) != n || len(g.cells) > 2*n {
		return nil, 0
	}
	texts = make([]string, n)
	conf = 1
	for j, i := range g.cells {
		k := j
		if len(g.cells) != n {
			k = nearest(columns, v.Layout.Cells[i].Box)
		}
		rows := v.inCell(i)
		if len(rows) == 0 {
			continue
		}
		text, c := v.tableText(rows)
		texts[k] += text
		conf = min(conf, c)
	}
	return texts, conf
}

// tableText is what a table's cell says, read by the second reader too where the
// first is in doubt.
func (v *visit) tableText(rows []row) (string, float64) {
	text, conf := joinText(rows), confidence(rows)
	if conf >= doubtful {
		return latinWords(text), conf
	}
	if r, ok := v.second(rows, ocr.Any); ok {
		text, conf, _ = decide(reading{text: text, conf: conf}, r)
	}
	return latinWords(text), conf
}

// doubtful is the confidence below which text is worth a second reader's time.
const doubtful = 0.97

func nearest(columns []image.Rectangle, b image.Rectangle) int {
	best, off := 0, -1
	for k, c := range columns {
		d := abs(c.Min.X + c.Max.X - b.Min.X - b.Max.X)
		if off < 0 || d < off {
			best, off = k, d
		}
	}
	return best
}

// rowOf is a table row by column keys; nil when every cell is blank.
func rowOf(f *call.Field, texts []string) map[string]string {
	m, filled := map[string]string{}, false
	for k, c := range f.Columns {
		t := ""
		if k < len(texts) {
			t = trimNoise(texts[k])
		}
		m[c.Key] = t
		filled = filled || t != ""
	}
	if !filled {
		return nil
	}
	return m
}

// orphans reads what stands between two heights with no heading of its own.
func (v *visit) orphans(top, bottom int) {
	o := &v.content.orphan
	o.cellConf = 1
	var free []row
	var box image.Rectangle
	cells := v.cellsIn(top, bottom)
	for _, g := range grid(v.Layout, cells) {
		if len(g.cells) == 1 {
			free = append(free, v.inCell(g.cells[0])...)
			box = box.Union(v.Layout.Cells[g.cells[0]].Box)
			continue
		}
		o.table = true
		texts := make([]string, len(g.cells))
		for j, i := range g.cells {
			if rows := v.inCell(i); len(rows) > 0 {
				text, c := v.tableText(rows)
				texts[j] = text
				o.cellConf = min(o.cellConf, c)
			}
		}
		o.cells = append(o.cells, texts)
	}
	o.paragraphs, o.conf = v.paragraphs(v.clearer(free), box)
	o.unread = slices.ContainsFunc(free, func(r row) bool { return r.failed })
}
