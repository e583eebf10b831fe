package layout

import (
	"image"
	"slices"
)

// wholeLines makes lines whole that were found without the ink of a seal over them:
// each takes in the characters beside it and the parts of its own that the seal's
// place had hidden. A piece of ink is taken for a character where it stands at the
// line's height, as a seal's characters hardly ever do.
func (p *Page) wholeLines() {
	if len(p.hidden) == 0 || len(p.Lines) == 0 {
		return
	}
	em := p.usualHeight()
	slack := max(1, em/6)
	for _, s := range p.hidden {
		around := s.Inset(-2 * em).Intersect(image.Rect(0, 0, p.W, p.H))
		part := make([]uint8, around.Dx()*around.Dy())
		for y := range around.Dy() {
			copy(part[y*around.Dx():(y+1)*around.Dx()], p.Ink[(around.Min.Y+y)*p.W+around.Min.X:])
		}
		var pieces []image.Rectangle
		for _, c := range components(part, around.Dx(), around.Dy()) {
			if b := c.box.Add(around.Min); max(b.Dx(), b.Dy())*10 <= em*14 && max(b.Dx(), b.Dy())*3 >= em {
				pieces = append(pieces, b)
			}
		}
		var near []int
		for i, l := range p.Lines {
			if l.Box.Overlaps(around) {
				near = append(near, i)
			}
		}
		owner := make([]int, len(pieces)) // the line that each belongs to, -1 for none
		for k, b := range pieces {
			owner[k] = -1
			for _, i := range near {
				if in := b.Intersect(p.Lines[i].Box); in.Dy()*2 > b.Dy() && in.Dx() > 0 {
					owner[k] = i
					break
				}
			}
		}
		for _, i := range near {
			if p.Lines[i].Box.Overlaps(s) {
				p.whole(i, pieces, owner, em, slack)
			}
		}
		for _, b := range unseen(pieces, owner, em, slack) {
			cell := slices.IndexFunc(p.Cells, func(c Cell) bool { return b.In(c.Box) })
			p.Lines = append(p.Lines, Line{Box: b, Cell: cell, Height: b.Dy(), top: b.Min.Y})
			p.whole(len(p.Lines)-1, pieces, owner, em, slack)
		}
	}
}

// whole grows one line by pieces of ink that belong to no other.
func (p *Page) whole(i int, pieces []image.Rectangle, owner []int, em, slack int) {
	l := &p.Lines[i]
	limits := image.Rect(0, 0, p.W, p.H)
	if l.Cell >= 0 {
		limits = p.Cells[l.Cell].Box
	}
	for again := true; again; {
		again = false
		for k, b := range pieces {
			if owner[k] >= 0 && owner[k] != i || b.In(l.Box) || !b.In(limits) {
				continue
			}
			both := l.Box.Union(b)
			shared := min(l.Box.Max.Y, b.Max.Y) - max(l.Box.Min.Y, b.Min.Y)
			beside := max(b.Min.X-l.Box.Max.X, l.Box.Min.X-b.Max.X)
			if both.Dy() > max(em*13/10, l.Box.Dy()) || shared*2 < min(l.Box.Dy(), b.Dy()) {
				continue
			}
			if b.Dy()*10 < em*6 {
				beside *= 2 // marks stand nearer
			}
			if beside > 0 && (beside > em*5/2 || b.Min.Y < l.Box.Min.Y-slack || b.Max.Y > l.Box.Max.Y+slack) {
				continue
			}
			l.Box, l.Height, owner[k], again = both, both.Dy(), i, true
		}
	}
}

// unseen are the lines that lie wholly beneath a seal: four pieces of ink or more of a
// character's height in one row, that belong to no line.
func unseen(pieces []image.Rectangle, owner []int, em, slack int) []image.Rectangle {
	var free []image.Rectangle
	for k, b := range pieces {
		if b.Dy()*10 >= em*6 && owner[k] < 0 {
			free = append(free, b)
		}
	}
	slices.SortFunc(free, func(a, b image.Rectangle) int { return a.Min.X - b.Min.X })
	var out []image.Rectangle
	for len(free) > 0 {
		line, n := free[0], 1
		rest := free[:0:0]
		for _, b := range free[1:] {
			level := max(b.Min.Y-line.Min.Y, line.Min.Y-b.Min.Y, b.Max.Y-line.Max.Y, line.Max.Y-b.Max.Y) <= slack
			if level && b.Min.X-line.Max.X <= em*3/2 {
				line, n = line.Union(b), n+1
			} else {
				rest = append(rest, b)
			}
		}
		if n >= 4 {
			out = append(out, line)
		}
		free = rest
	}
	return out
}

// usualHeight is the middle height of the page's lines.
func (p *Page) usualHeight() int {
	var boxes []image.Rectangle
	for _, l := range p.Lines {
		boxes = append(boxes, l.Box)
	}
	return p.em(boxes)
}
