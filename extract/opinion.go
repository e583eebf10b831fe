package extract

import (
	"image"
	"regexp"
	"slices"
	"strings"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/pipeline/seal"
)

// dateLine is a line with a place for a date, filled or not.
var dateLine = regexp.MustCompile(`年.{0,8}月|月.{0,8}[日曰]|年.{0,12}[日曰]|20\d\d\D{1,3}\d`)

// opinion reads an opinion's box: the text, the signing line and the date.
func (v *visit) opinion(sec *call.Section, a anchor, end int) {
	rows, box, _ := v.body(sec, a, end)
	cell := box
	role := bundle.Role(sec.Role)
	v.zones = append(v.zones, zone{role, cell})

	sign, sealRow, date := opinionLines(sec, rows)
	last := len(rows)
	for _, i := range []int{sign, sealRow, date} {
		if i >= 0 {
			last = min(last, i)
		}
	}
	text := v.opinionText(rows[:last])
	textBox := box
	if len(text) > 0 {
		b := bounds(text)
		textBox.Min.Y, textBox.Max.Y = b.Min.Y, b.Max.Y
	} else {
		textBox.Max.Y = box.Min.Y + box.Dy()/4
	}
	text, sure := v.merged(text)
	paragraphs, conf := v.paragraphs(text, box)
	conf = min(conf, sure)
	if last == 0 {
		conf = 0.9 // nothing at all stands above the signing line
	}
	note := ""
	if last > 0 && len(paragraphs) == 0 {
		note = unreadInk
	}
	v.set(sec.Field, strings.Join(paragraphs, "\n"), conf, textBox, "", note)
	v.content.parts = append(v.content.parts, part{section: a.section})

	pitch := 0.0
	if sealRow >= 0 {
		pitch = printPitch(rows[sealRow], sec.SealLabel)
	}
	if pitch == 0 && a.from >= 0 {
		pitch = printPitch(v.all[a.from], sec.Heading)
	}
	v.signature(role, sec, rows, sign, sealRow, date, cell, pitch)
	if date >= 0 {
		v.opinionDate(sec.Date, rows[date])
	}
}

// signHere is what forms print behind the place for a signature.
var signHere = regexp.MustCompile(`[（(]签[章字名]`)

// opinionLines finds the lines printed below an opinion: for the signature, for
// the seal and for the date; -1 for one that is not found. A signature or a
// seal over its label often leaves little of it to read: then the widest of the
// lines that begin right of the text's edge is the signing line.
func opinionLines(sec *call.Section, rows []row) (sign, sealRow, date int) {
	sealRow = bestRow(rows, sec.SealLabel, 0.5)
	sign = bestRow(rows, sec.Signatory, 0.75)
	if sign < 0 {
		// A seal over the label leaves the word behind the signature's place.
		sign = slices.IndexFunc(rows, func(r row) bool { return signHere.MatchString(dense(r.text)) })
	}
	if sign < 0 {
		sign = bestRow(rows, sec.Signatory, 0.5)
	}
	date = -1
	all := bounds(rows)
	for i := len(rows) - 1; i >= 0 && date < 0; i-- {
		// Dates within the text begin at its left edge or in mid-line.
		if dateLine.MatchString(dense(rows[i].text)) && (i == sign || rows[i].box.Min.X-all.Min.X > all.Dx()*3/10) {
			date = i
		}
	}
	if sign >= 0 {
		return sign, sealRow, lastLine(rows, sign, sealRow, date)
	}
	last := len(rows)
	if date >= 0 {
		last = date
	}
	widest := all.Dx() / 8
	for i, r := range rows[:last] {
		if i != sealRow && r.box.Min.X-all.Min.X > all.Dx()*3/10 && r.box.Dx() > widest {
			sign, widest = i, r.box.Dx()
		}
	}
	return sign, sealRow, lastLine(rows, sign, sealRow, date)
}

// lastLine is where the date should stand when it was not known as one: the last
// line below the signature that is not the seal's.
func lastLine(rows []row, sign, sealRow, date int) int {
	if date >= 0 || sign < 0 {
		return date
	}
	for i := len(rows) - 1; i > sign; i-- {
		if i != sealRow && rows[i].box.Dx() > rows[i].box.Dy()*2 {
			return i
		}
	}
	return -1
}

