package page

import "math"

// maxSkew is the largest skew that is looked for, in degrees.
const maxSkew = 10

// profile is a set of ink points seen along one axis: at an angle, how many
// points lie on each line along that axis.
type profile struct {
	along, across []float32 // a point's place along the lines and across them
	bins          []int32
	offset        float32
	gap           int // between the bins that are compared
}

// newProfile takes points of a w x h page. sideways takes lines that run down
// the page instead of across it.
func newProfile(xs, ys []int32, w, h int, sideways bool) *profile {
	p := &profile{along: make([]float32, len(xs)), across: make([]float32, len(xs))}
	if sideways {
		xs, ys, w, h = ys, xs, h, w
	}
	for i := range xs {
		p.along[i] = float32(int(xs[i]) - w/2)
		p.across[i] = float32(ys[i])
	}
	slope := float32(math.Tan(maxSkew * 1.1 * math.Pi / 180))
	p.offset = slope*float32(w)/2 + 2
	p.bins = make([]int32, h+2*int(p.offset)+2)
	// Some scans have a comb of pixels in them, every other row or column darker, which is
	// sharper than any text where it lies level. Two bins on, nothing is seen of it; lines
	// of text differ more there than from one bin to the next.
	p.gap = 2
	two := p.sharpness(0)
	if p.gap = 1; two < 1.2*p.sharpness(0) {
		p.gap = 2
	}
	return p
}

// sharpness is large when the lines of the page lie along an axis that is
// turned by so many degrees (clockwise for lines across the page): the sum of
// squared differences between neighbouring bins, or the next but one, of the projection profile (W.
// Postl, Detection of linear oblique structures and skew scan in digitized
// documents, ICPR 1986; D. Bloomberg, G. Kopec, L. Dasari, Measuring document
// image skew and orientation, SPIE 2422, 1995).
func (p *profile) sharpness(degrees float64) float64 {
	clear(p.bins)
	t := float32(math.Tan(degrees * math.Pi / 180))
	for i, a := range p.along {
		p.bins[int32(p.across[i]-a*t+p.offset)]++
	}
	sum := int64(0)
	for i := p.gap; i < len(p.bins); i++ {
		d := int64(p.bins[i] - p.bins[i-p.gap])
		sum += d * d
	}
	return float64(sum)
}

// search finds the angle in [from, to] where score is greatest, on a grid of
// the step, and refines it by a parabola through the neighbours. It gives that
// score and the mean of all.
func search(from, to, step float64, score func(float64) float64) (angle, best, mean float64) {
	n := int(math.Round((to - from) / step))
	scores := make([]float64, n+1)
	at := 0
	for i := range scores {
		scores[i] = score(from + float64(i)*step)
		mean += scores[i] / float64(n+1)
		if scores[i] > scores[at] {
			at = i
		}
	}
	angle, best = from+float64(at)*step, scores[at]
	if at > 0 && at < n {
		if bend := scores[at-1] - 2*best + scores[at+1]; bend < 0 {
			angle += step * 0.5 * (scores[at-1] - scores[at+1]) / bend
		}
	}
	return angle, best, mean
}

// skewNear refines a skew found coarsely, using lines across and down the page
// together: text and rules turn as one.
func skewNear(coarse float64, across, down *profile) float64 {
	score := func(a float64) float64 { return across.sharpness(a) + down.sharpness(-a) }
	a, _, _ := search(coarse-0.6, coarse+0.6, 0.1, score)
	a, _, _ = search(a-0.1, a+0.1, 0.025, score)
	return a
}

// rotate turns the page's content counter-clockwise by so many degrees about
// the centre, at full resolution and bilinearly; the canvas stays and what
// comes in from outside is white.
func (m *Image) rotate(degrees float64) {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	m.eachPlane(func(p []uint8) []uint8 { return rotatePlane(p, m.W, m.H, sin, cos) })
}

// rotatePlane steps through the source in 1/65536 pixels.
func rotatePlane(src []uint8, w, h int, sin, cos float64) []uint8 {
	out := make([]uint8, w*h)
	cx, cy := float64(w-1)/2, float64(h-1)/2
	const one = 1 << 16
	dx, dy := int64(math.Round(cos*one)), int64(math.Round(sin*one))
	for v := range h {
		ry := float64(v) - cy
		x := int64(math.Round((cx - cx*cos - ry*sin) * one))
		y := int64(math.Round((cy - cx*sin + ry*cos) * one))
		dst := out[v*w : v*w+w]
		for u := range dst {
			ix, iy := int(x>>16), int(y>>16)
			if uint(ix) < uint(w-1) && uint(iy) < uint(h-1) {
				fx, fy := int(x>>8&0xff), int(y>>8&0xff)
				i := iy*w + ix
				a, b := src[i:i+2:i+2], src[i+w:i+w+2:i+w+2]
				top := int(a[0])<<8 + (int(a[1])-int(a[0]))*fx
				bottom := int(b[0])<<8 + (int(b[1])-int(b[0]))*fx
				dst[u] = uint8((top<<8 + (bottom-top)*fy + 1<<15) >> 16)
			} else if uint(ix) < uint(w) && uint(iy) < uint(h) {
				dst[u] = src[iy*w+ix]
			} else {
				dst[u] = 255
			}
			x += dx
			y += dy
		}
	}
	return out
}
