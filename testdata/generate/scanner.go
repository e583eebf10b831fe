package main

import (
	"image/color"
	"math"
	"math/rand/v2"
)

// mode is what a scanner makes of colours.
type mode int

const (
	inColor mode = iota
	inGray
	thresholded
	dithered
	// auto keeps pages with colour as they are and makes the others black and
	// white, as office machines do by themselves.
	auto
)

// scanner is one machine and one pile of paper: what it does to every page.
// Lengths are in millimetres where nothing else is said.
type scanner struct {
	dpi     int
	mode    mode
	quality int // of JPEG

	skew        float64 // greatest turn, degrees
	perspective float64 // how far corners wander, as a share of the width
	shift       float64
	bend        float64 // how far lines bow
	border      float64 // width of the dark edge
	lid         uint8   // brightness beyond the paper
	turned      float64 // chance that a page lies on its side or upside down

	paper    [3]float64 // colour of the paper, 1 is white
	grain    float64
	bleed    float64 // strength of the other side's print
	fade     float64 // loss of toner
	bands    float64 // loss of toner in bands down the page
	folds    int
	holes    int
	stains   int
	crumple  float64
	lightDir float64 // where the light comes from
	shade    float64 // how much light is lost
	binding  bool    // dark along the left edge

	blur      float64 // in pixels at 200 dpi
	noise     float64
	specks    float64 // share of pixels in a thousand
	streaks   []streak
	moire     float64
	halftone  bool
	watermark string
	contrast  float64
	blanks    bool // backs are scanned too
}

// streak is a line down every page from dust on the glass: where across the
// page, how many pixels wide, how dark (below 0: how light).
type streak struct {
	at   float64
	wide int
	deep float64
}

// newScanner draws a machine: each has a few of the faults, none has all.
func newScanner(rng *rand.Rand) *scanner {
	s := &scanner{
		dpi: pick(rng, []int{150, 200, 200, 200, 300}), quality: 35 + rng.IntN(50),
		skew: 0.3 + 0.9*rng.Float64(), shift: 3 * rng.Float64(), lid: uint8(20 + rng.IntN(40)),
		paper: [3]float64{0.98, 0.98, 0.97}, grain: 1.5 * rng.Float64(),
		blur: 0.35 + 0.4*rng.Float64(), noise: 1 + 3*rng.Float64(), contrast: 1, lightDir: rng.Float64() * 2 * math.Pi,
		shade: 0.06 * rng.Float64(), blanks: rng.IntN(5) == 0,
	}
	switch rng.IntN(10) {
	case 0, 1, 2:
		s.mode = inGray
	case 3:
		s.mode, s.dpi = thresholded, 300
	case 4:
		s.mode, s.dpi = thresholded, pick(rng, []int{200, 300})
	}
	may := func(one int, f func()) {
		if rng.IntN(one) == 0 {
			f()
		}
	}
	may(4, func() { s.skew = 1.5 + 1.5*rng.Float64() })
	may(4, func() { s.border = 2 + 6*rng.Float64() })
	may(5, func() { s.paper = [3]float64{0.97, 0.94, 0.84} })
	may(6, func() { s.paper = [3]float64{0.90, 0.89, 0.87} })
	may(4, func() { s.bleed = 0.05 + 0.12*rng.Float64() })
	may(5, func() { s.folds = 1 + rng.IntN(2) })
	may(6, func() { s.holes = 2 + rng.IntN(2) })
	may(5, func() { s.stains = 1 + rng.IntN(2) })
	may(5, func() {
		for range 1 + rng.IntN(4) {
			st := streak{rng.Float64(), 1 + rng.IntN(3), 20 + 90*rng.Float64()}
			if rng.IntN(4) == 0 {
				st.deep = -60
			}
			s.streaks = append(s.streaks, st)
		}
	})
	may(6, func() { s.fade = 0.15 + 0.3*rng.Float64() })
	may(7, func() { s.bands = 0.2 + 0.4*rng.Float64() })
	may(4, func() { s.shade = 0.12 + 0.22*rng.Float64() })
	may(7, func() { s.binding = true })
	may(6, func() { s.specks = 0.2 + 0.8*rng.Float64() })
	may(6, func() { s.bend = 0.5 + 1.2*rng.Float64() })
	may(6, func() { s.turned = 0.12 })
	if s.mode <= inGray {
		may(8, func() { s.moire = 3 + 5*rng.Float64() })
		may(12, func() { s.halftone = true })
		may(5, func() { s.phone(rng) })
		may(9, func() { s.noise = 6 + 6*rng.Float64() })
		may(6, func() { s.contrast = 0.7 + 0.15*rng.Float64() })
		if s.dpi == 300 || s.noise > 5 { // large files are of no use
			s.quality = 30 + rng.IntN(20)
		}
	} else {
		s.noise = min(s.noise, 3)
		may(6, func() { s.mode, s.dpi = dithered, 200 })
	}
	return s
}

