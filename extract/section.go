package extract

import (
	"image"
	"slices"
	"strings"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/pipeline/ocr"
)

// form reads every section that begins on the page, and what stands before the
// first.
func (v *visit) form(anchors []anchor) {
	v.orphans(0, anchors[0].top)
	for i, a := range anchors {
		end := v.Layout.H
		if i+1 < len(anchors) {
			end = anchors[i+1].top
		}
		sec := &v.Call.Form.Sections[a.section]
		switch sec.Kind {
		case call.GridSection:
			v.grid(sec, a, end)
		case call.TextSection:
			v.text(sec, a, end)
		case call.ChoiceSection:
			v.choices(sec, a, end)
		case call.TableSection:
			v.table(sec, a, end)
		case call.OpinionSection:
			v.opinion(sec, a, end)
		}
	}
}

// cellsIn are the cells whose middle lies between two heights, in order.
func (v *visit) cellsIn(top, bottom int) []int {
	var out []int
	for i, c := range v.Layout.Cells {
		if y := (c.Box.Min.Y + c.Box.Max.Y) / 2; y >= top && y < bottom {
			out = append(out, i)
		}
	}
	return out
}

// headingCell is the cell that an anchor's heading stands in, -1 for none.
func (v *visit) headingCell(a anchor) int {
	if a.from < 0 {
		return -1
	}
	return v.all[a.from].cell
}

// body finds where the value of a section stands: rows below the heading in
// the heading's own cell, or the cell below it. own is true in the first case.
func (v *visit) body(sec *call.Section, a anchor, end int) (rows []row, box image.Rectangle, own bool) {
	head := v.headingCell(a)
	if head >= 0 {
		for _, r := range v.inCell(head) {
			if r.box.Min.Y >= a.bottom-r.box.Dy()/2 && r.box.Min.Y < end {
				rows = append(rows, r)
			}
		}
		rows = dropNotes(sec, rows)
		box = v.Layout.Cells[head].Box
		box.Min.Y = a.bottom
		box.Max.Y = min(box.Max.Y, max(end, box.Min.Y+1))
		if len(rows) > 0 {
			return rows, box, true
		}
	}
	for _, i := range v.cellsIn(a.bottom, end) {
		c := v.Layout.Cells[i]
		if i == head || c.Box.Min.Y < a.top {
			continue
		}
		if head >= 0 && c.Table != v.Layout.Cells[head].Table {
			break
		}
		beside := []int{i}
		for _, j := range v.cellsIn(a.bottom, end) {
			if o := v.Layout.Cells[j]; j != i && j != head && o.Table == c.Table && abs(o.Box.Min.Y+o.Box.Max.Y-c.Box.Min.Y-c.Box.Max.Y) < c.Box.Dy() {
				beside = append(beside, j)
			}
		}
		if len(beside) > 1 {
			rows, box = v.across(beside)
			return dropNotes(sec, rows), box, false
		}
		return dropNotes(sec, v.inCell(i)), c.Box, false
	}
	if head >= 0 {
		return nil, box, true
	}
	// No ruled box was found: the lines below the heading are the value.
	for _, r := range v.all {
		if r.cell < 0 && r.box.Min.Y >= a.bottom && r.box.Max.Y <= end && r.box.Min.Y < v.Layout.H*93/100 {
			rows = append(rows, r)
		}
	}
	rows = dropNotes(sec, rows)
	box = bounds(rows)
	if box.Empty() {
		box = image.Rect(v.Layout.W/10, a.bottom, v.Layout.W*9/10, min(end, a.bottom+v.Layout.H/10))
	}
	return rows, box, true
}

// across reads what a false rule cut into cells side by side, a streak of the
// scanner or a fold: its lines are read again as wholes. Nothing of it is sure.
func (v *visit) across(cells []int) (rows []row, box image.Rectangle) {
	var pieces []row
	for _, i := range cells {
		pieces = append(pieces, v.inCell(i)...)
		box = box.Union(v.Layout.Cells[i].Box)
	}
	slices.SortStableFunc(pieces, func(a, b row) int { return a.box.Min.Y - b.box.Min.Y })
	for len(pieces) > 0 {
		n := 1
		for n < len(pieces) && pieces[n].box.Min.Y < (pieces[0].box.Min.Y+pieces[0].box.Max.Y)/2 {
			n++
		}
		rows = append(rows, joinRows(pieces[:n]))
		pieces = pieces[n:]
	}
	var crops []ocr.Crop
	for _, r := range rows {
		crops = append(crops, ocr.Crop{Image: v.Layout.CropRect(r.box, Margin)})
	}
	for i, g := range v.read(crops) {
		if g.Text != "" {
			again := readRow(rows[i].box, rows[i].cell, rows[i].lines, g)
			rows[i] = again
		}
	}
	for i := range rows {
		rows[i].conf = min(rows[i].conf, torn)
	}
	return rows, box
}

