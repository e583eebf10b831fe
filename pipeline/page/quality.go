package page

import (
	"cmp"
	"slices"

	"sealdesk/bundle"
)

// Quality says what is wrong with the picture of a page, so that it can be scanned
// again while the paper is at hand. scan is the page as [Source] gives it and up
// what [Upright] found out about it; with a zero Info nothing is found. A page that
// reads well may be ugly: uneven light, dirt and dark borders are no flaws.
//
// There is at most one flaw of a kind, in this order:
//   - Blurred: strokes have no edges. The width of an edge is its contrast over its
//     steepest step, and the median over all strokes hangs on the optics, not on
//     how much is printed (after P. Marziliano et al., A no-reference perceptual
//     blur metric, ICIP 2002). It must be wide in pixels and in millimetres, so
//     that a coarse scan is not blurred, and a fine one need not be sharp to the
//     pixel.
//   - Cut: rules of a table, or characters, run into an edge of the picture. Box is
//     a strip along that edge of the upright page. Print that ends at the dark
//     surroundings of the paper is not seen as cut.
//   - Dark, Light: the paper is dark, or the print hardly darker than the paper. A
//     page so light that it counts as blank is told by how many strokes it has.
//   - Coarse: fewer than 150 dots per inch, and characters small at that.
//   - DoubleFed: the picture is as wide as a sheet of A4 and up to 1.6 times as long,
//     and the edge of a sheet runs across all of it where one would end. Box is a
//     strip along it. Sheets that lie over each other without being longer, or
//     without an edge that shows, are not found.
//
// It takes some 10 ms for a page of 300 dpi.
func Quality(scan *Image, up Info) []bundle.Flaw {
	s := up.sketch
	if s == nil || scan == nil || scan.W <= 0 || scan.H <= 0 || len(scan.G) < scan.W*scan.H {
		return nil
	}
	e := measure(scan)
	if up.Blank {
		if e.count >= printed && e.contrast < faintPrint {
			return []bundle.Flaw{{Kind: bundle.Light, Message: "此页近乎空白，但有很淡的字迹。如不是背面透过来的，请调低亮度或提高对比度后重新扫描此页。"}}
		}
		return nil
	}
	var flaws []bundle.Flaw
	add := func(kind bundle.FlawKind, message string, box *bundle.Box) {
		flaws = append(flaws, bundle.Flaw{Kind: kind, Message: message, Box: box})
	}
	if e.count >= enough && e.edge >= softPixels && e.edge*25.4 >= softMM*scan.DPI {
		add(bundle.Blurred, "字迹模糊。请擦净扫描仪玻璃、压平纸张（拍照时拿稳并对好焦）后重新扫描此页。", nil)
	}
	if side, cut := s.cut(); cut {
		box := strip(side, s.turned)
		add(bundle.Cut, "页面边上的内容没有扫全。请放正纸张，让整页都在扫描范围内，重新扫描此页。", &box)
	}
	switch {
	case e.count >= enough && e.paper < darkPaper:
		add(bundle.Dark, "扫描太暗。请调高亮度（拍照时增加光线）后重新扫描此页。", nil)
	case len(flaws) == 0 && e.count >= printed && e.contrast < faintPrint:
		// Blur makes print light too, and a cut page may hold little but dirt.
		add(bundle.Light, "扫描太淡，字迹不清。请调低亮度或提高对比度后重新扫描此页。", nil)
	}
	if scan.DPI < leastDots && !s.few && s.em*float64(s.factor) < smallPrint {
		add(bundle.Coarse, "分辨率太低，小字可能认错。请用 300 dpi 重新扫描此页。", nil)
	}
	if at, ok := doubleFed(scan); ok {
		box := across(at, s.turned)
		add(bundle.DoubleFed, "像是两张纸叠着进了扫描仪，下面一张被盖住了一部分。请把两张纸分开，重新扫描。", &box)
	}
	return flaws
}

// The limits stand well apart from all readable pages that they were tried on (some
// 560 pages of 38 bundles, at 150 to 300 dpi): edges there are up to 2.75 pixels or
// 0.34 mm wide, paper is no darker than 200, print takes away 0.56 of its light or
// more. A page blurred by 0.25 mm has edges of 0.45 mm.
const (
	softPixels = 2.5
	softMM     = 0.4
	darkPaper  = 140
	faintPrint = 0.4
	// leastDots leaves room for a scanner that is off by a little.
	leastDots = 145
	// smallPrint is the height in pixels from which characters are legible at any
	// resolution.
	smallPrint = 20
	// enough is how many strokes must be met for a page to be judged by them, and
	// printed how many a page of print has, but neither the back of one nor noise.
	enough  = 100
	printed = 1500
)

// strokes is what was measured on the strokes that lines across and down the page
// meet, so many to the inch that their number does not hang on the resolution.
type strokes struct {
	count    int
	edge     float64 // median width of an edge, in pixels, the wider way
	paper    int     // usual level of the page
	contrast float64 // how much of the paper's light the darkest strokes take, 0..1
}

