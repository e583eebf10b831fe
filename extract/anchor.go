package extract

import (
	"slices"
	"strings"

	"sealdesk/extract/call"
)

// anchor is where a section of the form begins on a page: rows [from, to) hold
// its heading. A grid known by its labels alone has no such rows.
type anchor struct {
	section  int
	from, to int
	score    float64
	top      int // pixels
	bottom   int
	rest     bool // a grid that began on another page
}

// headingLike is the likeness from which a line counts as a section's heading.
const headingLike = 0.62

// anchors finds the form's sections on the page: the set of lines, in order,
// that are most like the headings, in print order (dynamic programming over
// both).
func (s *Sheet) anchors(rows []row) []anchor {
	sections := s.Call.Form.Sections
	n, m := len(sections), len(rows)
	candidate := make([][]anchor, n)
	shared := make([]bool, n)
	for k, sec := range sections {
		candidate[k] = make([]anchor, m)
		shared[k] = s.sharesHeading(k)
		want := fold(sec.Heading)
		for i := range rows {
			candidate[k][i] = s.headingAt(k, want, rows, i)
		}
	}
	// best[k][i]: the best sum with sections from k on and rows from i on.
	best := make([][]float64, n+1)
	for k := range best {
		best[k] = make([]float64, m+1)
	}
	gain := func(k, i int) float64 {
		c := candidate[k][i]
		if c.score < headingLike || s.labelCell(rows[i].cell) {
			return -1
		}
		if shared[k] && !s.ownLabel(&sections[k], rows[c.to:]) {
			// The other section of that heading is the likelier one.
			return c.score - 0.55
		}
		return c.score - 0.5
	}
	for k := n - 1; k >= 0; k-- {
		for i := m - 1; i >= 0; i-- {
			best[k][i] = max(best[k+1][i], best[k][i+1])
			if g := gain(k, i); g > 0 {
				best[k][i] = max(best[k][i], g+best[k+1][candidate[k][i].to])
			}
		}
	}
	var out []anchor
	for k, i := 0, 0; k < n && i < m; {
		switch {
		case gain(k, i) > 0 && best[k][i] == gain(k, i)+best[k+1][candidate[k][i].to]:
			a := candidate[k][i]
			a.top, a.bottom = rows[a.from].box.Min.Y, rows[a.to-1].box.Max.Y
			out = append(out, a)
			k, i = k+1, a.to
		case best[k][i] == best[k+1][i]:
			k++
		default:
			i++
		}
	}
	return s.gridAnchors(rows, out)
}

// headingAt is how well rows from i on begin with a heading, which may wrap
// over up to three lines of one block.
func (s *Sheet) headingAt(k int, want []rune, rows []row, i int) anchor {
	out := anchor{section: k, from: i, to: i + 1}
	if len(want) == 0 {
		return out
	}
	text := fold(rows[i].text)
	for j := i; ; {
		score, _ := begins(want, text)
		if len(want) < 10 {
			// A short heading stands alone in its line.
			score = similarRunes(want, text)
			if score < 0.78 {
				score = 0
			}
		}
		if score > out.score {
			out.score, out.to = score, j+1
		}
		j++
		if j >= len(rows) || j > i+2 || len(text) == 0 || len(text) >= len(want) || rows[j].cell != rows[i].cell {
			return out
		}
		if gap := rows[j].box.Min.Y - rows[j-1].box.Max.Y; gap > rows[j-1].box.Dy()*3/2 {
			return out
		}
		text = append(text, fold(rows[j].text)...)
	}
}

// sharesHeading is true for a grid that is headed like another section, so that
// its heading alone does not tell it.
func (s *Sheet) sharesHeading(k int) bool {
	sections := s.Call.Form.Sections
	if sections[k].Kind != call.GridSection {
		return false
	}
	for j, sec := range sections {
		if j != k && similar(sec.Heading, sections[k].Heading) >= 0.9 {
			return true
		}
	}
	return false
}

