package layout

import (
	"image"
	"slices"
)

// The slopes at which slanting lines are looked for, in steps of a thousandth: what
// is left of a skew or a photograph's perspective in one part of a page.
const steepest = 24

// slanted cuts a row of several lines that run so much up or down that there is no
// white between them from one end to the other, along the slope at which there is.
// Each line is given as its pieces from left to right, short enough that their boxes
// hold little of the lines above and below; nil when the row is none of that kind.
func (p *Page) slanted(r image.Rectangle, em int, ink []uint8) [][]image.Rectangle {
	if r.Dy()*10 < em*17 || r.Dx() < em*10 {
		return nil
	}
	if em = p.characters(r, ink); em == 0 || r.Dy()*10 < em*17 {
		return nil
	}
	var bands [][2]int
	slope, white := 0, 0
	for s := -steepest; s <= steepest; s++ {
		found, w := p.bands(r, s, em, ink)
		if len(found) > max(len(bands), 1) || len(found) > 1 && len(found) == len(bands) && w > white {
			bands, slope, white = found, s, w
		}
	}
	if len(bands) < 2 {
		return nil
	}
	var out [][]image.Rectangle
	for _, b := range bands {
		out = append(out, p.along(r, slope, b, em, ink))
	}
	return out
}

// characters is the height of the characters in a row, whose parts may stand alone;
// 0 when there are none.
func (p *Page) characters(r image.Rectangle, ink []uint8) int {
	part := make([]uint8, r.Dx()*r.Dy())
	for y := range r.Dy() {
		copy(part[y*r.Dx():(y+1)*r.Dx()], ink[(r.Min.Y+y)*p.W+r.Min.X:])
	}
	var heights []int
	for _, c := range components(part, r.Dx(), r.Dy()) {
		if h := c.box.Dy(); h >= p.inches(0.05) && h <= p.inches(0.4) {
			heights = append(heights, h)
		}
	}
	if len(heights) < 8 {
		return 0
	}
	slices.Sort(heights)
	return heights[len(heights)*8/10]
}

// drop is by how much a line of a slope has gone down, in pixels, when it comes from
// the middle of r to x.
func drop(r image.Rectangle, slope, x int) int {
	return (x - (r.Min.X+r.Max.X)/2) * slope / 1000
}

// bands are the stretches with ink, from top to bottom, of a row seen along a slope,
// and how much white is between them: those at least half a character high, and none
// when there are others that are more than specks.
func (p *Page) bands(r image.Rectangle, slope, em int, ink []uint8) (bands [][2]int, white int) {
	pad := drop(r, max(slope, -slope), r.Max.X) + 1
	profile := make([]int, r.Dy()+2*pad)
	sum := 0
	for x := r.Min.X; x < r.Max.X; x++ {
		d := drop(r, slope, x)
		for y := r.Min.Y; y < r.Max.Y; y++ {
			if ink[y*p.W+x] != 0 {
				profile[y-r.Min.Y-d+pad]++
				sum++
			}
		}
	}
	thin := sum / (12 * r.Dy())
	from := -1
	for i := 0; i <= len(profile); i++ {
		if i < len(profile) && profile[i] > thin {
			if from < 0 {
				from = i
			}
			continue
		}
		if from >= 0 {
			switch h := i - from; {
			case h*2 >= em && h*10 < em*17:
				if n := len(bands); n > 0 {
					white += from + r.Min.Y - pad - bands[n-1][1]
				}
				bands = append(bands, [2]int{from + r.Min.Y - pad, i + r.Min.Y - pad})
			case h*4 >= em:
				return nil, 0
			}
			from = -1
		}
	}
	return bands, white
}

// along cuts a band into pieces at white columns, each as long as the slope allows.
func (p *Page) along(r image.Rectangle, slope int, band [2]int, em int, ink []uint8) []image.Rectangle {
	longest := em * 6
	if slope != 0 {
		longest = max(longest, em*250/max(slope, -slope))
	}
	var out []image.Rectangle
	piece := image.Rectangle{}
	for x := r.Min.X; x < r.Max.X; x++ {
		d := drop(r, slope, x)
		column := tight(image.Rect(x, max(band[0]+d-1, r.Min.Y), x+1, min(band[1]+d+1, r.Max.Y)), ink, p.W)
		if column.Empty() && piece.Dx() > longest {
			out = append(out, piece)
			piece = image.Rectangle{}
		}
		piece = piece.Union(column)
	}
	if !piece.Empty() {
		out = append(out, piece)
	}
	return slices.DeleteFunc(out, func(b image.Rectangle) bool { return !p.isText(b) })
}
