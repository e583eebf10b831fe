// Package layout finds, by pixels alone, what a page is made of: ruled lines,
// the cells that they enclose, and text lines.
//
// It reads no characters and knows no form: what a cell means is decided by
// package extract.
package layout

import (
	"image"
	"math"

	"sealdesk/pipeline/page"
)

// Analyse measures an upright, deskewed page. It never fails: a page on which
// nothing is found has no cells and no lines.
//
// The steps: light flattened on the red channel, which lifts red seals off the
// text; local binarisation (Sauvola and Pietikäinen 2000); small differences of
// slope across the page removed (a page photographed from one side); ruled
// lines by long runs; cells as the white regions that rules enclose; text lines
// by projection inside each cell and outside all cells.
//
// seals are the rings of seals found on the page: on a scan without colour their
// ink is lifted off by how light it is, as far as that can be told.
func Analyse(img *page.Image, seals []image.Rectangle) *Page {
	p := &Page{W: img.W, H: img.H, DPI: img.DPI}
	clean, ink := Lift(img)
	if !img.Color {
		for _, s := range seals {
			if !liftGray(clean, ink, img.W, img.H, s) {
				p.hidden = append(p.hidden, s)
			}
		}
	}
	shear := estimateShear(ink, img.W, img.H, img.DPI)
	if shear.matters(img.W, img.DPI) {
		clean = shear.apply(clean, img.W, img.H, 255)
		ink = shear.apply(ink, img.W, img.H, 0)
	}
	p.Clean = &image.Gray{Pix: clean, Stride: img.W, Rect: img.Bounds()}
	p.Ink = ink
	p.findRules()
	p.findCells()
	p.eraseRules()
	p.sweep()
	p.findLines()
	return p
}

// inkCap is the darkest gray, after flattening, that still counts as paper:
// what is left of a lifted red seal is lighter than it, print is darker.
const inkCap = 170

// Lift flattens the light of a page, lifts red ink off it and binarises what
// is left. The first result is gray (255 paper), the second 1 where there is
// ink; both have one byte a pixel.
func Lift(img *page.Image) (clean, ink []uint8) {
	if img.Bilevel {
		clean = make([]uint8, len(img.R))
		ink = make([]uint8, len(img.R))
		for i, v := range img.R {
			if v < 128 {
				ink[i] = 1
			} else {
				clean[i] = 255
			}
		}
		return clean, ink
	}
	clean = page.Flatten(img.R, img.W, img.H, img.DPI)
	if img.Color {
		liftRed(img, clean)
	}
	restoreFaded(clean, img.W, img.H, img.DPI)
	window := int(img.DPI*0.17) | 1
	ink = page.Sauvola(clean, img.W, img.H, window, 0.2)
	for i, v := range clean {
		if v > inkCap {
			ink[i] = 0
		}
	}
	return clean, ink
}

// liftRed whitens what is much redder than the paper and not dark: seal ink.
// Print under a seal is dark in the red channel too, and stays.
func liftRed(img *page.Image, clean []uint8) {
	// The paper's own tint, so that yellow paper is not taken for red ink.
	var r, g, b, n int
	for i := 0; i < len(clean); i += 61 {
		if clean[i] >= 245 {
			r, g, b, n = r+int(img.R[i]), g+int(img.G[i]), b+int(img.B[i]), n+1
		}
	}
	if n == 0 || g == 0 || b == 0 {
		return
	}
	kg, kb := r*256/g, r*256/b
	for i, v := range clean {
		if v > 125 && v < 250 {
			if red := int(img.R[i]) - (int(img.G[i])*kg+int(img.B[i])*kb)/512; red > 30 {
				clean[i] = 255
			}
		}
	}
}