// ownLabel is true when one of a grid's labels begins one of these rows, in a
// cell that a label may stand in.
func (s *Sheet) ownLabel(sec *call.Section, rows []row) bool {
	for _, r := range rows {
		text := fold(r.text)
		for _, cells := range sec.Rows {
			for _, c := range cells {
				want := fold(c.Label)
				if score, _ := begins(want, text); score >= 0.75 && (s.labelCell(r.cell) || similarRunes(want, text) >= 0.75 && !s.isHeading(text)) {
					return true
				}
			}
		}
	}
	return false
}

// isHeading is true for a text that is a section's heading.
func (s *Sheet) isHeading(text []rune) bool {
	return slices.ContainsFunc(s.Call.Form.Sections, func(sec call.Section) bool {
		return similarRunes(fold(sec.Heading), text) >= 0.9
	})
}

// labelCell is true for a cell that shares its row with others: what stands in
// it is a label or a value, never a heading.
func (s *Sheet) labelCell(i int) bool {
	if i < 0 {
		return false
	}
	c := s.Layout.Cells[i]
	return c.Box.Dx()*10 < s.Layout.Tables[c.Table].Box.Dx()*6
}

// gridAnchors adds the grids whose heading was not found but whose labels were.
func (s *Sheet) gridAnchors(rows []row, anchors []anchor) []anchor {
	for k, sec := range s.Call.Form.Sections {
		if sec.Kind != call.GridSection || slices.ContainsFunc(anchors, func(a anchor) bool { return a.section == k }) {
			continue
		}
		labels := map[string]bool{}
		for _, r := range sec.Rows {
			for _, c := range r {
				if c.Label != "" {
					labels[c.Label] = true
				}
			}
		}
		hits, top, bottom := map[string]bool{}, s.Layout.H, 0
		for label := range labels {
			for i, cell := range s.Layout.Cells {
				text := s.cellText(rows, i)
				// A colon sets off a label that shares its cell with its value.
				if similar(label, text) >= 0.75 || strings.Contains(foldWidth(dense(text)), foldWidth(label)+":") {
					hits[label] = true
					top, bottom = min(top, cell.Box.Min.Y), max(bottom, cell.Box.Max.Y)
					break
				}
			}
		}
		clear := true // no other section's heading stands among the labels
		for _, a := range anchors {
			clear = clear && (a.bottom <= top+s.Layout.H/100 || a.top >= bottom-s.Layout.H/100)
		}
		need := max(2, (len(labels)+1)*2/5)
		if len(anchors) == 0 {
			// Other papers ask for a name and a telephone too.
			need = min(max(3, need), len(labels))
		}
		// The rest of a grid stands at the head of a page, above the next heading.
		row, together := firstRow(sec.Rows, hits)
		rest := len(anchors) > 0 && bottom <= anchors[0].top && together
		if (len(hits) >= need || rest) && clear {
			anchors = append(anchors, anchor{section: k, from: -1, to: -1, score: 0.7, top: top, bottom: top, rest: row > 1})
		}
	}
	slices.SortStableFunc(anchors, func(a, b anchor) int { return a.top - b.top })
	return anchors
}

// firstRow is the first row of a grid whose labels are found, -1 for none; together
// is true where the rows found follow one another.
func firstRow(rows [][]call.FormCell, hits map[string]bool) (first int, together bool) {
	first, last, whole := -1, -1, 0
	for k, cells := range rows {
		labels, found := 0, 0
		for _, c := range cells {
			if c.Label != "" {
				labels++
				if hits[c.Label] {
					found++
				}
			}
		}
		if labels == 0 || found*10 < labels*6 {
			continue
		}
		if first < 0 {
			first = k
		}
		last, whole = k, whole+1
	}
	return first, len(hits) >= 2 && first >= 0 && whole*10 >= (last-first+1)*6
}

func (s *Sheet) cellText(rows []row, cell int) string {
	var in []row
	for _, r := range rows {
		if r.cell == cell {
			in = append(in, r)
		}
	}
	return joinText(in)
}
