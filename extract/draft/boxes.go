package draft

import (
	"image"
	"slices"
	"strings"

	"sealdesk/extract"
	"sealdesk/pipeline/layout"
	"sealdesk/pipeline/ocr"
)

// around are signs that stand around the labels of boxes, and what boxes are read as.
const around = " ；;、，,。.“”‘’\"'口回□囗"

// readBoxes finds the boxes to tick in a line, and the label behind each.
func (l *line) readBoxes(p *layout.Page, at layout.Line, r ocr.Reading) {
	found := boxesIn(p, at)
	if l.boxes = len(found); l.boxes == 0 {
		return
	}
	l.options = make([]text, len(found))
	for i := range l.options {
		l.options[i].sure = r.Confidence
	}
	l.words = ""
	for _, c := range r.Chars {
		x := (c.Box.Min.X+c.Box.Max.X)/2 + at.Box.Min.X - extract.Margin
		k := -1
		inside := false
		for i, b := range found {
			if x >= b.Min.X {
				k, inside = i, x < b.Max.X
			}
		}
		switch {
		case inside:
		case k < 0:
			l.words += c.Text
		default:
			l.options[k].words += c.Text
		}
	}
	for i := range l.options {
		l.options[i].words = strings.Trim(tidy(l.options[i].words), around)
	}
	l.words = strings.Trim(tidy(l.words), around)
}

// boxesIn are the hollow squares of a line, from the left.
func boxesIn(p *layout.Page, l layout.Line) []image.Rectangle {
	area := l.Box.Inset(-3).Intersect(image.Rect(0, 0, p.W, p.H))
	seen := make([]bool, area.Dx()*area.Dy())
	var out []image.Rectangle
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			if p.Ink[y*p.W+x] == 0 || seen[(y-area.Min.Y)*area.Dx()+x-area.Min.X] {
				continue
			}
			if b := piece(p, area, seen, image.Pt(x, y)); hollow(p, b, l.Height) {
				out = append(out, b)
			}
		}
	}
	slices.SortFunc(out, func(a, b image.Rectangle) int { return a.Min.X - b.Min.X })
	return out
}

// piece is where connected ink stands.
func piece(p *layout.Page, area image.Rectangle, seen []bool, from image.Point) image.Rectangle {
	box := image.Rectangle{from, from.Add(image.Pt(1, 1))}
	todo := []image.Point{from}
	seen[(from.Y-area.Min.Y)*area.Dx()+from.X-area.Min.X] = true
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		box = box.Union(image.Rectangle{at, at.Add(image.Pt(1, 1))})
		for dy := -1; dy <= 1; dy++ {
			for dx := -1; dx <= 1; dx++ {
				q := at.Add(image.Pt(dx, dy))
				if !q.In(area) || p.Ink[q.Y*p.W+q.X] == 0 {
					continue
				}
				if i := (q.Y-area.Min.Y)*area.Dx() + q.X - area.Min.X; !seen[i] {
					seen[i] = true
					todo = append(todo, q)
				}
			}
		}
	}
	return box
}

// hollow says whether a piece of ink is a box to tick: about as large as a character, and
// larger than the squares that stand in some characters, as wide as high, with ink along all of its four sides and none inside.
func hollow(p *layout.Page, b image.Rectangle, height int) bool {
	w, h := b.Dx(), b.Dy()
	if w*100 < height*62 || w > height*13/10 || w*10 < h*8 || h*10 < w*8 {
		return false
	}
	thick := max(2, w/8)
	side := func(n int, ink func(i, depth int) bool) bool {
		covered := 0
		for i := range n {
			for depth := range thick {
				if ink(i, depth) {
					covered++
					break
				}
			}
		}
		return covered*100 >= n*93
	}
	at := func(x, y int) bool { return p.Ink[y*p.W+x] != 0 }
	if !side(w, func(i, d int) bool { return at(b.Min.X+i, b.Min.Y+d) }) || !side(w, func(i, d int) bool { return at(b.Min.X+i, b.Max.Y-1-d) }) ||
		!side(h, func(i, d int) bool { return at(b.Min.X+d, b.Min.Y+i) }) || !side(h, func(i, d int) bool { return at(b.Max.X-1-d, b.Min.Y+i) }) {
		return false
	}
	inner := b.Inset(thick + 1)
	ink := 0
	for y := inner.Min.Y; y < inner.Max.Y; y++ {
		for x := inner.Min.X; x < inner.Max.X; x++ {
			if at(x, y) {
				ink++
			}
		}
	}
	return ink*50 <= inner.Dx()*inner.Dy()
}