// liftGray whitens a seal's ink on a gray scan. The ring itself shows how dark
// the seal is, the page outside it how dark print is; where print is clearly
// darker, all that is as light as the ring goes, and the result is true, as it is
// where the ring is too faint to be taken for ink. On other scans, as those in black
// and white, only the ring goes: it ties the lines below it together.
func liftGray(clean, ink []uint8, w, h int, ring image.Rectangle) bool {
	page := image.Rect(0, 0, w, h)
	cx, cy := float64(ring.Min.X+ring.Max.X)/2, float64(ring.Min.Y+ring.Max.Y)/2
	rx, ry := float64(ring.Dx())/2, float64(ring.Dy())/2
	if rx < 8 || ry < 8 {
		return true
	}
	around := ring.Inset(-ring.Dx() / 2).Intersect(page)
	each := func(do func(i int, r, angle float64)) {
		for y := max(around.Min.Y, 1); y < min(around.Max.Y, h-1); y++ {
			for x := max(around.Min.X, 1); x < min(around.Max.X, w-1); x++ {
				dx, dy := (float64(x)+0.5-cx)/rx, (float64(y)+0.5-cy)/ry
				do(y*w+x, dx*dx+dy*dy, math.Atan2(dy, dx))
			}
		}
	}
	// The middles of strokes show the ink's own level, their rims do not.
	var sealed, printed [256]int
	var seen [90]bool // parts of the ring at which there is ink
	each(func(i int, r, angle float64) {
		switch {
		case ink[i] == 0:
			return
		case r > 0.88 && r < 1.06:
			seen[min(int((angle/(2*math.Pi)+0.5)*float64(len(seen))), len(seen)-1)] = true
		}
		if ink[i-1] == 0 || ink[i+1] == 0 || ink[i-w] == 0 || ink[i+w] == 0 {
			return
		}
		switch {
		case r > 0.88 && r < 1.06:
			sealed[clean[i]]++
		case r > 1.15:
			printed[clean[i]]++
		}
	})
	parts := 0
	for _, s := range seen {
		if s {
			parts++
		}
	}
	if parts*2 < len(seen) {
		return true
	}
	s, okS := quantile(&sealed, 40)
	t, okT := quantile(&printed, 50)
	if okS && okT && s-t >= 15 {
		// Specks of the seal are darker than most of its ring.
		limit := uint8(s - min((s-t)/2, 30))
		each(func(i int, r, _ float64) {
			if r < 1.1 && clean[i] > limit {
				clean[i], ink[i] = 255, 0
			}
		})
		return true
	}
	each(func(i int, r, _ float64) {
		if r > wipedFrom && r < wipedTo {
			clean[i], ink[i] = 255, 0
		}
	})
	return false
}

// The squares of the radii, as shares of a ring's, between which a seal that cannot be
// lifted off is wiped.
const wipedFrom, wipedTo = 0.86, 1.08

// Damaged says whether a seal's ring was wiped off somewhere in r, with whatever stood
// beneath it.
func (p *Page) Damaged(r image.Rectangle) bool {
	for _, s := range p.hidden {
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

// InkBox shrinks r to the ink in it; it is empty when there is none.
func (p *Page) InkBox(r image.Rectangle) image.Rectangle {
	return tight(r.Intersect(image.Rect(0, 0, p.W, p.H)), p.Ink, p.W)
}

// inches turns a length in inches into pixels of the page, at least 1.
func (p *Page) inches(in float64) int { return max(1, int(in*p.DPI+0.5)) }

// Crop is the text line's pixels with a white margin of margin pixels on each
// side, ready for a reader.
func (p *Page) Crop(l Line, margin int) *image.Gray {
	return p.CropRect(l.Box, margin)
}

// CropRect is the same for any rectangle of the page.
func (p *Page) CropRect(r image.Rectangle, margin int) *image.Gray {
	r = r.Intersect(image.Rect(0, 0, p.W, p.H))
	out := image.NewGray(image.Rect(0, 0, r.Dx()+2*margin, r.Dy()+2*margin))
	for i := range out.Pix {
		out.Pix[i] = 255
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		copy(out.Pix[(y-r.Min.Y+margin)*out.Stride+margin:], p.Clean.Pix[y*p.W+r.Min.X:y*p.W+r.Max.X])
	}
	return out
}

// InkShare is the share of ink in r, 0..1.
func (p *Page) InkShare(r image.Rectangle) float64 {
	r = r.Intersect(image.Rect(0, 0, p.W, p.H))
	if r.Empty() {
		return 0
	}
	n := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for _, v := range p.Ink[y*p.W+r.Min.X : y*p.W+r.Max.X] {
			n += int(v)
		}
	}
	return float64(n) / float64(r.Dx()*r.Dy())
}
