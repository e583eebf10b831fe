package seal

import (
	"cmp"
	"math"
	"slices"
)

// trace is what is kept of a ring so that names can be held against it: its ink,
// where its text stands, and what the places about it look like.
type trace struct {
	*aligner
	there [][]rough // by width and place
}

// newTrace looks at all places of a ring.
func newTrace(a *aligner) *trace {
	t := &trace{aligner: a, there: make([][]rough, len(widths))}
	for k, w := range widths {
		t.there[k] = make([]rough, places)
		for i := range places {
			t.there[k][i] = a.coarse(2*math.Pi*float64(i)/places, grid{width: w, height: 1})
		}
	}
	return t
}

// pose is a way in which a name may stand on a ring: its cells and its style.
type pose struct {
	grid
	style int
	like  float64 // sum of the likenesses of the characters
}

// The numbers of poses of a name that are fitted closely, and more closely.
const (
	closePoses = 6
	finePoses  = 2
)

// stand is the pose in which a name fits a ring best. Knowing the name, one finds
// characters too faint to be found without it; whether they are those of the name
// is then for [trace.look] to tell. False when the name holds characters of
// unknown shape.
func (t *trace) stand(want []rune) (pose, bool) {
	index := make([]int, len(want))
	for i, r := range want {
		if index[i] = slices.Index(t.set.runes, r); index[i] < 0 {
			return pose{}, false
		}
	}
	all := t.poses(index)
	for i := range all {
		all[i] = t.fit(all[i], index, 1)
	}
	slices.SortStableFunc(all, func(a, b pose) int { return cmp.Compare(b.like, a.like) })
	var best pose
	for _, p := range all[:min(finePoses, len(all))] {
		if p = t.fit(p, index, 0.7, 0.5); p.like > best.like {
			best = p
		}
	}
	return best, best.n > 0
}

// poses are the likeliest ways in which the characters of the given indices stand
// on the ring, as far as coarse shapes tell.
func (t *trace) poses(want []int) []pose {
	var best []pose
	like := make([][places + 1]float32, len(want))
	for s, style := range t.set.styles {
		for k, w := range widths {
			for j, ch := range want {
				for i := range places {
					like[j][i] = dot(t.there[k][i][:], style.rough[ch][:])
				}
				like[j][places] = like[j][0]
			}
			least := t.leastPitch(w)
			for pitch := least; pitch < min(2.2*least, 2*math.Pi/float64(len(want))); pitch *= 1.012 {
				step := pitch / (2 * math.Pi) * places
				for i := range 2 * places {
					p := pose{grid{math.Pi * float64(i) / places, pitch, len(want), w, 1, 0}, s, 0}
					at := math.Mod(float64(i)/2+step/2, places)
					for j := range want {
						x := int(at)
						p.like += float64(like[j][x] + float32(at-float64(x))*(like[j][x+1]-like[j][x]))
						if at += step; at >= places {
							at -= places
						}
					}
					if len(best) < closePoses || p.like > best[len(best)-1].like {
						best = enter(best, p)
					}
				}
			}
		}
	}
	return best
}

// enter puts a pose among the best, in the place of one that is much the same.
func enter(best []pose, p pose) []pose {
	i := slices.IndexFunc(best, func(o pose) bool {
		turn := math.Abs(math.Remainder(o.from-p.from, 2*math.Pi))
		return o.style == p.style && turn < 0.6*p.pitch && math.Abs(o.pitch-p.pitch) < 0.1*p.pitch
	})
	switch {
	case i < 0:
		best = append(best, p)
	case p.like > best[i].like:
		best[i] = p
	}
	slices.SortStableFunc(best, func(a, b pose) int { return cmp.Compare(b.like, a.like) })
	return best[:min(len(best), closePoses)]
}

// fit fits a pose closely, in steps of the given sizes.
func (t *trace) fit(p pose, want []int, steps ...float64) pose {
	glyph := make([]shape, len(want))
	for k, ch := range want {
		glyph[k] = t.set.styles[p.style].shape(ch)
	}
	like := func(c grid) float64 {
		sum := 0.0
		for k := range glyph {
			v := t.shape(c.from+c.pitch*(float64(k)+0.5), c, 0, 0)
			sum += float64(dot(v.fine[:], glyph[k].fine[:]))
		}
		return sum
	}
	p.like = like(p.grid)
	for _, k := range steps {
		try := func(change func(*grid, float64), values ...float64) {
			start := p.grid
			for _, v := range values {
				c := start
				change(&c, v*k)
				if l := like(c); l > p.like {
					p.grid, p.like = c, l
				}
			}
		}
		try(func(c *grid, v float64) { c.from += v * c.pitch }, -0.12, -0.06, 0.06, 0.12)
		try(func(c *grid, v float64) { c.lift += v }, -0.1, -0.05, 0.05, 0.1)
		try(func(c *grid, v float64) { c.height *= 1 + v }, -0.14, -0.07, 0.07, 0.14)
		try(func(c *grid, v float64) { c.width *= 1 + v }, -0.14, -0.07, 0.07, 0.14)
		try(func(c *grid, v float64) {
			c.from -= v * c.pitch * float64(c.n) / 2
			c.pitch *= 1 + v
		}, -0.02, -0.008, 0.008, 0.02)
	}
	return p
}

// comparison is how a cell looks beside a character: how like it is to that one, and
// to the likest of all others, both with the bonus of usual characters.
type comparison struct {
	own, other float64
	rivals     []Guess // the others, likest first
}

// look holds the k-th cell of a pose against the character that should stand there
// and all others.
func (t *trace) look(p pose, k int, r rune) comparison {
	var s comparison
	for _, g := range t.styled(p.style).compare(p.grid, k, string(r)+telling) {
		if g.Char == r {
			s.own = g.Weight - t.set.bonus(slices.Index(t.set.runes, r)) + usualBonus
		} else {
			s.rivals = append(s.rivals, g)
		}
	}
	if len(s.rivals) > 0 {
		s.other = s.rivals[0].Weight
	}
	return s
}

// A cell beside a name holds a further character when its ink is at least this
// share of what the name's cells have, and as like as this to some character.
const (
	furtherInk  = 0.45
	furtherLike = 0.62
)

// inks gives the ink of a name's cells, each as a share of their mean, and says
// whether the ring text goes on before or after the name.
func (t *trace) inks(p pose) (inks []float64, further bool) {
	a := t.styled(p.style)
	mean := 0.0
	for k := range p.n {
		inks = append(inks, a.mass(p.grid, k))
		mean += inks[k] / float64(p.n)
	}
	for k := range inks {
		inks[k] /= max(mean, 1e-6)
	}
	for _, k := range []int{-1, p.n} {
		if a.mass(p.grid, k) >= furtherInk*mean && a.compare(p.grid, k, "")[0].Weight >= furtherLike {
			return inks, true
		}
	}
	return inks, false
}
