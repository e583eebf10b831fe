package main

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"
	"strings"

	"golang.org/x/image/vector"
)

// Pages are printed at 300 dpi on A4 paper.
const (
	printDPI    = 300
	paperWidth  = 2480
	paperHeight = 3508
)

// pt is a length in points as pixels of a printed page.
func pt(v float64) float64 { return v * printDPI / 72 }

// rect is a rectangle in pixels of a printed page.
type rect struct{ x0, y0, x1, y1 float64 }

func (r rect) width() float64  { return r.x1 - r.x0 }
func (r rect) height() float64 { return r.y1 - r.y0 }

// canvas is paper that ink is put on.
type canvas struct {
	img    *image.RGBA
	raster *vector.Rasterizer
}

func newCanvas(w, h int) *canvas {
	c := &canvas{img: image.NewRGBA(image.Rect(0, 0, w, h)), raster: vector.NewRasterizer(1, 1)}
	draw.Draw(c.img, c.img.Rect, image.White, image.Point{}, draw.Src)
	return c
}

// warp moves a point; outlines are bent with it.
type warp func(point) point

// fill paints an outline, each of its points moved by w, in one colour.
func (c *canvas) fill(segs []segment, w warp, ink color.Color) {
	if len(segs) == 0 {
		return
	}
	moved := make([]segment, len(segs))
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for i, s := range segs {
		n := 1
		switch s.op {
		case 'Q':
			n = 2
		case 'C':
			n = 3
		}
		moved[i].op = s.op
		for k := range n {
			p := w(s.p[k])
			moved[i].p[k] = p
			x0, x1 = min(x0, p.x), max(x1, p.x)
			y0, y1 = min(y0, p.y), max(y1, p.y)
		}
	}
	box := image.Rect(int(math.Floor(x0)), int(math.Floor(y0)), int(math.Ceil(x1))+1, int(math.Ceil(y1))+1)
	if box.Intersect(c.img.Rect).Empty() {
		return
	}
	ox, oy := float64(box.Min.X), float64(box.Min.Y)
	at := func(p point) (float32, float32) { return float32(p.x - ox), float32(p.y - oy) }
	c.raster.Reset(box.Dx(), box.Dy())
	for i, s := range moved {
		ax, ay := at(s.p[0])
		switch s.op {
		case 'M':
			if i > 0 {
				c.raster.ClosePath()
			}
			c.raster.MoveTo(ax, ay)
		case 'L':
			c.raster.LineTo(ax, ay)
		case 'Q':
			bx, by := at(s.p[1])
			c.raster.QuadTo(ax, ay, bx, by)
		case 'C':
			bx, by := at(s.p[1])
			dx, dy := at(s.p[2])
			c.raster.CubeTo(ax, ay, bx, by, dx, dy)
		}
	}
	c.raster.ClosePath()
	c.raster.Draw(c.img, box, image.NewUniform(ink), image.Point{})
}

// text writes one line with its baseline at y and gives where it ends.
func (c *canvas) text(f *typeface, size, x, y float64, s string, ink color.Color) float64 {
	for _, r := range s {
		g := f.glyph(r)
		c.fill(g.segments, func(p point) point { return point{x + p.x*size, y + p.y*size} }, ink)
		x += g.advance * size
	}
	return x
}

// hand writes one line as if with a pen: every character leans, swells and
// floats a little, its strokes bend. wild is how much, from 0 to 1.
func (c *canvas) hand(f *typeface, size, x, y float64, s string, ink color.Color, wild float64, rng *rand.Rand) float64 {
	lean := 0.05 + rng.Float64()*0.25*wild
	drift := rng.NormFloat64() * 0.02 * wild
	start := x
	for _, r := range s {
		g := f.glyph(r)
		sx := size * (1 + rng.NormFloat64()*0.07*wild)
		sy := size * (1 + rng.NormFloat64()*0.09*wild)
		turn := rng.NormFloat64() * 0.07 * wild
		lift := rng.NormFloat64()*0.04*wild*size + (x-start)*drift
		px, py := rng.Float64()*6, rng.Float64()*6
		bend := 0.025 * wild
		sin, cos := math.Sincos(turn)
		w := func(p point) point {
			q := point{p.x + bend*math.Sin(px+p.y*7+p.x*2), p.y + bend*math.Sin(py+p.x*8-p.y*3)}
			q.x -= lean * q.y
			return point{x + (q.x*cos-q.y*sin)*sx, y + lift + (q.x*sin+q.y*cos)*sy}
		}
		c.fill(g.segments, w, ink)
		if wild > 0.3 { // a pen's line is thicker than a printed one
			c.fill(g.segments, func(p point) point { q := w(p); return point{q.x + size*0.022, q.y + size*0.01} }, ink)
		}
		x += g.advance * sx * (0.96 - 0.12*wild*rng.Float64())
	}
	return x
}

