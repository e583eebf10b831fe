package page

import (
	"image"
	"image/color"
	"image/draw"
)

// fromPicture takes a decoded picture apart into planes, alpha over white. Its
// result has no DPI yet.
func fromPicture(src image.Image) *Image {
	b := src.Bounds()
	m := &Image{W: b.Dx(), H: b.Dy()}
	switch p := src.(type) {
	case *image.Gray:
		m.setGray(packed(p.Pix, p.Stride, m.W, m.H))
	case *image.Gray16:
		pix := make([]uint8, m.W*m.H)
		for y := range m.H {
			row := p.Pix[y*p.Stride:]
			for x := range m.W {
				pix[y*m.W+x] = row[2*x]
			}
		}
		m.setGray(pix)
	case *image.YCbCr:
		m.fromYCbCr(p)
	case *image.Paletted:
		m.fromPaletted(p)
	case *image.RGBA:
		m.fromRGBA(p.Pix, p.Stride)
	default:
		over := image.NewRGBA(image.Rect(0, 0, m.W, m.H))
		draw.Draw(over, over.Bounds(), image.White, image.Point{}, draw.Src)
		draw.Draw(over, over.Bounds(), src, b.Min, draw.Over)
		m.fromRGBA(over.Pix, over.Stride)
	}
	if !m.Color {
		m.Bilevel = bilevel(m.G)
	}
	return m
}

func packed(pix []uint8, stride, w, h int) []uint8 {
	if stride == w {
		return pix[:w*h]
	}
	out := make([]uint8, w*h)
	for y := range h {
		copy(out[y*w:y*w+w], pix[y*stride:])
	}
	return out
}

func (m *Image) setGray(pix []uint8) { m.R, m.G, m.B = pix, pix, pix }

// setColor keeps three planes, or one when they hardly differ: a gray scan
// stored as colour.
func (m *Image) setColor(r, g, b []uint8) {
	m.R, m.G, m.B = r, g, b
	for i, v := range g {
		// Gray stored as JPEG colour is off by a level or two after rounding;
		// a colour sensor's noise is far larger.
		if differ(r[i], v) || differ(b[i], v) {
			m.Color = true
			return
		}
	}
	m.setGray(g)
}

func differ(a, b uint8) bool { return uint(int(a)-int(b)+2) > 4 }

// fromYCbCr converts as color.YCbCrToRGB does.
func (m *Image) fromYCbCr(p *image.YCbCr) {
	if grayChroma(p.Cb) && grayChroma(p.Cr) {
		m.setGray(packed(p.Y, p.YStride, m.W, m.H))
		return
	}
	xShift := 0
	switch p.SubsampleRatio {
	case image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420:
		xShift = 1
	case image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410:
		xShift = 2
	}
	n := m.W * m.H
	r, g, b := make([]uint8, n), make([]uint8, n), make([]uint8, n)
	for y := range m.H {
		yRow := p.Y[y*p.YStride : y*p.YStride+m.W]
		c := p.COffset(p.Rect.Min.X, p.Rect.Min.Y+y)
		cb, cr := p.Cb[c:], p.Cr[c:]
		rr, gg, bb := r[y*m.W:][:m.W], g[y*m.W:][:m.W], b[y*m.W:][:m.W]
		for x, lum := range yRow {
			rr[x], gg[x], bb[x] = color.YCbCrToRGB(lum, cb[x>>xShift], cr[x>>xShift])
		}
	}
	m.setColor(r, g, b)
}

func grayChroma(plane []uint8) bool {
	for _, v := range plane {
		if differ(v, 128) {
			return false
		}
	}
	return true
}

// fromRGBA takes opaque pixels; transparent ones are laid over white.
func (m *Image) fromRGBA(pix []uint8, stride int) {
	n := m.W * m.H
	r, g, b := make([]uint8, n), make([]uint8, n), make([]uint8, n)
	for y := range m.H {
		row := pix[y*stride : y*stride+4*m.W]
		for x := range m.W {
			px := row[4*x : 4*x+4 : 4*x+4]
			i, white := y*m.W+x, 255-px[3]
			r[i], g[i], b[i] = px[0]+white, px[1]+white, px[2]+white
		}
	}
	m.setColor(r, g, b)
}

