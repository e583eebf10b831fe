package seal

import (
	"cmp"
	"math"
	"slices"
)

// circle is a ring's outer edge, in pixels of the plane it was found on.
type circle struct {
	x, y, r float64
}

// The numbers of angles at which a circle is judged and of circles looked at
// closely on a page.
const (
	angles     = 180
	candidates = 100
)

var unit = func() (u [angles][2]float64) {
	for a := range u {
		u[a][1], u[a][0] = math.Sincos(2 * math.Pi * float64(a) / angles)
	}
	return
}()

// evidence is what supports a circle being a seal's ring.
type evidence struct {
	circle
	// drop is the mean fall of ink from the ring outwards, over all angles on
	// the page: near 0 for chance arcs through text, where rises and falls
	// cancel out.
	drop float64
	// cover is the share of angles at which the ring's ink is there and ends.
	cover float64
	// adverse is the share of angles with more ink outside than on the ring.
	adverse float64
	// visible is the share of angles that lie on the page.
	visible float64
	// center, hollow and text are the mean ink where the star, the empty zone
	// about it and the ring text of a seal are.
	center, hollow, text float64
}

// vote returns the likeliest centres of circles of radius rmin..rmax (px), at
// most n, best first, with a radius of 0. It is the gradient form of the Hough
// transform (Kimme, Ballard and Sklansky, "Finding circles by an array of
// accumulators", 1975): every pixel with a gradient of at least edge votes along
// it, towards the ink, so that only outer edges add up.
func vote(ink *plane, rmin, rmax float64, edge float32, n int) []circle {
	w, h := ink.w, ink.h
	pad := int(rmin / 2)
	acc := newPlane(w+2*pad, h+2*pad)
	for y := 1; y < h-1; y++ {
		row := ink.v[y*w:]
		up, down := ink.v[(y-1)*w:], ink.v[(y+1)*w:]
		for x := 1; x < w-1; x++ {
			gx := 2*(row[x+1]-row[x-1]) + up[x+1] - up[x-1] + down[x+1] - down[x-1]
			gy := 2*(down[x]-up[x]) + down[x+1] - up[x+1] + down[x-1] - up[x-1]
			m := gx*gx + gy*gy
			if m < edge*edge {
				continue
			}
			m = float32(math.Sqrt(float64(m)))
			dx, dy := gx/m, gy/m
			px, py := float32(x+pad)+0.5, float32(y+pad)+0.5
			for r := float32(rmin); r <= float32(rmax); r++ {
				ax, ay := int(px+r*dx), int(py+r*dy)
				if ax >= 0 && ay >= 0 && ax < acc.w && ay < acc.h {
					acc.v[ay*acc.w+ax]++
				}
			}
		}
	}
	// A circle is a sharp peak; text gives broad hills.
	acc = acc.blur(3)
	hills := acc.mean(int(rmin / 5))
	for i := range acc.v {
		acc.v[i] -= hills.v[i]
	}

	type peak struct {
		x, y int
		v    float32
	}
	var peaks []peak
	for y := 1; y < acc.h-1; y++ {
		for x := 1; x < acc.w-1; x++ {
			v := acc.v[y*acc.w+x]
			if v > 1 && v >= acc.v[y*acc.w+x-1] && v > acc.v[y*acc.w+x+1] &&
				v >= acc.v[(y-1)*acc.w+x] && v > acc.v[(y+1)*acc.w+x] {
				peaks = append(peaks, peak{x, y, v})
			}
		}
	}
	slices.SortStableFunc(peaks, func(a, b peak) int { return cmp.Compare(b.v, a.v) })
	var out []circle
	for _, p := range peaks {
		c := circle{x: float64(p.x - pad), y: float64(p.y - pad)}
		if !slices.ContainsFunc(out, func(o circle) bool { return math.Hypot(o.x-c.x, o.y-c.y) < rmin/6 }) {
			if out = append(out, c); len(out) == n {
				break
			}
		}
	}
	return out
}

// refine moves a centre to where the fall of ink across some circle's edge is
// greatest, then fits the circle to the edge found at each angle.
func refine(ink *plane, c circle, rmin, rmax float64) circle {
	for _, step := range []float64{3, 1.5, 1} {
		best := c
		bestDrop := -1.0
		for dy := -2.0; dy <= 2; dy++ {
			for dx := -2.0; dx <= 2; dx++ {
				x, y := c.x+dx*step, c.y+dy*step
				if r, drop := bestRadius(ink, x, y, rmin, rmax); drop > bestDrop {
					best, bestDrop = circle{x, y, r}, drop
				}
			}
		}
		c = best
	}
	for _, reach := range []float64{5, 3, 2} {
		c = fitEdge(ink, c, reach)
	}
	return c
}

// edgeSpan is how far, in reduced pixels, the inside and the outside of an edge
// are looked at.
const edgeSpan = 2