// phone makes the machine a telephone and its scanning program.
func (s *scanner) phone(rng *rand.Rand) {
	s.mode = inColor
	s.perspective = 0.004 + 0.012*rng.Float64()
	s.border = pick(rng, []float64{0, 0, 4})
	s.shade = 0.15 + 0.2*rng.Float64()
	s.crumple = 0.4 * rng.Float64()
	s.bend = 1 + rng.Float64()
	s.watermark = pick(rng, []string{"扫描全能王 创建", "由扫描助手生成", "Scanned with DocShot"})
	s.turned = 0.1
	s.lid = uint8(60 + rng.IntN(60))
}

// calm is a machine that is easy on its pages, for small bundles read in tests.
func calm(dpi int, m mode, quality int) *scanner {
	return &scanner{
		dpi: dpi, mode: m, quality: quality, skew: 0.5, shift: 1, lid: 40, paper: [3]float64{0.985, 0.985, 0.98},
		blur: 0.3, contrast: 1, shade: 0.03,
	}
}

// quad is where the corners of the paper come to lie in the scan, in pixels:
// upper left, upper right, lower right, lower left.
type quad [4]point

// laid is one page on the glass: how the paper becomes the scan.
type laid struct {
	w, h     int // of the scan, upright
	paperW   float64
	paperH   float64
	corners  quad
	to, from homography
	bend     float64 // pixels
	skew     float64 // degrees clockwise
	rotation int
}

// lay puts a page on the glass.
func (s *scanner) lay(rng *rand.Rand) *laid {
	scale := float64(s.dpi) / printDPI
	mm := float64(s.dpi) / 25.4
	l := &laid{paperW: math.Round(paperWidth * scale), paperH: math.Round(paperHeight * scale)}
	l.w, l.h = int(l.paperW), int(l.paperH)
	turn := max(-s.skew, min(s.skew, rng.NormFloat64()*s.skew*0.6)) * math.Pi / 180
	cx, cy := l.paperW/2, l.paperH/2
	sin, cos := math.Sincos(turn)
	dx, dy := rng.NormFloat64()*s.shift*mm*0.5, rng.NormFloat64()*s.shift*mm*0.5
	shrink := 1.0
	if s.border > 0 {
		shrink = 1 - s.border*mm/l.paperW
	}
	for i, c := range [4]point{{0, 0}, {l.paperW, 0}, {l.paperW, l.paperH}, {0, l.paperH}} {
		x := (c.x-cx)*shrink + rng.NormFloat64()*s.perspective*l.paperW
		y := (c.y-cy)*shrink + rng.NormFloat64()*s.perspective*l.paperW
		l.corners[i] = point{cx + dx + x*cos - y*sin, cy + dy + x*sin + y*cos}
	}
	l.to = squareTo(l.corners, l.paperW, l.paperH)
	l.from = l.to.inverse()
	l.bend = s.bend * mm * (rng.Float64()*2 - 1)
	q := l.corners
	l.skew = math.Atan2(q[1].y+q[2].y-q[0].y-q[3].y, q[1].x+q[2].x-q[0].x-q[3].x) * 180 / math.Pi
	if rng.Float64() < s.turned {
		l.rotation = pick(rng, []int{90, 180, 180, 270})
	}
	return l
}

// bow is how far the paper's bend moves a point down.
func (l *laid) bow(p point) float64 {
	if l.bend == 0 {
		return 0
	}
	return l.bend * math.Sin(math.Pi*p.x/l.paperW) * (1 - 0.5*p.y/l.paperH)
}

