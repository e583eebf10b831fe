package page

import (
	"math"
	"slices"
	"testing"

	"sealdesk/bundle"
)

// laidOver is one page over another as a scanner draws both in at once: the lower one
// comes share of its length later, and under the edge of the upper one is a shadow that
// takes that share of the light, tilted by so many degrees.
func laidOver(upper, lower *Image, share, shadow, degrees float64) *Image {
	late := int(share * float64(upper.H))
	out := *upper
	out.H = upper.H + late
	gray := make([]uint8, out.W*out.H)
	for y := range out.H {
		for x := range out.W {
			edge := float64(upper.H) - 3 + (float64(x)-float64(out.W)/2)*math.Tan(degrees*math.Pi/180)
			v := uint8(255)
			switch fy := float64(y); {
			case fy < edge && y < upper.H:
				v = upper.G[y*out.W+x]
			case y >= late && y-late < lower.H && x < lower.W:
				v = lower.G[(y-late)*lower.W+x]
			}
			if d := math.Abs(float64(y) - edge); d < 2 {
				v = uint8(float64(v) * (1 - shadow))
			}
			gray[y*out.W+x] = v
		}
	}
	out.Color, out.R, out.G, out.B = false, gray, gray, gray
	return &out
}

// longer is a page on a sheet of another size, with what the page has and white below,
// and a rule across the table at row y.
func longer(m *Image, w, h, y int) *Image {
	out := *m
	out.W, out.H = w, h
	gray := make([]uint8, w*h)
	for i := range gray {
		gray[i] = 255
	}
	for r := range min(m.H, h) {
		copy(gray[r*w:r*w+min(m.W, w)], m.G[r*m.W:])
	}
	for x := w / 12; x < w-w/12 && y > 0; x++ {
		gray[y*w+x], gray[(y+1)*w+x] = 0, 0
	}
	out.Color, out.R, out.G, out.B = false, gray, gray, gray
	return &out
}

// TestDoubleFed: two sheets at once are found by length and edge, and nothing else is.
func TestDoubleFed(t *testing.T) {
	colour := scanned(t, "complete.pdf", 8, 9)
	bilevel := scanned(t, "no-seal.pdf", 3, 4)
	for _, tc := range []struct {
		name string
		m    *Image
		want bool
	}{
		{"a fifth late", laidOver(colour[0], colour[1], 0.2, 0.25, 0), true},
		{"half late, askew", laidOver(colour[1], colour[0], 0.5, 0.15, 0.7), true},
		{"a tenth late, in two levels", laidOver(bilevel[0], bilevel[1], 0.1, 1, -0.5), true},
		{"upside down", Straighten(laidOver(colour[0], colour[1], 0.3, 0.25, 0.3), 180, 0), true},
		{"no edge to be seen", laidOver(bilevel[0], bilevel[1], 0.2, 0, 0), false},
		{"hardly late", laidOver(colour[0], colour[1], 0.02, 0.25, 0), false},
		{"one behind the other", laidOver(colour[0], colour[1], 0.9, 0.25, 0), false},
		{"a longer sheet", longer(bilevel[0], bilevel[0].W, bilevel[0].H*330/297, 0), false},
		{"a longer sheet, a rule where A4 ends", longer(bilevel[0], bilevel[0].W, bilevel[0].H*330/297, bilevel[0].H-4), false},
		{"A3", longer(bilevel[0], bilevel[0].H, bilevel[0].H*1414/1000, bilevel[0].H), false},
		{"A3 across", longer(bilevel[0], bilevel[0].H*1414/1000, bilevel[0].H, bilevel[0].H/2), false},
		{"a small photo", longer(colour[0], colour[0].W/2, colour[0].H/3, 0), false},
	} {
		flaws := flawsOf(t, tc.m)
		at := slices.IndexFunc(flaws, func(f bundle.Flaw) bool { return f.Kind == bundle.DoubleFed })
		if (at >= 0) != tc.want {
			t.Errorf("%s: %v", tc.name, kinds(flaws))
			continue
		}
		if at >= 0 && (flaws[at].Box == nil || flaws[at].Box[2]-flaws[at].Box[0] < 0.9 || flaws[at].Box[3]-flaws[at].Box[1] > 0.05) {
			t.Errorf("%s: the edge is at %v", tc.name, flaws[at].Box)
		}
	}
}

func TestAcross(t *testing.T) {
	for rotation, want := range map[int]bundle.Box{
		0: {0, 0.19, 1, 0.21}, 90: {0.79, 0, 0.81, 1}, 180: {0, 0.79, 1, 0.81}, 270: {0.19, 0, 0.21, 1},
	} {
		got := across(0.2, rotation)
		for i := range got {
			if math.Abs(got[i]-want[i]) > 1e-9 {
				t.Errorf("%d: %v, want %v", rotation, got, want)
			}
		}
	}
}
