package page

import "math"

// flattenCells is how many grid cells of Flatten go on an inch: 2.1 mm each,
// wider than a pen's stroke and much narrower than any shadow.
const flattenCells = 12

// Flatten evens out a page's light: every pixel is divided by the paper's
// brightness at its place, so that paper comes out near 255 and ink keeps its
// contrast, under uneven light, on yellow paper and over soft shadows alike.
//
// plane is w*h bytes, row-major, at dpi dots per inch (200 is taken when dpi
// is not positive); the result is a new plane of the same shape. A plane that
// is too short gives nil. Surroundings much darker than the paper (scanner
// borders, photographs) stay dark.
//
// The paper's brightness is the 80th percentile of each cell of a 2.1 mm grid,
// closed (grey-scale maximum, then minimum) over five cells so that anything
// narrower than 10 mm counts as ink, smoothed, and interpolated bilinearly; see
// "background normalisation" in Leptonica (D. Bloomberg, adaptmap.c). All in
// integers: the result is the same on every machine.
func Flatten(plane []uint8, w, h int, dpi float64) []uint8 {
	if w <= 0 || h <= 0 || len(plane) < w*h {
		return nil
	}
	cell := cellSize(dpi)
	gw, gh := (w+cell-1)/cell, (h+cell-1)/cell
	grid := paperGrid(plane, w, h, cell, gw, gh)
	return divide(plane, w, h, cell, grid, gw, gh)
}

func cellSize(dpi float64) int {
	if !(dpi > 0) {
		dpi = 200
	}
	return max(int(math.Min(dpi, 2400)/flattenCells), 4)
}

// paperGrid estimates the paper's brightness in each cell.
func paperGrid(plane []uint8, w, h, cell, gw, gh int) []uint8 {
	grid := make([]uint8, gw*gh)
	step := max(cell/10, 1)
	hist := make([][64]uint16, gw)
	for gy := range gh {
		clear(hist)
		for y := gy * cell; y < min((gy+1)*cell, h); y += step {
			row := plane[y*w : y*w+w]
			for gx := range gw {
				hg := &hist[gx]
				for x := gx * cell; x < min((gx+1)*cell, w); x += step {
					hg[row[x]>>2]++
				}
			}
		}
		for gx := range gw {
			grid[gy*gw+gx] = percentile(&hist[gx], 80)
		}
	}
	const reach = 2
	grid = morph(grid, gw, gh, reach, func(a, b uint8) uint8 { return max(a, b) })
	grid = morph(grid, gw, gh, reach, func(a, b uint8) uint8 { return min(a, b) })
	grid = smooth(grid, gw, gh)
	var all [64]uint16
	for i := 0; i < len(grid); i += max(len(grid)/60000, 1) {
		all[grid[i]>>2]++
	}
	floor := max(percentile(&all, 90)/3, 32)
	for i, v := range grid {
		grid[i] = max(v, floor)
	}
	return grid
}

// percentile is the upper edge of the bin (4 levels wide) below which p per
// cent of the histogram lie.
func percentile(hist *[64]uint16, p int) uint8 {
	n := 0
	for _, c := range hist {
		n += int(c)
	}
	want, sum := (n*p+99)/100, 0
	for i, c := range hist {
		if sum += int(c); sum >= want {
			return uint8(i<<2 | 3)
		}
	}
	return 255
}

// morph takes pick over a square of 2*reach+1 cells, separably.
func morph(grid []uint8, gw, gh, reach int, pick func(a, b uint8) uint8) []uint8 {
	pass := make([]uint8, len(grid))
	for y := range gh {
		for x := range gw {
			v := grid[y*gw+x]
			for i := max(x-reach, 0); i <= min(x+reach, gw-1); i++ {
				v = pick(v, grid[y*gw+i])
			}
			pass[y*gw+x] = v
		}
	}
	out := make([]uint8, len(grid))
	for y := range gh {
		for x := range gw {
			v := pass[y*gw+x]
			for i := max(y-reach, 0); i <= min(y+reach, gh-1); i++ {
				v = pick(v, pass[i*gw+x])
			}
			out[y*gw+x] = v
		}
	}
	return out
}

// smooth is a 3x3 mean, clipped at the edges.
func smooth(grid []uint8, gw, gh int) []uint8 {
	out := make([]uint8, len(grid))
	for y := range gh {
		for x := range gw {
			sum, n := 0, 0
			for j := max(y-1, 0); j <= min(y+1, gh-1); j++ {
				for i := max(x-1, 0); i <= min(x+1, gw-1); i++ {
					sum += int(grid[j*gw+i])
					n++
				}
			}
			out[y*gw+x] = uint8(sum / n)
		}
	}
	return out
}

