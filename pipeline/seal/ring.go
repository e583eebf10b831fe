package seal

import (
	"math"
	"slices"

	"sealdesk/pipeline/page"
)

// ring is one seal's ink alone, at the page's own scale: 1 is full ink. Print
// and pen strokes across it have been replaced by what the ink beside them says.
type ring struct {
	ink  *plane
	seen *plane  // 1 where the ink is what the scan shows, 0 where it was filled in
	x, y float64 // centre, in pixels of ink
	r    float64
}

// cut takes a seal's ink out of a page.
func cut(img *page.Image, c circle) ring {
	half := int(math.Ceil(c.r * 1.04))
	x0, y0 := int(c.x)-half, int(c.y)-half
	side := 2*half + 1
	take := func(pix []uint8) *plane {
		p := newPlane(side, side)
		for y := range side {
			sy := min(max(y0+y, 0), img.H-1)
			for x := range side {
				sx := min(max(x0+x, 0), img.W-1)
				p.v[y*side+x] = float32(pix[sy*img.W+sx]) / 255
			}
		}
		flatten(p, max(half/2, 1))
		return p
	}
	g := ring{x: c.x - float64(x0), y: c.y - float64(y0), r: c.r}
	switch {
	case img.Color:
		g.ink, g.seen = redInk(take(img.R), take(img.G), take(img.B), max(int(c.r/14), 3))
	case img.Bilevel:
		g.ink = take(img.R)
		for i, v := range g.ink.v {
			g.ink.v[i] = 1 - v
		}
		g.seen = newPlane(side, side)
		for i := range g.seen.v {
			g.seen.v[i] = 1
		}
	default:
		g.ink, g.seen = grayInk(take(img.R), g, max(int(c.r/14), 3))
	}
	return g
}

// shrunk is the ring with a radius of about r px, or as it is when that is smaller.
func (g ring) shrunk(r float64) ring {
	f := int(g.r / r)
	if f < 2 {
		return g
	}
	scale := float64(f)
	return ring{g.ink.shrunk(f), g.seen.shrunk(f), (g.x+0.5)/scale - 0.5, (g.y+0.5)/scale - 0.5, g.r / scale}
}

// redInk is the red ink of a patch. Red ink is light in the red channel, so what
// is dark there is print or pen and hides the seal beneath; such pixels are
// filled from those within reach. Scans keep colour less sharply than light and
// dark, so half of the ink is told by darkness where there is red about.
func redInk(r, g, b *plane, reach int) (ink, seen *plane) {
	n := len(r.v)
	red, dark := newPlane(r.w, r.h), newPlane(r.w, r.h)
	for i := range n {
		red.v[i] = redness(r.v[i], g.v[i], b.v[i]) / max(r.v[i], 0.15)
		dark.v[i] = 1 - (0.3*r.v[i] + 0.6*g.v[i] + 0.1*b.v[i])
	}
	smooth := red.blur(1)
	full := max(quantile(smooth.v, 0.97), 0.02)
	var lights []float32
	for i, v := range smooth.v {
		if v > 0.6*full {
			lights = append(lights, r.v[i])
		}
	}
	light := quantile(lights, 0.5)
	hidden := make([]bool, n)
	var darks []float32
	for i, v := range smooth.v {
		hidden[i] = r.v[i] < 0.4*light
		if v > 0.6*full && !hidden[i] {
			darks = append(darks, dark.v[i])
		}
	}
	deep := max(quantile(darks, 0.6), 0.05)
	about := smooth.blur(2)
	for i := range n {
		near := min(max((about.v[i]/full-0.1)/0.25, 0), 1)
		red.v[i] = (min(red.v[i]/full, 1) + near*min(dark.v[i]/deep, 1)) / 2
	}
	return fill(red, hidden, 1, reach)
}

// grayInk is the ink of a seal on a gray patch, where print darker than the ring
// hides it.
func grayInk(p *plane, g ring, reach int) (ink, seen *plane) {
	var levels []float32
	for a := range angles {
		best := float32(0)
		for d := 0.93; d <= 1; d += 0.01 {
			best = max(best, 1-p.at(g.x+unit[a][0]*g.r*d, g.y+unit[a][1]*g.r*d))
		}
		levels = append(levels, best)
	}
	level := max(quantile(levels, 0.5), 0.05)
	hidden := make([]bool, len(p.v))
	out := newPlane(p.w, p.h)
	for i, v := range p.v {
		d := 1 - v
		hidden[i] = d > level+0.2
		out.v[i] = min(d/level, 1)
	}
	return fill(out, hidden, max(int(g.r/80), 1), reach)
}

// fill replaces the hidden pixels and the rim of them by ink where there is ink
// in sight on opposite sides, so that strokes go on beneath print. seen is 1 where
// nothing was filled.
func fill(p *plane, hidden []bool, rimWidth, reach int) (filled, seen *plane) {
	rim := make([]bool, len(hidden))
	for y := range p.h {
		for x := range p.w {
			for dy := -rimWidth; dy <= rimWidth; dy++ {
				for dx := -rimWidth; dx <= rimWidth; dx++ {
					if xx, yy := x+dx, y+dy; xx >= 0 && yy >= 0 && xx < p.w && yy < p.h && hidden[yy*p.w+xx] {
						rim[y*p.w+x] = true
					}
				}
			}
		}
	}
	out := newPlane(p.w, p.h)
	copy(out.v, p.v)
	seen = newPlane(p.w, p.h)
	for i, h := range rim {
		if !h {
			seen.v[i] = 1
			continue
		}
		x, y := i%p.w, i/p.w
		out.v[i] = 0
		for _, d := range [4][2]int{{1, 0}, {0, 1}, {1, 1}, {1, -1}} {
			a, da := sight(p, rim, x, y, d[0], d[1], reach)
			b, db := sight(p, rim, x, y, -d[0], -d[1], reach)
			if da+db <= reach {
				out.v[i] = max(out.v[i], min(a, b))
			}
		}
	}
	return out, seen
}

// sight is the first pixel not hidden from (x, y) on, and its distance.
func sight(p *plane, hidden []bool, x, y, dx, dy, reach int) (float32, int) {
	for n := 1; n <= reach; n++ {
		x, y = x+dx, y+dy
		if x < 0 || y < 0 || x >= p.w || y >= p.h {
			break
		}
		if !hidden[y*p.w+x] {
			return p.v[y*p.w+x], n
		}
	}
	return 0, reach + 1
}

// quantile is the value at the share q of vs, 0 when there are none.
func quantile(vs []float32, q float64) float32 {
	if len(vs) == 0 {
		return 0
	}
	s := slices.Clone(vs)
	slices.Sort(s)
	return s[min(int(q*float64(len(s))), len(s)-1)]
}
