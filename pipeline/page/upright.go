package page

import (
	"context"
	"fmt"
	"image"
)

// Judge says which of two readings of the same text lines is the right way up:
// it is given a few lines as flattened gray pictures, cut the right way up for
// the way the page stands, and the same turned by 180 degrees (or, when it is
// not even sure whether the lines run across the page, other lines cut the
// other way). It reads them and returns more than 0 if the first are right,
// less than 0 if the second are; the magnitude, 0 to 1, is how sure it is.
type Judge func(ctx context.Context, upright, inverted []*image.Gray) (float64, error)

// Info is what Upright found out about a page.
type Info struct {
	// Rotation is the clockwise turn in degrees that made the page upright: 0,
	// 90, 180 or 270.
	Rotation int
	// Skew is how far, in degrees clockwise, the content of the turned page was
	// turned before it was straightened, from -10 to 10, good to 0.1.
	Skew float64
	// Blank is set when the page has no content: bleed-through, punch holes,
	// specks, streaks and what stands at the very foot (a scanning app's
	// mark, a page number) do not count. Nothing but borders is then changed.
	Blank bool
	// RotationConfidence is 0 to 1: 0 when nothing could be read.
	RotationConfidence float64

	sketch *sketch // for Quality
}

// Upright takes streaks of dirt off a page, turns it the right way up, takes out
// its skew and whitens dark borders. The canvas is that of the page after the turn, so that places on the
// result are fractions of the sheet as scanned. m is not changed; the result
// may share its planes. A bilevel page stays marked so, although straightening
// gives its edges gray levels.
//
// judge decides between up and down; with none, or when it is unsure, the page
// keeps the way it lies, with low confidence. An error is judge's own or the
// context's.
func Upright(ctx context.Context, m *Image, judge Judge) (*Image, Info, error) {
	var info Info
	if err := ctx.Err(); err != nil {
		return nil, info, err
	}
	if m == nil || m.W <= 0 || m.H <= 0 || len(m.R) < m.W*m.H || len(m.G) < m.W*m.H || len(m.B) < m.W*m.H {
		return nil, info, fmt.Errorf("upright: not a page image")
	}
	out := *m
	out.removeStreaks()
	s := survey(&out)
	info.sketch = s
	if s.border != nil {
		out.whiten(s.border, s.w, s.h, s.factor)
	}
	if s.blank() {
		info.Blank = true
		return &out, info, nil
	}
	pose, err := s.pose(ctx, &out, judge)
	if err != nil {
		return nil, info, err
	}
	info.Rotation, info.Skew, info.RotationConfidence = pose.rotation, pose.skew, pose.confidence
	s.turned = pose.rotation
	pose.apply(&out)
	return &out, info, nil
}

// sketch is a page reduced to about 100 dpi, told apart into pieces of ink.
type sketch struct {
	w, h, factor int
	dpi          float64
	flat         []uint8
	border       []uint8 // 1 beside the paper; nil when there is none
	pieces       []component
	runs         []run
	// text says of each piece whether it may be a character or a part of one.
	text []bool
	em   float64 // the usual size of a character, in pixels
	few  bool    // there is hardly any text
	// turned is the rotation of the pose that was found: 0 until then.
	turned int
}

// survey reduces a page and finds its borders and ink. The green plane shows
// text, seals and pens of all colours.
func survey(m *Image) *sketch {
	s := &sketch{factor: max(int(m.DPI/90), 1)}
	s.dpi = m.DPI / float64(s.factor)
	var gray []uint8
	gray, s.w, s.h = reduce(m.G, m.W, m.H, s.factor)
	s.flat = Flatten(gray, s.w, s.h, s.dpi)
	if s.border = findBorder(gray, s.flat, s.w, s.h, s.dpi); s.border != nil {
		// Again, since the border's darkness spoils the light beside it.
		for i, v := range s.border {
			if v != 0 {
				gray[i] = 255
			}
		}
		s.flat = Flatten(gray, s.w, s.h, s.dpi)
	}
	ink := Sauvola(s.flat, s.w, s.h, int(s.dpi*0.2), 0.25)
	s.pieces, s.runs = components(ink, s.flat, s.w, s.h)
	s.findText()
	return s
}

// reduce takes the mean of factor x factor pixels.
func reduce(p []uint8, w, h, factor int) ([]uint8, int, int) {
	if factor == 1 {
		return append([]uint8(nil), p[:w*h]...), w, h
	}
	rw, rh := max(w/factor, 1), max(h/factor, 1)
	out := make([]uint8, rw*rh)
	sums := make([]uint32, rw)
	for y := range rh {
		clear(sums)
		rows := min(factor, h-y*factor)
		for dy := range rows {
			row := p[(y*factor+dy)*w:][:w]
			for x := range sums {
				sum := uint32(0)
				for _, v := range row[x*factor : min(x*factor+factor, w)] {
					sum += uint32(v)
				}
				sums[x] += sum
			}
		}
		n := uint32(rows * min(factor, w))
		for x, v := range sums {
			out[y*rw+x] = uint8(v / n)
		}
	}
	return out, rw, rh
}

// mm is millimetres in pixels of the sketch.
func (s *sketch) mm(v float64) float64 { return v / 25.4 * s.dpi }

// faint is the level, on the flattened page, that ink of the page itself is
// darker than somewhere: bleed-through and shadows are not.
const faint = 150

// few is how many pieces of a character's size a page has at least when its
// lines can be told by their profile alone.
const few = 60

// findText marks the pieces of a character's size and learns that size. A page
// with hardly any, such as a separator sheet, may have very large ones.
func (s *sketch) findText() {
	if s.few = s.markText(s.mm(10)) < few; s.few {
		s.markText(s.mm(25))
	}
}

func (s *sketch) markText(most float64) (marked int) {
	s.text = make([]bool, len(s.pieces))
	var sizes [512]int
	n := 0
	for i, c := range s.pieces {
		size := max(c.box.Dx(), c.box.Dy())
		if c.darkest >= faint || float64(size) < s.mm(0.5) || float64(size) > most || s.hole(c) {
			continue
		}
		s.text[i] = true
		marked++
		if float64(size) >= s.mm(2) && size < len(sizes) {
			sizes[size]++
			n++
		}
	}
	s.em = s.mm(4)
	// Most characters are in one piece; those in several are smaller, so the
	// size is taken from the upper half.
	for size, sum := len(sizes)-1, 0; size > 0 && n > 0; size-- {
		if sum += sizes[size]; sum*10 >= n*4 {
			s.em = float64(size)
			break
		}
	}
	return marked
}

// points are ink pixels for a projection: those of text, or all of them.
func (s *sketch) points(all bool) (xs, ys []int32) {
	for _, r := range s.runs {
		if c := s.pieces[r.label]; c.darkest >= faint || !all && !s.text[r.label] || s.solid(c) {
			continue
		}
		for x := r.x0; x < r.x1; x++ {
			xs, ys = append(xs, x), append(ys, r.y)
		}
	}
	return xs, ys
}

// solid says whether a piece is a filled area, which has no direction.
func (s *sketch) solid(c component) bool {
	side := s.mm(6)
	return float64(c.box.Dx()) > side && float64(c.box.Dy()) > side && c.area*2 > c.box.Dx()*c.box.Dy()
}
