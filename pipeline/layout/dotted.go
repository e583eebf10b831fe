package layout

import (
	"cmp"
	"image"
	"slices"
)

// In inches: the greatest length and height of a dot or dash of a dotted line, the
// greatest step from one to the next, and how many make a line.
const (
	dotLength, dotHeight = 0.1, 0.03
	dotStep              = 0.16
	fewestDots           = 15
)

// eraseDotted takes dotted and dashed lines off the page: rows of many small pieces of
// ink at one height and one distance from each other. A reader takes them, beneath a
// value, for parts of its characters.
func (p *Page) eraseDotted() {
	var dots []component
	for _, c := range components(p.Ink, p.W, p.H) {
		if c.box.Dx() <= p.inches(dotLength) && c.box.Dy() <= p.inches(dotHeight) {
			dots = append(dots, c)
		}
	}
	slices.SortFunc(dots, func(a, b component) int {
		return cmp.Or(a.box.Min.X-b.box.Min.X, a.box.Min.Y-b.box.Min.Y)
	})
	// rows are the lines so far, each by the height at which it stands.
	rows := map[int][]component{}
	height, slack := p.inches(dotHeight), p.inches(0.012)
	for _, c := range dots {
		y := centre(c.box).Y
		at, found := y/height, false
		for b := at - 1; b <= at+1 && !found; b++ {
			row := rows[b]
			if len(row) == 0 {
				continue
			}
			last := row[len(row)-1].box
			if d := centre(last).Y - y; max(d, -d) <= slack && c.box.Min.X-last.Min.X <= p.inches(dotStep) {
				delete(rows, b)
				if b != at {
					p.eraseRow(rows[at])
				}
				rows[at], found = append(row, c), true
			}
		}
		if !found {
			p.eraseRow(rows[at])
			rows[at] = []component{c}
		}
	}
	for _, row := range rows {
		p.eraseRow(row)
	}
}

// eraseRow takes the pieces of a row off the page where they are a dotted line: as
// many, and as regular, as no print is.
func (p *Page) eraseRow(row []component) {
	if len(row) < fewestDots {
		return
	}
	steps := make([]int, len(row)-1)
	for i := range steps {
		steps[i] = row[i+1].box.Min.X - row[i].box.Min.X
	}
	sorted := slices.Sorted(slices.Values(steps))
	usual := sorted[len(sorted)/2]
	regular := 0
	for _, s := range steps {
		if max(s-usual, usual-s) <= max(1, usual/4) {
			regular++
		}
	}
	if regular*10 < len(steps)*7 {
		return
	}
	for _, c := range row {
		p.wipe(image.Rectangle(c.box).Inset(-1))
	}
}
