package layout

import "image"

// component is one connected blob of ink: 8-connected, area in pixels.
type component struct {
	box  image.Rectangle
	area int
	runs []run // along rows
}

// components finds the connected blobs of a bitmap by joining the runs of
// neighbouring rows (Rosenfeld and Pfaltz 1966).
func components(ink []uint8, w, h int) []component {
	var runs []run
	var parent []int
	find := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	prevFrom, prevTo := 0, 0
	for y := 0; y < h; y++ {
		rowFrom := len(runs)
		row := ink[y*w : y*w+w]
		j := prevFrom
		for x := 0; x < w; x++ {
			if row[x] == 0 {
				continue
			}
			from := x
			for x < w && row[x] != 0 {
				x++
			}
			i := len(runs)
			runs = append(runs, run{y, from, x})
			parent = append(parent, i)
			for j < prevTo && runs[j].to < from {
				j++
			}
			for k := j; k < prevTo && runs[k].from <= x; k++ {
				parent[find(i)] = find(k)
			}
		}
		prevFrom, prevTo = rowFrom, len(runs)
	}
	index := make(map[int]int, len(runs)/4+1)
	var out []component
	for i, r := range runs {
		root := find(i)
		c, ok := index[root]
		if !ok {
			c = len(out)
			index[root] = c
			out = append(out, component{box: image.Rect(r.from, r.line, r.to, r.line+1)})
		}
		k := &out[c]
		k.box = k.box.Union(image.Rect(r.from, r.line, r.to, r.line+1))
		k.area += r.to - r.from
		k.runs = append(k.runs, r)
	}
	return out
}

// sweep takes off the page what is no writing: specks, punched holes and shadows at
// the scan's edges.
func (p *Page) sweep() {
	speck := max(2, int(p.DPI*p.DPI/10000+0.5))
	for _, c := range components(p.Ink, p.W, p.H) {
		switch {
		case c.area < speck:
			for _, r := range c.runs {
				clear(p.Ink[r.line*p.W+r.from : r.line*p.W+r.to])
			}
		case p.isHole(c):
			p.wipe(c.box.Inset(-p.inches(0.02)))
		case p.isShadow(c.box):
			p.wipe(c.box)
		case c.box.Dy() >= p.inches(gutterLength) && (c.box.Min.X <= p.inches(gutterReach) || c.box.Max.X >= p.W-p.inches(gutterReach)):
			p.wipeGutter(c)
		}
	}
}

// In inches: how far from the scan's edge the shadow of a book's fold or of a sheet's
// edge may reach, and from which length on ink along it is such a shadow.
const gutterReach, gutterLength = 0.45, 2.5

// wipeGutter takes off the page what of a long piece of ink runs down in the strip at
// the scan's side. A fold or a line of text that touches the shadow stays.
func (p *Page) wipeGutter(c component) {
	strip := p.inches(gutterReach)
	for _, side := range []image.Rectangle{image.Rect(0, 0, strip, p.H), image.Rect(p.W-strip, 0, p.W, p.H)} {
		lines := map[int]bool{}
		for _, r := range c.runs {
			if r.from < side.Max.X && r.to > side.Min.X {
				lines[r.line] = true
			}
		}
		if len(lines) < p.inches(gutterLength) {
			continue
		}
		for _, r := range c.runs {
			if from, to := max(r.from, side.Min.X), min(r.to, side.Max.X); from < to {
				p.wipe(image.Rect(from-1, r.line, to+1, r.line+1))
			}
		}
	}
}

// isShadow is true for a streak along the edge of the scan, longer than any
// character.
func (p *Page) isShadow(b image.Rectangle) bool {
	edge, long := p.inches(0.25), p.inches(0.6)
	return b.Dy() >= long && (b.Max.X <= edge || b.Min.X >= p.W-edge) ||
		b.Dx() >= long && (b.Max.Y <= edge || b.Min.Y >= p.H-edge)
}

// isHole is true for a dark disk near the page's edge: a punched hole.
func (p *Page) isHole(c component) bool {
	w, h := c.box.Dx(), c.box.Dy()
	if min(w, h) < p.inches(0.14) || max(w, h) > p.inches(0.5) || w*10 > h*14 || h*10 > w*14 {
		return false
	}
	if float64(c.area) < 0.6*float64(w*h) || float64(c.area) > 0.92*float64(w*h) {
		return false
	}
	if !disk(c) {
		return false
	}
	m, edge := centre(c.box), p.inches(0.8)
	return m.X < edge || m.X > p.W-edge || m.Y < edge || m.Y > p.H-edge
}

// disk is true for a component that fills the middle of its box's ellipse: a bold
// character leaves white there.
func disk(c component) bool {
	rx, ry := float64(c.box.Dx())/2, float64(c.box.Dy())/2
	cx, cy := float64(c.box.Min.X)+rx, float64(c.box.Min.Y)+ry
	inside, all := 0, 0
	in := func(x, y int) bool {
		dx, dy := (float64(x)+0.5-cx)/rx, (float64(y)+0.5-cy)/ry
		return dx*dx+dy*dy < 0.8
	}
	for _, r := range c.runs {
		for x := r.from; x < r.to; x++ {
			if in(x, r.line) {
				inside++
			}
		}
	}
	for y := c.box.Min.Y; y < c.box.Max.Y; y++ {
		for x := c.box.Min.X; x < c.box.Max.X; x++ {
			if in(x, y) {
				all++
			}
		}
	}
	return inside*100 >= all*97
}

// wipe makes a rectangle paper.
func (p *Page) wipe(r image.Rectangle) {
	r = r.Intersect(image.Rect(0, 0, p.W, p.H))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		clear(p.Ink[y*p.W+r.Min.X : y*p.W+r.Max.X])
		for x := r.Min.X; x < r.Max.X; x++ {
			p.Clean.Pix[y*p.W+x] = 255
		}
	}
}

func centre(r image.Rectangle) image.Point {
	return image.Pt((r.Min.X+r.Max.X)/2, (r.Min.Y+r.Max.Y)/2)
}
