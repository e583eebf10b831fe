package extract

import (
	"image"
	"slices"

	"sealdesk/extract/call"
	"sealdesk/pipeline/ocr"
)

// choices reads the check boxes of a section.
func (v *visit) choices(sec *call.Section, a anchor, end int) {
	rows, box, _ := v.body(sec, a, end)
	v.choose(v.field(sec.Field), rows, box)
	v.content.parts = append(v.content.parts, part{section: a.section})
}

// option is the place of one printed label, and how well it was read, 0..1.
type option struct {
	row        int
	start, end int // left and right edge of the label, pixels
	likeness   float64
	found      bool
}

// readWell is the likeness from which a label is where it seems to be: the box is
// looked for before its first character, so that one not read leads astray.
const readWell = 0.7

// choose decides by ink which boxes are ticked. Labels are found among the
// characters in print order; a box stands before its label.
func (v *visit) choose(f *call.Field, rows []row, box image.Rectangle) {
	rows, places := v.options(f, rows)
	var chosen []string
	conf, note := 0.97, ""
	looks := make([]look, len(f.Options))
	fullest := 0.0
	pitch := int(v.Layout.DPI * 0.24)
	for _, r := range rows {
		pitch = min(pitch, r.pitch(r.box.Dy()))
	}
	for k, o := range f.Options {
		if p := places[k]; p.found {
			before := -1 // where the option before this one ends in the same row
			if k > 0 && places[k-1].found && places[k-1].row == p.row {
				before = places[k-1].end
			}
			looks[k] = v.look(rows[p.row], p.start, before, halves(o.Label)*pitch/2, pitch)
			fullest = max(fullest, looks[k].fill)
		}
	}
	for k, o := range f.Options {
		if places[k].found && places[k].likeness < readWell {
			conf = min(conf, 0.6)
		}
		switch l := looks[k]; {
		case !places[k].found:
			conf, note = min(conf, 0.3), "未能认出选项「"+o.Label+"」"
		case l.ticked && l.fill < fullest*0.3:
			conf = min(conf, 0.6) // a speck, where other boxes are ticked properly
		case l.ticked:
			chosen = append(chosen, o.Label)
			conf = min(conf, l.conf)
		default:
			conf = min(conf, l.conf)
		}
	}
	if chosen == nil {
		chosen = []string{}
	}
	if len(rows) == 0 {
		conf, note = 0.2, "未能认出选项"
	}
	v.set(f.Key, chosen, conf, box, joinText(rows), note)
}

// options finds the labels of a field's options. Where one is not found or read badly, the
// second reader's readings of the rows are taken if more labels are read well there.
func (v *visit) options(f *call.Field, rows []row) ([]row, []option) {
	places := locate(f, rows)
	well := func(places []option) (n int) {
		for _, p := range places {
			if p.found && p.likeness >= readWell {
				n++
			}
		}
		return n
	}
	if well(places) == len(places) {
		return rows, places
	}
	readings := v.secondReadings(rows, ocr.Any)
	if len(readings) != len(rows) {
		return rows, places
	}
	again := slices.Clone(rows)
	for i, g := range readings {
		if g.Text != "" {
			r := rows[i]
			again[i] = readRow(r.box.Inset(-2), r.cell, r.lines, g)
			again[i].box = r.box
		}
	}
	if other := locate(f, again); well(other) > well(places) {
		return again, other
	}
	return rows, places
}

// locate finds the printed labels of a field's options in the rows.
func locate(f *call.Field, rows []row) []option {
	type at struct {
		row  int
		x, w int
	}
	var text []rune
	var where []at
	for i, r := range rows {
		for _, c := range r.chars {
			for _, x := range fold(c.Text) {
				text = append(text, x)
				where = append(where, at{i, c.Box.Min.X, c.Box.Dx()})
			}
		}
	}
	out := make([]option, len(f.Options))
	from := 0
	for k, o := range f.Options {
		label := fold(o.Label)
		hit, ok := search(label, text[from:])
		if !ok || hit.to <= hit.from || float64(hit.edits) > 0.5*float64(len(label)) || hit.edits >= len(label) {
			continue
		}
		// A better place for a later label must not be taken by this one.
		w, last := where[from+hit.from], where[from+hit.to-1]
		out[k] = option{row: w.row, start: w.x, end: last.x + last.w, found: true, likeness: 1 - float64(hit.edits)/float64(len(label))}
		if last.row != w.row {
			out[k].end = rows[w.row].box.Max.X
		}
		from += hit.to
	}
	for k := range out {
		if !out[k].found {
			out[k] = guessPlace(out, k, rows)
		}
	}
	if k := len(out) - 1; k > 0 && !out[k].found && out[k-1].likeness >= readWell {
		out[k] = guessLast(out[k-1], f.Options[k].Label, rows)
	}
	return out
}

