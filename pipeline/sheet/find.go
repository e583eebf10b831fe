package sheet

import (
	"cmp"
	"image"
	"math"
	"slices"
)

const (
	// sketchSide is about how many pixels the longer side of a sketch has: some
	// 100 dpi on A4, where a module of our largest code is 4 pixels wide.
	sketchSide = 1200
	// leastSide is the shorter side below which a page holds no code.
	leastSide = 64
)

// sketch is a page in small: each pixel stands for factor x factor of the page's.
type sketch struct {
	w, h, factor int
	pix          []uint8
	// limits are the sums of 3 x 3 pixels below which the middle one is dark, a value
	// for each blockSide x blockSide pixels, wide in a row.
	limits []uint16
	wide   int
}

// onPage is where a part of the sketch lies on the page that it was made of.
func (s *sketch) onPage(r, page image.Rectangle) image.Rectangle {
	r = r.Intersect(image.Rect(0, 0, s.w, s.h))
	return image.Rectangle{Min: r.Min.Mul(s.factor), Max: r.Max.Mul(s.factor)}.Add(page.Min)
}

// sketchOf makes the sketch of a page: of so many pixels it takes the mean of a few,
// which is enough to find corners by.
func sketchOf(page *image.Gray) *sketch {
	s := &sketch{factor: max((max(page.Rect.Dx(), page.Rect.Dy())+sketchSide/2)/sketchSide, 1)}
	s.w, s.h = page.Rect.Dx()/s.factor, page.Rect.Dy()/s.factor
	s.pix = shrink(page, s.factor, 3)
	s.findLimits()
	return s
}

// shrink takes the mean of each factor x factor pixels, or of as many rows of them as
// rows says.
func shrink(page *image.Gray, factor, rows int) []uint8 {
	w, h := page.Rect.Dx()/factor, page.Rect.Dy()/factor
	rows = min(rows, factor)
	out := make([]uint8, w*h)
	sums := make([]uint32, w)
	area := uint32(factor * rows)
	for y := range h {
		clear(sums)
		for dy := range rows {
			at := page.PixOffset(page.Rect.Min.X, page.Rect.Min.Y+y*factor+dy*factor/rows)
			row := page.Pix[at : at+w*factor]
			switch factor {
			case 1:
				for x, v := range row {
					sums[x] = uint32(v)
				}
			case 2:
				for x := range sums {
					sums[x] += uint32(row[2*x]) + uint32(row[2*x+1])
				}
			case 3:
				for x := range sums {
					sums[x] += uint32(row[3*x]) + uint32(row[3*x+1]) + uint32(row[3*x+2])
				}
			default:
				for x := range sums {
					for _, v := range row[x*factor : (x+1)*factor] {
						sums[x] += uint32(v)
					}
				}
			}
		}
		for x, sum := range sums {
			out[y*w+x] = uint8(sum / area)
		}
	}
	return out
}

// blurred is a picture of w x h pixels with 3 x 3 of them averaged, so that single
// specks of noise break no module. The outermost pixels are white.
func blurred(pix []uint8, w, h int) []uint8 {
	out := make([]uint8, len(pix))
	for i := range out {
		out[i] = 255
	}
	columns := make([]uint16, w)
	for y := 1; y < h-1; y++ {
		above, here, below := pix[(y-1)*w:y*w], pix[y*w:(y+1)*w], pix[(y+1)*w:(y+2)*w]
		for x := range columns {
			columns[x] = uint16(above[x]) + uint16(here[x]) + uint16(below[x])
		}
		for x := 1; x < w-1; x++ {
			out[y*w+x] = uint8((columns[x-1] + columns[x] + columns[x+1]) / 9)
		}
	}
	return out
}

const (
	// blockSide is the side of the squares that share one limit between dark and light.
	blockSide = 16
	// blockReach is how many blocks around count with each: together they are wider
	// than a corner of a large code.
	blockReach = 2
	// leastContrast is how many levels ink is darker than paper; what is less is grain.
	leastContrast = 30
)

