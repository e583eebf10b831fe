package seal

import (
	"context"
	"image"
	"math"
	"testing"

	"sealdesk/pipeline/ocr"
	"sealdesk/pipeline/page"
)

const testDPI = 150

// sheet is a white page of A4 at testDPI.
func sheet(colour bool) *page.Image {
	w, h := 1240, 1754
	m := &page.Image{W: w, H: h, DPI: testDPI, Color: colour}
	m.R = paper(w * h)
	m.G, m.B = m.R, m.R
	if colour {
		m.G, m.B = paper(w*h), paper(w*h)
	}
	return m
}

func paper(n int) []uint8 {
	p := make([]uint8, n)
	for i := range p {
		p[i] = 245
	}
	return p
}

func mark(m *page.Image, x, y int, r, g, b uint8) {
	if x < 0 || y < 0 || x >= m.W || y >= m.H {
		return
	}
	i := y*m.W + x
	m.R[i] = r
	if m.Color {
		m.G[i], m.B[i] = g, b
	}
}

// stamp draws a seal of 42 mm across at (cx, cy): a ring, a star, and strokes
// like those of characters between them, from lower left over the top.
func stamp(m *page.Image, cx, cy int, r, g, b uint8) image.Rectangle {
	radius := 21.0 / 25.4 * testDPI
	for y := -int(radius) - 2; y <= int(radius)+2; y++ {
		for x := -int(radius) - 2; x <= int(radius)+2; x++ {
			d := math.Hypot(float64(x), float64(y)) / radius
			a := math.Atan2(float64(y), float64(x))
			star := 0.14 + 0.16*math.Abs(math.Cos(2.5*(a+math.Pi/2)))
			turn := math.Mod(a-math.Pi*0.75+4*math.Pi, 2*math.Pi) / (1.5 * math.Pi)
			stroke := turn < 1 && math.Mod(turn*10, 1) < 0.7 && (math.Mod(d*40, 2) < 1 || math.Mod(turn*40, 1) < 0.35)
			if d > 0.95 && d < 1 || d < star || d > 0.66 && d < 0.88 && stroke {
				mark(m, cx+x, cy+y, r, g, b)
			}
		}
	}
	n := int(radius)
	return image.Rect(cx-n, cy-n, cx+n, cy+n)
}

// bar draws a filled rectangle.
func bar(m *page.Image, r image.Rectangle, red, green, blue uint8) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			mark(m, x, y, red, green, blue)
		}
	}
}

// lines draws rows of short dark strokes, like text.
func lines(m *page.Image, r image.Rectangle) {
	for y := r.Min.Y; y+20 < r.Max.Y; y += 36 {
		for x := r.Min.X; x+20 < r.Max.X; x += 24 {
			bar(m, image.Rect(x, y, x+18, y+3), 40, 40, 40)
			bar(m, image.Rect(x+7, y, x+10, y+20), 40, 40, 40)
			bar(m, image.Rect(x, y+17, x+18, y+20), 40, 40, 40)
		}
	}
}

// illegible is a reader to whom every ring is illegible.
func illegible(_ context.Context, crops []ocr.Crop) ([]ocr.Reading, error) {
	return make([]ocr.Reading, len(crops)), nil
}

func overlap(a, b image.Rectangle) float64 {
	i := a.Intersect(b)
	both := i.Dx() * i.Dy()
	return float64(both) / float64(a.Dx()*a.Dy()+b.Dx()*b.Dy()-both)
}