// stroke draws a line through points with a pen whose width swells and thins.
func (c *canvas) stroke(pts []point, width float64, ink color.Color) {
	if len(pts) < 2 {
		return
	}
	var left, right []point
	for i, p := range pts {
		a, b := pts[max(i-1, 0)], pts[min(i+1, len(pts)-1)]
		dx, dy := b.x-a.x, b.y-a.y
		l := math.Hypot(dx, dy)
		if l == 0 {
			l = 1
		}
		t := float64(i) / float64(len(pts)-1)
		h := width / 2 * (0.55 + 0.9*math.Sin(math.Pi*(0.1+0.75*t)))
		left = append(left, point{p.x - dy/l*h, p.y + dx/l*h})
		right = append(right, point{p.x + dy/l*h, p.y - dx/l*h})
	}
	segs := []segment{{op: 'M', p: [3]point{left[0]}}}
	for _, p := range left[1:] {
		segs = append(segs, segment{op: 'L', p: [3]point{p}})
	}
	for i := len(right) - 1; i >= 0; i-- {
		segs = append(segs, segment{op: 'L', p: [3]point{right[i]}})
	}
	c.fill(segs, func(p point) point { return p }, ink)
}

// curve is a smooth line through points (Catmull-Rom), as many short steps.
func curve(pts ...point) []point {
	var out []point
	for i := 0; i+1 < len(pts); i++ {
		a, b, d, e := pts[max(i-1, 0)], pts[i], pts[i+1], pts[min(i+2, len(pts)-1)]
		for k := range 8 {
			t := float64(k) / 8
			h := func(a, b, d, e float64) float64 {
				return 0.5 * (2*b + (d-a)*t + (2*a-5*b+4*d-e)*t*t + (3*b-a-3*d+e)*t*t*t)
			}
			out = append(out, point{h(a.x, b.x, d.x, e.x), h(a.y, b.y, d.y, e.y)})
		}
	}
	return append(out, pts[len(pts)-1])
}

// bar fills a rectangle.
func (c *canvas) bar(r rect, ink color.Color) {
	c.fill([]segment{
		{op: 'M', p: [3]point{{r.x0, r.y0}}}, {op: 'L', p: [3]point{{r.x1, r.y0}}},
		{op: 'L', p: [3]point{{r.x1, r.y1}}}, {op: 'L', p: [3]point{{r.x0, r.y1}}},
	}, func(p point) point { return p }, ink)
}

// frame draws the four sides of a rectangle, w wide.
func (c *canvas) frame(r rect, w float64, ink color.Color) {
	h := w / 2
	c.bar(rect{r.x0 - h, r.y0 - h, r.x1 + h, r.y0 + h}, ink)
	c.bar(rect{r.x0 - h, r.y1 - h, r.x1 + h, r.y1 + h}, ink)
	c.bar(rect{r.x0 - h, r.y0, r.x0 + h, r.y1}, ink)
	c.bar(rect{r.x1 - h, r.y0, r.x1 + h, r.y1}, ink)
}

const (
	noLineStart = "，。、；：！？）》」』”’〕】…—%℃,.;:!?)]}"
	noLineEnd   = "（《「『“‘〔【([{"
)

// wrap cuts text into lines no wider than width. Chinese breaks anywhere but
// before closing and after opening marks; words of Latin letters stay whole
// where keep is set and they fit on a line.
func (f *typeface) wrap(s string, size, width float64, keep bool) []string {
	var lines []string
	var line []rune
	used := 0.0
	word := func(r rune) bool {
		return r > ' ' && r < 0x7f
	}
	flush := func(upto int) {
		if l := strings.TrimRight(string(line[:upto]), " "); l != "" {
			lines = append(lines, l)
		}
		line = append([]rune{}, line[upto:]...)
		for len(line) > 0 && line[0] == ' ' {
			line = line[1:]
		}
		used = f.width(string(line), size)
	}
	for _, r := range s {
		w := f.glyph(r).advance * size
		if used+w > width && len(line) > 0 {
			cut := len(line)
			if keep && word(r) {
				for cut > 0 && word(line[cut-1]) {
					cut--
				}
				if cut == 0 {
					cut = len(line)
				}
			}
			for cut > 1 && (strings.ContainsRune(noLineEnd, line[cut-1]) ||
				cut < len(line) && strings.ContainsRune(noLineStart, line[cut]) ||
				cut == len(line) && strings.ContainsRune(noLineStart, r)) {
				cut--
			}
			flush(cut)
		}
		line = append(line, r)
		used += w
	}
	if len(line) > 0 {
		flush(len(line))
	}
	return lines
}
