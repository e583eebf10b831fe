package seal

import (
	"image"
	"math"

	"sealdesk/pipeline/page"
)

// What counts as handwriting, in mm and mm².
const (
	leastStroke = 1.2 // extent of a connected piece of ink
	leastWidth  = 4.0 // longer side of all the ink
	leastHeight = 2.0 // shorter side
	leastInk    = 3.0 // area of the ink, that is some 8 mm of pen stroke
	sureInk     = 12.0
	longestRun  = 9.0 // a straight run beyond this is a rule
	printMargin = 0.4 // blurred rim of print
)

// Where a seal hides this share of the place for a signature, and this share of the least
// ink sticks out of it, there is one, though not surely.
const (
	hiding   = 0.15
	partLeft = 1.0 / 3
)

// penDarkness is how dark, against the paper, a pen's stroke is at least. A
// seal's red ink is lighter than that in the red channel.
const penDarkness = 0.35

// FindSignature looks for handwriting inside zone. The rectangles in print, those
// of labels printed there, are not looked at; ruled lines and the seals' own ink
// do not count. On bilevel scans, and gray ones with a dark seal, a seal's ring,
// text and star cannot be told from a pen and are left out, which lowers the
// confidence. A name stamped with a square or oval seal inside the zone is a
// signature of middling confidence.
func FindSignature(img *page.Image, zone image.Rectangle, print []image.Rectangle, seals []Seal) Signature {
	zone = zone.Intersect(img.Bounds())
	none := Signature{Box: zone}
	dpi := img.DPI
	if dpi <= 0 {
		dpi = float64(img.W) / 8.27
	}
	mm := dpi / 25.4
	if float64(zone.Dx()) < leastWidth*mm || float64(zone.Dy()) < leastHeight*mm {
		return none
	}
	ink, blind := penInk(img, zone, seals)
	for _, p := range print {
		clearRect(ink, p.Inset(-int(math.Ceil(printMargin*mm))).Sub(zone.Min))
	}
	ink.clearRuns(int(longestRun * mm))

	box := image.Rectangle{}
	area, stroke := 0, 0.0
	for _, c := range ink.pieces() {
		if size := float64(max(c.box.Dx(), c.box.Dy())) / mm; size >= leastStroke {
			box = box.Union(c.box)
			area += c.area
			stroke = max(stroke, size)
		}
	}
	pen := float64(area) / (mm * mm)
	w, h := float64(box.Dx())/mm, float64(box.Dy())/mm
	doubt := 1 - 0.5*blind
	if pen >= leastInk && max(w, h) >= leastWidth && min(w, h) >= leastHeight {
		sure := min((pen-leastInk)/(sureInk-leastInk), 1)
		return Signature{Present: true, Box: box.Add(zone.Min), Confidence: (0.55 + 0.43*sure) * doubt, Area: pen, Stroke: stroke}
	}
	if blind >= hiding && pen >= leastInk*partLeft && max(w, h) >= leastWidth {
		// What sticks out of a seal that hides the rest, as likely as not.
		return Signature{Present: true, Box: box.Add(zone.Min), Confidence: 0.4, Area: pen, Stroke: stroke}
	}
	for _, s := range seals {
		if s.Shape != Round && s.Box.In(zone.Inset(-int(3*mm))) {
			return Signature{Present: true, Box: s.Box, Confidence: 0.6}
		}
	}
	none.Confidence = (0.95 - 0.45*min(pen/leastInk, 1)) * doubt
	return none
}

// mask is a picture of yes and no.
type mask struct {
	w, h int
	on   []bool
}