func TestFind(t *testing.T) {
	type drawing func(m *page.Image) []image.Rectangle
	one := func(r, g, b uint8) drawing {
		return func(m *page.Image) []image.Rectangle {
			lines(m, image.Rect(150, 200, 1100, 900))
			return []image.Rectangle{stamp(m, 800, 1200, r, g, b)}
		}
	}
	for _, c := range []struct {
		name   string
		colour bool
		draw   drawing
	}{
		{"red", true, one(205, 40, 50)},
		{"faint red", true, one(235, 170, 175)},
		{"dark red", true, one(150, 25, 35)},
		{"gray", false, one(110, 0, 0)},
		{"over text", true, func(m *page.Image) []image.Rectangle {
			lines(m, image.Rect(150, 200, 1100, 1600))
			return []image.Rectangle{stamp(m, 700, 900, 205, 40, 50)}
		}},
		{"two on a page", true, func(m *page.Image) []image.Rectangle {
			return []image.Rectangle{stamp(m, 800, 500, 205, 40, 50), stamp(m, 820, 1300, 200, 60, 60)}
		}},
		{"text alone", true, func(m *page.Image) []image.Rectangle {
			lines(m, image.Rect(150, 200, 1100, 1600))
			return nil
		}},
		{"gray text and a ruled box", false, func(m *page.Image) []image.Rectangle {
			lines(m, image.Rect(150, 200, 1100, 1600))
			bar(m, image.Rect(130, 180, 1120, 184), 30, 0, 0)
			bar(m, image.Rect(130, 1620, 1120, 1624), 30, 0, 0)
			return nil
		}},
		{"red letterhead and rule", true, func(m *page.Image) []image.Rectangle {
			for x := 250; x < 950; x += 70 {
				bar(m, image.Rect(x, 200, x+55, 212), 210, 30, 40)
				bar(m, image.Rect(x+22, 200, x+34, 255), 210, 30, 40)
				bar(m, image.Rect(x, 243, x+55, 255), 210, 30, 40)
			}
			bar(m, image.Rect(150, 330, 1090, 336), 210, 30, 40)
			return nil
		}},
		{"empty", true, func(*page.Image) []image.Rectangle { return nil }},
	} {
		m := sheet(c.colour)
		want := c.draw(m)
		got, err := Find(context.Background(), m, illegible)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if len(got) != len(want) {
			t.Errorf("%s: %d seals, want %d: %+v", c.name, len(got), len(want), boxes(got))
			continue
		}
		for _, w := range want {
			best := 0.0
			for _, s := range got {
				best = max(best, overlap(s.Box, w))
				if s.Shape != Round || s.Presence <= 0.5 {
					t.Errorf("%s: shape %s, presence %.2f", c.name, s.Shape, s.Presence)
				}
			}
			if best < 0.85 {
				t.Errorf("%s: no seal at %v: %v", c.name, w, boxes(got))
			}
		}
	}
}

func boxes(seals []Seal) (out []image.Rectangle) {
	for _, s := range seals {
		out = append(out, s.Box)
	}
	return out
}

func TestFindTiny(t *testing.T) {
	for _, n := range []int{0, 1, 7} {
		m := &page.Image{W: n, H: n, DPI: testDPI, R: paper(n * n)}
		m.G, m.B = m.R, m.R
		if got, err := Find(context.Background(), m, illegible); err != nil || len(got) != 0 {
			t.Errorf("%d pixels: %v, %v", n, got, err)
		}
	}
}

// pen draws a name as a pen does: slanted strokes from r's left to its right.
func pen(m *page.Image, r image.Rectangle) {
	for x := r.Min.X; x < r.Max.X; x++ {
		f := float64(x-r.Min.X) / 14
		y := r.Min.Y + int(float64(r.Dy())*(0.5+0.45*math.Sin(f)))
		for d := -2; d <= 2; d++ {
			mark(m, x, y+d, 40, 50, 120)
		}
	}
}

func TestFindSignature(t *testing.T) {
	zone := image.Rect(500, 1000, 900, 1060)
	label := image.Rect(820, 1015, 890, 1045)
	for _, c := range []struct {
		name string
		draw func(m *page.Image) []Seal
		want bool
	}{
		{"nothing", func(*page.Image) []Seal { return nil }, false},
		{"a name by pen", func(m *page.Image) []Seal { pen(m, image.Rect(560, 1005, 760, 1055)); return nil }, true},
		{"print alone", func(m *page.Image) []Seal { bar(m, label, 30, 30, 30); return nil }, false},
		{"a ruled line", func(m *page.Image) []Seal { bar(m, image.Rect(500, 1050, 900, 1053), 30, 30, 30); return nil }, false},
		{"a red seal alone", func(m *page.Image) []Seal {
			return []Seal{{Box: stamp(m, 650, 1030, 205, 40, 50), Shape: Round}}
		}, false},
		{"a name by pen under a red seal", func(m *page.Image) []Seal {
			s := stamp(m, 650, 1030, 205, 40, 50)
			pen(m, image.Rect(560, 1005, 760, 1055))
			return []Seal{{Box: s, Shape: Round}}
		}, true},
	} {
		m := sheet(true)
		got := FindSignature(m, zone, []image.Rectangle{label}, c.draw(m))
		if got.Present != c.want {
			t.Errorf("%s: present %v, want %v (confidence %.2f)", c.name, got.Present, c.want, got.Confidence)
		}
		if got.Present && !got.Box.Overlaps(image.Rect(560, 1005, 760, 1055)) {
			t.Errorf("%s: box %v is elsewhere", c.name, got.Box)
		}
		if !got.Present && got.Confidence < 0.6 {
			t.Errorf("%s: absent with confidence %.2f only", c.name, got.Confidence)
		}
	}
}