// upright maps a rectangle of the printed page to fractions of the upright,
// deskewed scan.
func (l *laid) upright(r rect) [4]float64 {
	scale := l.paperW / paperWidth
	sin, cos := math.Sincos(-l.skew * math.Pi / 180)
	cx, cy := float64(l.w)/2, float64(l.h)/2
	at := func(x, y float64) point {
		p := point{x * scale, y * scale}
		p.y += l.bow(p)
		p = l.to.apply(p)
		x, y = p.x-cx, p.y-cy
		return point{cx + x*cos - y*sin, cy + x*sin + y*cos}
	}
	a, b, c, d := at(r.x0, r.y0), at(r.x1, r.y0), at(r.x1, r.y1), at(r.x0, r.y1)
	f := func(v float64, n int) float64 {
		return math.Round(max(0, min(1, v/float64(n)))*1e5) / 1e5
	}
	return [4]float64{f((a.x+d.x)/2, l.w), f((a.y+b.y)/2, l.h), f((b.x+c.x)/2, l.w), f((c.y+d.y)/2, l.h)}
}

// homography is a projective map of the plane (Heckbert, "Fundamentals of
// Texture Mapping and Image Warping", 1989), row by row.
type homography [9]float64

func (m homography) apply(p point) point {
	w := m[6]*p.x + m[7]*p.y + m[8]
	return point{(m[0]*p.x + m[1]*p.y + m[2]) / w, (m[3]*p.x + m[4]*p.y + m[5]) / w}
}

// squareTo maps the rectangle (0,0)-(w,h) to a quadrilateral.
func squareTo(q quad, w, h float64) homography {
	dx1, dx2, sx := q[1].x-q[2].x, q[3].x-q[2].x, q[0].x-q[1].x+q[2].x-q[3].x
	dy1, dy2, sy := q[1].y-q[2].y, q[3].y-q[2].y, q[0].y-q[1].y+q[2].y-q[3].y
	det := dx1*dy2 - dx2*dy1
	g := (sx*dy2 - dx2*sy) / det
	i := (dx1*sy - sx*dy1) / det
	return homography{
		(q[1].x - q[0].x + g*q[1].x) / w, (q[3].x - q[0].x + i*q[3].x) / h, q[0].x,
		(q[1].y - q[0].y + g*q[1].y) / w, (q[3].y - q[0].y + i*q[3].y) / h, q[0].y,
		g / w, i / h, 1,
	}
}

func (m homography) inverse() homography {
	return homography{
		m[4]*m[8] - m[5]*m[7], m[2]*m[7] - m[1]*m[8], m[1]*m[5] - m[2]*m[4],
		m[5]*m[6] - m[3]*m[8], m[0]*m[8] - m[2]*m[6], m[2]*m[3] - m[0]*m[5],
		m[3]*m[7] - m[4]*m[6], m[1]*m[6] - m[0]*m[7], m[0]*m[4] - m[1]*m[3],
	}
}

// cloud is smooth noise: random values on a lattice, 0..1, bilinear between.
type cloud struct {
	n int
	v []float32
}

func newCloud(rng *rand.Rand, n int) cloud {
	c := cloud{n, make([]float32, (n+1)*(n+1))}
	for i := range c.v {
		c.v[i] = rng.Float32()
	}
	return c
}

// at gives the value at fractions of the page.
func (c cloud) at(u, v float64) float64 {
	x, y := max(0, min(0.9999, u))*float64(c.n), max(0, min(0.9999, v))*float64(c.n)
	i, j := int(x), int(y)
	fx, fy := x-float64(i), y-float64(j)
	fx, fy = fx*fx*(3-2*fx), fy*fy*(3-2*fy)
	k := j*(c.n+1) + i
	a := float64(c.v[k])*(1-fx) + float64(c.v[k+1])*fx
	b := float64(c.v[k+c.n+1])*(1-fx) + float64(c.v[k+c.n+2])*fx
	return a*(1-fy) + b*fy
}

// row gives the values of one row of w pixels, at fraction v of the height.
func (c cloud) row(out []float32, v float64) {
	w := len(out)
	y := max(0, min(0.9999, v)) * float64(c.n)
	j := int(y)
	fy := float32(y - float64(j))
	fy = fy * fy * (3 - 2*fy)
	up, down := c.v[j*(c.n+1):], c.v[(j+1)*(c.n+1):]
	step := float32(c.n) / float32(w)
	for x := range out {
		f := float32(x) * step
		i := min(int(f), c.n-1)
		f -= float32(i)
		f = f * f * (3 - 2*f)
		a := up[i] + (up[i+1]-up[i])*f
		b := down[i] + (down[i+1]-down[i])*f
		out[x] = a + (b-a)*fy
	}
}

// watermarkInk is what scanning programs sign pages with.
var watermarkInk = color.RGBA{130, 130, 130, 255}
