package page

import "image"

// component is an 8-connected piece of ink.
type component struct {
	box     image.Rectangle
	area    int   // pixels of ink
	darkest uint8 // of the flattened page
}

// run is a horizontal run of ink: row y, from x0 up to but not including x1.
type run struct {
	y, x0, x1 int32
	label     int32
}

// components finds the connected pieces of an ink mask (1 is ink) of w x h
// pixels, row by row with union-find over runs. It gives the runs too, each
// labelled with the index of its component. flat is the flattened page.
func components(ink, flat []uint8, w, h int) ([]component, []run) {
	var runs []run
	var parent []int32
	find := func(i int32) int32 {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	prev := 0 // where the runs of the row above begin
	for y := range h {
		row := ink[y*w : y*w+w]
		start := len(runs)
		above := prev
		for x := 0; x < w; x++ {
			if row[x] == 0 {
				continue
			}
			x0 := x
			for x < w && row[x] != 0 {
				x++
			}
			r := run{int32(y), int32(x0), int32(x), int32(len(parent))}
			parent = append(parent, r.label)
			for above < start && runs[above].x1 < r.x0 {
				above++
			}
			for i := above; i < start && runs[i].x0 <= r.x1; i++ {
				a, b := find(runs[i].label), find(r.label)
				parent[max(a, b)] = min(a, b)
			}
			runs = append(runs, r)
		}
		prev = start
	}
	index := make([]int32, len(parent))
	for i := range index {
		index[i] = -1
	}
	var comps []component
	for i := range runs {
		r := &runs[i]
		root := find(r.label)
		if index[root] < 0 {
			index[root] = int32(len(comps))
			comps = append(comps, component{box: image.Rect(int(r.x0), int(r.y), int(r.x1), int(r.y)+1), darkest: 255})
		}
		r.label = index[root]
		c := &comps[r.label]
		c.box.Min.X = min(c.box.Min.X, int(r.x0))
		c.box.Max.X = max(c.box.Max.X, int(r.x1))
		c.box.Max.Y = int(r.y) + 1
		c.area += int(r.x1 - r.x0)
		for _, v := range flat[int(r.y)*w+int(r.x0) : int(r.y)*w+int(r.x1)] {
			c.darkest = min(c.darkest, v)
		}
	}
	return comps, runs
}
