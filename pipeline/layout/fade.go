package layout

import (
	"math"
	"slices"
)

// Levels and lengths by which faded bands are known. Darkness is 255 for black, 0 for
// paper; lengths are in inches.
const (
	inked     = 40   // darkness from which a pixel may be print
	spread    = 38   // mean darkness of it and its neighbours then: a screen is lighter
	fadeFrom  = 1.4  // print must be so many times lighter than beside the band
	fadeTo    = 2.6  // more than this is not made up for: paper's grain would become ink
	fadeWide  = 1.5  // the widest band
	fadeEdge  = 0.5  // what lies nearer to the scan's edge is no print beside a band
	fadeSlice = 0.02 // half the width of the strip that a column is judged by
	fadeTall  = 0.5  // the height of the slices of that strip
	fadeLeast = 3    // slices with print in them, without which nothing is known
)

// restoreFaded gives print in faded bands that run down the page the darkness that it
// has beside them. A printer short of toner, or a scanner with dirt on its lamp, leaves
// such bands, in which thin lines and strokes are too light to be told from paper.
//
// The print of a column is as dark as the darkest tenth of its inked pixels, in most
// parts of the column. What is
// lighter than the page's usual print between two places that are not is a band: what
// shines through beside the print has print on one side at most. clean is changed.
func restoreFaded(clean []uint8, w, h int, dpi float64) {
	dark := columnDarkness(clean, w, h, max(1, int(dpi*fadeSlice)), dpi)
	var count [256]int
	n := 0
	for _, d := range dark {
		if d > 0 {
			count[d]++
			n++
		}
	}
	usual := 0
	for v, seen := 0, 0; v < len(count); v++ {
		if seen += count[v]; seen*2 >= n {
			usual = v
			break
		}
	}
	if n == 0 || usual < 3*inked {
		return
	}
	var gain [256]uint8
	wide := int(dpi * fadeWide)
	edge := int(dpi * fadeEdge)
	for x := edge; x < w-edge; {
		if !fades(dark[x], usual) {
			x++
			continue
		}
		from := x
		for x < w-edge && (dark[x] == 0 || fades(dark[x], usual)) {
			x++
		}
		if from == edge || x == w-edge || x-from > wide || dark[from-1] == 0 {
			continue
		}
		for c := from; c < x; c++ {
			if dark[c] == 0 {
				continue
			}
			k := math.Min(float64(usual)/float64(dark[c]), fadeTo)
			for v := range gain {
				gain[v] = uint8(max(0, 255-int(float64(255-v)*k+0.5)))
			}
			for i := c; i < w*h; i += w {
				clean[i] = gain[clean[i]]
			}
		}
	}
}

func fades(dark, usual int) bool {
	return dark > 0 && float64(usual) > float64(dark)*fadeFrom
}

// columnDarkness is how dark print is in each column and reach columns to both sides
// of it: 0 where there is next to none. It is judged in slices of half an inch, so that
// a seal or what shines through in one place says nothing of print in others.
func columnDarkness(clean []uint8, w, h, reach int, dpi float64) []int {
	slice := max(1, int(dpi*fadeTall))
	levels := make([][]int, w)
	counts := make([][256]int32, w)
	for top := 0; top < h; top += slice {
		clear(counts)
		for y := top; y < min(top+slice, h); y++ {
			row, next := clean[y*w:y*w+w], clean[min(y+1, h-1)*w:]
			for x, v := range row {
				if v >= 255-inked {
					continue
				}
				right := min(x+1, w-1)
				if 4*255-int(v)-int(row[right])-int(next[x])-int(next[right]) > 4*spread {
					counts[x][255-v]++
				}
			}
		}
		var sum [256]int32
		n := int32(0)
		add := func(x int, sign int32) {
			if x >= 0 && x < w {
				for v := inked; v < 256; v++ {
					sum[v] += sign * counts[x][v]
					n += sign * counts[x][v]
				}
			}
		}
		for x := -reach; x < w; x++ {
			add(x+reach, 1)
			add(x-reach-1, -1)
			if x < 0 || n < int32(2*reach) {
				continue
			}
			seen := int32(0)
			for v := 255; v >= inked; v-- {
				if seen += sum[v]; seen*10 >= n {
					levels[x] = append(levels[x], v)
					break
				}
			}
		}
	}
	out := make([]int, w)
	for x, l := range levels {
		if len(l) >= fadeLeast {
			slices.Sort(l)
			out[x] = l[len(l)*3/4]
		}
	}
	return out
}
