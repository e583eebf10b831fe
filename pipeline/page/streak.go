package page

import (
	"math"
	"slices"
)

// A streak is a line that dirt on the scanner's glass leaves from one end of a
// sheet to the other. The numbers by which one is known:
const (
	streakBands = 40   // parts of the page along which it is followed
	streakShare = 0.85 // of the bands in which it must show
	streakReach = 1.1  // mm to either side with which a column is compared
	streakDepth = 6    // least difference from the columns beside it, in levels
	uneven      = 0.25 // most difference in that share along a streak
	hardly      = 0.7  // of the light gets through dirt that is hardly seen
	opaque      = 0.25 // of the light that gets through dirt: below, nothing of the page is left
)

// removeStreaks takes streaks off a page, whole columns or whole rows of it that
// differ from those beside them all the way. Ruled lines end before the edges of
// the sheet, so they are none. Where dirt lets light through what is beneath is
// made lighter again, elsewhere it is filled from both sides. The planes are copied
// when there is something to change.
func (m *Image) removeStreaks() {
	dpi := m.DPI
	if dpi <= 0 {
		dpi = float64(m.W) / 8.27
	}
	reach := max(int(math.Round(streakReach/25.4*dpi)), 4)
	clean := func(pix []uint8) []uint8 {
		for _, columns := range []bool{true, false} {
			if left := m.streaks(pix, columns, reach); left != nil {
				pix = m.unstreak(pix, left, columns)
			}
		}
		return pix
	}
	gray := &m.R[0] == &m.G[0]
	m.R = clean(m.R)
	if gray {
		m.G, m.B = m.R, m.R
		return
	}
	m.G, m.B = clean(m.G), clean(m.B)
}

// streaks gives for each column (or row) of a plane the share of the light that is
// left there: 1 where there is no streak. nil when there are none.
func (m *Image) streaks(pix []uint8, columns bool, reach int) []float64 {
	n, length := m.W, m.H
	if !columns {
		n, length = m.H, m.W
	}
	if n < 8*reach || length < 4*streakBands {
		return nil
	}
	bands := m.means(pix, columns)
	all := make([]float64, n)
	for _, band := range bands {
		for i, v := range band {
			all[i] += v / streakBands
		}
	}
	left := make([]float64, n)
	found := false
	window := make([]float64, 0, 2*reach+1)
	for i := range left {
		left[i] = 1
		if math.Abs(medianAbout(all, i, reach, window)-all[i]) < streakDepth/2 {
			continue
		}
		if share, streak := follow(bands, i, reach, window); streak {
			left[i], found = share, true
		}
	}
	if !found {
		return nil
	}
	// The soft edges of a streak are too faint to be known by themselves.
	edges := slices.Clone(left)
	for i := range left {
		if left[i] == 1 && (i > 0 && left[i-1] != 1 || i+1 < n && left[i+1] != 1) {
			edges[i], _ = follow(bands, i, reach, window)
		}
	}
	return edges
}

// means are the mean levels of the columns (or rows) of a plane in each band.
func (m *Image) means(pix []uint8, columns bool) [][]float64 {
	n, length := m.W, m.H
	if !columns {
		n, length = m.H, m.W
	}
	bands := make([][]float64, streakBands)
	for b := range bands {
		bands[b] = make([]float64, n)
	}
	for y := range m.H {
		row := pix[y*m.W : (y+1)*m.W]
		if columns {
			band := bands[y*streakBands/m.H]
			for x, v := range row {
				band[x] += float64(v)
			}
			continue
		}
		for b := range streakBands {
			s := 0
			for _, v := range row[b*m.W/streakBands : (b+1)*m.W/streakBands] {
				s += int(v)
			}
			bands[b][y] = float64(s)
		}
	}
	for b, band := range bands {
		from, to := (b*length+streakBands-1)/streakBands, ((b+1)*length+streakBands-1)/streakBands
		if !columns {
			from, to = b*length/streakBands, (b+1)*length/streakBands
		}
		for i := range band {
			band[i] /= float64(to - from)
		}
	}
	return bands
}

// besideSheet is the level below which what is about a column is no paper.
const besideSheet = 90

// follow goes along a column from one end of the sheet to the other and says what
// share of the light is left on it, and whether it is a streak.
func follow(bands [][]float64, i, reach int, window []float64) (share float64, streak bool) {
	var shares, lacks []float64
	dark, light := 0, 0
	for _, band := range bands {
		level := medianAbout(band, i, reach, window)
		if level < besideSheet {
			continue
		}
		lack := level - band[i]
		switch {
		case lack >= streakDepth:
			dark++
		case lack <= -streakDepth:
			light++
		}
		lacks = append(lacks, lack)
		shares = append(shares, band[i]/level)
	}
	n := len(lacks)
	if n < streakBands/2 {
		return 1, false
	}
	slices.Sort(shares)
	sign := 1.0
	if light > dark {
		sign = -1
	}
	share = shares[n/2]
	streak = float64(max(dark, light)) >= streakShare*float64(n) &&
		sign*lacks[0] >= streakDepth && sign*lacks[n-1] >= streakDepth
	// Dirt takes the same share of the light everywhere. What is much darker over a
	// part of the way has a ruled line on it as well, which is to stay.
	if most := shares[n*9/10]; streak && most > hardly && most-shares[n/10] > uneven {
		share = most
	}
	return share, streak
}

// medianAbout is the median of the values within reach of the i-th.
func medianAbout(v []float64, i, reach int, window []float64) float64 {
	window = append(window[:0], v[max(i-reach, 0):min(i+reach+1, len(v))]...)
	slices.Sort(window)
	return window[len(window)/2]
}

// unstreak is a plane whose columns (or rows) have the light back that they lacked.
func (m *Image) unstreak(pix []uint8, left []float64, columns bool) []uint8 {
	out := slices.Clone(pix[:m.W*m.H])
	step, along, length := 1, m.W, m.H
	if !columns {
		step, along, length = m.W, 1, m.W
	}
	hides := func(i int) bool { return left[i] != 1 && (left[i] <= opaque || m.Bilevel) }
	for i := 0; i < len(left); i++ {
		if left[i] == 1 {
			continue
		}
		if !hides(i) {
			for k := range length {
				at := i*step + k*along
				out[at] = uint8(min(float64(pix[at])/left[i]+0.5, 255))
			}
			continue
		}
		from := i
		for i+1 < len(left) && hides(i+1) {
			i++
		}
		a, b := max(from-1, 0), min(i+1, len(left)-1)
		for k := range length {
			before, after := int(pix[a*step+k*along]), int(pix[b*step+k*along])
			for j := from; j <= i; j++ {
				v := (before*(i+1-j) + after*(j+1-from)) / (i + 2 - from)
				if m.Bilevel {
					v = max(before, after) // black only between black
				}
				out[j*step+k*along] = uint8(v)
			}
		}
	}
	return out
}