func (m *Image) fromPaletted(p *image.Paletted) {
	var lut [256][3]uint8
	for i := range lut {
		if i >= len(p.Palette) {
			break
		}
		r, g, b, a := p.Palette[i].RGBA()
		white := 0xffff - a
		lut[i] = [3]uint8{uint8((r + white) >> 8), uint8((g + white) >> 8), uint8((b + white) >> 8)}
	}
	n := m.W * m.H
	r, g, b := make([]uint8, n), make([]uint8, n), make([]uint8, n)
	for y := range m.H {
		for x, v := range p.Pix[y*p.Stride : y*p.Stride+m.W] {
			i := y*m.W + x
			r[i], g[i], b[i] = lut[v][0], lut[v][1], lut[v][2]
		}
	}
	m.setColor(r, g, b)
}

func bilevel(plane []uint8) bool {
	for _, v := range plane {
		if v != 0 && v != 255 {
			return false
		}
	}
	return true
}

// eachPlane replaces the planes by f of them, once for those that are shared.
func (m *Image) eachPlane(f func(plane []uint8) []uint8) {
	if !m.Color {
		m.setGray(f(m.G))
		return
	}
	m.R, m.G, m.B = f(m.R), f(m.G), f(m.B)
}

// orient applies an EXIF orientation (1 to 8; anything else is 1).
func (m *Image) orient(o int) {
	if o < 2 || o > 8 {
		return
	}
	w, h := m.W, m.H
	m.eachPlane(func(p []uint8) []uint8 { return orientPlane(p, w, h, o) })
	if o >= 5 {
		m.W, m.H = h, w
	}
}

// orientPlane gives the plane as it is to be seen.
func orientPlane(p []uint8, w, h, o int) []uint8 {
	out := make([]uint8, w*h)
	if o < 5 {
		for y := range h {
			src := p[y*w : y*w+w]
			to := y
			if o == 3 || o == 4 {
				to = h - 1 - y
			}
			dst := out[to*w : to*w+w]
			if o == 4 {
				copy(dst, src)
				continue
			}
			for x, v := range src {
				dst[w-1-x] = v
			}
		}
		return out
	}
	// In tiles, since one side walks across rows.
	const tile = 32
	for y0 := 0; y0 < h; y0 += tile {
		for x0 := 0; x0 < w; x0 += tile {
			for y := y0; y < min(y0+tile, h); y++ {
				for x := x0; x < min(x0+tile, w); x++ {
					tx, ty := y, x
					if o == 6 || o == 7 {
						tx = h - 1 - y
					}
					if o == 7 || o == 8 {
						ty = w - 1 - x
					}
					out[ty*h+tx] = p[y*w+x]
				}
			}
		}
	}
	return out
}

// turn turns the page clockwise by 0, 90, 180 or 270 degrees.
func (m *Image) turn(degrees int) {
	switch ((degrees % 360) + 360) % 360 {
	case 90:
		m.orient(6)
	case 180:
		m.orient(3)
	case 270:
		m.orient(8)
	}
}

// setResolution stores the resolution of the two axes, in dots per inch, and
// makes the pixels square where they are not (fax scans have half the rows).
// Values that no sheet of paper can have are replaced by an estimate.
func (m *Image) setResolution(x, y float64) {
	if x > 0 && y > 0 && x < 10000 && y < 10000 {
		if x > y*1.15 && x < y*4.5 {
			m.stretchRows(int(float64(m.H)*x/y + 0.5))
			y = x
		} else if y > x*1.15 && y < x*4.5 {
			m.orient(5)
			m.stretchRows(int(float64(m.H)*y/x + 0.5))
			m.orient(5)
			x = y
		}
	}
	m.DPI = plausibleDPI(m.W, m.H, (x+y)/2)
}

func (m *Image) stretchRows(h int) {
	w, old := m.W, m.H
	m.eachPlane(func(p []uint8) []uint8 {
		out := make([]uint8, w*h)
		for y := range h {
			copy(out[y*w:y*w+w], p[y*old/h*w:])
		}
		return out
	})
	m.H = h
}

// plausibleDPI is the declared resolution if the sheet would then be between a
// postcard and A3, else that of an A4 sheet of so many pixels.
func plausibleDPI(w, h int, declared float64) float64 {
	long, short := float64(max(w, h)), float64(min(w, h))
	if declared > 0 && long/declared >= 5 && long/declared <= 17.6 && short/declared >= 3 {
		return declared
	}
	return max(long/11.69, short/8.27)
}
