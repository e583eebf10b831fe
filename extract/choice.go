package extract

import (
	"image"
	"slices"

	"sealdesk/extract/call"
	"sealdesk/pipeline/layout"
)

// choices reads the check boxes of a section.
func (v *visit) choices(sec *call.Section, a anchor, end int) {
	rows, box, _ := v.body(sec, a, end)
	v.choose(v.field(sec.Field), rows, box)
	v.content.parts = append(v.content.parts, part{section: a.section})
}

// option is the place of one printed label.
type option struct {
	row   int
	start int // left edge of the label, pixels
	found bool
}

// choose decides by ink which boxes are ticked. Labels are found among the
// characters in print order; a box stands before its label.
func (v *visit) choose(f *call.Field, rows []row, box image.Rectangle) {
	places := locate(f, rows)
	var chosen []string
	conf := 0.97
	prevEnd := map[int]int{}
	note := ""
	for k, o := range f.Options {
		p := places[k]
		if !p.found {
			conf, note = min(conf, 0.3), "未能认出选项「"+o.Label+"」"
			continue
		}
		r := rows[p.row]
		em := max(r.box.Dy(), int(v.Layout.DPI*0.1))
		zone := image.Rect(max(p.start-em*19/10, prevEnd[p.row]), r.box.Min.Y-em/5, p.start+em/8, r.box.Max.Y+em/5)
		ticked, c := v.ticked(zone, em)
		conf = min(conf, c)
		if ticked {
			chosen = append(chosen, o.Label)
		}
		prevEnd[p.row] = p.start + em/2
	}
	if chosen == nil {
		chosen = []string{}
	}
	if len(rows) == 0 {
		conf, note = 0.2, "未能认出选项"
	}
	v.set(f.Key, chosen, conf, box, joinText(rows), note)
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
		w := where[from+hit.from]
		out[k] = option{row: w.row, start: w.x, found: true}
		from += hit.to
	}
	for k := range out {
		if !out[k].found {
			out[k] = guessPlace(out, k, rows)
		}
	}
	return out
}

// guessPlace is where a label that was not read should stand when it is the
// first of its row: at the row's left edge, one character in.
func guessPlace(all []option, k int, rows []row) option {
	for i, r := range rows {
		taken := slices.ContainsFunc(all, func(o option) bool { return o.found && o.row == i && o.start < r.box.Min.X+r.box.Dx()/4 })
		inOrder := (k == 0 || !all[k-1].found || all[k-1].row < i) && (k+1 >= len(all) || !all[k+1].found || all[k+1].row >= i)
		if !taken && inOrder && len(r.chars) > 0 {
			return option{row: i, start: r.box.Min.X + r.box.Dy()*11/10, found: true}
		}
	}
	return option{}
}

// ticked judges the place before a label: an empty outline is not ticked; a
// filled box, an outline with ink in it, or a tick in a box's stead is.
func (v *visit) ticked(zone image.Rectangle, em int) (bool, float64) {
	zone = zone.Intersect(image.Rect(0, 0, v.Layout.W, v.Layout.H))
	var mark *layout.Mark
	for i := range v.Layout.Marks {
		m := &v.Layout.Marks[i]
		c := image.Pt((m.Box.Min.X+m.Box.Max.X)/2, (m.Box.Min.Y+m.Box.Max.Y)/2)
		if c.In(zone) && c.X < zone.Max.X-em/5 && m.Box.Dx()*10 >= em*5 {
			mark = m // the last one is nearest to the label
		}
	}
	if mark != nil {
		switch {
		case mark.Fill >= 0.12:
			return true, 0.97
		case mark.Fill >= 0.05:
			return true, 0.6
		case v.overshoot(mark.Box, zone, em):
			return true, 0.7
		default:
			return false, 0.97
		}
	}
	ink := v.glyph(zone, em)
	if ink.Empty() {
		return false, 0.5
	}
	inner := ink.Inset(max(2, min(ink.Dx(), ink.Dy())*28/100))
	share := v.Layout.InkShare(inner)
	if share < 0.03 && ink.Dx()*10 > em*5 && ink.Dy()*10 > em*5 {
		return false, 0.85 // an outline with a gap in it
	}
	if ink.Dy()*10 < em*4 {
		return false, 0.5
	}
	return true, 0.9
}

// overshoot is true when ink lies close around an empty outline: a tick that
// was drawn beside it.
func (v *visit) overshoot(box, zone image.Rectangle, em int) bool {
	around := box.Inset(-em / 5).Intersect(zone)
	ring := v.Layout.InkShare(around)*float64(around.Dx()*around.Dy()) - v.Layout.InkShare(box)*float64(box.Dx()*box.Dy())
	return ring > float64(em*em)*0.06
}

// glyph is the box of the last separate piece of ink in the zone that ends
// before the label.
func (v *visit) glyph(zone image.Rectangle, em int) image.Rectangle {
	used := make([]bool, zone.Dx())
	for y := zone.Min.Y; y < zone.Max.Y; y++ {
		for x := range used {
			if v.Layout.Ink[y*v.Layout.W+zone.Min.X+x] != 0 {
				used[x] = true
			}
		}
	}
	// Pieces with less than a tenth of a character between them are one.
	type span struct{ from, to int }
	var spans []span
	for x, u := range used {
		if !u {
			continue
		}
		if n := len(spans); n > 0 && x-spans[n-1].to <= em/10 {
			spans[n-1].to = x + 1
		} else {
			spans = append(spans, span{x, x + 1})
		}
	}
	for i := len(spans) - 1; i >= 0; i-- {
		s := spans[i]
		mid := (s.from + s.to) / 2
		if s.to-s.from < em/4 || mid > len(used)-em/4 {
			continue
		}
		r := image.Rect(zone.Min.X+s.from, zone.Min.Y, zone.Min.X+s.to, zone.Max.Y)
		return v.tight(r)
	}
	return image.Rectangle{}
}

// tight shrinks r to the ink in it.
func (v *visit) tight(r image.Rectangle) image.Rectangle {
	out := image.Rectangle{Min: r.Max, Max: r.Min}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if v.Layout.Ink[y*v.Layout.W+x] != 0 {
				out.Min.X, out.Max.X = min(out.Min.X, x), max(out.Max.X, x+1)
				out.Min.Y, out.Max.Y = min(out.Min.Y, y), max(out.Max.Y, y+1)
			}
		}
	}
	if out.Min.X >= out.Max.X {
		return image.Rectangle{}
	}
	return out
}