// guessLast is where the last label, which was not read, must stand: at the end of what is
// left of the row behind the one before it, set apart from that, with or without a box
// that was read as a character.
func guessLast(before option, label string, rows []row) option {
	r := rows[before.row]
	em := r.pitch(r.box.Dy())
	width := halves(label) * em / 2
	for _, c := range r.chars {
		if c.Box.Min.X-before.end < em/2 {
			continue
		}
		if left := r.box.Max.X - c.Box.Min.X; left*10 >= width*6 && left <= width+em*5/2 {
			start := max(c.Box.Min.X, r.box.Max.X-width)
			return option{row: before.row, start: start, end: r.box.Max.X, found: true, likeness: readWell}
		}
		break
	}
	return option{}
}

// guessPlace is where a label that was not read should stand when it is the
// first of its row: at the row's left edge, one character in.
func guessPlace(all []option, k int, rows []row) option {
	for i, r := range rows {
		taken := slices.ContainsFunc(all, func(o option) bool { return o.found && o.row == i && o.start < r.box.Min.X+r.box.Dx()/4 })
		inOrder := (k == 0 || !all[k-1].found || all[k-1].row < i) && (k+1 >= len(all) || !all[k+1].found || all[k+1].row >= i)
		if !taken && inOrder && len(r.chars) > 0 {
			start := r.box.Min.X + r.box.Dy()*11/10
			return option{row: i, start: start, end: start, found: true}
		}
	}
	return option{}
}

// look is what the place of one box shows: whether it is ticked, how sure that
// is, and how full of ink it is, 0..1.
type look struct {
	ticked     bool
	conf, fill float64
}

// halves is how wide a label is printed, in half characters: Latin letters and marks
// are half as wide as Chinese characters.
func halves(label string) int {
	n := 0
	for _, r := range label {
		if n++; r >= 0x2000 {
			n++
		}
	}
	return n
}

// pitch is the usual distance from one Chinese character of the row to the next, at
// most most, which it is where there are too few.
func (r row) pitch(most int) int {
	var steps []int
	for i := 1; i < len(r.chars); i++ {
		a, b := r.chars[i-1], r.chars[i]
		if d := b.Box.Min.X - a.Box.Min.X; d > most/3 && d < most*3/2 && len(a.Text) > 2 && len(b.Text) > 2 {
			steps = append(steps, d)
		}
	}
	if len(steps) < 6 {
		return most
	}
	slices.Sort(steps)
	return min(steps[len(steps)/2], most)
}

// look judges the box before the label, width wide, that begins near start; pitch is
// from one of its characters to the next, and before is where the option on its left
// ends, -1 for none. Where options stand apart, a box begins where white of more than
// half a character ends.
func (v *visit) look(r row, start, before, width, pitch int) look {
	em := max(min(r.box.Dy(), int(v.Layout.DPI*0.24)), int(v.Layout.DPI*0.1))
	page := image.Rect(0, 0, v.Layout.W, v.Layout.H)
	line := image.Rect(r.box.Min.X-em*5/2, r.box.Min.Y, r.box.Max.X, r.box.Max.Y)
	if r.cell >= 0 {
		line = line.Intersect(v.Layout.Cells[r.cell].Box.Inset(int(v.Layout.DPI * 0.02)))
	}
	line = line.Intersect(page)
	begin, end := v.group(line, start, em)
	switch {
	case begin < 0 || start-begin > em*3:
		return v.lookClose(line, start, before, em)
	case start-begin < em*4/10 && end-begin < width+pitch*6/10:
		return look{conf: 0.4} // the label begins the group: no box is printed
	}
	zone := image.Rect(begin-em/5, line.Min.Y-em/4, min(begin+em*15/10, max(start, begin+em)+em/8), line.Max.Y+em/4)
	l := v.ticked(zone.Intersect(page), begin, start, em)
	if start-begin < em*4/10 {
		l.conf = min(l.conf, 0.75) // the label was read where the group's width leaves room for a box
	}
	return l
}

