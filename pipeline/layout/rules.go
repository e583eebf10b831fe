package layout

import (
	"image"
	"slices"
)

// run is a stretch of ink along a scan line: line is its row (or, for vertical
// rules, its column), from and to are positions on it, to exclusive.
type run struct{ line, from, to int }

// segment is a ruled line as found: the runs that form it.
type segment struct {
	runs     []run
	from, to int // reach along its direction
	low, top int // reach across, top exclusive
	area     int
}

// Lengths in inches. A run shorter than minRun is part of a character; a rule
// shorter than minRule is one, too; a thicker one is a picture or a dark edge.
const (
	minRunH  = 0.22
	minRunV  = 0.20
	minRuleH = 0.45
	minRuleV = 0.30
	maxThick = 0.035
	// A rule up to this length may be a character's stroke yet, by what is beside it.
	shortRule = 1.5
)

// findRules fills p.Rules and p.rules from long runs of ink. Vertical rules
// that meet no horizontal one are strokes of large characters and are left out.
func (p *Page) findRules() {
	p.horizontal = p.ruled(p.ruleInk(p.W), p.Ink, p.W, p.H, minRunH, minRuleH)
	turned := transpose(p.Ink, p.W, p.H)
	fine := transpose(p.ruleInk(1), p.W, p.H)
	// On a page photographed from above or below the vertical rules lean, each by as
	// much as it stands from the middle: they are looked for as if they did not.
	lean := estimateLean(turned, p.H, p.W, p.DPI)
	leans := lean.matters(p.H, p.DPI)
	if leans {
		turned, fine = lean.apply(turned, p.H, p.W, 0), lean.apply(fine, p.H, p.W, 0)
	}
	vertical := p.ruled(fine, turned, p.H, p.W, minRunV, minRuleV)
	if leans {
		for i := range vertical {
			vertical[i] = lean.undo(vertical[i], p.H, p.W)
		}
	}
	reach := p.inches(0.08)
	p.vertical = slices.DeleteFunc(vertical, func(v segment) bool {
		return !slices.ContainsFunc(p.horizontal, func(h segment) bool {
			return h.from-reach <= v.top && v.low <= h.to+reach &&
				v.from-reach <= h.top && h.low <= v.to+reach
		})
	})
	for _, s := range p.horizontal {
		p.Rules = append(p.Rules, Rule{Box: image.Rect(s.from, s.low, s.to, s.top)})
	}
	for _, s := range p.vertical {
		p.Rules = append(p.Rules, Rule{Box: image.Rect(s.low, s.from, s.top, s.to), Vertical: true})
	}
}

// Gray levels by which a ruled line is known where it is fainter than ink: it is darker
// than ruleGray, and by ruleDepth than the paper on both sides of it.
const (
	ruleGray  = 222
	ruleDepth = 16
)

// ruleInk is the page's ink with what may be a faint part of a ruled line; across is
// the way in Ink from one pixel to the next across the line.
func (p *Page) ruleInk(across int) []uint8 {
	out := slices.Clone(p.Ink)
	off := p.inches(0.02) * across
	for i := off; i < len(out)-off; i++ {
		if v := int(p.Clean.Pix[i]); v < ruleGray && v+ruleDepth <= int(p.Clean.Pix[i-off]) && v+ruleDepth <= int(p.Clean.Pix[i+off]) {
			out[i] = 1
		}
	}
	return out
}

// ruled finds the ruled lines along the rows of a bitmap of ink, and of fine, the same
// with what is too faint to be ink. Of a line a quarter must be ink, else it is one that
// shines through; a short one that is nearly all ink would be found without the rest,
// which makes strokes of large characters look like lines.
func (p *Page) ruled(fine, ink []uint8, w, h int, minRun, minRule float64) []segment {
	out := p.segments(ink, w, h, minRun, minRule)
	for _, s := range p.segments(fine, w, h, minRun, minRule) {
		inked := s.inked(ink, w)
		if inked*4 < s.area || inked*20 >= s.area*17 && s.to-s.from <= p.inches(shortRule) {
			continue
		}
		out = slices.DeleteFunc(out, func(o segment) bool {
			return o.from >= s.from && o.to <= s.to && o.low >= s.low && o.top <= s.top
		})
		out = append(out, s)
	}
	return out
}

// inked is how many of a segment's pixels are ink.
func (s *segment) inked(ink []uint8, w int) int {
	n := 0
	for _, r := range s.runs {
		for _, v := range ink[r.line*w+r.from : r.line*w+r.to] {
			n += int(v)
		}
	}
	return n
}

