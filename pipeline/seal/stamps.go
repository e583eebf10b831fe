package seal

import (
	"image"
	"math"
	"slices"
)

// Sides of oval and square stamps, in mm, and the shares of their outlines that
// must show.
const (
	minStamp    = 10
	maxStamp    = 65
	outlineSeen = 0.75
)

// stampInk is the redness, as a share of full ink, of a stamp's ink.
const stampInk = 0.2

// otherStamps are the oval and square stamps among the red ink of a colour scan
// that is none of the round seals', in pixels of the plane with mm pixels to the
// millimetre. A shape that stands in a row with others of its size is a character
// of a red title, however square.
func otherStamps(ink *plane, rounds []evidence, mm float64) []Seal {
	red := &mask{ink.w, ink.h, make([]bool, len(ink.v))}
	for i, v := range ink.v {
		red.on[i] = v > stampInk
	}
	for _, r := range rounds {
		reach := r.r + mm
		for y := max(int(r.y-reach), 0); y <= min(int(r.y+reach), ink.h-1); y++ {
			for x := max(int(r.x-reach), 0); x <= min(int(r.x+reach), ink.w-1); x++ {
				if math.Hypot(float64(x)-r.x, float64(y)-r.y) <= reach {
					red.on[y*ink.w+x] = false
				}
			}
		}
	}
	if !slices.Contains(red.on, true) {
		return nil
	}
	grow := max(int(0.6*mm), 1) // joins an outline that is not whole
	var boxes []image.Rectangle
	for _, p := range red.grown(grow).pieces() {
		b := p.box.Inset(grow)
		if w, h := float64(b.Dx())/mm, float64(b.Dy())/mm; max(w, h) >= minStamp/2 {
			boxes = append(boxes, b)
		}
	}
	var out []Seal
	for i, b := range boxes {
		w, h := float64(b.Dx())/mm, float64(b.Dy())/mm
		if min(w, h) < minStamp || max(w, h) > maxStamp || max(w, h) > 2.5*min(w, h) || inRow(boxes, i) {
			continue
		}
		switch oval := red.ellipseSeen(b); {
		case max(w, h) > 1.12*min(w, h) && oval >= outlineSeen:
			out = append(out, Seal{Box: b, Shape: Oval, Presence: oval})
		default:
			if square := red.sidesSeen(b, mm); square >= outlineSeen {
				out = append(out, Seal{Box: b, Shape: Square, Presence: square})
			}
		}
	}
	return out
}

// inRow says whether a box has a neighbour of its own height beside it.
func inRow(boxes []image.Rectangle, i int) bool {
	b := boxes[i]
	for j, o := range boxes {
		gap := max(o.Min.X-b.Max.X, b.Min.X-o.Max.X)
		tall := min(o.Max.Y, b.Max.Y) - max(o.Min.Y, b.Min.Y)
		if j != i && gap >= 0 && gap < b.Dx() && 10*tall > 6*b.Dy() && 10*o.Dy() < 15*b.Dy() {
			return true
		}
	}
	return false
}

// grown is the mask with every pixel that has one of it within r, along rows and
// columns.
func (m *mask) grown(r int) *mask {
	across := &mask{m.w, m.h, make([]bool, len(m.on))}
	out := &mask{m.w, m.h, make([]bool, len(m.on))}
	for i, on := range m.on {
		if x := i % m.w; on {
			for xx := max(x-r, 0); xx <= min(x+r, m.w-1); xx++ {
				across.on[i-x+xx] = true
			}
		}
	}
	for i, on := range across.on {
		if y := i / m.w; on {
			for yy := max(y-r, 0); yy <= min(y+r, m.h-1); yy++ {
				out.on[i%m.w+yy*m.w] = true
			}
		}
	}
	return out
}

// ellipseSeen is the share of the ellipse inscribed in a box along which there is
// ink, and no more outside it.
func (m *mask) ellipseSeen(b image.Rectangle) float64 {
	cx, cy := float64(b.Min.X+b.Max.X-1)/2, float64(b.Min.Y+b.Max.Y-1)/2
	rx, ry := float64(b.Dx())/2, float64(b.Dy())/2
	seen := 0
	for _, u := range unit {
		edge := 0.0 // of the outermost ink, as a share of the radius
		for d := 1.4; d > 0.8 && edge == 0; d -= 0.02 {
			if m.at(cx+u[0]*rx*d, cy+u[1]*ry*d) {
				edge = d
			}
		}
		if edge > 0.88 && edge < 1.08 {
			seen++
		}
	}
	return float64(seen) / angles
}

// sidesSeen is how well the outermost ink in a box lies on four straight sides,
// which may be turned a little: the share of the worst side.
func (m *mask) sidesSeen(b image.Rectangle, mm float64) float64 {
	worst := 1.0
	for side := range 4 {
		length, depth := b.Dx(), b.Dy()
		if side%2 == 1 {
			length, depth = depth, length
		}
		// The corners, which may be round, are left out.
		trim := length / 8
		first := make([]float64, 0, length)
		for i := trim; i < length-trim; i++ {
			at := math.Inf(1)
			for d := range depth / 4 {
				x, y := b.Min.X+i, b.Min.Y+d
				switch side {
				case 1:
					x, y = b.Min.X+d, b.Min.Y+i
				case 2:
					x, y = b.Min.X+i, b.Max.Y-1-d
				case 3:
					x, y = b.Max.X-1-d, b.Min.Y+i
				}
				if m.at(float64(x), float64(y)) {
					at = float64(d)
					break
				}
			}
			first = append(first, at)
		}
		worst = min(worst, straight(first, 0.5*mm))
	}
	return worst
}

// straight is the greatest share of values within tol of one line through two of
// them with a slope of at most 0.15.
func straight(v []float64, tol float64) float64 {
	best := 0
	step := max(len(v)/12, 1)
	for i := 0; i < len(v); i += step {
		for j := i + len(v)/3; j < len(v); j += step {
			slope := (v[j] - v[i]) / float64(j-i)
			if math.IsNaN(slope) || math.Abs(slope) > 0.15 {
				continue
			}
			n := 0
			for k, x := range v {
				if math.Abs(x-v[i]-slope*float64(k-i)) <= tol {
					n++
				}
			}
			best = max(best, n)
		}
	}
	return float64(best) / float64(max(len(v), 1))
}

// at says whether the mask is on at a position; no outside it.
func (m *mask) at(x, y float64) bool {
	ix, iy := int(math.Round(x)), int(math.Round(y))
	return ix >= 0 && iy >= 0 && ix < m.w && iy < m.h && m.on[iy*m.w+ix]
}