// opinionText is the block of lines that an opinion begins with. What stands
// far below it or far right of its edge is no part of it: pieces of a signature or of
// a seal that stick out above the signing line, or what is printed for the seal.
func (v *visit) opinionText(rows []row) []row {
	var out []row
	all := bounds(rows)
	for _, r := range rows {
		if len(fold(r.text)) < 3 && r.conf < 0.6 {
			continue
		}
		if len(out) > 0 && r.box.Min.X-all.Min.X > all.Dx()*3/10 {
			continue
		}
		if n := len(out); n > 0 {
			last := out[n-1]
			if r.box.Min.Y-last.box.Max.Y > 2*max(last.box.Dy(), int(v.Layout.DPI*0.14)) {
				break
			}
		}
		out = append(out, r)
	}
	return out
}

// bestRow is the row in which a label is found best, -1 for none.
func bestRow(rows []row, label string, least float64) int {
	want := fold(label)
	best, at := least, -1
	for i, r := range rows {
		if len(fold(r.text)) > len(want)*4+8 {
			continue
		}
		if s := contains(want, fold(r.text)); s > best {
			best, at = s, i
		}
	}
	return at
}

// Handwriting of this area (mm²) with a stroke this long (mm) is no remainder of a
// label that was hardly read, nor a word printed behind the place for a name.
const (
	penArea   = 20
	penStroke = 5
)

// signature looks for handwriting on the signing line, right of its label. pitch is how
// far apart printed characters stand there, 0 when it is not known.
func (v *visit) signature(role bundle.Role, sec *call.Section, rows []row, sign, sealRow, date int, cell image.Rectangle, pitch float64) {
	em := int(v.Layout.DPI * 0.16)
	var zone image.Rectangle
	var print []image.Rectangle
	doubt := 1.0
	switch {
	case sign >= 0:
		r := rows[sign]
		want := fold(sec.Signatory)
		f, _ := search(want, fold(r.text))
		label := r.before(f.to)
		if contains(want, fold(r.text)) < 0.75 {
			if to, ok := r.labelEnd(want, pitch); ok {
				label.Max.X = to
			} else {
				// The label was hardly read: it takes as much room as its characters do.
				label.Max.X = r.box.Min.X + (len(want)+1)*em
				doubt = 0.5
			}
		}
		zone = image.Rect(label.Max.X, r.box.Min.Y-em/2, cell.Max.X-em/4, r.box.Max.Y+em/2)
		print = append(print, label)
		print = append(print, signedHere(r, f.to, em)...)
	case sealRow >= 0:
		r := rows[sealRow]
		zone = image.Rect(cell.Min.X+cell.Dx()/2, r.box.Min.Y-3*em, cell.Max.X-em/4, r.box.Min.Y-em/2)
		doubt = 0.5
	case date >= 0:
		r := rows[date]
		zone = image.Rect(cell.Min.X+cell.Dx()/2, r.box.Min.Y-6*em, cell.Max.X-em/4, r.box.Min.Y-em*2)
		doubt = 0.5
	default:
		v.content.signs = append(v.content.signs, bundle.Signature{Role: role, Page: v.Number, Box: v.boxOf(cell), Confidence: 0.1})
		return
	}
	for _, i := range []int{sealRow, date} {
		if i >= 0 && i != sign {
			print = append(print, rows[i].box)
			if b := rows[i].box; b.Min.Y > zone.Min.Y+em && b.Min.Y < zone.Max.Y {
				zone.Max.Y = b.Min.Y
			}
		}
	}
	for _, rule := range v.Layout.Rules {
		if rule.Vertical {
			print = append(print, rule.Box) // the side of a box, where it leans into the place
		}
	}
	found := seal.FindSignature(v.Image, zone.Intersect(cell), print, v.Seals)
	if found.Area >= penArea && found.Stroke >= penStroke {
		doubt = 1
	}
	v.content.signs = append(v.content.signs, bundle.Signature{
		Role: role, Present: found.Present, Page: v.Number, Box: v.boxOf(found.Box), Confidence: rounded(found.Confidence * doubt),
	})
}

// before is the box of a row's first n folded characters.
func (r row) before(n int) image.Rectangle {
	var b image.Rectangle
	seen := 0
	for _, c := range r.chars {
		if seen >= n {
			break
		}
		seen += len(fold(c.Text))
		b = b.Union(c.Box)
	}
	if b.Empty() {
		return image.Rect(r.box.Min.X, r.box.Min.Y, r.box.Min.X+1, r.box.Max.Y)
	}
	b.Min.Y, b.Max.Y = r.box.Min.Y, r.box.Max.Y
	return b
}

func sealNote(s seal.Seal) string {
	switch s.Shape {
	case seal.Square:
		return "方形印章，请人工核对"
	case seal.Oval:
		return "椭圆形印章，请人工核对"
	}
	return ""
}
