package main

import (
	"image"
	"image/color"
)

// bilevel is the palette of black-and-white scans: index 1 is black.
var bilevel = color.Palette{color.White, color.Black}

// develop brings a picture into the scanner's mode.
func (s *scanner) develop(pic *image.RGBA) image.Image {
	if s.mode == inColor || s.mode == auto && coloured(pic) {
		return pic
	}
	w, h := pic.Rect.Dx(), pic.Rect.Dy()
	gray := image.NewGray(pic.Rect)
	for i := range gray.Pix {
		r, g, b := int(pic.Pix[4*i]), int(pic.Pix[4*i+1]), int(pic.Pix[4*i+2])
		gray.Pix[i] = uint8((299*r + 587*g + 114*b + 500) / 1000)
	}
	if s.mode == inGray {
		return gray
	}
	out := image.NewPaletted(pic.Rect, bilevel)
	level := otsu(gray.Pix)
	if s.mode != dithered {
		for i, v := range gray.Pix {
			if v < level {
				out.Pix[i] = 1
			}
		}
		return out
	}
	// Floyd and Steinberg, 1976. Light paper is whitened first, as scanners do.
	this, next := make([]int, w+2), make([]int, w+2)
	for y := range h {
		clear(next)
		for x := range w {
			v := int(gray.Pix[y*w+x])
			v = min(255, v*255/225) + this[x+1]/16
			e := v
			if v < 128 {
				out.Pix[y*w+x] = 1
			} else {
				e = v - 255
			}
			this[x+2] += 7 * e
			next[x] += 3 * e
			next[x+1] += 5 * e
			next[x+2] += e
		}
		this, next = next, this
	}
	return out
}

// coloured says whether a page has a seal or anything else in colour on it.
func coloured(pic *image.RGBA) bool {
	n := 0
	for i := 0; i < len(pic.Pix); i += 4 {
		r, g, b := pic.Pix[i], pic.Pix[i+1], pic.Pix[i+2]
		if max(r, g, b)-min(r, g, b) > 60 {
			n++
		}
	}
	return n > len(pic.Pix)/4/2000
}

// otsu is the level that parts dark from light best (Otsu, 1979), kept within
// what scanners use.
func otsu(pix []uint8) uint8 {
	var hist [256]int
	sum := 0
	for _, v := range pix {
		hist[v]++
		sum += int(v)
	}
	best, level := 0.0, 128
	n0, s0 := 0, 0
	for t := range 256 {
		n0 += hist[t]
		s0 += t * hist[t]
		n1 := len(pix) - n0
		if n0 == 0 || n1 == 0 {
			continue
		}
		d := float64(s0)/float64(n0) - float64(sum-s0)/float64(n1)
		if v := d * d * float64(n0) * float64(n1); v > best {
			best, level = v, t+1
		}
	}
	return uint8(max(135, min(level, 190)))
}

// blur softens a picture by about sigma pixels, for sigma of a pixel or less:
// the picture mixed with its averages over 3 by 3 pixels.
func blur(pic *image.RGBA, sigma float64) {
	w, h := pic.Rect.Dx(), pic.Rect.Dy()
	mix := int(min(1, sigma*sigma*0.75) * 256)
	sharp := append([]uint8{}, pic.Pix...)
	n := pic.Stride
	for y := 1; y < h-1; y++ {
		for i := y*n + 4; i < y*n+4*(w-1); i++ {
			sum := 0
			for _, r := range [...]int{i - n, i, i + n} {
				sum += int(sharp[r-4]) + int(sharp[r]) + int(sharp[r+4])
			}
			pic.Pix[i] = uint8((int(sharp[i])*(256-mix) + sum*mix/9) >> 8)
		}
	}
}

// boxBlur averages over squares of 2*r+1 pixels, in place, for samples of n
// bytes each.
func boxBlur(pix []uint8, w, h, n, r int) {
	line := make([]uint8, max(w, h))
	pass := func(start, step, count int) {
		for i := range count {
			line[i] = pix[start+i*step]
		}
		sum := 0
		for i := -r; i <= r; i++ {
			sum += int(line[max(0, min(count-1, i))])
		}
		for i := range count {
			pix[start+i*step] = uint8(sum / (2*r + 1))
			sum += int(line[min(count-1, i+r+1)]) - int(line[max(0, i-r)])
		}
	}
	for k := range n {
		for y := range h {
			pass(y*w*n+k, n, w)
		}
		for x := range w {
			pass(x*n+k, w*n, h)
		}
	}
}

// turnPage turns an upright picture so that a clockwise turn by degrees makes
// it upright again.
func turnPage(img image.Image, degrees int) image.Image {
	if degrees == 0 {
		return img
	}
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	ow, oh := w, h
	if degrees != 180 {
		ow, oh = h, w
	}
	from := func(x, y int) (int, int) {
		switch degrees {
		case 90:
			return w - 1 - y, x
		case 180:
			return w - 1 - x, h - 1 - y
		default:
			return y, h - 1 - x
		}
	}
	r := image.Rect(0, 0, ow, oh)
	copyPix := func(dst, src []uint8, n int) {
		for y := range oh {
			for x := range ow {
				sx, sy := from(x, y)
				copy(dst[(y*ow+x)*n:(y*ow+x)*n+n], src[(sy*w+sx)*n:])
			}
		}
	}
	switch m := img.(type) {
	case *image.RGBA:
		out := image.NewRGBA(r)
		copyPix(out.Pix, m.Pix, 4)
		return out
	case *image.Gray:
		out := image.NewGray(r)
		copyPix(out.Pix, m.Pix, 1)
		return out
	case *image.Paletted:
		out := image.NewPaletted(r, m.Palette)
		copyPix(out.Pix, m.Pix, 1)
		return out
	}
	return img
}
