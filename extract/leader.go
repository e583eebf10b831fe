package extract

import (
	"image"

	"sealdesk/pipeline/ocr"
)

// withoutLeader is a value without the dots, dashes or line that are printed to
// write on, before it, behind it or below it: readers take them for letters, and
// misread the characters over them. What is left is read again.
func (v *visit) withoutLeader(r row) row {
	if r.box.Empty() {
		return r
	}
	b := v.aboveLeader(r.box)
	b = v.besideLeader(b)
	if b.Empty() || b == r.box {
		return r
	}
	for _, g := range v.read([]ocr.Crop{{Image: v.Layout.CropRect(b, Margin)}}) {
		if !g.Failed && g.Text != "" {
			return readRow(b, r.cell, r.lines, g)
		}
	}
	// Nothing was read again: what was read within the box stands.
	from, to := 0, len(r.chars)
	for from < to && r.chars[from].Box.Min.X+r.chars[from].Box.Max.X < 2*b.Min.X {
		from++
	}
	for to > from && r.chars[to-1].Box.Min.X+r.chars[to-1].Box.Max.X > 2*b.Max.X {
		to--
	}
	out := r.part(from, to)
	out.box = b
	return out
}

// aboveLeader cuts off what stands below a line of text with white between: a
// row of dots, or a thin line as long as several characters.
func (v *visit) aboveLeader(b image.Rectangle) image.Rectangle {
	white := func(y int) bool { return v.Layout.InkBox(image.Rect(b.Min.X, y, b.Max.X, y+1)).Empty() }
	low := b.Max.Y
	for low > b.Min.Y && white(low-1) {
		low--
	}
	top := low
	for top > b.Min.Y && !white(top-1) {
		top--
	}
	text := top
	for text > b.Min.Y && white(text-1) {
		text--
	}
	height := text - b.Min.Y
	if thin := low - top; thin*6 > height || text == top {
		return b
	}
	dots, long := 0, false
	for _, p := range v.pieces(row{box: image.Rect(b.Min.X, top, b.Max.X, low)}) {
		if p.Dx()*3 <= height {
			dots++
		}
		long = long || p.Dx()*2 > height*5
	}
	if dots < 6 && !long {
		return b
	}
	b.Max.Y = text
	return b
}

// lowInk is true for a piece of ink that lies flat at the foot of a line.
func lowInk(piece, line image.Rectangle) bool {
	return piece.Dy()*10 <= line.Dy()*3 && piece.Min.Y*2 > line.Min.Y+line.Max.Y
}

// onlyLeader is true where a value was left blank: its line holds several pieces
// of ink, or a long one, and none that is more than a leader's.
func (v *visit) onlyLeader(b image.Rectangle) bool {
	pieces := v.pieces(row{box: b})
	long := false
	for _, p := range pieces {
		if !lowInk(p, b) {
			return false
		}
		long = long || p.Dx() > 3*b.Dy()
	}
	return long || len(pieces) >= 4
}

// besideLeader cuts off low, flat pieces of ink at the ends of a line of text: all
// before it, and two or more behind it, for one may be a full stop.
func (v *visit) besideLeader(b image.Rectangle) image.Rectangle {
	pieces := v.pieces(row{box: b})
	from, to := 0, len(pieces)
	for from < to && lowInk(pieces[from], b) {
		from++
	}
	for to > from && lowInk(pieces[to-1], b) {
		to--
	}
	if from == to {
		return b
	}
	if from > 0 {
		b.Min.X = pieces[from].Min.X
	}
	if len(pieces)-to > 1 || to < len(pieces) && pieces[to].Dx() > b.Dy() {
		b.Max.X = pieces[to-1].Max.X
	}
	return b
}
