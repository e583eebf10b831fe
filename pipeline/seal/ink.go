package seal

import (
	"math"

	"sealdesk/pipeline/page"
)

// plane is a map of ink at some scale: 0 is paper, 1 is full ink.
type plane struct {
	w, h int
	v    []float32
}

func newPlane(w, h int) *plane { return &plane{w: w, h: h, v: make([]float32, w*h)} }

// at is the value at a real position, by bilinear interpolation; 0 outside.
func (p *plane) at(x, y float64) float32 {
	if x < 0 || y < 0 || x > float64(p.w-1) || y > float64(p.h-1) {
		return 0
	}
	x0, y0 := int(x), int(y)
	fx, fy := float32(x-float64(x0)), float32(y-float64(y0))
	i := y0*p.w + x0
	dx, dy := 1, p.w
	if x0 == p.w-1 {
		dx = 0
	}
	if y0 == p.h-1 {
		dy = 0
	}
	top := p.v[i] + fx*(p.v[i+dx]-p.v[i])
	bottom := p.v[i+dy] + fx*(p.v[i+dy+dx]-p.v[i+dy])
	return top + fy*(bottom-top)
}

// blur is a copy of p smoothed with the kernel 1 2 1 in both directions,
// repeated n times (variance n/2 px²).
func (p *plane) blur(n int) *plane {
	out := newPlane(p.w, p.h)
	copy(out.v, p.v)
	tmp := make([]float32, p.w*p.h)
	for ; n > 0; n-- {
		for y := range p.h {
			src, dst := out.v[y*p.w:(y+1)*p.w], tmp[y*p.w:(y+1)*p.w]
			for x := range src {
				l, r := max(x-1, 0), min(x+1, p.w-1)
				dst[x] = (src[l] + 2*src[x] + src[r]) / 4
			}
		}
		for y := range p.h {
			up, mid, down := tmp[max(y-1, 0)*p.w:], tmp[y*p.w:], tmp[min(y+1, p.h-1)*p.w:]
			dst := out.v[y*p.w : (y+1)*p.w]
			for x := range dst {
				dst[x] = (up[x] + 2*mid[x] + down[x]) / 4
			}
		}
	}
	return out
}

// shrunk is p with the mean of each f by f values.
func (p *plane) shrunk(f int) *plane {
	out := newPlane(p.w/f, p.h/f)
	for y := range out.h * f {
		for x, v := range p.v[y*p.w : y*p.w+out.w*f] {
			out.v[y/f*out.w+x/f] += v / float32(f*f)
		}
	}
	return out
}

// mean is a copy of p in which each value is the mean of the square of side
// 2r+1 about it.
func (p *plane) mean(r int) *plane {
	out := newPlane(p.w, p.h)
	tmp := make([]float32, p.w*p.h)
	boxRows(tmp, p.v, p.w, p.h, r)
	// Columns are done as rows of the running sum over whole rows.
	sum := make([]float32, p.w)
	count := 0
	for y := -r; y < p.h; y++ {
		if in := y + r; in < p.h {
			for x, v := range tmp[in*p.w : (in+1)*p.w] {
				sum[x] += v
			}
			count++
		}
		if old := y - r - 1; old >= 0 {
			for x, v := range tmp[old*p.w : (old+1)*p.w] {
				sum[x] -= v
			}
			count--
		}
		if y >= 0 {
			for x, v := range sum {
				out.v[y*p.w+x] = v / float32(count)
			}
		}
	}
	return out
}

// boxRows writes to dst the means of 2r+1 values along the rows of src.
func boxRows(dst, src []float32, w, h, r int) {
	for y := range h {
		row := src[y*w : (y+1)*w]
		var sum float32
		count := 0
		for x := -r; x < w; x++ {
			if x+r < w {
				sum += row[x+r]
				count++
			}
			if x-r-1 >= 0 {
				sum -= row[x-r-1]
				count--
			}
			if x >= 0 {
				dst[y*w+x] = sum / float32(count)
			}
		}
	}
}

// eraseRules takes thin straight lines, a table's, out of a plane of darkness.
func eraseRules(p *plane, run int) {
	erase := func(n, m, along, across int) {
		marked := make([]bool, n)
		for j := 2; j < m-2; j++ {
			i0 := j * across
			start, gap := -1, 0
			clear(marked)
			last := -1
			flush := func() {
				if start >= 0 && last-start+1 >= run {
					for k := start; k <= last; k++ {
						marked[k] = true
					}
				}
				start, gap = -1, 0
			}
			for k := range n {
				i := i0 + k*along
				v := p.v[i]
				if v-max(p.v[i-2*across], p.v[i+2*across]) > 0.15 {
					if start < 0 {
						start = k
					}
					last, gap = k, 0
				} else if start >= 0 {
					if gap++; gap > run/6 || v < 0.15 && gap > 2 {
						flush()
					}
				}
			}
			flush()
			for k, mark := range marked {
				if !mark {
					continue
				}
				i := i0 + k*along
				v := (p.v[i-2*across] + p.v[i+2*across]) / 2
				for d := -1; d <= 1; d++ {
					p.v[i+d*across] = min(p.v[i+d*across], v)
				}
			}
		}
	}
	erase(p.w, p.h, 1, p.w)
	erase(p.h, p.w, p.w, 1)
}