// findLimits sets the limit of each block half way between the darkest and the lightest
// pixel around it (after Bernsen, Dynamic thresholding of grey-level images, 1986), so
// that edges stay where they are; ink of a code is never far.
func (s *sketch) findLimits() {
	s.wide = (s.w + blockSide - 1) / blockSide
	high := (s.h + blockSide - 1) / blockSide
	darkest, lightest := make([]uint8, s.wide*high), make([]uint8, s.wide*high)
	for i := range darkest {
		darkest[i] = 255
	}
	for y := range s.h {
		at := y / blockSide * s.wide
		for bx := range s.wide {
			low, top := darkest[at+bx], lightest[at+bx]
			for _, v := range s.pix[y*s.w+bx*blockSide : y*s.w+min((bx+1)*blockSide, s.w)] {
				low, top = min(low, v), max(top, v)
			}
			darkest[at+bx], lightest[at+bx] = low, top
		}
	}
	s.limits = make([]uint16, s.wide*high)
	for by := range high {
		for bx := range s.wide {
			low, top := uint8(255), uint8(0)
			for y := max(by-blockReach, 0); y < min(by+blockReach+1, high); y++ {
				for x := max(bx-blockReach, 0); x < min(bx+blockReach+1, s.wide); x++ {
					low, top = min(low, darkest[y*s.wide+x]), max(top, lightest[y*s.wide+x])
				}
			}
			if top >= low && top-low >= leastContrast {
				s.limits[by*s.wide+bx] = (uint16(low) + uint16(top)) * 9 / 2
			}
		}
	}
}

// dark says of a pixel whether it is, together with its neighbours. The outermost
// pixels are not.
func (s *sketch) dark(x, y int) bool {
	if x < 1 || y < 1 || x >= s.w-1 || y >= s.h-1 {
		return false
	}
	sum := uint16(0)
	for _, at := range [3]int{(y-1)*s.w + x, y*s.w + x, (y+1)*s.w + x} {
		sum += uint16(s.pix[at-1]) + uint16(s.pix[at]) + uint16(s.pix[at+1])
	}
	return sum < s.limits[y/blockSide*s.wide+x/blockSide]
}

// darkRow is dark for all of a row, written into row; columns is room to work in.
func (s *sketch) darkRow(y int, row []bool, columns []uint16) {
	clear(row)
	if y < 1 || y >= s.h-1 {
		return
	}
	above, here, below := s.pix[(y-1)*s.w:y*s.w], s.pix[y*s.w:(y+1)*s.w], s.pix[(y+1)*s.w:(y+2)*s.w]
	for x := range columns {
		columns[x] = uint16(above[x]) + uint16(here[x]) + uint16(below[x])
	}
	limits := s.limits[y/blockSide*s.wide:]
	for x := 1; x < s.w-1; x++ {
		row[x] = columns[x-1]+columns[x]+columns[x+1] < limits[x/blockSide]
	}
}

// corner is one of the three square marks of a code: its middle and its modules'
// side, in pixels of the sketch, and the number of rows that went through it.
type corner struct {
	x, y, module float64
	rows         int
}

// code is a place where a code may be.
type code struct {
	a, b, c corner          // a at the right angle
	box     image.Rectangle // with its quiet zone, on the sketch
	fit     float64         // how far it is from a square; less is better
}

// mostCorners bounds the triples that are looked at on a page full of marks.
const mostCorners = 16

// findCodes looks for three corners that stand as those of a QR code do: at the
// ends of two legs of the same length with a right angle between them (ISO/IEC
// 18004, 6.3.3 and its reference decoding). The best come first.
func findCodes(s *sketch) []code {
	corners := s.corners()
	var codes []code
	for i, a := range corners {
		for j := i + 1; j < len(corners); j++ {
			for k := j + 1; k < len(corners); k++ {
				if c, ok := codeOf(a, corners[j], corners[k]); ok && s.halfDark(c) {
					codes = append(codes, c)
				}
			}
		}
	}
	slices.SortStableFunc(codes, func(a, b code) int { return cmp.Compare(a.fit, b.fit) })
	return codes[:min(len(codes), 4)]
}

// codeOf is the code with these corners, in any order.
func codeOf(a, b, c corner) (code, bool) {
	module := (a.module + b.module + c.module) / 3
	if max(a.module, b.module, c.module) > 1.5*min(a.module, b.module, c.module) {
		return code{}, false
	}
	// The corner opposite to the longest side has the right angle.
	if side(a, b) > max(side(a, c), side(b, c)) {
		a, c = c, a
	} else if side(a, c) > side(b, c) {
		a, b = b, a
	}
	long, p, q := side(b, c), side(a, b), side(a, c)
	leg := (p + q) / 2
	fit := math.Abs(p-q)/leg + math.Abs(long/leg-math.Sqrt2)
	// From middle to middle are 14 modules in the smallest code, 170 in the largest.
	if fit > 0.25 || leg < 11*module || leg > 200*module {
		return code{}, false
	}
	fourth := corner{x: b.x + c.x - a.x, y: b.y + c.y - a.y}
	margin := 7 * module // half a corner, twice for the angle, and of the quiet zone
	box := image.Rect(
		int(min(a.x, b.x, c.x, fourth.x)-margin), int(min(a.y, b.y, c.y, fourth.y)-margin),
		int(max(a.x, b.x, c.x, fourth.x)+margin)+1, int(max(a.y, b.y, c.y, fourth.y)+margin)+1)
	return code{a, b, c, box, fit}, true
}

