package layout

import (
	"image"
	"slices"
)

// What Lift says of pixels that are lighter than ink.
const (
	mayBePale  = 1
	surelyPale = 2 // ink by Sauvola's rule
)

// Levels and lengths by which pale print is known: print that is too light to be ink,
// where toner or light was short. Lengths are in inches.
const (
	// paleCap is the lightest gray that may be pale print, and paleSure the lightest that
	// is by itself: between the two it must have print of that kind near it.
	paleCap, paleSure = 222, 208
	// paleReach is the distance at which both sides of a stroke are paper again, or by a
	// share of paleEdge less dark. What shines through from the other side of the sheet is
	// spread wider than that.
	paleReach = 0.012
	paleEdge  = 0.45
	// paleWide is the size of a piece that is no character any more; one as wide and as
	// tall as that is a table's rules, which leave most of their box white.
	paleWide = 0.4
	// paleTile is the side of the squares that are judged by how much of them is pale
	// print: less than paleLeast square inches around a square are dirt, more than
	// paleMost of a square's area are a screen or a shadow.
	paleTile  = 0.3
	paleLeast = 0.003
	paleMost  = 0.35
	// palePage is the share of a page from which on what is pale is a screen all over it.
	palePage = 0.1
)

// restorePale makes ink of pale print and gives it the darkness of other print, so that
// lines and rules are found whole and characters are read well. Pale pixels are print where they
// form strokes with sharp edges, of the size of characters or of rules, by themselves: at
// the edges of darker strokes they are nothing new, and the edges of what shines through,
// of stains and of shadows are soft. Nothing is changed within seals.
func restorePale(clean, ink, pale []uint8, w, h int, dpi float64, seals []image.Rectangle) {
	for _, s := range seals {
		s = s.Inset(-s.Dx() / 20).Intersect(image.Rect(0, 0, w, h))
		for y := s.Min.Y; y < s.Max.Y; y++ {
			clear(pale[y*w+s.Min.X : y*w+s.Max.X])
		}
	}
	if !aside(pale, ink, w, h) {
		return
	}
	pieces := palePieces(clean, ink, pale, w, h, dpi)
	if len(pieces) == 0 {
		return
	}
	tiles := newPaleTiles(pieces, pale, w, h, dpi)
	usual := usualInk(clean, ink)
	done := make([]bool, len(clean))
	for _, c := range pieces {
		gain := c.gain(clean, w, usual)
		tiles.each(c, func(t, from, to, line int) {
			if !tiles.good[t] {
				return
			}
			for x := from; x < to; x++ {
				ink[line*w+x] = 1
			}
			// The strokes' soft edges are print too.
			for y := max(0, line-1); y <= min(h-1, line+1); y++ {
				for i := y*w + max(0, from-1); i <= y*w+min(w-1, to); i++ {
					if !done[i] {
						done[i] = true
						clean[i] = uint8(max(0, 255-int(float64(255-int(clean[i]))*gain)))
					}
				}
			}
		})
	}
}

// aside leaves of pale what does not touch ink. It is false where nothing is left, or too
// much.
func aside(pale, ink []uint8, w, h int) bool {
	n := 0
	for y := range h {
		for x := range w {
			i := y*w + x
			if pale[i] == 0 {
				continue
			}
			for up := max(0, y-1); up <= min(h-1, y+1); up++ {
				if near := ink[up*w+max(0, x-1) : up*w+min(w, x+2)]; slices.Contains(near, 1) {
					pale[i] = 0
				}
			}
			n += int(min(pale[i], 1))
		}
	}
	return n > 0 && float64(n) <= palePage*float64(len(pale))
}

// palePieces are the pieces of pale that look like print.
func palePieces(clean, ink, pale []uint8, w, h int, dpi float64) []component {
	reach, wide := max(2, int(dpi*paleReach+0.5)), int(dpi*paleWide)
	least, long := int(dpi*dpi/6000+0.5), int(dpi*0.025+0.5)
	var out []component
	for _, c := range components(pale, w, h) {
		dx, dy := c.box.Dx(), c.box.Dy()
		if c.area < least || max(dx, dy) < long || min(dx, dy) > wide && c.area*8 > dx*dy {
			continue
		}
		if min(dx, dy) <= wide && max(dx, dy) <= 5*wide && inkIn(ink, c.box.Inset(-reach), w, h)*3 >= c.area {
			continue // part of a darker character
		}
		if c.sharp(clean, w, h, reach)*4 >= c.area {
			out = append(out, c)
		}
	}
	return out
}

