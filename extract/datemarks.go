package extract

import (
	"image"
	"strings"
)

// dateMarks are the characters 年, 月 and 日 of a date's line: their places among
// the row's characters, -1 for one that was not read, and on the page.
type dateMarks struct {
	at  [3]int
	box [3]image.Rectangle
}

// marks finds 年, 月 and 日; ok is false without 月 and one of the others. One that was
// not read is put where it should stand.
func (v *visit) marks(r row) (m dateMarks, ok bool) {
	m.at = [3]int{-1, -1, -1}
	for i, c := range r.chars {
		switch {
		case m.at[0] < 0 && m.at[1] < 0 && c.Text == "年":
			m.at[0] = i
		case m.at[1] < 0 && c.Text == "月":
			m.at[1] = i
		case m.at[1] >= 0 && m.at[2] < 0 && (c.Text == "日" || c.Text == "曰" || c.Text == "目"):
			m.at[2] = i
		}
	}
	if m.at[1] < 0 && m.at[0] >= 0 {
		for i := len(r.chars) - 1; i > m.at[0] && m.at[2] < 0; i-- {
			if c := r.chars[i].Text; c == "日" || c == "曰" || c == "目" {
				m.at[2] = i
			}
		}
	}
	if m.at[1] < 0 && m.at[2] < 0 {
		return m, false
	}
	for k, i := range m.at {
		if i >= 0 {
			m.box[k] = v.wholeCharacter(r, r.chars[i].Box)
		}
	}
	if m.at[1] < 0 {
		// 月 is hidden: forms leave as much room before it as behind it.
		x, width := (m.box[0].Min.X+m.box[0].Max.X+m.box[2].Min.X+m.box[2].Max.X)/4, max(m.box[0].Dx(), m.box[2].Dx())
		m.box[1] = image.Rect(x-width/2, r.box.Min.Y, x+width/2, r.box.Max.Y)
	}
	if m.at[2] < 0 {
		m.box[2] = image.Rect(r.box.Max.X, r.box.Min.Y, r.box.Max.X+1, r.box.Max.Y)
	}
	if m.at[0] < 0 {
		// 年 is hidden: it stands two characters and a number before 月.
		x := m.box[1].Min.X - r.box.Dy()*2
		m.box[0] = image.Rect(x-r.box.Dy(), r.box.Min.Y, x, r.box.Max.Y)
	}
	return m, true
}

// wholeCharacter sets the sides of a character's box, which readers place only
// roughly, on the white that is nearest to its middle. A side without white
// within a character's width stays.
func (v *visit) wholeCharacter(r row, b image.Rectangle) image.Rectangle {
	middle, reach := (b.Min.X+b.Max.X)/2, max(r.box.Dy()*9/10, b.Dx()*6/10)
	white := func(x int) bool {
		return v.Layout.InkBox(image.Rect(x, r.box.Min.Y, x+1, r.box.Max.Y)).Empty()
	}
	if white(middle) {
		return b
	}
	for x := middle; x > max(middle-reach, 0); x-- {
		if white(x - 1) {
			b.Min.X = x
			break
		}
	}
	for x := middle; x < min(middle+reach, v.Layout.W-1); x++ {
		if white(x + 1) {
			b.Max.X = x + 1
			break
		}
	}
	return b
}

// unfilled says whether a line holds the three marks of a date and nothing else, by its
// ink alone: three groups as large as characters, wide apart, of which one at least is
// read as a mark. Readers expect numbers there and make something of one mark or other.
func (v *visit) unfilled(r row) bool {
	if !strings.ContainsAny(r.text, "年月日") {
		return false
	}
	var marks []image.Rectangle
	for _, b := range v.pieces(r) {
		if max(b.Dx(), b.Dy())*10 < r.box.Dy()*3 {
			continue // a speck
		}
		if n := len(marks); n > 0 && (b.Min.X-marks[n-1].Max.X)*6 < r.box.Dy() {
			marks[n-1] = marks[n-1].Union(b)
			continue
		}
		marks = append(marks, b)
	}
	if len(marks) != 3 {
		return false
	}
	for i, b := range marks {
		if b.Dx()*2 < r.box.Dy() || b.Dx()*10 > r.box.Dy()*13 || b.Dy()*10 < r.box.Dy()*6 {
			return false
		}
		if i == 0 {
			continue
		}
		gap := image.Rect(marks[i-1].Max.X, r.box.Min.Y, b.Min.X, r.box.Max.Y)
		if gap.Dx()*10 < r.box.Dy()*8 || v.faintInk(gap) {
			return false
		}
	}
	return true
}
