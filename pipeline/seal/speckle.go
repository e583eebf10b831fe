package seal

import "sealdesk/pipeline/page"

// run is a stretch of black pixels in one row, and the component it is part of.
type run struct {
	y, x0, x1 int32
	parent    int32
}

// extent is the box of a component.
type extent struct {
	x0, y0, x1, y1 int32
}

// speckles is the reduced darkness of a bilevel page with only the connected
// components up to size pixels wide and high left: what a pale seal becomes
// when a scanner thresholds it, but most print does not.
func speckles(img *page.Image, f, size int) *plane {
	runs, rows := blackRuns(img)
	for y := 1; y < img.H; y++ {
		i, end := rows[y-1], rows[y]
		for j := rows[y]; j < rows[y+1]; j++ {
			for i < end && runs[i].x1 < runs[j].x0 {
				i++
			}
			for k := i; k < end && runs[k].x0 <= runs[j].x1; k++ {
				a, b := root(runs, k), root(runs, j)
				runs[max(a, b)].parent = min(a, b)
			}
		}
	}
	boxes := make(map[int32]extent)
	for i := range runs {
		r := root(runs, int32(i))
		runs[i].parent = r
		b, ok := boxes[r]
		if !ok {
			b = extent{runs[i].x0, runs[i].y, runs[i].x1, runs[i].y}
		}
		boxes[r] = extent{min(b.x0, runs[i].x0), b.y0, max(b.x1, runs[i].x1), max(b.y1, runs[i].y)}
	}
	out := newPlane(img.W/f, img.H/f)
	unit := 1 / float32(f*f)
	for _, r := range runs {
		b := boxes[r.parent]
		if int(b.x1-b.x0) > size || int(b.y1-b.y0) > size || int(r.y)/f >= out.h {
			continue
		}
		for x := int(r.x0); x < int(r.x1) && x/f < out.w; x++ {
			out.v[int(r.y)/f*out.w+x/f] += unit
		}
	}
	return out
}

func blackRuns(img *page.Image) (runs []run, rows []int32) {
	rows = make([]int32, img.H+1)
	for y := range img.H {
		row := img.R[y*img.W : (y+1)*img.W]
		for x := 0; x < len(row); x++ {
			if row[x] >= 128 {
				continue
			}
			start := x
			for x < len(row) && row[x] < 128 {
				x++
			}
			runs = append(runs, run{int32(y), int32(start), int32(x), int32(len(runs))})
		}
		rows[y+1] = int32(len(runs))
	}
	return runs, rows
}

func root(runs []run, i int32) int32 {
	for runs[i].parent != i {
		runs[i].parent = runs[runs[i].parent].parent
		i = runs[i].parent
	}
	return i
}