// lookClose judges the box of an option that stands close behind another: it is
// looked for between the two labels. Without a whole outline there it is not known
// what the ink belongs to.
func (v *visit) lookClose(line image.Rectangle, start, before, em int) look {
	page := image.Rect(0, 0, v.Layout.W, v.Layout.H)
	from := start - em*5/2
	if before > from && before < start {
		from = before
	}
	zone := image.Rect(from-em/5, line.Min.Y-em/4, start+em/8, line.Max.Y+em/4).Intersect(page)
	if zone.Dx() > em/2 && zone.Dy() > em/2 {
		d := newDarkness(v.Layout.Clean, zone)
		if box, ok := d.outline(from-em/10, start-em*6/10, zone.Max.X, em, d.full(), 1); ok {
			zone.Min.X = box.Min.X - em/5
			return v.ticked(zone.Intersect(page), box.Min.X, start, em)
		}
	}
	begin := start - em*3/2
	zone = image.Rect(begin-em/5, line.Min.Y-em/4, start+em/8, line.Max.Y+em/4)
	l := v.ticked(zone.Intersect(page), begin, start, em)
	l.conf = min(l.conf, 0.5)
	return l
}

// group is the reach of the group of ink that begins last before x: groups are
// set apart by white of more than half a character. begin is -1 for none.
func (v *visit) group(line image.Rectangle, x, em int) (begin, end int) {
	begin, white := -1, em
	for c := line.Min.X; c < line.Max.X; c++ {
		dark := 0
		for y := line.Min.Y; y < line.Max.Y; y++ {
			if v.Layout.Clean.Pix[y*v.Layout.W+c] < 255-faint*2 {
				dark++
			}
		}
		if dark < max(1, em/30) {
			white++
			continue
		}
		if white*100 > em*55 {
			if c > x+em/4 {
				break
			}
			begin = c
		}
		white, end = 0, c+1
	}
	return begin, end
}

// ticked judges a box that begins at left, before a label that begins near
// start: an empty outline is not ticked; a
// filled box, an outline with ink in it, or a tick in a box's stead is. The
// confidence is low where the ink is too little or too much to tell.
func (v *visit) ticked(zone image.Rectangle, left, start, em int) look {
	if zone.Dx() < em/3 || zone.Dy() < em/3 {
		return look{conf: 0.3}
	}
	d := newDarkness(v.Layout.Clean, zone)
	full := d.full()
	if full < 40 {
		return look{conf: 0.4} // nothing is printed there
	}
	box, ok := d.outline(left-em/10, left+em/10, zone.Max.X, em, full, 0)
	if !ok { // a speck may stand before the box: it must be whole then
		box, ok = d.outline(left+em*3/10, left+em*7/10, start-em*4/10, em, full, 1)
	}
	if ok {
		// Where the paper itself is dark, by a screen or a shadow, so is the box.
		paper := d.paper(box, em)
		inner := d.mean(box.Inset(max(2, box.Dx()*24/100)))/full - paper/full
		around := image.Rect(zone.Min.X, zone.Min.Y, box.Max.X, zone.Max.Y)
		outside := box.Inset(-max(1, em/15))
		beside := (d.sum(around) - d.sum(outside) - paper*float64(area(around)-area(outside.Intersect(around)))) / full / float64(em*em)
		l := look{false, 0.97, inner}
		switch {
		case inner >= 0.14:
			l = look{true, 0.97, inner}
		case inner >= 0.07:
			l = look{true, 0.65, inner}
		case beside > 0.10:
			l = look{true, 0.6, beside} // a tick drawn mostly outside its box
		case inner >= 0.04:
			l = look{false, 0.65, inner}
		}
		if paper > full*0.07 {
			l.conf = min(l.conf, 0.75)
		}
		return l
	}
	// No outline: a tick printed or drawn in the box's stead, or next to nothing. Of an
	// empty box that leans or is broken the middle is white, of a tick it never is.
	stead := image.Rect(zone.Min.X, zone.Min.Y, left+em, zone.Max.Y)
	ink := d.sum(stead) / full / float64(em*em)
	switch {
	case ink > 0.04 && d.hollow(stead, full, em):
		return look{false, 0.5, ink}
	case ink > 0.08:
		return look{true, 0.85, ink}
	case ink > 0.04:
		return look{true, 0.5, ink}
	default:
		return look{false, 0.4, ink}
	}
}