// halfDark says whether about half of what lies between a code's corners is
// dark, as its masks see to (ISO/IEC 18004, 7.8). Print between marks that only
// look like corners, such as 回, is much lighter.
func (s *sketch) halfDark(c code) bool {
	const n = 32 // points along a leg
	count := 0
	for i := range n {
		for j := range n {
			u, v := (float64(i)+0.5)/n, (float64(j)+0.5)/n
			x := int(c.a.x + u*(c.b.x-c.a.x) + v*(c.c.x-c.a.x))
			y := int(c.a.y + u*(c.b.y-c.a.y) + v*(c.c.y-c.a.y))
			if s.dark(x, y) {
				count++
			}
		}
	}
	return count > n*n*35/100 && count < n*n*65/100
}

func side(a, b corner) float64 { return math.Hypot(a.x-b.x, a.y-b.y) }

// corners finds marks that are dark, light, dark, light, dark in the proportion
// 1:1:3:1:1 across and down. The ones that most rows went through come first.
func (s *sketch) corners() []corner {
	var found []corner
	var runs [5]int // of the row, the last ones up to here
	row, columns := make([]bool, s.w), make([]uint16, s.w)
	for y := 1; y < s.h; y += 2 {
		s.darkRow(y, row, columns)
		runs = [5]int{}
		start := 0
		for x := 1; x <= s.w; x++ {
			if x < s.w && row[x] == row[start] {
				continue
			}
			copy(runs[:], runs[1:])
			runs[4] = x - start
			if row[start] {
				if module, ok := finder(runs); ok {
					middle := float64(x) - float64(runs[4]+runs[3]) - float64(runs[2])/2
					found = s.cross(found, middle, y, module)
				}
			}
			start = x
		}
	}
	found = slices.DeleteFunc(found, func(c corner) bool { return c.rows < 2 })
	slices.SortStableFunc(found, func(a, b corner) int { return cmp.Compare(b.rows, a.rows) })
	return found[:min(len(found), mostCorners)]
}

// finder says whether runs are in the proportion of a corner, and how wide a
// module then is. Half a module more or less is allowed, as ink spreads.
func finder(runs [5]int) (module float64, ok bool) {
	total := 0
	for _, n := range runs {
		if n == 0 {
			return 0, false
		}
		total += n
	}
	module = float64(total) / 7
	if total < 10 {
		return 0, false
	}
	for i, n := range runs {
		want := 1.0
		if i == 2 {
			want = 3
		}
		if math.Abs(float64(n)-want*module) > max(module*0.6, 1) {
			return 0, false
		}
	}
	return module, true
}

// cross looks down and up from a mark found across; where it is one that way
// too, it is added to the marks found.
func (s *sketch) cross(found []corner, middle float64, y int, module float64) []corner {
	x := int(middle)
	most := int(module*4) + 2
	up, down := s.down(x, y, -1, most), s.down(x, y, 1, most)
	across, ok := finder([5]int{up[2], up[1], up[0] + down[0] - 1, down[1], down[2]})
	if !ok || across > 1.6*module || module > 1.6*across {
		return found
	}
	centre := float64(y) + float64(down[0]-up[0])/2
	for i := range found {
		c := &found[i]
		if math.Abs(c.x-middle) < 2*module && math.Abs(c.y-centre) < 2*module {
			n := float64(c.rows)
			c.x, c.y, c.module = (c.x*n+middle)/(n+1), (c.y*n+centre)/(n+1), (c.module*n+module)/(n+1)
			c.rows++
			return found
		}
	}
	return append(found, corner{middle, centre, module, 1})
}

// down counts the pixels of the first three runs from (x, y) on, dark, light and
// dark, none longer than most, a step of 1 downwards or -1 upwards.
func (s *sketch) down(x, y, step, most int) (runs [3]int) {
	want := true
	for i := range runs {
		for y >= 0 && y < s.h && s.dark(x, y) == want && runs[i] <= most {
			runs[i]++
			y += step
		}
		want = !want
	}
	return runs
}
