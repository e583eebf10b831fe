package layout

import (
	"image"
	"slices"
)

// findCells fills p.Cells and p.Tables: the white regions that rules enclose,
// found by flooding a coarse grid on which the rules are walls.
func (p *Page) findCells() {
	s := p.inches(0.02)
	gw, gh := p.W/s+1, p.H/s+1
	walls := make([]bool, gw*gh)
	build := func(x, y int) {
		if x >= 0 && y >= 0 && x/s < gw && y/s < gh {
			walls[(y/s)*gw+x/s] = true
		}
	}
	for _, seg := range p.horizontal {
		for _, r := range seg.runs {
			for x := r.from; x < r.to; x += s {
				build(x, r.line)
			}
			build(r.to-1, r.line)
		}
	}
	for _, seg := range p.vertical {
		for _, r := range seg.runs {
			for y := r.from; y < r.to; y += s {
				build(r.line, y)
			}
			build(r.line, r.to-1)
		}
	}
	p.bridge(build)
	p.closeCorners(walls, gw, gh, s)

	label := make([]int, gw*gh)
	var regions []image.Rectangle
	var stack []int
	for i := range walls {
		if walls[i] || label[i] != 0 {
			continue
		}
		regions = append(regions, image.Rectangle{})
		id := len(regions)
		box := image.Rect(i%gw, i/gw, i%gw+1, i/gw+1)
		outside := false
		label[i] = id
		stack = append(stack[:0], i)
		for len(stack) > 0 {
			j := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			x, y := j%gw, j/gw
			box = box.Union(image.Rect(x, y, x+1, y+1))
			if x == 0 || y == 0 || x == gw-1 || y == gh-1 {
				outside = true
			}
			for _, n := range [4][2]int{{x - 1, y}, {x + 1, y}, {x, y - 1}, {x, y + 1}} {
				if n[0] < 0 || n[1] < 0 || n[0] >= gw || n[1] >= gh {
					continue
				}
				if k := n[1]*gw + n[0]; !walls[k] && label[k] == 0 {
					label[k] = id
					stack = append(stack, k)
				}
			}
		}
		if !outside {
			regions[id-1] = box
		}
	}
	least := p.inches(0.1)
	for _, r := range regions {
		if r.Empty() {
			continue
		}
		// A region ends one grid square short of the middle of its rules.
		box := image.Rect(r.Min.X*s-s/2, r.Min.Y*s-s/2, r.Max.X*s+s/2, r.Max.Y*s+s/2).
			Intersect(image.Rect(0, 0, p.W, p.H))
		if box.Dx() >= least && box.Dy() >= least {
			p.Cells = append(p.Cells, Cell{Box: box})
		}
	}
	slices.SortStableFunc(p.Cells, func(a, b Cell) int {
		// Cells whose middles differ by less than half the lower one's height share a row.
		if d := a.Box.Min.Y - b.Box.Min.Y; d < -p.inches(0.12) || d > p.inches(0.12) {
			return d
		}
		return a.Box.Min.X - b.Box.Min.X
	})
	p.groupTables(s)
}

// bridge draws walls over gaps in rules: two pieces on one line are one rule,
// printed or scanned faintly, where the gap is a short one, shows gray or lies where a
// seal's ring was wiped off.
func (p *Page) bridge(build func(x, y int)) {
	near, far, off := p.inches(0.06), p.inches(0.9), p.inches(0.03)
	join := func(segs []segment, wiped func(along, across, gap int) bool, gray func(along, across int) uint8, build func(along, across int)) {
		for _, a := range segs {
			ay := a.end()
			for _, b := range segs {
				gap := b.from - a.to
				if gap <= 0 || gap > far {
					continue
				}
				by := b.start()
				if d := by - ay; d > off || d < -off {
					continue
				}
				if gap > near && !wiped(a.to, ay, gap) {
					dark := 0
					for i := 0; i < gap; i++ {
						y, least := ay+(by-ay)*i/gap, uint8(255)
						for d := -2; d <= 2; d++ {
							least = min(least, gray(a.to+i, y+d))
						}
						if least < 225 {
							dark++
						}
					}
					if dark*10 < gap*6 {
						continue
					}
				}
				for i := 0; i <= gap; i++ {
					build(a.to+i, ay+(by-ay)*i/gap)
				}
			}
		}
	}
	at := func(x, y int) uint8 {
		if x < 0 || y < 0 || x >= p.W || y >= p.H {
			return 255
		}
		return p.Clean.Pix[y*p.W+x]
	}
	join(p.horizontal, func(along, across, gap int) bool {
		return p.Damaged(image.Rect(along, across-1, along+gap, across+1))
	}, at, build)
	join(p.vertical, func(along, across, gap int) bool {
		return p.Damaged(image.Rect(across-1, along, across+1, along+gap))
	}, func(along, across int) uint8 { return at(across, along) }, func(along, across int) { build(across, along) })
}