// sharp is how many pixels of a piece are much darker than both what is left and right
// of them, or above and below.
func (c component) sharp(clean []uint8, w, h, reach int) int {
	n := 0
	for _, r := range c.runs {
		for x := r.from; x < r.to; x++ {
			if x < reach || x >= w-reach || r.line < reach || r.line >= h-reach {
				continue
			}
			i := r.line*w + x
			v := int(clean[i])
			want := v + int(paleEdge*float64(255-v))
			across := min(int(clean[i-reach]), int(clean[i+reach]))
			down := min(int(clean[i-reach*w]), int(clean[i+reach*w]))
			if across >= want || down >= want {
				n++
			}
		}
	}
	return n
}

// gain is by how much a piece must be darkened to look like other print.
func (c component) gain(clean []uint8, w, usual int) float64 {
	darkest := 1
	for _, r := range c.runs {
		for _, v := range clean[r.line*w+r.from : r.line*w+r.to] {
			darkest = max(darkest, 255-int(v))
		}
	}
	return min(fadeTo, max(1, float64(usual)/float64(darkest)))
}

// paleTiles are the squares of a page; good are those whose pale pieces are print.
type paleTiles struct {
	side, w, h int
	good       []bool
}

// newPaleTiles judges the squares: good is one in and around which there is enough that is
// surely pale print, and one beside a good one in and around which there is enough that
// may be.
func newPaleTiles(pieces []component, pale []uint8, w, h int, dpi float64) *paleTiles {
	side := max(8, int(dpi*paleTile))
	t := &paleTiles{side: side, w: w/side + 1, h: h/side + 1}
	all, sure := make([]int, t.w*t.h), make([]int, t.w*t.h)
	t.good = make([]bool, len(all))
	for _, c := range pieces {
		t.each(c, func(k, from, to, line int) {
			all[k] += to - from
			for _, v := range pale[line*w+from : line*w+to] {
				if v == surelyPale {
					sure[k]++
				}
			}
		})
	}
	least, most := int(paleLeast*dpi*dpi), int(paleMost*float64(side*side))
	var open []int
	add := func(k int, amount []int) {
		n := 0
		t.around(k, func(j int) { n += amount[j] })
		if !t.good[k] && all[k] > 0 && all[k] <= most && n >= least {
			t.good[k] = true
			open = append(open, k)
		}
	}
	for k := range all {
		add(k, sure)
	}
	for len(open) > 0 {
		k := open[0]
		open = open[1:]
		t.around(k, func(j int) { add(j, all) })
	}
	return t
}

// around calls f for a square and the eight about it.
func (t *paleTiles) around(k int, f func(int)) {
	for y := max(0, k/t.w-1); y <= min(t.h-1, k/t.w+1); y++ {
		for x := max(0, k%t.w-1); x <= min(t.w-1, k%t.w+1); x++ {
			f(y*t.w + x)
		}
	}
}

// each calls f for the parts of a piece, with the square that each lies in.
func (t *paleTiles) each(c component, f func(tile, from, to, line int)) {
	for _, r := range c.runs {
		for x := r.from; x < r.to; {
			to := min(r.to, (x/t.side+1)*t.side)
			f(r.line/t.side*t.w+x/t.side, x, to, r.line)
			x = to
		}
	}
}

// usualInk is the middle darkness of the page's ink, 0 where there is none.
func usualInk(clean, ink []uint8) int {
	var count [256]int
	n := 0
	for i, v := range ink {
		if v != 0 {
			count[255-clean[i]]++
			n++
		}
	}
	for v, seen := 0, 0; v < len(count); v++ {
		if seen += count[v]; seen*2 > n {
			return v
		}
	}
	return 0
}

// inkIn is how many pixels of r are ink.
func inkIn(ink []uint8, r image.Rectangle, w, h int) int {
	r = r.Intersect(image.Rect(0, 0, w, h))
	n := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for _, v := range ink[y*w+r.Min.X : y*w+r.Max.X] {
			n += int(v)
		}
	}
	return n
}
