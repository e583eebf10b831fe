package layout

import (
	"image"
	"math"
	"slices"
)

// ring is a seal's ring on a page of one byte a pixel.
type ring struct {
	box    image.Rectangle
	cx, cy float64
	rx, ry float64
}

func ringIn(box image.Rectangle) ring {
	return ring{box,
		float64(box.Min.X+box.Max.X) / 2, float64(box.Min.Y+box.Max.Y) / 2,
		float64(box.Dx()) / 2, float64(box.Dy()) / 2}
}

// square is the square of a pixel's distance from the middle, as a share of the
// ring's radius.
func (g ring) square(x, y int) float64 {
	dx, dy := (float64(x)+0.5-g.cx)/g.rx, (float64(y)+0.5-g.cy)/g.ry
	return dx*dx + dy*dy
}

// left is what became of a seal on a scan without colour.
type left int

const (
	lifted  left = iota // print stands alone, or the seal is too faint to be ink
	thinned             // fine strokes and rims of the seal are still there
	wiped               // the seal is still there but for its ring, which went with what is beneath it
)

// liftGray takes a seal's ink off a gray scan. The ring itself shows how dark
// the seal is, the page outside it how dark print is; where print is clearly
// darker, all that is as light as the ring goes but the soft edges of print. Where
// the finest print is as light as the seal, strokes are kept that are finer than a
// seal's, each as dark as it is against what is around it. On other scans, as those in
// black and white, only the ring goes: it ties the lines below it together.
func liftGray(clean, ink []uint8, w, h int, dpi float64, box image.Rectangle) left {
	g := ringIn(box)
	if g.rx < 8 || g.ry < 8 {
		return lifted
	}
	level, inked := g.level(clean, w, h)
	if inked < 0.5 {
		return lifted
	}
	around := box.Inset(-box.Dx() / 2).Intersect(image.Rect(1, 1, w-1, h-1))
	// The middles of strokes show the ink's own level, their rims do not.
	var printed [256]int
	for y := around.Min.Y; y < around.Max.Y; y++ {
		for x := around.Min.X; x < around.Max.X; x++ {
			if i := y*w + x; ink[i] != 0 && ink[i-1] != 0 && ink[i+1] != 0 && ink[i-w] != 0 && ink[i+w] != 0 && g.square(x, y) > 1.15 {
				printed[clean[i]]++
			}
		}
	}
	t, ok := quantile(&printed, 50)
	if ok && level-t >= 15 {
		// Specks of the seal are darker than most of its ring.
		limit := uint8(level - min((level-t)/2, 30))
		kept := g.print(clean, ink, w, around, limit, max(1, int(dpi/150)))
		thin := g.thin(clean, ink, w, around, limit)
		var ground []uint8
		if thin {
			ground = closed(clean, w, around, max(3, int(dpi*0.02+0.5)))
		}
		dark, _ := quantile(&printed, 10)
		for y := around.Min.Y; y < around.Max.Y; y++ {
			for x := around.Min.X; x < around.Max.X; x++ {
				i, k := y*w+x, (y-around.Min.Y)*around.Dx()+x-around.Min.X
				if clean[i] <= limit || kept[k] || g.square(x, y) >= 1.1 {
					continue
				}
				if thin && int(ground[k]) > dark {
					clean[i] = uint8(255 * max(int(clean[i])-dark, 0) / (int(ground[k]) - dark))
				} else {
					clean[i] = 255
				}
				if clean[i] > inkCap {
					ink[i] = 0
				}
			}
		}
		if thin {
			return thinned
		}
		return lifted
	}
	g.wipe(clean, ink, w, h, dpi)
	return wiped
}

// thin says whether the finest strokes of the print around a seal are as light as the
// seal: of small print scanned coarsely.
func (g ring) thin(clean, ink []uint8, w int, part image.Rectangle, limit uint8) bool {
	ridges, light := 0, 0
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			i := y*w + x
			if ink[i] == 0 || g.square(x, y) <= 1.15 {
				continue
			}
			if c := clean[i]; c < clean[i-1] && c < clean[i+1] || c < clean[i-w] && c < clean[i+w] {
				ridges++
				if c > limit {
					light++
				}
			}
		}
	}
	return light*16 > ridges
}

