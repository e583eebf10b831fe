package page

import "math"

// Two sheets that a scanner draws in at once, one over the other, are one picture: as
// wide as a sheet and longer, with the edge of the upper sheet across all of it, one
// sheet's length from the picture's upper or lower end. Both must be there: a longer
// sheet has no such edge, and a rule or fold elsewhere is none. The numbers:
const (
	feedWidth   = 0.025 // most difference of a width from the sheet's
	feedLeast   = 1.05  // the picture's length, in sheets: when less, the scanner is off
	feedMost    = 1.6   // and when more, too little lies on top of the other to be sure
	feedOff     = 0.02  // most difference of the edge's place from the sheet's length
	feedSlope   = 0.035 // most slope of the edge, some 2 degrees
	feedBands   = 40    // parts of the picture's width along which the edge is followed
	feedShare   = 36    // of these in which it must show
	feedMargin  = 2     // bands at either side in which it must show: rules of tables end before
	feedReach   = 1.1   // mm above and below with which a row is compared
	feedDepth   = 8     // least difference from these, in levels
	feedThick   = 0.3   // mm that the edge may lie off a straight line
	feedSheetMM = 297.0 // the longer side of A4
)

// doubleFed finds the edge of a sheet that lies over another one in a scan, as a share
// of the picture's height.
func doubleFed(m *Image) (at float64, ok bool) {
	if m.DPI <= 0 {
		return 0, false
	}
	long := feedSheetMM / 25.4 * m.DPI
	short := long / math.Sqrt2
	for _, sheet := range [2]struct{ width, length float64 }{{short, long}, {long, short}} {
		if math.Abs(float64(m.W)-sheet.width) > feedWidth*sheet.width {
			continue
		}
		if h := float64(m.H); h < feedLeast*sheet.length || h > feedMost*sheet.length {
			continue
		}
		for _, y := range [2]float64{sheet.length, float64(m.H) - sheet.length} {
			if row, found := m.edgeNear(int(y), int(feedOff*sheet.length)); found {
				return float64(row) / float64(m.H), true
			}
		}
	}
	return 0, false
}

// edgeNear finds a thin dark line from the left side of the picture to the right, whose
// middle is at most off rows from row y.
func (m *Image) edgeNear(y, off int) (row int, ok bool) {
	drift := int(feedSlope * float64(m.W) / 2)
	reach := max(int(feedReach/25.4*m.DPI), 3)
	first, last := y-off-drift, y+off+drift
	if first < reach || last >= m.H-reach {
		return 0, false
	}
	thick := max(int(feedThick/25.4*m.DPI), 1)
	n := last - first + 1
	// dark says of each band in which rows, from first on, there is a thin line.
	dark := make([][]bool, feedBands)
	for b := range dark {
		dark[b] = m.thinRows(b*m.W/feedBands, (b+1)*m.W/feedBands, first, n, reach, thick)
	}
	for tilt := -drift; tilt <= drift; tilt++ {
		for k := drift; k < n-drift; k++ {
			shown := 0
			for b := range dark {
				at := k + tilt*(2*b+1-feedBands)/feedBands
				margin := b < feedMargin || b >= feedBands-feedMargin
				if dark[b][at] {
					shown++
				} else if margin || shown+feedBands-1-b < feedShare {
					shown = -1
					break
				}
			}
			if shown >= feedShare {
				return first + k, true
			}
		}
	}
	return 0, false
}

// thinRows says of n rows from first on whether, between the columns x0 and x1, they are
// within thick rows of one that is darker than those so many rows above and below it.
func (m *Image) thinRows(x0, x1, first, n, reach, thick int) []bool {
	means := make([]int, n+2*reach) // in 16ths of a level
	for i := range means {
		sum := 0
		for _, v := range m.G[(first-reach+i)*m.W+x0 : (first-reach+i)*m.W+x1] {
			sum += int(v)
		}
		means[i] = sum * 16 / (x1 - x0)
	}
	out := make([]bool, n)
	for i := range n {
		if here := means[i+reach] + feedDepth*16; here <= means[i] && here <= means[i+2*reach] {
			for k := max(i-thick, 0); k <= min(i+thick, n-1); k++ {
				out[k] = true
			}
		}
	}
	return out
}
