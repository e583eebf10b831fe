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

// grid divides a band into n characters of equal pitch; from is the angle at
// which the first one's cell begins.
type grid struct {
	from, pitch float64
	n           int
	score       float64
}

// The fewest and most characters that a ring is taken to hold, and their widths
// as shares of their height.
const (
	minChars, maxChars = 4, 26
	narrow, wide       = 0.4, 2.6
)

// grids are the likeliest divisions of a band, best first: those with most ink
// in the middles of the cells and least between them.
func (g ring) grids(b band) []grid {
	col := g.columns(b.in+0.01, b.out-0.015)
	sums := make([]float64, 3*steps+1)
	for i := range 3 * steps {
		sums[i+1] = sums[i] + col[i%steps]
	}
	mean := func(angle, half float64) float64 {
		lo := int((angle - half) * steps / (2 * math.Pi))
		hi := int((angle+half)*steps/(2*math.Pi)) + 1
		lo, hi = max(lo+steps/2, 0), min(hi+steps/2, 3*steps)
		return (sums[hi] - sums[lo]) / float64(max(hi-lo, 1))
	}
	// sums starts half a turn early, so that a band may begin anywhere.
	shift := make([]float64, len(col))
	for i := range shift {
		shift[i] = col[(i+steps/2)%steps]
	}
	for i := range 3 * steps {
		sums[i+1] = sums[i] + shift[i%steps]
	}
	var out []grid
	for n := minChars; n <= maxChars; n++ {
		best := grid{n: n}
		for gap := 0.0; gap <= 0.6; gap += 0.05 {
			p := (b.to - b.from) / (float64(n) - gap)
			if w := p * (b.in + b.out) / 2 / (b.out - b.in); w < narrow || w > wide {
				continue
			}
			from := b.from - p*gap/2
			in, between := 0.0, 0.0
			for i := range n {
				in += mean(from+p*(float64(i)+0.5), 0.25*p)
				if i > 0 {
					between += mean(from+p*float64(i), 0.08*p)
				}
			}
			if s := in/float64(n) - between/float64(n-1); s > best.score {
				best = grid{from: from, pitch: p, n: n, score: s}
			}
		}
		if best.score > 0 {
			out = append(out, g.trim(best, mean))
		}
	}
	slices.SortStableFunc(out, func(a, b grid) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return 0
	})
	return out
}

// trim drops what stands beyond an empty cell: dates and other print that runs
// through the band.
func (g ring) trim(c grid, mean func(angle, half float64) float64) grid {
	ink := make([]float64, c.n)
	for i := range ink {
		ink[i] = mean(c.from+c.pitch*(float64(i)+0.5), 0.35*c.pitch)
	}
	low := 0.45 * slices.Sorted(slices.Values(ink))[c.n*2/3]
	from, to := 0, 0
	for i := 0; i < c.n; {
		j := i
		for j < c.n && (ink[j] >= low || j+3 < c.n && j > i+2 && min(ink[j+1], ink[j+2], ink[j+3]) >= low) {
			j++
		}
		if j-i > to-from {
			from, to = i, j
		}
		i = j + 1
	}
	c.from += float64(from) * c.pitch
	c.n = to - from
	return c
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