// closed is a part of the page without the strokes that are thinner than size pixels:
// the morphological closing of its grays with a square.
func closed(clean []uint8, w int, part image.Rectangle, size int) []uint8 {
	pw, ph := part.Dx(), part.Dy()
	src := make([]uint8, pw*ph)
	for y := range ph {
		copy(src[y*pw:(y+1)*pw], clean[(part.Min.Y+y)*w+part.Min.X:])
	}
	// The windows of the two passes mirror each other, so that an even size shifts nothing.
	before, after := (size-1)/2, size/2
	pass := func(src []uint8, before, after, n, m, along, across int, better func(a, b uint8) uint8) []uint8 {
		dst := make([]uint8, len(src))
		for j := range m {
			for i := range n {
				v := src[j*across+i*along]
				for k := max(i-before, 0); k <= min(i+after, n-1); k++ {
					v = better(v, src[j*across+k*along])
				}
				dst[j*across+i*along] = v
			}
		}
		return dst
	}
	lighter := func(a, b uint8) uint8 { return max(a, b) }
	darker := func(a, b uint8) uint8 { return min(a, b) }
	out := pass(src, before, after, pw, ph, 1, pw, lighter)
	out = pass(out, before, after, ph, pw, pw, 1, lighter)
	out = pass(out, after, before, pw, ph, 1, pw, darker)
	return pass(out, after, before, ph, pw, pw, 1, darker)
}

// faintest is the lightest gray of a seal that can be told from the paper's grain.
const faintest = 215

// level is how dark the ring's ink is: the middle one of its darkest grays at all
// angles, so that print which crosses it here and there counts little. inked is the
// share of angles at which there is ink.
func (g ring) level(clean []uint8, w, h int) (gray int, inked float64) {
	const angles = 180
	var darkest []int
	n := 0
	for k := range angles {
		sin, cos := math.Sincos(2 * math.Pi * float64(k) / angles)
		least := 255
		for r := 0.94; r < 1.03; r += 0.5 / g.rx {
			x, y := int(g.cx+g.rx*r*cos), int(g.cy+g.ry*r*sin)
			if x < 0 || y < 0 || x >= w || y >= h {
				continue
			}
			least = min(least, int(clean[y*w+x]))
		}
		if least < faintest {
			n++
			darkest = append(darkest, least)
		}
	}
	if n == 0 {
		return 255, 0
	}
	slices.Sort(darkest)
	return darkest[n/2], float64(n) / angles
}

// print marks the ink in a part of the page that is darker than limit, with the rims of
// its strokes, reach pixels wide. A dark pixel by itself is a speck.
func (g ring) print(clean, ink []uint8, w int, part image.Rectangle, limit uint8, reach int) []bool {
	out := make([]bool, part.Dx()*part.Dy())
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			i := y*w + x
			if clean[i] > limit || clean[i-1] > limit && clean[i+1] > limit && clean[i-w] > limit && clean[i+w] > limit {
				continue
			}
			for v := max(y-reach, part.Min.Y); v <= min(y+reach, part.Max.Y-1); v++ {
				for u := max(x-reach, part.Min.X); u <= min(x+reach, part.Max.X-1); u++ {
					out[(v-part.Min.Y)*part.Dx()+u-part.Min.X] = true
				}
			}
		}
	}
	return out
}

// The squares of the radii, as shares of a ring's, between which a seal that cannot be
// lifted off is wiped.
const wipedFrom, wipedTo = 0.86, 1.08

// Damaged says whether a seal's ring was wiped off somewhere in r, with whatever stood
// beneath it.
func (p *Page) Damaged(r image.Rectangle) bool {
	for _, s := range p.wiped {
		cx, cy := float64(s.Min.X+s.Max.X)/2, float64(s.Min.Y+s.Max.Y)/2
		rx, ry := float64(s.Dx())/2, float64(s.Dy())/2
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				dx, dy := (float64(x)+0.5-cx)/rx, (float64(y)+0.5-cy)/ry
				if d := dx*dx + dy*dy; d > wipedFrom && d < wipedTo {
					return true
				}
			}
		}
	}
	return false
}

// quantile is the gray level below which a share of the counted pixels lies; ok
// is false when there are too few.
func quantile(count *[256]int, percent int) (level int, ok bool) {
	n := 0
	for _, c := range count {
		n += c
	}
	if n < 50 {
		return 0, false
	}
	seen := 0
	for v, c := range count {
		if seen += c; seen*100 >= n*percent {
			return v, true
		}
	}
	return 255, true
}
