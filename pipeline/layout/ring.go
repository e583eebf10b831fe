package layout

import (
	"image"
	"math"
	"slices"
)

// stroke is a run of ink along a ray from a ring's middle, in steps from where rays
// begin.
type stroke struct{ from, to int }

// The rays on which a ring is followed, as shares of its radius, and the length of a
// step along them in pixels.
const (
	rayFrom, rayTo = 0.8, 1.15
	rayStep        = 0.5
)

// wipe takes the ring off the page and leaves the strokes that cross it: those that go
// on straight on both its sides, as the lines of a staff are taken off to read music
// (Dalitz et al. 2008).
func (g ring) wipe(clean, ink []uint8, w, h int, dpi float64) {
	rays := int(math.Ceil(2 * math.Pi * max(g.rx, g.ry) / rayStep))
	strokes := make([][]stroke, rays)
	var thickness []int
	for k := range rays {
		strokes[k] = g.ray(k, rays, ink, w, h)
		if i := g.near(strokes[k]); i >= 0 {
			thickness = append(thickness, strokes[k][i].to-strokes[k][i].from)
		}
	}
	if len(thickness) == 0 {
		return
	}
	slices.Sort(thickness)
	thick := thickness[len(thickness)/2]
	if float64(thick)*rayStep > 0.15*max(g.rx, g.ry) {
		return // a blot, no ring
	}
	most := thick*3/2 + int(2/rayStep)

	// Where the ring runs is the middle of what is seen of it nearby.
	const reach = 36 // of rays, to each side: a twentieth of the ring in all
	seen := make([]int, rays)
	for k, s := range strokes {
		seen[k] = -1
		if i := g.near(s); i >= 0 && s[i].to-s[i].from <= most {
			seen[k] = (s[i].from + s[i].to) / 2
		}
	}
	part := g.box.Inset(-g.box.Dx() / 5).Intersect(image.Rect(0, 0, w, h))
	gone := make([]bool, part.Dx()*part.Dy())
	for k := range rays {
		var near []int
		for d := -rays / reach; d <= rays/reach; d++ {
			if m := seen[(k+d+rays)%rays]; m >= 0 {
				near = append(near, m)
			}
		}
		if len(near) == 0 {
			continue
		}
		slices.Sort(near)
		middle := near[len(near)/2]
		for _, s := range strokes[k] {
			if s.to <= middle-thick || s.from >= middle+thick {
				continue
			}
			if s.to-s.from > thick+int(2/rayStep) {
				s = stroke{max(s.from, middle-thick/2-2), min(s.to, middle+thick/2+2)}
			}
			for j := s.from; j < s.to; j++ {
				if x, y := g.at(k, rays, j); image.Pt(x, y).In(part) && ink[y*w+x] != 0 {
					gone[(y-part.Min.Y)*part.Dx()+x-part.Min.X] = true
				}
			}
		}
	}
	keepRules(gone, ink, w, part, int(dpi))
	crossing := crossings(gone, ink, w, part, int(float64(thick)*rayStep*2.5))
	for i := range gone {
		if gone[i] && !crossing[i] {
			at := (part.Min.Y+i/part.Dx())*w + part.Min.X + i%part.Dx()
			clean[at], ink[at] = 255, 0
		}
	}
}

// keepRules lets ruled lines stay that touch a ring: runs longer than long, which no
// ring holds.
func keepRules(gone []bool, ink []uint8, w int, part image.Rectangle, long int) {
	keep := func(n, along, first int) { // one row or column of the part
		for from := 0; from < n; from++ {
			to := from
			for to < n && ink[first+to*along] != 0 {
				to++
			}
			if to-from >= long {
				for k := from; k < to; k++ {
					at := first + k*along
					gone[(at/w-part.Min.Y)*part.Dx()+at%w-part.Min.X] = false
				}
			}
			from = to
		}
	}
	for y := part.Min.Y; y < part.Max.Y; y++ {
		keep(part.Dx(), 1, y*w+part.Min.X)
	}
	for x := part.Min.X; x < part.Max.X; x++ {
		keep(part.Dy(), w, part.Min.Y*w+x)
	}
}

// crossings are the pixels among those that are to go through which a straight line no
// longer than long leads from ink that stays to ink that stays.
func crossings(gone []bool, ink []uint8, w int, part image.Rectangle, long int) []bool {
	out := make([]bool, len(gone))
	const directions = 12
	for i := range gone {
		if !gone[i] {
			continue
		}
		x, y := part.Min.X+i%part.Dx(), part.Min.Y+i/part.Dx()
		// end is how far ink that stays is in one direction, -1 where there is none.
		end := func(dx, dy float64) int {
			for n := 1; n < long; n++ {
				q := image.Pt(x+int(math.Round(dx*float64(n))), y+int(math.Round(dy*float64(n))))
				if !q.In(part) || ink[q.Y*w+q.X] == 0 {
					return -1
				}
				if !gone[(q.Y-part.Min.Y)*part.Dx()+q.X-part.Min.X] {
					return n
				}
			}
			return -1
		}
		for k := range directions {
			dy, dx := math.Sincos(math.Pi * float64(k) / directions)
			if a := end(dx, dy); a > 0 {
				if b := end(-dx, -dy); b > 0 && a+b < long {
					out[i] = true
					break
				}
			}
		}
	}
	return out
}

// at is the pixel at a step of a ray.
func (g ring) at(k, rays, step int) (x, y int) {
	sin, cos := math.Sincos(2 * math.Pi * float64(k) / float64(rays))
	r := rayFrom + float64(step)*rayStep/max(g.rx, g.ry)
	return int(math.Floor(g.cx + g.rx*r*cos)), int(math.Floor(g.cy + g.ry*r*sin))
}

// ray is the strokes along one ray.
func (g ring) ray(k, rays int, ink []uint8, w, h int) []stroke {
	var out []stroke
	from := -1
	n := int((rayTo - rayFrom) * max(g.rx, g.ry) / rayStep)
	for j := 0; j <= n; j++ {
		x, y := g.at(k, rays, j)
		dark := j < n && x >= 0 && y >= 0 && x < w && y < h && ink[y*w+x] != 0
		if dark && from < 0 {
			from = j
		}
		if !dark && from >= 0 {
			out, from = append(out, stroke{from, j}), -1
		}
	}
	return out
}

// near is the stroke that is nearest to the ring's outer edge, in the ring's place,
// -1 for none.
func (g ring) near(strokes []stroke) int {
	step := func(r float64) float64 { return (r - rayFrom) * max(g.rx, g.ry) / rayStep }
	best, least := -1, 0.0
	for i, s := range strokes {
		middle := float64(s.from+s.to) / 2
		if middle < step(0.93) || middle > step(1.04) {
			continue
		}
		if d := math.Abs(middle - step(1)); best < 0 || d < least {
			best, least = i, d
		}
	}
	return best
}