// divide interpolates the grid, whose values stand at the centres of their
// cells, and divides each pixel by it.
func divide(plane []uint8, w, h, cell int, grid []uint8, gw, gh int) []uint8 {
	var reciprocal [256]uint32
	for i := range reciprocal {
		reciprocal[i] = (255 << 16) / uint32(max(i, 1))
	}
	out := make([]uint8, w*h)
	line := make([]int, gw) // the grid at this row, times 256
	for y := range h {
		gy, fy := gridPos(y, cell, gh)
		a, b := grid[gy*gw:gy*gw+gw], grid[min(gy+1, gh-1)*gw:]
		for i := range line {
			line[i] = int(a[i])*(256-fy) + int(b[i])*fy
		}
		src, dst := plane[y*w:y*w+w], out[y*w:y*w+w]
		put := func(x0, x1, v, slope int) {
			s, d := src[x0:x1], dst[x0:x1]
			for i, p := range s {
				q := uint32(p) * reciprocal[uint8(v>>16)] >> 16
				d[i] = uint8(min(q, 255))
				v += slope
			}
		}
		half := cell / 2
		put(0, min(half, w), line[0]<<8, 0)
		for gx := range gw {
			x0 := half + gx*cell
			if x0 >= w {
				break
			}
			next := line[min(gx+1, gw-1)]
			put(x0, min(x0+cell, w), line[gx]<<8, ((next-line[gx])<<8)/cell)
		}
	}
	return out
}

// gridPos is the cell at or before pixel v, and how far v is on the way from
// its centre to the next one's, in 1/256.
func gridPos(v, cell, n int) (g, frac int) {
	v -= cell / 2
	if v < 0 {
		return 0, 0
	}
	g = min(v/cell, n-1)
	return g, (v - g*cell) * 256 / cell & 0xff
}

// solidInk is the level below which a pixel of a flattened page is ink whatever
// surrounds it.
const solidInk = 48

// Sauvola tells ink from paper: 1 where a pixel is darker than its surroundings
// allow, else 0. gray is w*h bytes, best flattened (see Flatten); window is the
// side in pixels of the square that is looked at (0.17 inch is good for text:
// 34 at 200 dpi), k how much darker than the mean ink must be (0.1 faint ink and
// noise, 0.2 usual, 0.5 dark ink only). A plane that is too short gives nil.
//
// The threshold is m*(1+k*(s/128-1)) with mean m and standard deviation s of
// the window (J. Sauvola, M. Pietikäinen, Adaptive document image binarization,
// Pattern Recognition 33, 2000). Sauvola's rule makes areas wider than the
// window hollow; pixels below 48 are therefore always ink. Sums slide over
// the page in integers (the result is the same on every machine).
func Sauvola(gray []uint8, w, h, window int, k float64) []uint8 {
	if w <= 0 || h <= 0 || len(gray) < w*h {
		return nil
	}
	half := min(max(window/2, 1), 127)
	k1024 := int64(math.Round(math.Min(math.Max(k, 0), 1) * 1024))
	out := make([]uint8, w*h)
	colSum, colSq := make([]uint32, w), make([]uint32, w)
	add := func(row []uint8) {
		for x, v := range row {
			colSum[x] += uint32(v)
			colSq[x] += uint32(v) * uint32(v)
		}
	}
	drop := func(row []uint8) {
		for x, v := range row {
			colSum[x] -= uint32(v)
			colSq[x] -= uint32(v) * uint32(v)
		}
	}
	for y := range min(half, h) {
		add(gray[y*w : y*w+w])
	}
	rows := int64(min(half, h))
	for y := range h {
		if in := y + half; in < h {
			add(gray[in*w : in*w+w])
			rows++
		}
		if gone := y - half - 1; gone >= 0 {
			drop(gray[gone*w : gone*w+w])
			rows--
		}
		sauvolaRow(gray[y*w:y*w+w], out[y*w:y*w+w], colSum, colSq, half, rows, k1024)
	}
	return out
}

// sauvolaRow decides one row from the column sums of its window's rows.
func sauvolaRow(src, dst []uint8, colSum, colSq []uint32, half int, rows, k1024 int64) {
	w := len(src)
	var sum, sq, cols int64
	for x := range min(half, w) {
		sum += int64(colSum[x])
		sq += int64(colSq[x])
		cols++
	}
	for x, v := range src {
		if in := x + half; in < w {
			sum += int64(colSum[in])
			sq += int64(colSq[in])
			cols++
		}
		if gone := x - half - 1; gone >= 0 {
			sum -= int64(colSum[gone])
			sq -= int64(colSq[gone])
			cols--
		}
		n := rows * cols
		g := int64(v)
		switch {
		case g < solidInk:
			dst[x] = 1
		case g*n >= sum:
			// Brighter than the mean: s is below 128, so the threshold is too.
		default:
			over := 1024*g*n - sum*(1024-k1024)
			if over < 0 {
				dst[x] = 1
				continue
			}
			// n*n*variance fits a float64 exactly, so its root's floor is exact.
			dev := int64(math.Sqrt(float64(n*sq - sum*sum)))
			if over*n*128 < k1024*sum*dev {
				dst[x] = 1
			}
		}
	}
}