// start and end are the rule's position across its direction at its two ends.
func (s segment) start() int {
	r := slices.MinFunc(s.runs, func(a, b run) int { return a.from - b.from })
	return r.line
}

func (s segment) end() int {
	r := slices.MaxFunc(s.runs, func(a, b run) int { return a.to - b.to })
	return r.line
}

// closeCorners lengthens each rule by a little where that makes it meet
// another: corners are where scans lose ink. Where it goes on in gray, too light to be
// ink, it is lengthened by more.
func (p *Page) closeCorners(walls []bool, gw, gh, s int) {
	near, far := max(2, p.inches(0.12)/s), p.inches(0.3)/s
	extend := func(x, y, dx, dy int) {
		x, y = x/s, y/s
		for i, gray := 1, 0; i <= far; i++ {
			if p.grayAt((x+dx*i)*s+s/2, (y+dy*i)*s+s/2, dy != 0) {
				gray++
			}
			if i > near && gray*10 < i*6 {
				return
			}
			cx, cy := x+dx*i, y+dy*i
			if cx < 1 || cy < 1 || cx >= gw-1 || cy >= gh-1 {
				return
			}
			hit := walls[cy*gw+cx]
			if !hit && dx != 0 {
				hit = walls[(cy-1)*gw+cx] || walls[(cy+1)*gw+cx]
			}
			if !hit && dy != 0 {
				hit = walls[cy*gw+cx-1] || walls[cy*gw+cx+1]
			}
			if hit {
				for j := 1; j <= i; j++ {
					walls[(y+dy*j)*gw+x+dx*j] = true
				}
				return
			}
		}
	}
	for _, h := range p.horizontal {
		extend(h.from, h.start(), -1, 0)
		extend(h.to-1, h.end(), 1, 0)
	}
	for _, v := range p.vertical {
		extend(v.start(), v.from, 0, -1)
		extend(v.end(), v.to-1, 0, 1)
	}
}

// grayAt says whether a rule that runs down the page, or else across it, shows gray at a
// place or two pixels to its sides.
func (p *Page) grayAt(x, y int, down bool) bool {
	for d := -2; d <= 2; d++ {
		u, v := x, y+d
		if down {
			u, v = x+d, y
		}
		if u >= 0 && v >= 0 && u < p.W && v < p.H && p.Clean.Pix[v*p.W+u] < 225 {
			return true
		}
	}
	return false
}

// groupTables joins cells that share a rule into tables.
func (p *Page) groupTables(s int) {
	parent := make([]int, len(p.Cells))
	for i := range parent {
		parent[i] = i
	}
	var find func(int) int
	find = func(i int) int {
		if parent[i] != i {
			parent[i] = find(parent[i])
		}
		return parent[i]
	}
	for i, a := range p.Cells {
		for j := i + 1; j < len(p.Cells); j++ {
			if a.Box.Inset(-2 * s).Overlaps(p.Cells[j].Box) {
				parent[find(j)] = find(i)
			}
		}
	}
	index := map[int]int{}
	for i := range p.Cells {
		root := find(i)
		t, ok := index[root]
		if !ok {
			t = len(p.Tables)
			index[root] = t
			p.Tables = append(p.Tables, Table{Box: p.Cells[i].Box})
		}
		p.Cells[i].Table = t
		p.Tables[t].Cells = append(p.Tables[t].Cells, i)
		p.Tables[t].Box = p.Tables[t].Box.Union(p.Cells[i].Box)
	}
}
