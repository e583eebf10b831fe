package layout

import "math"

// shear is how the slope of horizontal lines changes down the page: at height
// y (0 top, 1 bottom) lines fall by a+b*y pixels per pixel to the right.
// A page that lies flat has both 0; one photographed from a side has b != 0.
type shear struct{ a, b float64 }

// inkPoint is a place with ink, in steps from the middle of the lines (x) and from the
// top (y); t is y as a share of the height.
type inkPoint struct{ x, y, t float64 }

// estimateShear finds the slope field under which the page's ink falls into
// the sharpest horizontal lines, on a thinned page.
func estimateShear(ink []uint8, w, h int, dpi float64) shear {
	step := max(1, int(dpi/50+0.5))
	var pts []inkPoint
	for y := 0; y < h-step; y += step {
		for x := 0; x < w-step; x += step {
			n := 0
			for dy := 0; dy < step; dy++ {
				for _, v := range ink[(y+dy)*w+x : (y+dy)*w+x+step] {
					n += int(v)
				}
			}
			if n*4 >= step*step {
				pts = append(pts, inkPoint{(float64(x) - float64(w)/2) / float64(step), float64(y) / float64(step), float64(y) / float64(h)})
			}
		}
	}
	return sharpest(pts, h/step, 0.02)
}

// minLean is the length in inches of the pieces of ruled lines by which a lean is
// known: no character's stroke is as long.
const minLean = 0.18

// estimateLean is the same for ruled lines alone, which text has no part in; ink has
// them along its rows.
func estimateLean(ink []uint8, w, h int, dpi float64) shear {
	step, least := max(1, int(dpi/50+0.5)), int(dpi*minLean)
	var pts []inkPoint
	for y := range h {
		row := ink[y*w : y*w+w]
		for x := 0; x < w; x++ {
			from := x
			for x < w && row[x] != 0 {
				x++
			}
			if x-from < least {
				continue
			}
			for at := from; at < x; at += step {
				pts = append(pts, inkPoint{(float64(at) - float64(w)/2) / float64(step), float64(y) / float64(step), float64(y) / float64(h)})
			}
		}
	}
	return sharpest(pts, h/step, 0.06)
}

// sharpest is the slope field, up to a steepest slope in the middle, under which points
// in so many rows fall into the sharpest lines: the projection's squared differences are
// greatest (Postl 1986), searched over both parameters.
func sharpest(pts []inkPoint, rows int, steepest float64) shear {
	if len(pts) < 200 {
		return shear{}
	}
	bins := make([]int32, rows+64)
	sharp := func(s shear) float64 {
		clear(bins)
		for _, q := range pts {
			i := int(q.y - (s.a+s.b*q.t)*q.x + 32)
			if i >= 0 && i < len(bins) {
				bins[i]++
			}
		}
		sum := 0.0
		for i := 1; i < len(bins); i++ {
			d := float64(bins[i] - bins[i-1])
			sum += d * d
		}
		return sum
	}
	best, top := shear{}, sharp(shear{})*1.02 // a change must earn its keep
	search := func(centre shear, reach, step float64) {
		for a := -reach; a <= reach+1e-9; a += step {
			for b := -2 * reach; b <= 2*reach+1e-9; b += 2 * step {
				s := shear{centre.a + a, centre.b + b}
				if math.Abs(s.a+s.b/2) > steepest {
					continue
				}
				if v := sharp(s); v > top {
					best, top = s, v
				}
			}
		}
	}
	search(shear{}, steepest*0.9, 0.003)
	search(best, 0.002, 0.001)
	return best
}

// matters is false where the correction would move nothing by half a millimetre.
func (s shear) matters(w int, dpi float64) bool {
	reach := max(math.Abs(s.a), math.Abs(s.a+s.b)) * float64(w) / 2
	return reach > dpi/50
}

// drop is how far a line that passes x has gone down there at row y of w columns.
func (s shear) drop(x, y, w, h int) int {
	slope := s.a + s.b*float64(y)/float64(h)
	return int(math.Round(slope * (float64(x) - float64(w)/2)))
}

// undo gives a segment that was found on a plane to which the shear was applied its
// place on the plane before.
func (s shear) undo(seg segment, w, h int) segment {
	out := segment{from: seg.from, to: seg.to, low: h, area: seg.area}
	for _, r := range seg.runs {
		for x := r.from; x < r.to; {
			d, from := s.drop(x, r.line, w, h), x
			for x < r.to && s.drop(x, r.line, w, h) == d {
				x++
			}
			line := min(max(r.line+d, 0), h-1)
			out.runs = append(out.runs, run{line, from, x})
			out.low, out.top = min(out.low, line), max(out.top, line+1)
		}
	}
	return out
}

// apply shifts every column of the plane so that lines become horizontal.
func (s shear) apply(src []uint8, w, h int, paper uint8) []uint8 {
	dst := make([]uint8, len(src))
	for y := 0; y < h; y++ {
		row := dst[y*w : y*w+w]
		for x := range row {
			sy := y + s.drop(x, y, w, h)
			if sy < 0 || sy >= h {
				row[x] = paper
				continue
			}
			row[x] = src[sy*w+x]
		}
	}
	return dst
}
