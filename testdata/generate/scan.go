package main

import (
	"image"
	"math"
	"math/rand/v2"

	"golang.org/x/image/draw"
	"golang.org/x/image/vector"
)

// scan photographs a sheet as it lies. back is the sheet's other side, nil for
// none. The result is the stored picture: turned by the page's rotation.
func (s *scanner) scan(fs faces, front, back *sheet, l *laid, rng *rand.Rand) (image.Image, error) {
	near, err := s.shrink(front, l)
	if err != nil {
		return nil, err
	}
	var far *image.RGBA
	if back != nil && s.bleed > 0 {
		if far, err = s.shrink(back, l); err != nil {
			return nil, err
		}
	}
	paper := s.onPaper(near, far, rng)
	pic := s.expose(paper, l, rng)
	if s.blur > 0 {
		blur(pic, s.blur*float64(s.dpi)/200)
	}
	s.disturb(pic, rng)
	if s.watermark != "" {
		c := &canvas{img: pic, raster: vector.NewRasterizer(1, 1)}
		size := float64(s.dpi) * 0.13
		f := fs["hei"]
		c.text(f, size, float64(l.w)-f.width(s.watermark, size)-size, float64(l.h)-size*0.9, s.watermark, watermarkInk)
	}
	return turnPage(s.develop(pic), l.rotation), nil
}

// shrink brings a printed sheet to the scan's resolution.
func (s *scanner) shrink(sh *sheet, l *laid) (*image.RGBA, error) {
	img, err := sh.unfold()
	if err != nil || s.dpi == printDPI {
		return img, err
	}
	small := image.NewRGBA(image.Rect(0, 0, int(l.paperW), int(l.paperH)))
	draw.BiLinear.Scale(small, small.Rect, img, img.Rect, draw.Src, nil)
	return small, nil
}

// onPaper turns ink on white into toner on real paper. It works in place.
func (s *scanner) onPaper(img, back *image.RGBA, rng *rand.Rand) *image.RGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	mm := float64(s.dpi) / 25.4
	fade, grain, crumple := newCloud(rng, 7), newCloud(rng, 160), newCloud(rng, 12)
	bandAt := make([]float64, w)
	if s.bands > 0 {
		for range 2 + rng.IntN(3) {
			c, sd := rng.Float64()*float64(w), (4+10*rng.Float64())*mm
			for x := range bandAt {
				d := (float64(x) - c) / sd
				bandAt[x] = min(0.8, bandAt[x]+s.bands*math.Exp(-d*d))
			}
		}
	}
	var through []uint8
	if back != nil {
		through = mirroredDarkness(back, int(0.5*mm))
	}
	rowGain := s.foldGains(h, mm, rng)
	fades, grains, folds := make([]float32, w), make([]float32, w), make([]float32, w)
	for y := range h {
		v := float64(y) / float64(h)
		if s.fade > 0 {
			fade.row(fades, v)
		}
		grain.row(grains, v)
		if s.crumple > 0 {
			crumple.row(folds, v)
		}
		for x := range w {
			i := y*img.Stride + 4*x
			lost := bandAt[x] + s.fade*float64(fades[x])
			gain := rowGain[y] * (1 - s.grain*0.012*float64(grains[x]))
			if s.crumple > 0 {
				gain *= 1 - s.crumple*0.12*math.Abs(float64(folds[x])-0.5)
			}
			if through != nil {
				gain *= 1 - s.bleed*float64(through[y*w+x])/255
			}
			// Toner is lost, which is gray; the colour of seals and pens stays.
			toner := 255 - float64(max(img.Pix[i], img.Pix[i+1], img.Pix[i+2]))
			for k := range 3 {
				img.Pix[i+k] = uint8(max(0, (float64(img.Pix[i+k])+toner*min(lost, s.mostLost()))*gain*s.paper[k]))
			}
		}
	}
	for _, b := range s.newBlots(w, h, mm, rng) {
		b.soak(img)
	}
	for _, c := range s.holePlaces(h, mm, rng) {
		s.punch(img, c, mm)
	}
	return img
}

// mostLost is how much of the toner may go where people can still read: of a
// black-and-white page nothing would be left sooner.
func (s *scanner) mostLost() float64 {
	if s.mode == thresholded || s.mode == auto {
		return 0.25
	}
	return 0.55
}

