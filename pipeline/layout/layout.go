// Package layout finds, by pixels alone, what a page is made of: ruled lines,
// the cells that they enclose, and text lines.
//
// It reads no characters and knows no form: what a cell means is decided by
// package extract.
package layout

import (
	"image"

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
	clean, ink, pale := Lift(img)
	if pale != nil {
		restorePale(clean, ink, pale, img.W, img.H, img.DPI, seals)
	}
	if !img.Color {
		for _, s := range seals {
			switch liftGray(clean, ink, img.W, img.H, img.DPI, s) {
			case thinned:
				p.hidden = append(p.hidden, s)
			case wiped:
				p.hidden, p.wiped = append(p.hidden, s), append(p.wiped, s)
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
	p.eraseDotted()
	p.sweep()
	p.findLines()
	return p
}

// inkCap is the darkest gray, after flattening, that still counts as paper:
// what is left of a lifted red seal is lighter than it, print is darker.
const inkCap = 170

// Lift flattens the light of a page, lifts red ink off it and binarises what
// is left. clean is gray (255 paper), ink is 1 where there is ink, and pale is mayBePale or
// surelyPale where there is pale print, if it has its shape; all have one byte a pixel.
// pale is nil for a scan in black and white.
func Lift(img *page.Image) (clean, ink, pale []uint8) {
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
		return clean, ink, nil
	}
	clean = page.Flatten(img.R, img.W, img.H, img.DPI)
	if img.Color {
		liftRed(img, clean)
	}
	restoreFaded(clean, img.W, img.H, img.DPI)
	window := int(img.DPI*0.17) | 1
	ink = page.Sauvola(clean, img.W, img.H, window, 0.2)
	pale = make([]uint8, len(ink))
	for i, v := range clean {
		if v <= inkCap {
			continue
		}
		if v <= paleCap {
			pale[i] = mayBePale
			if ink[i] != 0 && v <= paleSure {
				pale[i] = surelyPale
			}
		}
		ink[i] = 0
	}
	return clean, ink, pale
}

// liftRed lifts what is much redder than the paper off it: seal ink. Print under a seal
// is dark in the red channel too: it is kept, with its soft edges, as dark as it is
// beside the seal's own ink thereabouts.
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
	red := func(i int) bool {
		return clean[i] < 250 && int(img.R[i])-(int(img.G[i])*kg+int(img.B[i])*kb)/512 > 30
	}
	levels := newRedLevels(img.W, img.H, img.DPI)
	for i, v := range clean {
		if red(i) {
			levels.add(i, v)
		}
	}
	limits := levels.limits()
	for i, v := range clean {
		if !red(i) {
			continue
		}
		clean[i] = 255
		if limit := limits[levels.tile(i)]; int(v) < limit {
			clean[i] = uint8(int(v) * 255 / limit)
		}
	}
}

// redLevels counts how light red ink is, by square tiles of the page of half an inch.
type redLevels struct {
	w, side, across, down int
	count                 [][256]int
}

func newRedLevels(w, h int, dpi float64) *redLevels {
	side := max(16, int(dpi/2))
	l := &redLevels{w: w, side: side, across: (w + side - 1) / side, down: (h + side - 1) / side}
	l.count = make([][256]int, l.across*l.down)
	return l
}

func (l *redLevels) tile(pixel int) int {
	return pixel/l.w/l.side*l.across + pixel%l.w/l.side
}

func (l *redLevels) add(pixel int, v uint8) { l.count[l.tile(pixel)][v]++ }

// Red ink is uneven: what is lighter than this share of its usual gray has no print on it.
const redEven = 85 // percent

// limits is, for each tile, the gray from which red ink in it has no print on it: by the
// middle gray of the red in the tile and those about it, of which print covers little.
func (l *redLevels) limits() []int {
	out := make([]int, len(l.count))
	for t := range l.count {
		var near [256]int
		for y := max(t/l.across-1, 0); y <= min(t/l.across+1, l.down-1); y++ {
			for x := max(t%l.across-1, 0); x <= min(t%l.across+1, l.across-1); x++ {
				for v, c := range l.count[y*l.across+x] {
					near[v] += c
				}
			}
		}
		out[t] = redKept
		if level, ok := quantile(&near, 50); ok {
			out[t] = max(redKept, level*redEven/100)
		}
	}
	return out
}

// redKept is the gray up to which print is kept on any red ink.
const redKept = 125

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
