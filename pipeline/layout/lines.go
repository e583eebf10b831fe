package layout

import (
	"image"
	"slices"
)

// findLines fills p.Lines: inside each cell, and outside all cells.
func (p *Page) findLines() {
	inset := p.inches(0.012)
	bare := p.withoutSeals()
	for i := range p.Cells {
		for _, l := range p.linesIn(p.Cells[i].Box.Inset(inset), bare) {
			l.Cell = i
			p.Lines = append(p.Lines, l)
		}
	}
	outside := slices.Clone(bare)
	for _, t := range p.Tables {
		r := t.Box.Inset(-inset).Intersect(image.Rect(0, 0, p.W, p.H))
		for y := r.Min.Y; y < r.Max.Y; y++ {
			clear(outside[y*p.W+r.Min.X : y*p.W+r.Max.X])
		}
	}
	for _, l := range p.linesIn(image.Rect(0, 0, p.W, p.H), outside) {
		l.Cell = -1
		p.Lines = append(p.Lines, l)
	}
	p.wholeLines()
	slices.SortStableFunc(p.Lines, func(a, b Line) int { return p.order(a) - p.order(b) })
	for i, l := range p.Lines {
		if l.Cell >= 0 {
			p.Cells[l.Cell].Lines = append(p.Cells[l.Cell].Lines, i)
		}
	}
}

// withoutSeals is the ink by which lines are told apart: without the ring text
// and the star of seals that could not be lifted off, which would tie lines
// together. What a line holds is still read with them.
func (p *Page) withoutSeals() []uint8 {
	if len(p.hidden) == 0 {
		return p.Ink
	}
	out := slices.Clone(p.Ink)
	for _, s := range p.hidden {
		cx, cy := float64(s.Min.X+s.Max.X)/2, float64(s.Min.Y+s.Max.Y)/2
		rx, ry := float64(s.Dx())/2, float64(s.Dy())/2
		b := s.Inset(-s.Dx() / 20).Intersect(image.Rect(0, 0, p.W, p.H))
		for y := b.Min.Y; y < b.Max.Y; y++ {
			for x := b.Min.X; x < b.Max.X; x++ {
				dx, dy := (float64(x)-cx)/rx, (float64(y)-cy)/ry
				// The text stands between 0.58 and 0.95 of the radius, the
				// star within 0.36 of it.
				if r := dx*dx + dy*dy; r > 0.34 && r < 1.12 || r < 0.13 {
					out[y*p.W+x] = 0
				}
			}
		}
	}
	return out
}

// order is where a line's block begins: cells in their order, text outside
// between them by height. Lines of one block keep the order they have.
func (p *Page) order(l Line) int {
	if l.Cell < 0 {
		return l.top
	}
	return p.Tables[p.Cells[l.Cell].Table].Box.Min.Y
}

// linesIn cuts a region into text lines by an X-Y cut (Nagy and Seth 1984):
// rows by white between them, then columns by wide white, then rows again.
func (p *Page) linesIn(r image.Rectangle, ink []uint8) []Line {
	r = r.Intersect(image.Rect(0, 0, p.W, p.H))
	if r.Empty() {
		return nil
	}
	rows := p.rows(r, ink)
	em := p.em(rows)
	var out []Line
	for _, row := range p.tidy(rows, em, ink) {
		if lines := p.slanted(row, em, ink); lines != nil {
			for _, pieces := range lines {
				for _, b := range pieces {
					out = append(out, Line{Box: b, Height: b.Dy(), top: row.Min.Y})
				}
			}
			continue
		}
		for _, part := range p.columns(row, em, ink) {
			inner := p.tidy(p.rows(part, ink), em, ink)
			if len(inner) <= 1 {
				inner = []image.Rectangle{part}
			}
			for _, q := range inner {
				if b := tight(q, ink, p.W); p.isText(b) {
					out = append(out, Line{Box: b, Height: b.Dy(), top: b.Min.Y})
				}
			}
		}
	}
	return out
}

// isText is false for what is too small or too flat to be a line of text.
func (p *Page) isText(b image.Rectangle) bool {
	if b.Empty() || (b.Dx() < p.inches(0.03) && b.Dy() < p.inches(0.03)) {
		return false
	}
	flat := p.inches(0.025)
	if edge := p.inches(0.3); b.Dx() <= flat*2 && b.Dy() > 2*b.Dx() && (b.Max.X < edge || b.Min.X > p.W-edge) {
		return false // a shadow at the scan's edge
	}
	return !(b.Dy() <= flat && b.Dx() > p.inches(0.3)) && !(b.Dx() <= flat && b.Dy() > p.inches(0.3))
}

// rows are the stretches of r that have ink, top to bottom.
func (p *Page) rows(r image.Rectangle, ink []uint8) []image.Rectangle {
	var out []image.Rectangle
	from := -1
	for y := r.Min.Y; y <= r.Max.Y; y++ {
		n := 0
		if y < r.Max.Y {
			for _, v := range ink[y*p.W+r.Min.X : y*p.W+r.Max.X] {
				n += int(v)
			}
		}
		if n > 0 {
			if from < 0 {
				from = y
			}
			continue
		}
		if from >= 0 {
			out = append(out, image.Rect(r.Min.X, from, r.Max.X, y))
			from = -1
		}
	}
	return out
}