// punch makes a hole, through which the lid is seen.
func (s *scanner) punch(img *image.RGBA, c point, mm float64) {
	r := int(4 * mm)
	for y := max(int(c.y)-r, 0); y < min(int(c.y)+r, img.Rect.Dy()); y++ {
		for x := max(int(c.x)-r, 0); x < min(int(c.x)+r, img.Rect.Dx()); x++ {
			i := img.PixOffset(x, y)
			d := math.Hypot(float64(x)-c.x, float64(y)-c.y)
			for k := range 3 {
				switch {
				case d < 2.8*mm:
					img.Pix[i+k] = s.lid
				case d < 3.1*mm:
					img.Pix[i+k] = uint8(float64(img.Pix[i+k]) * 0.8)
				}
			}
		}
	}
}

// mirroredDarkness is the other side's print, seen through the paper.
func mirroredDarkness(back *image.RGBA, soft int) []uint8 {
	w, h := back.Rect.Dx(), back.Rect.Dy()
	g := &image.Gray{Pix: make([]uint8, w*h), Stride: w, Rect: back.Rect}
	for y := range h {
		for x := range w {
			g.Pix[y*w+w-1-x] = 255 - back.Pix[back.PixOffset(x, y)+1]
		}
	}
	boxBlur(g.Pix, w, h, 1, max(soft, 1))
	return g.Pix
}

// foldGains is the light of each row, with the shadows of folds.
func (s *scanner) foldGains(h int, mm float64, rng *rand.Rand) []float64 {
	gains := make([]float64, h)
	for i := range gains {
		gains[i] = 1
	}
	for range s.folds {
		at := float64(h) * pick(rng, []float64{0.5, 0.33, 0.66})
		at += rng.NormFloat64() * 4 * mm
		deep := 0.08 + 0.14*rng.Float64()
		for y := range gains {
			d := (float64(y) - at) / mm
			gains[y] *= 1 - deep*math.Exp(-d*d/0.4) + 0.03*math.Exp(-(d-1.6)*(d-1.6)/2) - 0.05*math.Exp(-(d+3)*(d+3)/14)
		}
	}
	return gains
}

func (s *scanner) holePlaces(h int, mm float64, rng *rand.Rand) []point {
	var out []point
	for i := range s.holes {
		gap := 80.0
		if s.holes == 3 {
			gap = 60
		}
		y := float64(h)/2 + (float64(i)-float64(s.holes-1)/2)*gap*mm
		out = append(out, point{(9 + rng.Float64()*2) * mm, y + rng.NormFloat64()*mm})
	}
	return out
}

// blot is a stain on the paper: a drop, or the ring of a cup.
type blot struct {
	c      point
	radius float64
	ring   bool
	deep   float64
	rough  cloud
}

// newBlots are the stains of one page: most pages have none.
func (s *scanner) newBlots(w, h int, mm float64, rng *rand.Rand) []blot {
	var out []blot
	for range s.stains {
		b := blot{
			point{rng.Float64() * float64(w), rng.Float64() * float64(h)}, (6 + 26*rng.Float64()*rng.Float64()) * mm,
			rng.IntN(2) == 0, 0.06 + 0.16*rng.Float64(), newCloud(rng, 8),
		}
		if rng.IntN(3) == 0 {
			out = append(out, b)
		}
	}
	return out
}

// soak darkens the paper under a stain, blue most.
func (b blot) soak(img *image.RGBA) {
	r := b.radius * 1.3
	box := image.Rect(int(b.c.x-r), int(b.c.y-r), int(b.c.x+r), int(b.c.y+r)).Intersect(img.Rect)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			dx, dy := float64(x)-b.c.x, float64(y)-b.c.y
			d := math.Hypot(dx, dy) / b.radius
			d += 0.3 * (b.rough.at(0.5+dx/b.radius/2.7, 0.5+dy/b.radius/2.7) - 0.5)
			a := max(0, min(1, (1-d)*6)) * (0.75 + 0.25*min(d, 1))
			if b.ring {
				e := (d - 0.9) / 0.07
				a = math.Exp(-e*e) + 0.15*max(0, min(1, (0.9-d)*9))
			}
			i := img.PixOffset(x, y)
			for k, share := range [...]float64{0.5, 0.8, 1.3} {
				img.Pix[i+k] = uint8(float64(img.Pix[i+k]) * max(0, 1-a*b.deep*share))
			}
		}
	}
}

