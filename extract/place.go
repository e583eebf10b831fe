package extract

import (
	"image"
	"slices"
	"strings"
	"unicode"

	"sealdesk/extract/call"
)

// place is where a label or a value stands: a cell, or a part of one that holds
// several.
type place struct {
	box   image.Rectangle
	rows  []row
	text  string
	label bool // known to be one of the row's labels
}

// places are the cells of a row of the page. A cell whose one line holds, apart
// from the rest, a label that the profile's row has is two cells run together;
// where there are fewer cells than the profile has, labels and values share them.
func (v *visit) places(want []call.FormCell, have gridRow) []place {
	var out []place
	for _, i := range have.cells {
		box, rows := v.Layout.Cells[i].Box, v.inCell(i)
		whole := place{box: box, rows: rows, text: joinText(rows)}
		if len(rows) != 1 || len(rows[0].lines) < 2 {
			out = append(out, whole)
			continue
		}
		var parts []place
		labelled := false
		for _, l := range rows[0].lines {
			r := v.lineRow(l)
			b := image.Rect(r.box.Min.X, box.Min.Y, r.box.Max.X, box.Max.Y)
			parts = append(parts, place{box: b, rows: []row{r}, text: r.text})
			labelled = labelled || slices.ContainsFunc(want, func(c call.FormCell) bool { return similar(c.Label, r.text) >= 0.8 })
		}
		if labelled {
			out = append(out, parts...)
		} else {
			out = append(out, whole)
		}
	}
	if len(out) < len(want) {
		out = v.splitPlaces(want, out)
	}
	return out
}

// splitPlaces cuts places that hold labels of the profile's row together with
// values. Labels that have a place of their own are looked for nowhere else, and
// there are never more places than the row should have.
func (v *visit) splitPlaces(want []call.FormCell, places []place) []place {
	alone := func(p place, label string) bool { return similar(label, p.text) >= 0.8 }
	var labels []string
	for _, c := range want {
		if c.Label != "" && !slices.ContainsFunc(places, func(p place) bool { return alone(p, c.Label) }) {
			labels = append(labels, c.Label)
		}
	}
	unread := slices.ContainsFunc(places, func(p place) bool { return p.text == "" })
	var out []place
	for k, p := range places {
		parts, used := v.splitPlace(p, labels, !unread)
		if len(out)+len(parts)+len(places)-k-1 > len(want) {
			parts, used = []place{p}, 0
		}
		labels = labels[used:]
		out = append(out, parts...)
	}
	return v.blankPlaces(want, out)
}

// cut is a label found within a place: characters [from, to) of one of its rows.
type cut struct {
	row, from, to int
	label         string
}

// splitPlace cuts a place at the labels that it holds, in order; used is how many
// of labels were passed. A label that runs straight into its value counts where
// loose is true.
func (v *visit) splitPlace(p place, labels []string, loose bool) (parts []place, used int) {
	var cuts []cut
	for i, r := range p.rows {
		for at := 0; at < len(r.chars); at++ {
			if at > 0 && r.gap(at) < 60 && !strings.ContainsAny(r.chars[at-1].Text, "，；,;、") {
				continue
			}
			for k := used; k < len(labels); k++ {
				to, apart := r.labelAt(at, labels[k])
				if to == 0 || !apart && (at > 0 || !loose) {
					continue
				}
				cuts = append(cuts, cut{i, at, to, labels[k]})
				used, at = k+1, to-1
				break
			}
		}
	}
	// One label and nothing else is a place of its own, read badly or not.
	if len(cuts) == 0 {
		return []place{p}, 0
	}
	if before := v.between(p, cut{}, cuts[0]); before.text != "" {
		parts = append(parts, before)
	}
	for k, c := range cuts {
		r := p.rows[c.row].part(c.from, c.to)
		box := image.Rect(r.box.Min.X, p.box.Min.Y, r.box.Max.X, p.box.Max.Y)
		parts = append(parts, place{box: box, rows: []row{r}, text: c.label, label: true})
		next := cut{row: len(p.rows)}
		if k+1 < len(cuts) {
			next = cuts[k+1]
		}
		if value := v.between(p, c, next); value.text != "" {
			parts = append(parts, value)
		}
	}
	return parts, used
}

