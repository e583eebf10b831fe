package layout_test

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"sealdesk/pipeline/layout"
	"sealdesk/pipeline/page"
)

// The test pages are drawn in inches, so that one page can be had at several
// resolutions, and in colour; gray and bilevel make the scans of it.

// rgb is a colour; multiplied onto the paper as ink is.
type rgb [3]float64

var (
	black   = rgb{30, 30, 30}
	sealRed = rgb{165, 45, 55} // dark enough to count as ink by its red channel alone
)

// sheet is a page being drawn.
type sheet struct {
	*page.Image
}

// newSheet is white paper of w by h inches.
func newSheet(w, h, dpi float64) sheet {
	s := sheet{&page.Image{W: int(w*dpi + 0.5), H: int(h*dpi + 0.5), DPI: dpi, Color: true}}
	n := s.W * s.H
	s.R, s.G, s.B = make([]uint8, n), make([]uint8, n), make([]uint8, n)
	for i := range n {
		s.R[i], s.G[i], s.B[i] = 250, 250, 250
	}
	return s
}

// ink lays ink on one pixel; share is how much of the pixel it covers.
func (s sheet) ink(x, y int, share float64, c rgb) {
	if x < 0 || y < 0 || x >= s.W || y >= s.H {
		return
	}
	i := y*s.W + x
	for k, plane := range [][]uint8{s.R, s.G, s.B} {
		plane[i] = uint8(float64(plane[i]) * (1 - share + share*c[k]/255))
	}
}

// rect is a filled rectangle, with its edges smoothed.
func (s sheet) rect(x0, y0, x1, y1 float64, c rgb) {
	x0, y0, x1, y1 = x0*s.DPI, y0*s.DPI, x1*s.DPI, y1*s.DPI
	for y := int(math.Floor(y0)); float64(y) < y1; y++ {
		for x := int(math.Floor(x0)); float64(x) < x1; x++ {
			w := min(x1, float64(x+1)) - max(x0, float64(x))
			h := min(y1, float64(y+1)) - max(y0, float64(y))
			s.ink(x, y, w*h, c)
		}
	}
}

// shape inks the pixels whose middle, in inches, is inside.
func (s sheet) shape(inside func(x, y float64) bool, c rgb) {
	for y := range s.H {
		for x := range s.W {
			if inside((float64(x)+0.5)/s.DPI, (float64(y)+0.5)/s.DPI) {
				s.ink(x, y, 1, c)
			}
		}
	}
}

// ruled are the widths of lines in inches.
const (
	thin  = 0.008
	usual = 0.012
)

// box is a ruled box: left, top, right, bottom in inches.
type box [4]float64

// rules draws the four sides of each box; boxes that touch share them.
func (s sheet) rules(boxes []box, width float64) {
	drawn := map[box]bool{}
	side := func(x0, y0, x1, y1 float64) {
		if b := (box{x0, y0, x1, y1}); !drawn[b] {
			drawn[b] = true
			s.rect(x0-width/2, y0-width/2, x1+width/2, y1+width/2, black)
		}
	}
	for _, b := range boxes {
		side(b[0], b[1], b[2], b[1])
		side(b[0], b[3], b[2], b[3])
		side(b[0], b[1], b[0], b[3])
		side(b[2], b[1], b[2], b[3])
	}
}

// glyphs are strokes of characters in tenths of their size: 日 木 三 二 口 一.
var glyphs = [][]box{
	{{1.5, 1, 8.5, 1.8}, {1.5, 8.2, 8.5, 9}, {1.5, 1, 2.3, 9}, {7.7, 1, 8.5, 9}, {1.5, 4.6, 8.5, 5.4}},
	{{1, 3, 9, 4}, {4.5, 1, 5.5, 9}, {2.5, 5, 3.5, 8}, {6.5, 5, 7.5, 8}},
	{{1, 1, 9, 2}, {2, 4.5, 8, 5.5}, {1, 8, 9, 9}},
	{{2, 2, 8, 3}, {1, 8, 9, 9}},
	{{2, 2, 8, 3}, {2, 7, 8, 8}, {2, 2, 3, 8}, {7, 2, 8, 8}},
	{{1, 4.5, 9, 5.5}},
}

const (
	sun = iota
	tree
	three
	two
	mouth
	one
)

// text writes characters of the given size from the upper left corner x, y, and
// gives the box of their ink.
func (s sheet) text(x, y, size float64, c rgb, chars ...int) box {
	out := box{math.Inf(1), math.Inf(1), 0, 0}
	for i, g := range chars {
		for _, b := range glyphs[g] {
			r := box{x + (float64(i)+b[0]/10)*size, y + b[1]/10*size, x + (float64(i)+b[2]/10)*size, y + b[3]/10*size}
			s.rect(r[0], r[1], r[2], r[3], c)
			out = box{min(out[0], r[0]), min(out[1], r[1]), max(out[2], r[2]), max(out[3], r[3])}
		}
	}
	return out
}