// penInk is the pen's ink in the zone, and the share of the zone in which a
// seal's ink hides what there is.
func penInk(img *page.Image, zone image.Rectangle, seals []Seal) (*mask, float64) {
	w, h := zone.Dx(), zone.Dy()
	take := func(pix []uint8) *plane {
		p := newPlane(w, h)
		for y := range h {
			for x := range w {
				p.v[y*w+x] = float32(pix[(zone.Min.Y+y)*img.W+zone.Min.X+x]) / 255
			}
		}
		if !img.Bilevel {
			flatten(p, max(min(w, h)/2, 16))
		}
		return p
	}
	m := &mask{w, h, make([]bool, w*h)}
	r := take(img.R)
	if img.Color {
		g, b := take(img.G), take(img.B)
		for i, v := range r.v {
			m.on[i] = 1-v > penDarkness && redness(v, g.v[i], b.v[i]) < 0.3*v
		}
		return m, 0
	}
	for i, v := range r.v {
		m.on[i] = 1-v > penDarkness
	}
	hidden := 0
	for _, s := range seals {
		if s.Shape != Round || !s.Box.Overlaps(zone) {
			continue
		}
		radius := float64(s.Box.Dx()+s.Box.Dy()) / 4
		cx, cy := float64(s.Box.Min.X+s.Box.Max.X)/2, float64(s.Box.Min.Y+s.Box.Max.Y)/2
		level := float32(1)
		if !img.Bilevel {
			level = ringLevel(r, cx-float64(zone.Min.X), cy-float64(zone.Min.Y), radius) + 0.2
		}
		for y := range h {
			for x := range w {
				d := math.Hypot(float64(zone.Min.X+x)+0.5-cx, float64(zone.Min.Y+y)+0.5-cy) / radius
				if d > 1.04 {
					continue
				}
				i := y*w + x
				switch {
				case d >= 0.38 && d <= 0.58: // neither star nor text reaches there
				case level < 0.75:
					m.on[i] = m.on[i] && 1-r.v[i] > level
				default:
					m.on[i] = false
					hidden++
				}
			}
		}
	}
	return m, float64(hidden) / float64(w*h)
}

// ringLevel is the usual darkness of a ring's ink on the part of it that the
// plane shows, 1 when that is none.
func ringLevel(p *plane, x, y, r float64) float32 {
	var dark []float32
	for a := range angles {
		best := float32(-1)
		for d := 0.93; d <= 1; d += 0.01 {
			px, py := x+unit[a][0]*r*d, y+unit[a][1]*r*d
			if px >= 0 && py >= 0 && px < float64(p.w-1) && py < float64(p.h-1) {
				best = max(best, 1-p.at(px, py))
			}
		}
		if best >= 0 {
			dark = append(dark, best)
		}
	}
	if len(dark) < angles/20 {
		return 1
	}
	return quantile(dark, 0.5)
}

func clearRect(m *mask, r image.Rectangle) {
	r = r.Intersect(image.Rect(0, 0, m.w, m.h))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		clear(m.on[y*m.w+r.Min.X : y*m.w+r.Max.X])
	}
}

// clearRuns takes out straight runs of more than n pixels, along rows and columns.
func (m *mask) clearRuns(n int) {
	clearAlong := func(lines, length, across, along int) {
		for l := range lines {
			for i := 0; i < length; {
				j := i
				for j < length && m.on[l*across+j*along] {
					j++
				}
				if j-i > n {
					for k := i; k < j; k++ {
						m.on[l*across+k*along] = false
					}
				}
				i = j + 1
			}
		}
	}
	clearAlong(m.h, m.w, m.w, 1)
	clearAlong(m.w, m.h, 1, m.w)
}

// piece is one connected piece of a mask.
type piece struct {
	box  image.Rectangle
	area int
}

// pieces are the mask's connected pieces, diagonals included.
func (m *mask) pieces() []piece {
	seen := make([]bool, len(m.on))
	var out []piece
	var stack []int
	for i, on := range m.on {
		if !on || seen[i] {
			continue
		}
		p := piece{box: image.Rectangle{Min: image.Pt(m.w, m.h)}}
		seen[i] = true
		stack = append(stack[:0], i)
		for len(stack) > 0 {
			k := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			x, y := k%m.w, k/m.w
			p.area++
			p.box.Min.X, p.box.Min.Y = min(p.box.Min.X, x), min(p.box.Min.Y, y)
			p.box.Max.X, p.box.Max.Y = max(p.box.Max.X, x+1), max(p.box.Max.Y, y+1)
			for yy := max(y-1, 0); yy <= min(y+1, m.h-1); yy++ {
				for xx := max(x-1, 0); xx <= min(x+1, m.w-1); xx++ {
					if j := yy*m.w + xx; m.on[j] && !seen[j] {
						seen[j] = true
						stack = append(stack, j)
					}
				}
			}
		}
		out = append(out, p)
	}
	return out
}