// torn is the confidence of text that a false rule runs through.
const torn = 0.6

// dropNotes leaves out the printed remarks with which a section's box begins.
func dropNotes(sec *call.Section, rows []row) []row {
	for _, note := range sec.Notes {
		want := fold(note)
		for len(rows) > 0 {
			text := fold(rows[0].text)
			if len(text) < 3 || contains(text, want) < 0.65 {
				break
			}
			rows = rows[1:]
		}
	}
	return rows
}

// text reads a long text.
func (v *visit) text(sec *call.Section, a anchor, end int) {
	rows, box, own := v.body(sec, a, end)
	rows = slices.DeleteFunc(rows, v.streak)
	if own && len(rows) > 0 {
		b := bounds(rows)
		box.Min.Y, box.Max.Y = b.Min.Y, b.Max.Y
	}
	paragraphs, conf := v.paragraphs(v.clearer(rows), box)
	if len(rows) == 0 {
		conf = v.blankness(box)
	}
	v.content.parts = append(v.content.parts, part{
		section: a.section, paragraphs: paragraphs, confidence: conf, box: v.boxOf(box),
		open: end == v.Layout.H,
	})
}

// streak is true of a row that is nothing but an upright stroke too thin for a
// character: a piece of a streak down the page, which readers take for a one.
func (v *visit) streak(r row) bool {
	return r.text != "" && strings.Trim(dense(r.text), "1lIi|丨!'") == "" && float64(r.box.Dx()) < v.Layout.DPI*0.025
}

// blankness is how sure it is that nothing is written in a box that holds no
// line: little where no ruled box was found, for then its place is a guess.
func (v *visit) blankness(box image.Rectangle) float64 {
	for _, c := range v.Layout.Cells {
		if box.Overlaps(c.Box.Inset(c.Box.Dy() / 10)) {
			return 0.9
		}
	}
	return 0.4
}

// paragraphs joins the rows of a box into paragraphs: one begins where a line is
// indented, or where the line before ended well short of the right edge.
func (v *visit) paragraphs(rows []row, box image.Rectangle) (paragraphs []string, conf float64) {
	if len(rows) == 0 {
		return nil, 0
	}
	left, right := rows[0].box.Min.X, rows[0].box.Max.X
	var heights []int
	for _, r := range rows {
		left, right = min(left, r.box.Min.X), max(right, r.box.Max.X)
		heights = append(heights, r.box.Dy())
	}
	slices.Sort(heights)
	em := heights[len(heights)/2]
	// Where no line begins at the box's edge and none ends near it, the lines
	// alone do not show how far a line reaches.
	inset := left-box.Min.X > em*17/10
	narrow := box.Max.X-right > max(em*5, box.Dx()/5)
	var block []row
	flush := func() {
		if t := joinText(block); t != "" {
			paragraphs = append(paragraphs, t)
		}
		block = nil
	}
	n, sum, failed := 0, 0.0, false
	for i, r := range rows {
		if i > 0 {
			indented := r.box.Min.X-left > em*12/10
			short := narrow || right-rows[i-1].box.Max.X > em*3
			// A block may be set in from the edge as a whole: then its lines end in
			// mid-sentence.
			if indented || short || inset && endsSentence(rows[i-1].text) {
				flush()
			}
		}
		block = append(block, r)
		if r.failed {
			failed = true
		}
		n += len(r.chars)
		sum += r.conf * float64(len(r.chars))
	}
	flush()
	if n == 0 || failed {
		return paragraphs, 0
	}
	return paragraphs, sum / float64(n)
}

func endsSentence(s string) bool {
	r := []rune(strings.TrimRight(s, " ”\"）)"))
	return len(r) > 0 && strings.ContainsRune("。！？；：.!?;:", r[len(r)-1])
}

// placeSeals gives each seal of the page its role: the opinion in whose box it
// lies or that is nearest above it, the letter, or none.
func (v *visit) placeSeals() {
	for _, f := range v.Seals {
		role := bundle.Unknown
		if v.content.Kind == bundle.RecommendationLetter {
			role = bundle.Letter
		}
		mid := (f.Box.Min.Y + f.Box.Max.Y) / 2
		far := v.Layout.H
		for _, z := range v.zones {
			d := 0
			if mid < z.box.Min.Y {
				d = z.box.Min.Y - mid
			} else if mid > z.box.Max.Y {
				d = mid - z.box.Max.Y
			}
			if d < far {
				far, role = d, z.role
			}
		}
		v.content.seals = append(v.content.seals, placedSeal{bundle.Seal{
			Role: role, Page: v.Number, Box: v.boxOf(f.Box), Text: f.Text, Confidence: rounded(f.Confidence), Note: sealNote(f),
		}, f})
	}
}
