package layout

import "math"

// shear is how the slope of horizontal lines changes down the page: at height
// y (0 top, 1 bottom) lines fall by a+b*y pixels per pixel to the right.
// A page that lies flat has both 0; one photographed from a side has b != 0.
type shear struct{ a, b float64 }

// estimateShear finds the slope field under which the page's ink falls into
// the sharpest horizontal lines: the projection's squared differences are
// greatest (Postl 1986), searched over both parameters on a thinned page.
func estimateShear(ink []uint8, w, h int, dpi float64) shear {
	step := max(1, int(dpi/50+0.5))
	type point struct{ x, y, t float64 }
	var pts []point
	for y := 0; y < h-step; y += step {
		for x := 0; x < w-step; x += step {
			n := 0
			for dy := 0; dy < step; dy++ {
				for _, v := range ink[(y+dy)*w+x : (y+dy)*w+x+step] {
					n += int(v)
				}
			}
			if n*4 >= step*step {
				pts = append(pts, point{(float64(x) - float64(w)/2) / float64(step), float64(y) / float64(step), float64(y) / float64(h)})
			}
		}
	}
	if len(pts) < 200 {
		return shear{}
	}
	bins := make([]int32, h/step+64)
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
				if math.Abs(s.a+s.b/2) > 0.02 {
					continue
				}
				if v := sharp(s); v > top {
					best, top = s, v
				}
			}
		}
	}
	search(shear{}, 0.018, 0.003)
	search(best, 0.002, 0.001)
	return best
}

// matters is false where the correction would move nothing by half a millimetre.
func (s shear) matters(w int, dpi float64) bool {
	reach := max(math.Abs(s.a), math.Abs(s.a+s.b)) * float64(w) / 2
	return reach > dpi/50
}

// apply shifts every column of the plane so that lines become horizontal.
func (s shear) apply(src []uint8, w, h int, paper uint8) []uint8 {
	dst := make([]uint8, len(src))
	for y := 0; y < h; y++ {
		slope := s.a + s.b*float64(y)/float64(h)
		row := dst[y*w : y*w+w]
		for x := range row {
			sy := y + int(math.Round(slope*(float64(x)-float64(w)/2)))
			if sy < 0 || sy >= h {
				row[x] = paper
				continue
			}
			row[x] = src[sy*w+x]
		}
	}
	return dst
}
