package ocr

import (
	"image"

	"golang.org/x/image/draw"
)

const (
	// margin is the white, in pixels, that Tesseract wants around a line.
	margin = 10
	// tallLine is the height in pixels of ink above which a line is made
	// smaller, to usualLine: measured, errors grow with the height beyond it,
	// tenfold at large titles. Making small lines larger gains nothing.
	tallLine  = 44
	usualLine = 32
	// smallLine is the height for a second look: far enough from usualLine for
	// other mistakes, and where digits are read best.
	smallLine = 24
	// keptBorder is the most that is kept, in pixels, of white around the ink.
	keptBorder = 40
	// secondHeight and secondInk are the heights, in pixels, of a line and of the ink
	// on it as the second reader sees it; secondMargin is the white left and right.
	secondHeight = 48
	secondInk    = 34
	secondMargin = 8
	// leastInk is the height in pixels below which ink that is wider than high is
	// no full line (a dash, the numeral one) and so is not made as large as one.
	leastInk = 24
	// maxSide bounds what is handed to a child, in pixels.
	maxSide = 12000
	// minContrast is the least difference between paper and ink, of 255, that
	// counts as something to read.
	minContrast = 48
)

// prepared is a crop as a child gets it. A point p of it lies at
// (p-offset)/scale of the crop.
type prepared struct {
	pixels *image.Gray
	scale  float64
	offset image.Point
	crop   image.Point // size of the crop
}

// prepare makes a picture that Tesseract reads well out of a crop, without
// changing it: with a white margin and without wide empty borders, and made
// smaller to a height of usual if its ink is higher than tall. It reports false
// for a picture with nothing to read.
func prepare(crop *image.Gray, tall, usual int) (prepared, bool) {
	ink, ok := inkBox(crop)
	if !ok {
		return prepared{}, false
	}
	size := crop.Rect.Size()
	kept := ink.Inset(-keptBorder).Intersect(image.Rectangle{Max: size})
	scale := 1.0
	if ink.Dy() > tall {
		scale = float64(usual) / float64(ink.Dy())
	}
	scale = min(scale, float64(maxSide)/float64(max(kept.Dx(), kept.Dy())))
	w := max(1, int(float64(kept.Dx())*scale+0.5))
	h := max(1, int(float64(kept.Dy())*scale+0.5))
	// White that is there already counts as margin.
	left := pad(ink.Min.X-kept.Min.X, scale)
	top := pad(ink.Min.Y-kept.Min.Y, scale)
	right := pad(kept.Max.X-ink.Max.X, scale)
	bottom := pad(kept.Max.Y-ink.Max.Y, scale)
	p := prepared{
		pixels: image.NewGray(image.Rect(0, 0, left+w+right, top+h+bottom)),
		scale:  scale,
		offset: image.Pt(left-int(float64(kept.Min.X)*scale+0.5), top-int(float64(kept.Min.Y)*scale+0.5)),
		crop:   size,
	}
	draw.Draw(p.pixels, p.pixels.Rect, image.White, image.Point{}, draw.Src)
	from := kept.Add(crop.Rect.Min)
	if scale == 1 {
		for y := range h {
			at := crop.PixOffset(from.Min.X, from.Min.Y+y)
			copy(p.pixels.Pix[p.pixels.PixOffset(left, top+y):], crop.Pix[at:at+w])
		}
	} else {
		draw.CatmullRom.Scale(p.pixels, image.Rect(left, top, left+w, top+h), crop, from, draw.Src, nil)
	}
	return p, true
}

// prepareSecond makes a picture as the second reader wants it: secondHeight pixels high,
// with the ink in its middle. It reports false for a picture with nothing to read.
func prepareSecond(crop *image.Gray) (prepared, bool) {
	ink, ok := inkBox(crop)
	if !ok {
		return prepared{}, false
	}
	size := crop.Rect.Size()
	scale := secondInk / float64(max(ink.Dy(), min(ink.Dx(), leastInk)))
	scale = min(scale, float64(maxSide)/float64(ink.Dx()))
	w := max(1, int(float64(ink.Dx())*scale+0.5)) + 2*secondMargin
	middle := scale * float64(ink.Min.Y+ink.Max.Y) / 2
	p := prepared{
		pixels: image.NewGray(image.Rect(0, 0, w, secondHeight)),
		scale:  scale,
		offset: image.Pt(secondMargin-int(float64(ink.Min.X)*scale+0.5), int(secondHeight/2-middle+0.5)),
		crop:   size,
	}
	draw.Draw(p.pixels, p.pixels.Rect, image.White, image.Point{}, draw.Src)
	// What stands around the ink belongs to it: gray edges, and white.
	kept := p.back(p.pixels.Rect)
	to := image.Rectangle{
		Min: image.Pt(int(float64(kept.Min.X)*scale+0.5), int(float64(kept.Min.Y)*scale+0.5)),
		Max: image.Pt(int(float64(kept.Max.X)*scale+0.5), int(float64(kept.Max.Y)*scale+0.5)),
	}.Add(p.offset)
	draw.CatmullRom.Scale(p.pixels, to, crop, kept.Add(crop.Rect.Min), draw.Src, nil)
	return p, true
}

// pad is how many pixels of white are missing at a side that has some already.
func pad(has int, scale float64) int {
	return max(0, margin-int(float64(has)*scale))
}

// inkBox is the smallest box around the ink of a picture, from its upper left
// corner. It reports false where paper and ink cannot be told apart, and for
// pictures that are empty or whose pixels do not fill them.
func inkBox(g *image.Gray) (image.Rectangle, bool) {
	if g == nil || g.Rect.Empty() || g.Stride < g.Rect.Dx() ||
		len(g.Pix) < (g.Rect.Dy()-1)*g.Stride+g.Rect.Dx() {
		return image.Rectangle{}, false
	}
	w, h := g.Rect.Dx(), g.Rect.Dy()
	lo, hi := uint8(255), uint8(0)
	for y := range h {
		for _, v := range g.Pix[y*g.Stride : y*g.Stride+w] {
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	if int(hi)-int(lo) < minContrast {
		return image.Rectangle{}, false
	}
	limit := uint8((int(lo) + int(hi)) / 2)
	box := image.Rectangle{Min: image.Pt(w, h)}
	for y := range h {
		row := g.Pix[y*g.Stride : y*g.Stride+w]
		for x, v := range row {
			if v > limit {
				continue
			}
			box.Min.X, box.Max.X = min(box.Min.X, x), max(box.Max.X, x+1)
			box.Min.Y, box.Max.Y = min(box.Min.Y, y), max(box.Max.Y, y+1)
		}
	}
	return box, true
}

// back maps a box of the prepared picture onto the crop, from the crop's upper
// left corner and cut to it.
func (p prepared) back(box image.Rectangle) image.Rectangle {
	at := func(v, offset int, up bool) int {
		f := float64(v-offset) / p.scale
		n := int(f)
		if up && float64(n) < f {
			n++
		}
		return n
	}
	return image.Rectangle{
		Min: image.Pt(at(box.Min.X, p.offset.X, false), at(box.Min.Y, p.offset.Y, false)),
		Max: image.Pt(at(box.Max.X, p.offset.X, true), at(box.Max.Y, p.offset.Y, true)),
	}.Intersect(image.Rectangle{Max: p.crop})
}
