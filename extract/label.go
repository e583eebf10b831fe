package extract

import (
	"image"
	"math"
	"strings"
)

// printPitch is how far apart the characters of a label stand, in pixels, by the row in
// which it was read, 0 when it was not read well.
func printPitch(r row, label string) float64 {
	want, text := fold(label), fold(r.text)
	f, ok := search(want, text)
	if !ok || len(want) < 4 || f.edits*4 > len(want) || f.to-f.from != len(want) {
		return 0
	}
	places := r.middles()
	return (places[f.to-1] - places[f.from]) / float64(len(want)-1)
}

// middles are the middles of a row's folded characters, in pixels from the left.
func (r row) middles() []float64 {
	var out []float64
	for _, c := range r.chars {
		for range fold(c.Text) {
			out = append(out, float64(c.Box.Min.X+c.Box.Max.X)/2)
		}
	}
	return out
}

// apartBy is by how much of their pitch characters may seem further apart or nearer than
// they are: readers place them only roughly.
const apartBy = 0.8

// mark is a character of a label as it was read: which one of it, and its middle.
type mark struct {
	index int
	x     float64
}

// labelEnd is where a label ends, and its colon, that stands at the beginning of a row and
// of which a seal hides so much that it was hardly read. Two of its characters tell, of
// which one is near its end, when they stand as far apart as print of this pitch sets them;
// or three that stand in a row, for forms set some labels wider than others.
func (r row) labelEnd(want []rune, pitch float64) (x int, ok bool) {
	if pitch <= 0 {
		return 0, false
	}
	marks := r.marksOf(want, float64(r.box.Min.X)+pitch*float64(len(want)+2))
	best := 0
	for k, b := range marks {
		for _, a := range marks[:k] {
			steps := b.index - a.index
			if steps < 2 || steps < best || b.index < len(want)-2 {
				continue
			}
			each := pitch
			if math.Abs(b.x-a.x-pitch*float64(steps)) > pitch*apartBy {
				each = (b.x - a.x) / float64(steps)
				if each < pitch*leastPitch || each > pitch*mostPitch || !between(marks, a, b, each) {
					continue
				}
			}
			best = steps
			x, ok = int(b.x+each*(float64(len(want)-b.index)+0.2)), true
		}
	}
	return x, ok
}

// How much narrower or wider than another a label may be set.
const leastPitch, mostPitch = 0.7, 1.5

// between says whether a mark stands where it should between two others, or just behind
// them, when each stands so far from the next.
func between(marks []mark, a, b mark, each float64) bool {
	for _, m := range marks {
		if m != a && m != b && m.index > a.index && math.Abs(m.x-a.x-each*float64(m.index-a.index)) < each*0.4 {
			return true
		}
	}
	return false
}

// marksOf are the characters of a label, and its colon, that were read in a row left of x.
func (r row) marksOf(want []rune, x float64) []mark {
	var out []mark
	for _, c := range r.chars {
		at := float64(c.Box.Min.X+c.Box.Max.X) / 2
		if at > x {
			break
		}
		if strings.ContainsAny(c.Text, ":：") {
			// The colon stands in the left part of its place.
			out = append(out, mark{len(want), at + float64(c.Box.Dx())/2})
			continue
		}
		text := fold(c.Text)
		for i, w := range want {
			if len(text) == 1 && text[0] == w {
				out = append(out, mark{i, at})
			}
		}
	}
	return out
}

// signedHere are the boxes of the printed word 签章, with its brackets, that forms print
// behind the place for a signature, of characters em wide. It ends with a bracket: what
// stands before its last character is the word, too, whatever it was read as.
func signedHere(r row, from, em int) []image.Rectangle {
	var out []image.Rectangle
	seen := 0
	for i, c := range r.chars {
		seen += len(fold(c.Text))
		if seen <= from || !strings.ContainsAny(c.Text, "签章字") {
			continue
		}
		box := c.Box
		if i > 0 && strings.ContainsAny(r.chars[i-1].Text, "（(") {
			box = box.Union(r.chars[i-1].Box)
		}
		if i+1 < len(r.chars) && strings.ContainsAny(r.chars[i+1].Text, "）)") {
			box = box.Union(r.chars[i+1].Box)
			if c.Text != "签" {
				box.Min.X = min(box.Min.X, (c.Box.Min.X+c.Box.Max.X)/2-em*5/2)
			}
		}
		box.Min.Y, box.Max.Y = r.box.Min.Y, r.box.Max.Y
		out = append(out, box)
	}
	return out
}
