package seal

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// grid says where the characters of a ring text stand: n cells of equal pitch
// (radians), clockwise, the first beginning at the angle from. The characters'
// em boxes are width times as wide as the band is high, height times as high as
// the band, and lie lift bands above its middle.
type grid struct {
	from, pitch         float64
	n                   int
	width, height, lift float64
}

// The fewest and most characters that a ring is taken to hold.
const minChars, maxChars = 4, 30

// places is the number of angles at which characters are looked for.
const places = 240

// widths are those of em boxes, as shares of the height of the band.
var widths = []float64{0.65, 0.8, 0.95, 1.1}

// aligner finds the characters of one ring.
type aligner struct {
	ring
	band
	ink   *plane // smoothed as the glyphs are
	set   *glyphs
	style style
}

// styled is the aligner with the style of the given index.
func (a *aligner) styled(style int) *aligner {
	b := *a
	b.style = a.set.styles[style]
	return &b
}

// shape is the picture of the ink in a box of the given size about an angle, in
// which dx and dy are shifts as shares of the box.
func (a *aligner) shape(angle float64, c grid, dx, dy float64) shape {
	return shapeOf(a.picture(angle, c, dx, dy))
}

// coarse is the coarse form of the shape in a box.
func (a *aligner) coarse(angle float64, c grid) rough {
	return roughOf(a.picture(angle, c, 0, 0))
}

// picture is the ink in a box, as shape has it.
func (a *aligner) picture(angle float64, c grid, dx, dy float64) *plane {
	sin, cos := math.Sincos(angle)
	tall := (a.out - a.in) * a.r
	w, h := tall*c.width, tall*c.height
	middle := (a.in+a.out)/2*a.r + (c.lift+dy*c.height)*tall
	p := newPlane(fineSide, fineSide)
	var seen [fineSide * fineSide]float32
	var mean, all float32
	for y := range fineSide {
		for x := range fineSide {
			var sum, weight float32
			for k := range 4 {
				u := ((float64(x)+0.25+0.5*float64(k%2))/fineSide - 0.5 + dx) * w
				r := middle + h/2 - (float64(y)+0.25+0.5*float64(k/2))/fineSide*h
				px, py := a.x+cos*r-sin*u, a.y+sin*r+cos*u
				sum += a.ink.at(px, py)
				weight += a.seen.at(px, py)
			}
			i := y*fineSide + x
			p.v[i], seen[i] = sum/4, weight/4
			mean += p.v[i] * seen[i]
			all += seen[i]
		}
	}
	// What is hidden says nothing: it is drawn towards the mean.
	mean /= max(all, 1)
	for i, w := range seen {
		w = min(w*w+filledTrust, 1)
		p.v[i] = w*p.v[i] + (1-w)*mean
	}
	return p
}

// filledTrust is how much ink that was filled in counts beside ink that is seen.
const filledTrust = 0.3

// likeness is how much a shape is like the likeliest usual character.
func (a *aligner) likeness(s *rough) float64 {
	var best float32
	for _, i := range a.set.usual {
		best = max(best, dot(s[:], a.style.rough[i][:]))
	}
	return float64(best)
}

// mass is the mean ink of a cell.
func (a *aligner) mass(c grid, k int) float64 {
	const n = 24
	sin, cos := math.Sincos(c.from + c.pitch*(float64(k)+0.5))
	tall := (a.out - a.in) * a.r
	sum := 0.0
	for y := range n {
		for x := range n {
			u := ((float64(x)+0.5)/n - 0.5) * tall * c.width
			r := (a.in+a.out)/2*a.r + (c.lift+(0.5-(float64(y)+0.5)/n)*c.height)*tall
			sum += float64(a.ink.at(a.x+cos*r-sin*u, a.y+sin*r+cos*u))
		}
	}
	return sum / (n * n)
}

// leastPitch is the least angle from one character to the next, in boxes of a
// width.
func (a *aligner) leastPitch(width float64) float64 {
	return 0.9 * width * (a.out - a.in) / ((a.in + a.out) / 2)
}

// align finds the cells of the ring text: the row of equally spaced places that
// look most like characters, whichever they are, while the places between them
// do not. False when nothing does.
func (t *trace) align() (grid, bool) {
	best, bestSum := grid{}, 0.0
	for k, w := range widths {
		like := make([]float64, places)
		for i := range like {
			like[i] = t.likeness(&t.there[k][i])
		}
		sorted := slices.Sorted(slices.Values(like))
		chance := 0.5*sorted[places*3/10] + 0.5*sorted[places*95/100]
		// Wide boxes are favoured: parts of characters are like other characters.
		favour := math.Sqrt(w)
		at := func(angle float64) float64 {
			x := math.Mod(angle/(2*math.Pi)*places+2*places, places)
			i, f := int(x), x-math.Floor(x)
			return like[i%places]*(1-f) + like[(i+1)%places]*f
		}
		least := t.leastPitch(w)
		for pitch := least; pitch < min(2.2*least, 2*math.Pi/minChars); pitch *= 1.01 {
			// The row is sought from the bottom on round, in each phase.
			n := int(2 * math.Pi / pitch)
			for phase := 0.0; phase < pitch; phase += math.Pi / places {
				sum, first := 0.0, 0
				for i := range n {
					if sum <= 0 {
						sum, first = 0, i
					}
					left := math.Pi/2 + phase + pitch*float64(i)
					between := (at(left) + at(left+pitch)) / 2
					sum += favour * (at(left+pitch/2) - (chance+between)/2)
					if sum > bestSum && i-first+1 <= maxChars {
						bestSum = sum
						best = grid{math.Pi/2 + phase + pitch*float64(first), pitch, i - first + 1, w, 1, 0}
					}
				}
			}
		}
	}
	if best.n < minChars {
		return best, false
	}
	return t.chooseStyle(best), true
}