// segments finds what may be ruled lines along the rows of a bitmap.
func (p *Page) segments(ink []uint8, w, h int, minRun, minRule float64) []segment {
	least, gap := p.inches(minRun), p.inches(0.008)
	var runs []run
	starts := make([]int, h+1) // runs of row y are runs[starts[y]:starts[y+1]]
	for y := 0; y < h; y++ {
		starts[y] = len(runs)
		row := ink[y*w : y*w+w]
		from, last := -1, -1
		for x := 0; x <= w; x++ {
			if x < w && row[x] != 0 {
				if from < 0 {
					from = x
				}
				last = x
				continue
			}
			if from >= 0 && (x == w || x-last > gap) {
				if last+1-from >= least {
					runs = append(runs, run{y, from, last + 1})
				}
				from = -1
			}
		}
	}
	starts[h] = len(runs)

	// Runs on neighbouring rows that touch belong to one rule; a slanted rule
	// is a staircase of them.
	parent := make([]int, len(runs))
	for i := range parent {
		parent[i] = i
	}
	find := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	slack := p.inches(0.03)
	for y := 1; y < h; y++ {
		for back := 1; back <= 2 && y-back >= 0; back++ {
			j := starts[y-back]
			for i := starts[y]; i < starts[y+1]; i++ {
				for j < starts[y-back+1] && runs[j].to+slack < runs[i].from {
					j++
				}
				for k := j; k < starts[y-back+1] && runs[k].from-slack <= runs[i].to; k++ {
					parent[find(i)] = find(k)
				}
			}
		}
	}
	groups := map[int]*segment{}
	var order []int
	for i, r := range runs {
		root := find(i)
		s := groups[root]
		if s == nil {
			s = &segment{from: r.from, to: r.to, low: r.line, top: r.line + 1}
			groups[root] = s
			order = append(order, root)
		}
		s.runs = append(s.runs, r)
		s.from, s.to = min(s.from, r.from), max(s.to, r.to)
		s.low, s.top = min(s.low, r.line), max(s.top, r.line+1)
		s.area += r.to - r.from
	}
	length, thick := p.inches(minRule), max(3, p.inches(maxThick))
	var out []segment
	for _, root := range order {
		s := groups[root]
		n := s.to - s.from
		if n >= length && s.area/n <= thick && s.top-s.low <= n/12+2*thick && (n > p.inches(shortRule) || p.alone(s, ink, w, h)) {
			out = append(out, *s)
		}
	}
	return out
}

// alone tells a short rule from a row of bold strokes: a rule has little ink
// beside it, a line of text has much.
func (p *Page) alone(s *segment, ink []uint8, w, h int) bool {
	low, top := make(map[int]int), make(map[int]int)
	step := p.inches(0.02)
	for _, r := range s.runs {
		for x := r.from; x < r.to; x += step {
			k := x / step
			if l, ok := low[k]; !ok || r.line < l {
				low[k] = r.line
			}
			top[k] = max(top[k], r.line)
		}
	}
	beside, n := 0, 0
	at := func(x, y int) {
		if y >= 0 && y < h && x < w {
			n++
			beside += int(ink[y*w+x])
		}
	}
	near, far := p.inches(0.02), p.inches(0.035)
	for k, l := range low {
		at(k*step, l-near)
		at(k*step, l-far)
		at(k*step, top[k]+near)
		at(k*step, top[k]+far)
	}
	return n == 0 || beside*4 < n
}

// transpose turns rows into columns, in blocks that fit the cache.
func transpose(src []uint8, w, h int) []uint8 {
	dst := make([]uint8, len(src))
	const block = 64
	for y0 := 0; y0 < h; y0 += block {
		for x0 := 0; x0 < w; x0 += block {
			for y := y0; y < min(y0+block, h); y++ {
				for x := x0; x < min(x0+block, w); x++ {
					dst[x*h+y] = src[y*w+x]
				}
			}
		}
	}
	return dst
}

// eraseRules takes the rules and their gray edges off Clean and Ink.
func (p *Page) eraseRules() {
	halo := max(1, p.inches(0.008))
	wipe := func(x, y int, hard bool) {
		if x < 0 || y < 0 || x >= p.W || y >= p.H {
			return
		}
		i := y*p.W + x
		if hard || p.Ink[i] == 0 {
			p.Ink[i] = 0
			p.Clean.Pix[i] = 255
		}
	}
	for _, s := range p.horizontal {
		for _, r := range s.runs {
			for x := r.from; x < r.to; x++ {
				for d := -halo - 1; d <= halo+1; d++ {
					wipe(x, r.line+d, d >= -halo && d <= halo)
				}
			}
		}
	}
	for _, s := range p.vertical {
		for _, r := range s.runs {
			for y := r.from; y < r.to; y++ {
				for d := -halo - 1; d <= halo+1; d++ {
					wipe(r.line+d, y, d >= -halo && d <= halo)
				}
			}
		}
	}
}
