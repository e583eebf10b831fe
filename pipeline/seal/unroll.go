package seal

import (
	"image"
	"math"
	"slices"

	"sealdesk/pipeline/ocr"
)

// band is where the ring text stands: clockwise from angle from to angle to, in
// radians from the right, between the radii in and out, as shares of the ring's.
type band struct {
	from, to float64
	in, out  float64
}

// steps is the number of angles at which the text band is measured.
const steps = 720

// at is the ink at an angle and a share of the ring's radius.
func (g ring) at(sin, cos, r float64) float64 {
	return max(float64(g.ink.at(g.x+cos*r*g.r, g.y+sin*r*g.r)), 0)
}

// findBand finds the ring text. It is cut at the emptiest stretch, the one
// nearest to the bottom where several are empty. False when there is next to no
// ink where the text should be.
func (g ring) findBand() (band, bool) {
	all := g.radial(0, steps)
	out, in := lowest(all, 86, 96), lowest(all, 55, 70)

	// A code number at the bottom does not reach the inner part of the band.
	col := g.columns(float64(in)/100, float64(in)/100+0.65*float64(out-in)/100)
	window := func(mid, half int) float64 {
		s := 0.0
		for d := -half; d <= half; d++ {
			s += col[(mid+d+2*steps)%steps]
		}
		return s / float64(2*half+1)
	}
	high := slices.Sorted(slices.Values(col))[steps*9/10]
	if high < 0.1 {
		return band{}, false
	}
	best, gap := math.Inf(1), 0
	for a := range steps {
		fromBottom := math.Abs(float64((a+steps/4)%steps-steps/2)) / (steps / 2)
		if v := window(a, steps/18) + 0.1*high*fromBottom; v < best {
			best, gap = v, a
		}
	}
	low := 0.22 * high
	start, end := gap, gap+steps
	for start < end && window(start, 2) < low {
		start++
	}
	for end > start && window(end, 2) < low {
		end--
	}
	if end-start < steps/8 {
		return band{}, false
	}

	// Where the text is known, its inner and outer edge show more clearly.
	text := g.radial(start, end)
	full := slices.Max(text[65:85])
	out = lowest(text, 84, 96)
	for floor := text[out]; out < 97 && text[out+1] < floor+0.1*full; {
		out++
	}
	in = lowest(text, 55, 72)
	for floor := text[in]; in < 72 && text[in+1] < floor+0.12*full; {
		in++
	}
	return band{
		from: 2 * math.Pi * float64(start) / steps,
		to:   2 * math.Pi * float64(end) / steps,
		in:   float64(in-1) / 100,
		out:  float64(out) / 100,
	}, true
}

// radial is the mean ink between two steps at each hundredth of the radius.
func (g ring) radial(start, end int) []float64 {
	p := make([]float64, 105)
	n := 0
	for a := start; a < end; a += 3 {
		sin, cos := math.Sincos(2 * math.Pi * float64(a) / steps)
		for i := range p {
			p[i] += g.at(sin, cos, float64(i)/100)
		}
		n++
	}
	for i := range p {
		p[i] /= float64(max(n, 1))
	}
	return p
}

// columns is the mean ink between two radii at each step. The root makes up for
// strokes of pale ink.
func (g ring) columns(in, out float64) []float64 {
	col := make([]float64, steps)
	for a := range col {
		sin, cos := math.Sincos(2 * math.Pi * float64(a) / steps)
		n := 0
		for r := in; r < out; r += 0.01 {
			col[a] += math.Sqrt(g.at(sin, cos, r))
			n++
		}
		col[a] /= float64(max(n, 1))
	}
	return col
}

// lowest is the index of the least value of p within lo..hi.
func lowest(p []float64, lo, hi int) int {
	best := lo
	for i := lo; i <= hi; i++ {
		if p[i] < p[best] {
			best = i
		}
	}
	return best
}

// look says how a strip is drawn: the height of the characters in pixels, their
// width as a share of that in the seal, and the smoothing of the ink beforehand.
type look struct {
	height  int
	squeeze float64
	blur    int
}

// strip draws the characters of a grid in a row, dark on white, each turned
// upright as a whole: bent to a straight line they would be harder to read.
func (g ring) strip(b band, c grid, l look) strip {
	ink := g.ink.blur(l.blur)
	scale := float64(l.height) / ((b.out - b.in) * g.r)
	cell := c.pitch * (b.in + b.out) / 2 * g.r * scale * l.squeeze
	margin := l.margin()
	w := min(int(cell*float64(c.n)), 60*l.height)
	out := image.NewGray(image.Rect(0, 0, w+2*margin, l.height+2*margin))
	for i := range out.Pix {
		out.Pix[i] = 255
	}
	for x := range w {
		i := int(float64(x) / cell)
		sin, cos := math.Sincos(c.from + c.pitch*(float64(i)+0.5))
		across := (float64(x) + 0.5 - cell*(float64(i)+0.5)) / (scale * l.squeeze)
		for y := range l.height {
			r := b.out*g.r - (float64(y)+0.5)/scale
			if math.Abs(math.Atan2(across, r)) > 0.53*c.pitch {
				continue // a neighbour's foot
			}
			v := float64(ink.at(g.x+cos*r-sin*across, g.y+sin*r+cos*across))
			out.Pix[(y+margin)*out.Stride+x+margin] = uint8(255 * (1 - math.Pow(min(max(v, 0), 1), 0.6)))
		}
	}
	return strip{crop: ocr.Crop{Image: out}, grid: c, look: l, cell: cell}
}

// margin is the white about a strip, in pixels.
func (l look) margin() int { return l.height / 2 }
