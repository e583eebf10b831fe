package extract

import (
	"image"
	"slices"

	"sealdesk/extract/call"
	"sealdesk/pipeline/layout"
)

// findCover reads the form's cover: its title, and labels each with a value on
// a line of its own. It is false when the page is no cover.
func (v *visit) findCover() bool {
	form := v.Call.Form
	if len(form.Cover) == 0 || len(v.Layout.Cells) > 3 {
		return false
	}
	places := v.coverLines()
	labels := 0
	for _, p := range places {
		if p.score >= 0.7 {
			labels++
		}
	}
	if !v.coverEnough(labels) {
		return false
	}
	for k, line := range form.Cover {
		p := places[k]
		if p.score == 0 {
			continue
		}
		value := v.all[p.row].after(p.end)
		if len(value.chars) == 0 {
			// There may be ink behind the label that was not read.
			value.box.Min.X = min(v.all[p.row].before(p.end).Max.X+1, value.box.Max.X)
		}
		value.box.Min.X = v.whiteBefore(value.box)
		value = v.withoutLeader(value)
		box := v.underlined(value.box, v.all[p.row])
		var rows []row
		if written := value.text != "" || v.written(value, value.box); (written || v.all[p.row].failed) && !v.onlyLeader(value.box) {
			value.failed = value.failed || v.all[p.row].failed
			rows = []row{value}
		}
		rows = v.coverMore(line, places, p, rows)
		v.fill(line.Field, rows, box.Union(bounds(rows)))
		if len(rows) == 0 && v.strayBelow(places, p) {
			v.set(line.Field, "", 0.4, box, "", "此项右侧为空，但下方另有一行文字")
		}
	}
	return true
}

// strayBelow is true when a line that belongs to no label stands between a label
// and the next: it may be the value.
func (v *visit) strayBelow(places []coverLine, p coverLine) bool {
	next := -1
	for _, o := range places {
		if o.score > 0 && o.row > p.row && (next < 0 || o.row < next) {
			next = o.row
		}
	}
	return next > p.row+1
}

// coverMore adds to a value the lines that it runs on to: those right below it
// that begin where it does and are no label's.
func (v *visit) coverMore(line call.CoverLine, places []coverLine, p coverLine, rows []row) []row {
	if t := v.field(line.Field).Type; len(rows) == 0 || t != call.Text && t != call.Unit {
		return rows
	}
	value := rows[0].box
	for i := p.row + 1; i < len(v.all); i++ {
		r := v.all[i]
		last := rows[len(rows)-1].box
		em := max(value.Dy(), r.box.Dy())
		taken := slices.ContainsFunc(places, func(o coverLine) bool { return o.score > 0 && o.row == i })
		if taken || r.box.Min.X < value.Min.X-em || r.box.Min.Y-last.Max.Y > em*3/2 || r.box.Dy()*2 < value.Dy() {
			break
		}
		rows = append(rows, v.withoutLeader(r))
	}
	return rows
}

// coverEnough is true when so many labels, with what of the form's title stands on
// the page, make a cover. Letters and certificates list a name, a unit and a
// telephone too, so that labels alone must be nearly all of the cover's.
func (v *visit) coverEnough(labels int) bool {
	form := v.Call.Form
	longest := 0
	for _, t := range form.Title {
		longest = max(longest, len(fold(t)))
	}
	var titles []rune // lines as short as the title's
	for _, r := range v.all {
		if text := fold(r.text); len(text) <= longest*3/2 {
			titles = append(titles, text...)
		}
	}
	found := 0
	for _, t := range form.Title {
		if contains(fold(t), titles) >= 0.65 {
			found++
		}
	}
	n := len(form.Cover)
	switch {
	case found > 0 && found == len(form.Title):
		return labels >= min(2, n)
	case v.content.letter > 0:
		return false
	case found > 0:
		return labels >= max(2, (n+1)/2)
	default:
		return labels >= max(3, (n*3+3)/4)
	}
}

// whiteBefore is the left edge of the ink that a box cuts through: readers place
// characters only roughly, and half a character must not be read for a whole one.
func (v *visit) whiteBefore(b image.Rectangle) int {
	em := b.Dy()
	white := 0
	for x := b.Min.X; x > max(b.Min.X-em, 0); x-- {
		if !v.Layout.InkBox(image.Rect(x-1, b.Min.Y, x, b.Max.Y)).Empty() {
			white = 0
			continue
		}
		if white++; white*8 > em {
			return x + white - 1
		}
	}
	return b.Min.X
}

// coverLine is where a label of the cover was found: the row, the number of
// its folded characters that the label takes, and the likeness.
type coverLine struct {
	row, end int
	score    float64
}

// coverLines lays the cover's labels against the page's rows, in order.
func (v *visit) coverLines() []coverLine {
	labels := v.Call.Form.Cover
	n, m := len(labels), len(v.all)
	at := make([][]coverLine, n)
	for k, l := range labels {
		at[k] = make([]coverLine, m)
		want := fold(l.Label)
		for i, r := range v.all {
			score, end := begins(want, fold(r.text))
			at[k][i] = coverLine{i, end, score}
		}
	}
	best := make([][]float64, n+1)
	for k := range best {
		best[k] = make([]float64, m+1)
	}
	gain := func(k, i int) float64 { return at[k][i].score - 0.45 }
	for k := n - 1; k >= 0; k-- {
		for i := m - 1; i >= 0; i-- {
			best[k][i] = max(best[k+1][i], best[k][i+1], best[k+1][i+1]+gain(k, i))
		}
	}
	out := make([]coverLine, n)
	for k, i := 0, 0; k < n && i < m; {
		switch {
		case gain(k, i) > 0 && best[k][i] == best[k+1][i+1]+gain(k, i):
			out[k] = at[k][i]
			k, i = k+1, i+1
		case best[k][i] == best[k][i+1]:
			i++
		default:
			k++
		}
	}
	return out
}

// underlined widens a value's box to the rule that it stands on.
func (v *visit) underlined(value image.Rectangle, r row) image.Rectangle {
	em := max(r.box.Dy(), int(v.Layout.DPI*0.12))
	var best *layout.Rule
	for i := range v.Layout.Rules {
		u := &v.Layout.Rules[i]
		if u.Vertical || u.Box.Min.Y < value.Max.Y-em || u.Box.Min.Y > value.Max.Y+em {
			continue
		}
		if u.Box.Max.X < value.Min.X+em || u.Box.Dx() < em*3 {
			continue
		}
		if best == nil || abs(u.Box.Min.Y-value.Max.Y) < abs(best.Box.Min.Y-value.Max.Y) {
			best = u
		}
	}
	if best == nil {
		return value
	}
	return image.Rect(best.Box.Min.X, min(value.Min.Y, best.Box.Min.Y-em), best.Box.Max.X, best.Box.Min.Y)
}
