package main

import (
	"image"
	"image/color"
	"math"
	"unicode/utf8"

	"golang.org/x/image/vector"

	"sealdesk/bundle"
)

// sealRed are inks of stamp pads.
var sealRed = []color.RGBA{{205, 28, 40, 255}, {220, 50, 60, 255}, {186, 20, 44, 255}, {230, 60, 50, 255}}

// seal stamps a round seal with its centre at (cx, cy) and notes it.
func (p *printer) seal(role bundle.Role, text string, matches bool, cx, cy float64) {
	rng := p.rng
	radius := pt(57 + 5*rng.Float64()) // about 40 to 44 mm across
	cx = min(max(cx, radius+20), paperWidth-radius-20)
	cy = min(max(cy, radius+20), paperHeight-radius-20)
	n := int(radius*2) + 40
	layer := &canvas{img: image.NewRGBA(image.Rect(0, 0, n, n)), raster: vector.NewRasterizer(1, 1)}
	centre := float64(n) / 2
	tilt := rng.NormFloat64() * 0.12
	face := p.fs[pick(rng, []string{"song-bold", "song-bold", "hei", "hei-bold", "kai"})]
	white := color.RGBA{255, 255, 255, 255}

	layer.ring(centre, radius, 10+5*rng.Float64(), white)
	if rng.IntN(5) == 0 {
		layer.ring(centre, radius-24, 3, white)
	}
	layer.star(centre, radius*(0.27+0.04*rng.Float64()), tilt, white)

	chars := float64(utf8.RuneCountInString(text))
	span := math.Pi * min(1.66, 0.4+chars*0.115)
	size := min(radius*(0.29+0.05*rng.Float64()), radius*0.76*span/chars)
	layer.arc(face, text, size, centre, radius*0.93-size*1.02, tilt-span/2, span, white)
	if rng.IntN(2) == 0 {
		digits := make([]byte, 13)
		for i := range digits {
			digits[i] = byte('0' + rng.IntN(10))
		}
		layer.arcBelow(p.fs["hei"], string(digits), radius*0.1, centre, radius*0.87, tilt, white)
	}

	strength := 0.6 + 0.35*rng.Float64()
	if rng.IntN(5) == 0 {
		strength = 0.36 + 0.15*rng.Float64() // a dry pad
	}
	strength = max(strength, p.sealLeast)
	rough := newCloud(rng, 9)
	fine := newCloud(rng, 90)
	worn := 0.1 + 0.35*rng.Float64()
	if p.fresh {
		worn *= 0.2
	}
	ink := pick(rng, sealRed)
	ox, oy := int(cx-centre), int(cy-centre)
	for y := range n {
		for x := range n {
			a := float64(layer.img.RGBAAt(x, y).A) / 255
			if a == 0 {
				continue
			}
			u, v := float64(x)/float64(n), float64(y)/float64(n)
			a *= strength * (1 - worn*rough.at(u, v)) * (1 - 0.5*worn*fine.at(u, v))
			p.cur.multiply(ox+x, oy+y, ink, a)
		}
	}
	p.cur.seals = append(p.cur.seals, stamp{role, text, rect{cx - radius, cy - radius, cx + radius, cy + radius}, matches})
}

// multiply lays ink over a pixel as a stamp does: what is black stays black.
func (c *canvas) multiply(x, y int, ink color.RGBA, a float64) {
	if !(image.Point{x, y}.In(c.img.Rect)) {
		return
	}
	i := c.img.PixOffset(x, y)
	for k, v := range [...]uint8{ink.R, ink.G, ink.B} {
		c.img.Pix[i+k] = uint8(float64(c.img.Pix[i+k]) * (1 - a*(1-float64(v)/255)))
	}
}

// ring draws a circle line, w wide.
func (c *canvas) ring(centre, radius, w float64, ink color.Color) {
	var segs []segment
	circle := func(r float64, back bool) {
		const n = 180
		for i := range n + 1 {
			a := 2 * math.Pi * float64(i) / n
			if back {
				a = -a
			}
			op := byte('L')
			if i == 0 {
				op = 'M'
			}
			segs = append(segs, segment{op: op, p: [3]point{{centre + r*math.Cos(a), centre + r*math.Sin(a)}}})
		}
	}
	circle(radius, false)
	circle(radius-w, true)
	c.fill(segs, func(p point) point { return p }, ink)
}

// star draws a five-pointed star.
func (c *canvas) star(centre, radius, tilt float64, ink color.Color) {
	var segs []segment
	for i := range 10 {
		r := radius
		if i%2 == 1 {
			r *= 0.382
		}
		sin, cos := math.Sincos(tilt + math.Pi*float64(i)/5)
		op := byte('L')
		if i == 0 {
			op = 'M'
		}
		segs = append(segs, segment{op: op, p: [3]point{{centre + r*sin, centre - r*cos}}})
	}
	c.fill(segs, func(p point) point { return p }, ink)
}

// arc writes text clockwise on a circle, its feet to the centre; start is the
// angle from the top, span the angle that the text covers.
func (c *canvas) arc(f *typeface, s string, size, centre, radius, start, span float64, ink color.Color) {
	n := utf8.RuneCountInString(s)
	i := 0
	for _, r := range s {
		g := f.glyph(r)
		a := start + span*(float64(i)+0.5)/float64(n)
		i++
		sin, cos := math.Sincos(a)
		c.fill(g.segments, func(p point) point {
			x, y := (p.x-g.advance/2)*size*0.92, (p.y-0.06)*size*1.12-radius
			return point{centre + x*cos - y*sin, centre + x*sin + y*cos}
		}, ink)
	}
}

// arcBelow writes text counter-clockwise along the lower edge, upright.
func (c *canvas) arcBelow(f *typeface, s string, size, centre, radius, tilt float64, ink color.Color) {
	n := float64(utf8.RuneCountInString(s))
	step := size * 0.72 / radius
	i := 0.0
	for _, r := range s {
		g := f.glyph(r)
		a := tilt - (i-(n-1)/2)*step
		i++
		sin, cos := math.Sincos(a)
		c.fill(g.segments, func(p point) point {
			x, y := (p.x-g.advance/2)*size, p.y*size+radius
			return point{centre + x*cos - y*sin, centre + x*sin + y*cos}
		}, ink)
	}
}