// settle fits the boxes of a grid more closely.
func (a *aligner) settle(c grid) grid {
	sum := func(c grid) float64 {
		s := 0.0
		for i := range c.n {
			v := a.coarse(c.from+c.pitch*(float64(i)+0.5), c)
			s += a.likeness(&v)
		}
		return s
	}
	best := sum(c)
	try := func(change func(*grid, float64), values ...float64) {
		start := c
		for _, v := range values {
			t := start
			change(&t, v)
			if s := sum(t); s > best {
				c, best = t, s
			}
		}
	}
	for range 2 {
		try(func(c *grid, v float64) { c.lift += v }, -0.05, 0.05)
		try(func(c *grid, v float64) { c.height *= v }, 0.93, 1.07)
		try(func(c *grid, v float64) { c.width *= v }, 0.86, 0.93, 1.07)
		try(func(c *grid, v float64) { c.from += v * c.pitch }, -0.06, 0.06)
		try(func(c *grid, v float64) {
			c.from -= v * c.pitch * float64(c.n) / 2
			c.pitch *= 1 + v
		}, -0.006, 0.006)
	}
	return c
}

// chooseStyle takes the style that the characters of a grid are in, and returns
// the grid fitted with it. Since a plain style in large boxes is much like a bold
// one in small boxes, each style is tried from more than one size of box.
func (a *aligner) chooseStyle(c grid) grid {
	best, fitted, style := 0.0, c, a.style
	for _, st := range a.set.styles {
		a.style = st
		for _, size := range []float64{1, 0.85} {
			start := c
			start.width *= size
			g := a.settle(start)
			if s := a.closeness(g); s > best {
				best, fitted, style = s, g, st
			}
		}
	}
	a.style = style
	return fitted
}

// closeness is how closely the characters of a grid are like usual ones of the
// style, whichever they are.
func (a *aligner) closeness(c grid) float64 {
	const closest = 8
	sum := 0.0
	for i := range c.n {
		v := a.shape(c.from+c.pitch*(float64(i)+0.5), c, 0, 0)
		near := make([]Guess, len(a.set.usual))
		for k, u := range a.set.usual {
			near[k] = Guess{rune(u), float64(dot(v.rough[:], a.style.rough[u][:]))}
		}
		slices.SortFunc(near, func(x, y Guess) int { return cmp.Compare(y.Weight, x.Weight) })
		var top float32
		for _, n := range near[:min(closest, len(near))] {
			s := a.style.shape(int(n.Char))
			top = max(top, dot(v.fine[:], s.fine[:]))
		}
		sum += float64(top)
	}
	return sum
}

// closeLooks is the number of characters whose shapes are compared closely.
const closeLooks = 300

// compare holds a cell against all characters and returns the likest, best
// first, with their correlations, to which a bonus for usual characters is added.
// The characters in always are among them wherever they come.
func (a *aligner) compare(c grid, i int, always string) []Guess {
	angle := c.from + c.pitch*(float64(i)+0.5)
	type view struct {
		shape
		like float64
	}
	var views []view
	for _, dx := range []float64{-0.06, 0, 0.06} {
		for _, dy := range []float64{-0.05, 0, 0.05} {
			s := a.shape(angle, c, dx, dy)
			views = append(views, view{s, a.likeness(&s.rough)})
		}
	}
	slices.SortStableFunc(views, func(a, b view) int { return cmp.Compare(b.like, a.like) })

	rough := make([]Guess, len(a.style.rough))
	for k := range a.style.rough {
		var best float32
		for _, v := range views[:3] {
			best = max(best, dot(v.rough[:], a.style.rough[k][:]))
		}
		rough[k] = Guess{rune(k), float64(best)}
	}
	byWeight := func(a, b Guess) int { return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Char, b.Char)) }
	slices.SortFunc(rough, byWeight)
	near := rough[:min(closeLooks, len(rough))]
	for _, g := range rough[len(near):] {
		if strings.ContainsRune(always, a.set.runes[g.Char]) {
			near = append(near, g)
		}
	}
	for k, g := range near {
		var best float32
		glyph := a.style.shape(int(g.Char))
		for _, v := range views {
			best = max(best, dot(v.fine[:], glyph.fine[:]))
		}
		near[k] = Guess{a.set.runes[g.Char], float64(best) + a.set.bonus(int(g.Char))}
	}
	slices.SortFunc(near, byWeight)
	return near
}