// expose lays the paper on the glass: geometry, edges and light.
func (s *scanner) expose(paper *image.RGBA, l *laid, rng *rand.Rand) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, l.w, l.h))
	mm := float64(s.dpi) / 25.4
	pw, ph := paper.Rect.Dx(), paper.Rect.Dy()
	cloudy := newCloud(rng, 4)
	sin, cos := math.Sincos(s.lightDir + rng.NormFloat64()*0.3)
	clouds := make([]float32, l.w)
	for y := range l.h {
		v := float64(y) / float64(l.h)
		cloudy.row(clouds, v)
		for x := range l.w {
			p := l.from.apply(point{float64(x) + 0.5, float64(y) + 0.5})
			p.y -= l.bow(p)
			p.x -= 0.5
			p.y -= 0.5
			along := 0.5 + (float64(x)/float64(l.w)-0.5)*cos + (v-0.5)*sin
			light := 1 - s.shade*(0.75*max(0, min(1.2, along))+0.5*float64(clouds[x]))
			if s.binding {
				light -= 0.5 * math.Exp(-p.x/mm/5)
			}
			i := out.PixOffset(x, y)
			out.Pix[i+3] = 255
			x0, y0 := int(math.Floor(p.x)), int(math.Floor(p.y))
			if x0 < 0 || y0 < 0 || x0+1 >= pw || y0+1 >= ph {
				edge := float64(s.lid)
				if s.border == 0 && s.perspective == 0 {
					edge = 244 // the white lid of a flatbed
				}
				for k := range 3 {
					out.Pix[i+k] = uint8(edge * max(light, 0.3))
				}
				continue
			}
			fx, fy := p.x-float64(x0), p.y-float64(y0)
			j := paper.PixOffset(x0, y0)
			for k := range 3 {
				a := float64(paper.Pix[j+k])*(1-fx) + float64(paper.Pix[j+4+k])*fx
				b := float64(paper.Pix[j+paper.Stride+k])*(1-fx) + float64(paper.Pix[j+paper.Stride+4+k])*fx
				out.Pix[i+k] = uint8(max(0, min(255, (a*(1-fy)+b*fy)*light+0.5)))
			}
		}
	}
	return out
}

// disturb adds what the sensor adds: streaks, moiré, halftone dots, noise.
func (s *scanner) disturb(pic *image.RGBA, rng *rand.Rand) {
	w, h := pic.Rect.Dx(), pic.Rect.Dy()
	column := make([]float64, w)
	for _, st := range s.streaks {
		if rng.IntN(3) == 0 {
			continue // the dust moved
		}
		x := int(st.at*float64(w)) + rng.IntN(3)
		for k := x; k < min(x+st.wide, w); k++ {
			column[k] -= st.deep * (0.7 + 0.5*rng.Float64())
		}
	}
	kx, ky := 0.55+0.3*rng.Float64(), 0.5+0.3*rng.Float64()
	drift := 0.002 + 0.004*rng.Float64()
	for y := range h {
		for x := range w {
			i := pic.PixOffset(x, y)
			d := column[x]
			if s.moire > 0 {
				fx, fy := float64(x), float64(y)
				d += s.moire * math.Sin(kx*fx+drift*fy) * math.Sin(ky*fy-drift*fx)
			}
			common := rng.NormFloat64() * s.noise
			if s.specks > 0 && rng.Float64()*1000 < s.specks {
				common += pick(rng, []float64{-160, 160})
			}
			for k := range 3 {
				v := float64(pic.Pix[i+k])
				if s.halftone && v > 30 && v < 215 {
					v += 40 * math.Sin(float64(x+y)*1.6) * math.Sin(float64(x-y)*1.6)
				}
				v = 255 - (255-v)*s.contrast + d + common
				pic.Pix[i+k] = uint8(max(0, min(255, v)))
			}
		}
	}
}