// between is the value that stands in a place between two labels.
func (v *visit) between(p place, a, b cut) place {
	out := place{box: p.box}
	for i := a.row; i < len(p.rows) && i <= b.row; i++ {
		r := p.rows[i]
		from, to := 0, len(r.chars)
		if i == a.row {
			for from = a.to; from < to && strings.ContainsAny(r.chars[from].Text, "：:，、 "); from++ {
			}
		}
		if i == b.row {
			to = b.from
		}
		switch {
		case from == 0 && to == len(r.chars) && (to > 0 || r.failed):
			out.rows = append(out.rows, r)
		case from < to:
			piece := r.part(from, to)
			piece.box.Min.X = v.whiteBefore(piece.box)
			out.rows = append(out.rows, piece)
		}
	}
	out.text = joinText(out.rows)
	if b := bounds(out.rows); !b.Empty() {
		out.box.Min.X, out.box.Max.X = b.Min.X, b.Max.X
	}
	return out
}

// blankPlaces adds the places of values that were left blank behind labels in
// their own cells: those that stand before another label or at the row's end,
// with room for a value.
func (v *visit) blankPlaces(want []call.FormCell, places []place) []place {
	if !slices.ContainsFunc(places, func(p place) bool { return p.label }) {
		return places
	}
	var out []place
	for k, p := range places {
		out = append(out, p)
		if len(out)+len(places)-k-1 >= len(want) || k+1 < len(places) && !places[k+1].label || len(p.rows) == 0 {
			continue
		}
		i := slices.IndexFunc(want, func(c call.FormCell) bool { return c.Label != "" && similar(c.Label, p.text) >= 0.8 })
		if i < 0 || i+1 >= len(want) || want[i+1].Field == "" {
			continue
		}
		b := v.Layout.Cells[p.rows[0].cell].Box
		b.Min.X = bounds(p.rows).Max.X
		if k+1 < len(places) {
			b.Max.X = min(b.Max.X, places[k+1].box.Min.X)
		}
		if b.Dx() >= 2*p.rows[0].box.Dy() {
			out = append(out, place{box: b})
		}
	}
	return out
}

// gap is the white before a row's character, in hundredths of the row's height.
func (r row) gap(at int) int {
	return (r.chars[at].Box.Min.X - r.chars[at-1].Box.Max.X) * 100 / max(1, r.box.Dy())
}

// labelAt finds where a label that begins at a character ends, 0 for none. apart
// is true where the label is set off from what follows: by a colon, by white, by
// another kind of character, or because nothing does.
func (r row) labelAt(at int, label string) (to int, apart bool) {
	var text []rune
	for _, c := range r.chars[at:] {
		text = append(text, fold(c.Text)...)
	}
	score, end := begins(fold(label), text)
	if score < 0.75 {
		return 0, false
	}
	if later, _ := begins(fold(label), text[1:]); later > score {
		return 0, false
	}
	seen := 0
	for to = at; to < len(r.chars) && seen < end; to++ {
		seen += len(fold(r.chars[to].Text))
	}
	// A bracket that closes the label is its own.
	for to < len(r.chars) && strings.ContainsAny(r.chars[to].Text, "）)") && strings.ContainsAny(label, "（(") {
		to++
	}
	if to >= len(r.chars) {
		return to, true
	}
	next := []rune(r.chars[to].Text)
	return to, len(next) > 0 && (strings.ContainsRune("：:", next[0]) || !unicode.Is(unicode.Han, next[0])) || r.gap(to) >= 30
}

// part is the row's characters [from, to) as a row of its own.
func (r row) part(from, to int) row {
	out := r
	out.chars = r.chars[from:to]
	out.box = image.Rectangle{}
	var text strings.Builder
	sum := 0.0
	for _, c := range out.chars {
		out.box = out.box.Union(c.Box)
		text.WriteString(c.Text)
		sum += c.Confidence
	}
	out.text = brackets.Replace(text.String())
	out.raw = text.String()
	out.box.Min.Y, out.box.Max.Y = r.box.Min.Y, r.box.Max.Y
	out.conf = sum / float64(max(1, to-from))
	return out
}