// bestRadius is the radius about (x, y) with the greatest mean fall of ink
// outwards, and that fall.
func bestRadius(ink *plane, x, y, rmin, rmax float64) (r, drop float64) {
	lo, hi := int(rmin)-edgeSpan, int(rmax)+edgeSpan+1
	sums := make([]float64, hi-lo+1)
	for a := 0; a < angles; a += 2 {
		for i := range sums {
			px, py := x+unit[a][0]*float64(lo+i)+0.5, y+unit[a][1]*float64(lo+i)+0.5
			if px >= 0 && py >= 0 && int(px) < ink.w && int(py) < ink.h {
				sums[i] += float64(ink.v[int(py)*ink.w+int(px)])
			}
		}
	}
	for i := edgeSpan; i < len(sums)-edgeSpan; i++ {
		if d := sums[i-edgeSpan] - sums[i+edgeSpan]; d > drop {
			r, drop = float64(lo+i), d
		}
	}
	return r, drop / (angles / 2)
}

// fitEdge fits a circle to the outer edges found within reach of c, by least
// squares, each edge weighted by its strength.
func fitEdge(ink *plane, c circle, reach float64) circle {
	// Linearised for small corrections: the edge's distance from c at angle a
	// is dr + dx cos a + dy sin a.
	var m [3][4]float64
	for a := range angles {
		best, at := 0.05, 0.0
		for d := -reach; d <= reach; d += 0.5 {
			r := c.r + d
			in := ink.at(c.x+unit[a][0]*(r-edgeSpan), c.y+unit[a][1]*(r-edgeSpan))
			out := ink.at(c.x+unit[a][0]*(r+edgeSpan), c.y+unit[a][1]*(r+edgeSpan))
			if s := float64(in-out) - 0.01*math.Abs(d); s > best {
				best, at = s, d
			}
		}
		if best == 0.05 {
			continue
		}
		row := [4]float64{1, unit[a][0], unit[a][1], at}
		for i := range 3 {
			for j := range 4 {
				m[i][j] += best * row[i] * row[j]
			}
		}
	}
	s, ok := solve3(m)
	if !ok || math.Abs(s[0]) > reach || math.Hypot(s[1], s[2]) > reach {
		return c
	}
	return circle{c.x + s[1], c.y + s[2], c.r + s[0]}
}

// solve3 solves three linear equations; false when they do not determine the
// unknowns well.
func solve3(m [3][4]float64) (s [3]float64, ok bool) {
	for i := range 3 {
		p := i
		for j := i + 1; j < 3; j++ {
			if math.Abs(m[j][i]) > math.Abs(m[p][i]) {
				p = j
			}
		}
		m[i], m[p] = m[p], m[i]
		if math.Abs(m[i][i]) < 1e-3 {
			return s, false
		}
		for j := range 3 {
			if j == i {
				continue
			}
			k := m[j][i] / m[i][i]
			for n := i; n < 4; n++ {
				m[j][n] -= k * m[i][n]
			}
		}
	}
	for i := range 3 {
		s[i] = m[i][3] / m[i][i]
	}
	return s, true
}

// judge gathers the evidence for a circle.
func judge(ink *plane, c circle) evidence {
	e := evidence{circle: c}
	n := 0
	at := func(a int, r float64) float64 {
		return float64(ink.at(c.x+unit[a][0]*r, c.y+unit[a][1]*r))
	}
	mean := func(a int, from, to float64) float64 {
		s, k := 0.0, 0
		for r := from; r < to; r++ {
			s += at(a, r)
			k++
		}
		return s / float64(max(k, 1))
	}
	var cover, adverse int
	sum := 0.0
	for a := range angles {
		x, y := c.x+unit[a][0]*c.r, c.y+unit[a][1]*c.r
		if x < 0 || y < 0 || x > float64(ink.w-1) || y > float64(ink.h-1) {
			continue
		}
		n++
		ring, in := 0.0, 1.0
		for d := -3.0; d <= 0.5; d += 0.5 {
			ring = max(ring, at(a, c.r+d))
		}
		for d := -7.0; d <= -4; d += 0.5 {
			in = min(in, at(a, c.r+d))
		}
		out := mean(a, c.r+2, c.r+6)
		sum += mean(a, c.r-3, c.r) - (mean(a, c.r+2, c.r+6)+mean(a, c.r-7, c.r-4))/2
		switch {
		case ring > 0.12 && out < 0.4*ring && in < 0.5*ring:
			cover++
		case out > ring:
			adverse++
		}
		e.center += mean(a, 0, 0.25*c.r)
		e.hollow += mean(a, 0.42*c.r, 0.58*c.r)
		e.text += mean(a, 0.65*c.r, 0.88*c.r)
	}
	if n == 0 {
		return e
	}
	k := float64(n)
	e.drop, e.cover, e.adverse = sum/k, float64(cover)/k, float64(adverse)/k
	e.visible = k / angles
	e.center, e.hollow, e.text = e.center/k, e.hollow/k, e.text/k
	return e
}