// reduce averages blocks of f by f pixels of one plane of a page, scaled 0..1.
func reduce(pix []uint8, w, h, f int) *plane {
	out := newPlane(w/f, h/f)
	scale := 1 / (255 * float32(f*f))
	sums := make([]uint32, out.w)
	for y := range out.h {
		clear(sums)
		for dy := range f {
			row := pix[(y*f+dy)*w:]
			for x := range sums {
				var s uint32
				for _, v := range row[x*f : x*f+f] {
					s += uint32(v)
				}
				sums[x] += s
			}
		}
		dst := out.v[y*out.w : (y+1)*out.w]
		for x, s := range sums {
			dst[x] = float32(s) * scale
		}
	}
	return out
}

// flatten divides p by its local paper, so that paper is 1 whatever its colour
// and light, and values stay within 0..1. The paper is what is bright in squares
// of the given side.
func flatten(p *plane, tile int) {
	if p.w == 0 || p.h == 0 {
		return
	}
	gw, gh := (p.w+tile-1)/tile, (p.h+tile-1)/tile
	tiles := make([]float32, gw*gh)
	var all [256]int
	for ty := range gh {
		for tx := range gw {
			var hist [256]int
			n := 0
			for y := ty * tile; y < min((ty+1)*tile, p.h); y++ {
				for x := tx * tile; x < min((tx+1)*tile, p.w); x++ {
					hist[int(p.v[y*p.w+x]*255)]++
					n++
				}
			}
			b := percentile(&hist, n, 0.85)
			all[b]++
			tiles[ty*gw+tx] = float32(b) / 255
		}
	}
	// Tiles that hold no paper, such as a dark border or a photograph, must not
	// be lifted to white.
	floor := max(0.7*float32(percentile(&all, gw*gh, 0.5))/255, 1.0/255)
	for i := range tiles {
		tiles[i] = max(tiles[i], floor)
	}
	paper := (&plane{gw, gh, tiles}).blur(1)
	cols := make([]float64, p.w)
	for x := range cols {
		cols[x] = min(max((float64(x)+0.5)/float64(tile)-0.5, 0), float64(gw-1))
	}
	for y := range p.h {
		gy := min(max((float64(y)+0.5)/float64(tile)-0.5, 0), float64(gh-1))
		row := p.v[y*p.w : (y+1)*p.w]
		for x := range row {
			row[x] = min(row[x]/paper.at(cols[x], gy), 1)
		}
	}
}

// percentile is the value below which the share q of n counted values lies.
func percentile(hist *[256]int, n int, q float64) int {
	want := int(math.Ceil(q * float64(n)))
	for v, c := range hist {
		if want -= c; want <= 0 {
			return v
		}
	}
	return 255
}

// redness says how red a pixel is whose channels have been divided by the
// paper's: 0 for black, gray and blue ink and for yellow or brown stains, up to
// 1 for red. Purple inks keep their redness, since their green is low.
func redness(r, g, b float32) float32 {
	return max(r-max(g, (g+b)/2), 0)
}

// pageInk is the ink among which seals are looked for, at 1/f of the page's
// scale: redness on a colour scan, darkness on others. Darkness is capped since
// a seal's ink is lighter than print, and print must not outshout it.
func pageInk(img *page.Image, f int) *plane {
	r := reduce(img.R, img.W, img.H, f)
	flatten(r, paperTile)
	if !img.Color {
		for i, v := range r.v {
			r.v[i] = min(1-v, darkCap) / darkCap
		}
		eraseRules(r, 24)
		return r
	}
	g, b := reduce(img.G, img.W, img.H, f), reduce(img.B, img.W, img.H, f)
	flatten(g, paperTile)
	flatten(b, paperTile)
	for i := range r.v {
		r.v[i] = min(redness(r.v[i], g.v[i], b.v[i])/redCap, 1)
	}
	return r
}

// paperTile is the side, in reduced pixels, of the squares in which a page's
// paper is looked for: about 9 mm.
const paperTile = 24

// darkCap and redCap are the darkness and redness that count as full ink.
const (
	darkCap = 0.6
	redCap  = 0.5
)