// em is the usual height of the region's lines, in pixels.
func (p *Page) em(rows []image.Rectangle) int {
	low, high := p.inches(0.07), p.inches(0.4)
	var heights []int
	for _, r := range rows {
		if h := r.Dy(); h >= low && h <= high {
			heights = append(heights, h)
		}
	}
	if len(heights) == 0 {
		return p.inches(0.16)
	}
	slices.Sort(heights)
	return min(heights[len(heights)/2], p.inches(0.26))
}

// tidy joins rows that are parts of one line (the strokes of 二, dots) and cuts
// those that hold several lines that touch.
func (p *Page) tidy(rows []image.Rectangle, em int, ink []uint8) []image.Rectangle {
	var joined []image.Rectangle
	for _, r := range rows {
		if n := len(joined); n > 0 {
			last := joined[n-1]
			gap := r.Min.Y - last.Max.Y
			both := r.Max.Y - last.Min.Y
			if gap*10 <= em*4 && both*10 <= em*13 && (last.Dy()*10 < em*7 || r.Dy()*10 < em*7) || gap <= 1 && both*10 <= em*12 {
				joined[n-1].Max.Y = r.Max.Y
				continue
			}
		}
		joined = append(joined, r)
	}
	var out []image.Rectangle
	for _, r := range joined {
		out = append(out, p.cut(r, em, ink)...)
	}
	return out
}

// cut splits a row of more than one and a half lines' height at the thinnest
// place near its first line's end, where that place is much thinner than the
// lines themselves; a tall character or a signature has no such place.
func (p *Page) cut(r image.Rectangle, em int, ink []uint8) []image.Rectangle {
	if r.Dy()*10 < em*17 {
		return []image.Rectangle{r}
	}
	profile := make([]int, r.Dy())
	sum := 0
	for y := range profile {
		for _, v := range ink[(r.Min.Y+y)*p.W+r.Min.X : (r.Min.Y+y)*p.W+r.Max.X] {
			profile[y] += int(v)
		}
		sum += profile[y]
	}
	mean := sum / len(profile)
	best := -1
	for y := max(1, em*7/10); y < len(profile)-em/3 && y < em*22/10; y++ {
		if best < 0 || profile[y] < profile[best] {
			best = y
		}
	}
	if best < 0 || profile[best]*5 > mean*2 {
		return []image.Rectangle{r}
	}
	top := image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+best)
	rest := image.Rect(r.Min.X, r.Min.Y+best, r.Max.X, r.Max.Y)
	return append([]image.Rectangle{top}, p.cut(rest, em, ink)...)
}

// columns cuts a row at white of more than two characters' width.
func (p *Page) columns(r image.Rectangle, em int, ink []uint8) []image.Rectangle {
	used := make([]bool, r.Dx())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x, v := range ink[y*p.W+r.Min.X : y*p.W+r.Max.X] {
			if v != 0 {
				used[x] = true
			}
		}
	}
	wide := max(em, r.Dy()*3/4) * 21 / 10
	var out []image.Rectangle
	from, last := -1, -1
	for x := 0; x <= len(used); x++ {
		if x < len(used) && used[x] {
			if from >= 0 && x-last > wide && !p.sealBetween(image.Rect(r.Min.X+last+1, r.Min.Y, r.Min.X+x, r.Max.Y)) {
				out = append(out, image.Rect(r.Min.X+from, r.Min.Y, r.Min.X+last+1, r.Max.Y))
				from = x
			}
			if from < 0 {
				from = x
			}
			last = x
		}
	}
	if from >= 0 {
		out = append(out, image.Rect(r.Min.X+from, r.Min.Y, r.Min.X+last+1, r.Max.Y))
	}
	return out
}

// sealBetween is true where a seal that could not be lifted off fills the gap
// between two pieces of a line.
func (p *Page) sealBetween(gap image.Rectangle) bool {
	return slices.ContainsFunc(p.hidden, func(s image.Rectangle) bool { return s.Overlaps(gap) }) && p.InkShare(gap) > 0.02
}

// tight shrinks r to the ink in it.
func tight(r image.Rectangle, ink []uint8, w int) image.Rectangle {
	out := image.Rectangle{Min: r.Max, Max: r.Min}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := ink[y*w : y*w+w]
		for x := r.Min.X; x < r.Max.X; x++ {
			if row[x] == 0 {
				continue
			}
			out.Min.X, out.Max.X = min(out.Min.X, x), max(out.Max.X, x+1)
			out.Min.Y, out.Max.Y = min(out.Min.Y, y), max(out.Max.Y, y+1)
		}
	}
	if out.Min.X >= out.Max.X {
		return image.Rectangle{}
	}
	return out
}