func measure(m *Image) strokes {
	var levels [256]int
	for y := 0; y < m.H; y += 8 {
		row := m.G[y*m.W : y*m.W+m.W]
		for x := 0; x < m.W; x += 4 {
			levels[row[x]]++
		}
	}
	paper := int(quantile(&levels, 0.8))
	// Noise is less than that, and so is bleed-through.
	least := max((paper-int(quantile(&levels, 0.01)))*2/5, 16)
	widest := int(m.DPI / 10)
	var across, down meter
	step := max(int(m.DPI/40), 1)
	for y := step / 2; y < m.H; y += step {
		across.follow(m.G[y*m.W:y*m.W+m.W], 1, m.W, least, widest)
	}
	// Walking down jumps over memory, so fewer lines must do.
	for x := step; x < m.W; x += 2 * step {
		down.follow(m.G[x:], m.W, m.H, least, widest)
	}
	var depths [256]int
	for i := range depths {
		depths[i] = across.depths[i] + down.depths[i]
	}
	out := strokes{count: across.n + down.n, edge: max(across.median(), down.median()), paper: paper}
	if out.count > 0 {
		out.contrast = float64(quantile(&depths, 0.9)) / float64(max(paper, 1))
	}
	return out
}

// meter collects what strokes are like.
type meter struct {
	n      int
	edges  [64]int // in quarters of a pixel
	depths [256]int
}

// follow walks along n pixels, step apart, from paper to ink and back. A stroke is a
// fall by at least so many levels and a rise by as many, no wider than widest.
func (t *meter) follow(p []uint8, step, n, least, widest int) {
	before := int(p[0])
	high, low := before, before
	inInk := false
	steepest, at := 0, 0 // of the fall, and where
	for i := 1; i < n; i++ {
		v := int(p[i*step])
		fall := before - v
		before = v
		if (!inInk || v <= low) && fall > steepest {
			steepest, at = fall, i
		}
		switch {
		case !inInk && v >= high:
			high, steepest = v, 0
		case !inInk && high-v >= least:
			inInk, low = true, v
		case inInk && v <= low:
			low = v
		case inInk && v-low >= least:
			if i-at <= widest {
				t.edges[min((high-low)*4/max(steepest, 1), len(t.edges)-1)]++
				t.depths[high-low]++
				t.n++
			}
			inInk, high, steepest = false, v, 0
		}
	}
}

// median is the usual width of an edge in pixels, 0 when none was met.
func (t *meter) median() float64 {
	sum := 0
	for i, c := range t.edges {
		if sum += c; c > 0 && sum*2 >= t.n {
			return float64(i) / 4
		}
	}
	return 0
}

// cut finds the side of the scan (0 left, 1 top, 2 right, 3 bottom) where print runs
// into the edge: two rules of one table, or characters as many as dirt never is.
func (s *sketch) cut() (side int, cut bool) {
	const manyRules, manyChars = 2, 6
	var chars [4]int
	for i, c := range s.pieces {
		if !s.text[i] {
			continue
		}
		for side, at := range [4]bool{c.box.Min.X <= 1, c.box.Min.Y <= 1, c.box.Max.X >= s.w-1, c.box.Max.Y >= s.h-1} {
			along := c.box.Dy()
			if side%2 == 1 {
				along = c.box.Dx()
			}
			if at && float64(along) >= s.em*0.4 {
				chars[side]++
			}
		}
	}
	for side := range 4 {
		if chars[side] >= manyChars || s.rulesInto(side) >= manyRules {
			return side, true
		}
	}
	return 0, false
}

// rulesInto counts the rules of tables that run into a side of the scan.
func (s *sketch) rulesInto(side int) int {
	type interval struct{ from, to int }
	touching := map[int32][]interval{} // by piece
	for _, r := range s.runs {
		b := s.pieces[r.label].box
		if least := s.mm(15); float64(b.Dx()) < least || float64(b.Dy()) < least {
			continue
		}
		switch {
		case side == 0 && r.x0 <= 1, side == 2 && int(r.x1) >= s.w-1:
			touching[r.label] = append(touching[r.label], interval{int(r.y), int(r.y) + 1})
		case side == 1 && r.y <= 1, side == 3 && int(r.y) >= s.h-2:
			touching[r.label] = append(touching[r.label], interval{int(r.x0), int(r.x1)})
		}
	}
	most := 0
	for _, list := range touching {
		slices.SortFunc(list, func(a, b interval) int { return cmp.Compare(a.from, b.from) })
		n := 0
		for len(list) > 0 {
			rule := list[0]
			for list = list[1:]; len(list) > 0 && list[0].from <= rule.to; list = list[1:] {
				rule.to = max(rule.to, list[0].to)
			}
			// What is thicker lies along the edge, or is no rule.
			if float64(rule.to-rule.from) <= s.mm(1.5) {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// strip is the margin along a side of the scan, as it lies on the upright page.
func strip(side, rotation int) bundle.Box {
	const wide = 0.04
	return [4]bundle.Box{{0, 0, wide, 1}, {0, 0, 1, wide}, {1 - wide, 0, 1, 1}, {0, 1 - wide, 1, 1}}[(side+rotation/90)%4]
}

// across is a strip at a share of the scan's height, as it lies on the upright page.
func across(at float64, rotation int) bundle.Box {
	const half = 0.01
	low, high := max(at-half, 0), min(at+half, 1)
	switch rotation {
	case 90:
		return bundle.Box{1 - high, 0, 1 - low, 1}
	case 180:
		return bundle.Box{0, 1 - high, 1, 1 - low}
	case 270:
		return bundle.Box{low, 0, high, 1}
	}
	return bundle.Box{0, low, 1, high}
}