// words is a line of n characters.
func words(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = []int{sun, tree, mouth, three, two}[i%5]
	}
	return out
}

// seal stamps a round seal: ring, ring text and star.
func (s sheet) seal(x, y, r float64, c rgb) {
	star := 0.3 * r
	s.shape(func(px, py float64) bool {
		d := math.Hypot(px-x, py-y)
		a := math.Atan2(py-y, px-x)
		ring := d <= r && d >= r*0.93
		// Twelve blocks stand for the characters.
		text := d < r*0.86 && d > r*0.64 && math.Mod(a+math.Pi, math.Pi/6) < math.Pi/10
		return ring || text || d < star*(0.7+0.3*math.Cos(5*(a+math.Pi/2)))
	}, c)
}

// ringBox is where the seal's ring is, in pixels.
func (s sheet) ringBox(x, y, r float64) image.Rectangle {
	return image.Rect(int((x-r)*s.DPI), int((y-r)*s.DPI), int((x+r)*s.DPI+0.5), int((y+r)*s.DPI+0.5))
}

// gray is the page as a scanner without colour sees it.
func (s sheet) gray() sheet {
	g := make([]uint8, len(s.R))
	for i := range g {
		g[i] = uint8((299*int(s.R[i]) + 587*int(s.G[i]) + 114*int(s.B[i]) + 500) / 1000)
	}
	return sheet{&page.Image{W: s.W, H: s.H, DPI: s.DPI, R: g, G: g, B: g}}
}

// bilevel is the page in black and white.
func (s sheet) bilevel() sheet {
	b := s.gray()
	b.Bilevel = true
	for i, v := range b.R {
		b.R[i] = 0
		if v >= 150 {
			b.R[i] = 255
		}
	}
	return b
}

// grain roughens the page as a scanner's noise does; the same each time.
func (s sheet) grain(amount int) {
	rnd := rand.New(rand.NewPCG(7, 7))
	for _, plane := range [][]uint8{s.R, s.G, s.B} {
		for i, v := range plane {
			plane[i] = uint8(min(max(int(v)+rnd.IntN(2*amount+1)-amount, 0), 255))
		}
	}
}

// bend moves the page's pixels: at(x, y) is where the pixel x, y comes from.
func (s sheet) bend(at func(x, y float64) (float64, float64)) sheet {
	out := newSheet(float64(s.W)/s.DPI, float64(s.H)/s.DPI, s.DPI)
	from := [][]uint8{s.R, s.G, s.B}
	for k, plane := range [][]uint8{out.R, out.G, out.B} {
		for y := range s.H {
			for x := range s.W {
				fx, fy := at(float64(x), float64(y))
				sx, sy := int(math.Round(fx)), int(math.Round(fy))
				if sx >= 0 && sy >= 0 && sx < s.W && sy < s.H {
					plane[y*s.W+x] = from[k][sy*s.W+sx]
				}
			}
		}
	}
	return out
}

// near is true when the rectangle is the box, but for slack inches on each side.
func near(r image.Rectangle, b box, dpi, slack float64) bool {
	for k, v := range []int{r.Min.X, r.Min.Y, r.Max.X, r.Max.Y} {
		if math.Abs(float64(v)/dpi-b[k]) > slack {
			return false
		}
	}
	return true
}

// wantCells holds the page's cells against the boxes drawn, in reading order.
func wantCells(t *testing.T, p *layout.Page, want []box, slack float64) {
	t.Helper()
	if len(p.Cells) != len(want) {
		t.Errorf("%d cells, want %d", len(p.Cells), len(want))
		return
	}
	for i, b := range want {
		if !near(p.Cells[i].Box, b, p.DPI, slack) {
			t.Errorf("cell %d is %v at %g dpi, want %v inches", i, p.Cells[i].Box, p.DPI, b)
		}
	}
}

// wantLines holds the page's text lines against boxes, in reading order.
func wantLines(t *testing.T, p *layout.Page, want []box, slack float64) {
	t.Helper()
	if len(p.Lines) != len(want) {
		t.Errorf("%d lines %v, want %d", len(p.Lines), p.Lines, len(want))
		return
	}
	for i, b := range want {
		if !near(p.Lines[i].Box, b, p.DPI, slack) {
			t.Errorf("line %d is %v at %g dpi, want %v inches", i, p.Lines[i].Box, p.DPI, b)
		}
	}
}
