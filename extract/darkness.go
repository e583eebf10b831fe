package extract

import (
	"image"
	"slices"
)

func area(r image.Rectangle) int { return r.Dx() * r.Dy() }

// darkness sums how dark the pixels of a zone are, 0 for paper to 255, by an
// integral image (Crow 1984).
type darkness struct {
	zone image.Rectangle
	sums []int
	thin []int // the same with each pixel's darkness capped at that of a thin line
	gray *image.Gray
}

// faint is the darkness up to which a pixel is paper: grain and shadow. thinLine
// is as dark as a check box's thin outline need be: what is darker counts as much,
// so that a tick's stroke does not pass for a side.
const (
	faint    = 22
	thinLine = 80
)

func newDarkness(g *image.Gray, zone image.Rectangle) *darkness {
	w := zone.Dx() + 1
	n := w * (zone.Dy() + 1)
	d := &darkness{zone: zone, sums: make([]int, n), thin: make([]int, n), gray: g}
	for y := 1; y <= zone.Dy(); y++ {
		row, capped := 0, 0
		for x := 1; x <= zone.Dx(); x++ {
			if v := 255 - int(g.GrayAt(zone.Min.X+x-1, zone.Min.Y+y-1).Y); v > faint {
				row += v
				capped += min(v, thinLine)
			}
			d.sums[y*w+x] = d.sums[(y-1)*w+x] + row
			d.thin[y*w+x] = d.thin[(y-1)*w+x] + capped
		}
	}
	return d
}

func (d *darkness) over(sums []int, r image.Rectangle) float64 {
	r = r.Intersect(d.zone).Sub(d.zone.Min)
	if r.Empty() {
		return 0
	}
	w := d.zone.Dx() + 1
	return float64(sums[r.Max.Y*w+r.Max.X] - sums[r.Min.Y*w+r.Max.X] - sums[r.Max.Y*w+r.Min.X] + sums[r.Min.Y*w+r.Min.X])
}

func (d *darkness) sum(r image.Rectangle) float64 { return d.over(d.sums, r) }

// mean is the mean darkness in r.
func (d *darkness) mean(r image.Rectangle) float64 {
	r = r.Intersect(d.zone)
	return d.sum(r) / float64(max(1, r.Dx()*r.Dy()))
}

// paper is how dark the paper is at a box: the mean above or below it, whichever
// is the lighter, for a tick may reach out of the box on one side.
func (d *darkness) paper(box image.Rectangle, em int) float64 {
	off := max(1, em/15)
	above := image.Rect(box.Min.X, d.zone.Min.Y, box.Max.X, box.Min.Y-off)
	below := image.Rect(box.Min.X, box.Max.Y+off, box.Max.X, d.zone.Max.Y)
	out := 0.0
	for i, r := range []image.Rectangle{above, below} {
		if r.Dy() < 2 {
			return 0
		}
		if m := d.mean(r); i == 0 || m < out {
			out = m
		}
	}
	return out
}

// side is the mean darkness along a side of a box, no pixel counting for more
// than a thin line.
func (d *darkness) side(r image.Rectangle) float64 {
	return d.over(d.thin, r) / float64(max(1, r.Dx()*r.Dy()))
}

// full is how dark full ink is here: the darkness that only one pixel in fifty
// exceeds.
func (d *darkness) full() float64 {
	var count [256]int
	n := 0
	for y := d.zone.Min.Y; y < d.zone.Max.Y; y++ {
		for x := d.zone.Min.X; x < d.zone.Max.X; x++ {
			count[255-int(d.gray.GrayAt(x, y).Y)]++
			n++
		}
	}
	seen := 0
	for v := 255; v > 0; v-- {
		if seen += count[v]; seen*50 >= n {
			return float64(v)
		}
	}
	return 0
}

// hollow is true where the ink in r is as large as a check box and white in its middle.
func (d *darkness) hollow(r image.Rectangle, full float64, em int) bool {
	r = r.Intersect(d.zone)
	box := image.Rectangle{}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if float64(255-d.gray.GrayAt(x, y).Y) > full/3 {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	if min(box.Dx(), box.Dy())*10 < em*6 {
		return false
	}
	middle := image.Rect(box.Min.X+box.Dx()*3/10, box.Min.Y+box.Dy()*3/10, box.Max.X-box.Dx()*3/10, box.Max.Y-box.Dy()*3/10)
	return d.mean(middle) < full*0.04
}

// outline finds the square of a check box's size that begins between two places,
// ends before right and has the darkest sides, the faintest of them above all. Thin printing loses
// one side of a box at times: whole is the share of the others' least darkness
// that it must have. ok is false when two sides are hardly there.
func (d *darkness) outline(from, to, right, em int, full, whole float64) (best image.Rectangle, ok bool) {
	least, top := max(18, min(full, thinLine)*0.35), 0.0
	for size := (em*70 + 99) / 100; size <= em*105/100; size++ {
		t := max(1, size/14)
		for x := max(d.zone.Min.X, from); x <= to && x+size <= min(d.zone.Max.X, right); x++ {
			for y := d.zone.Min.Y; y+size <= d.zone.Max.Y; y++ {
				r := image.Rect(x, y, x+size, y+size)
				sides := []float64{
					d.side(image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+t)),
					d.side(image.Rect(r.Min.X, r.Max.Y-t, r.Max.X, r.Max.Y)),
					d.side(image.Rect(r.Min.X, r.Min.Y, r.Min.X+t, r.Max.Y)),
					d.side(image.Rect(r.Max.X-t, r.Min.Y, r.Max.X, r.Max.Y)),
				}
				slices.Sort(sides)
				if sides[1] < least || sides[0] < least*whole {
					continue
				}
				if score := sides[1] + 2*sides[0]; score > top {
					best, top, ok = r, score, true
				}
			}
		}
	}
	return best, ok
}
