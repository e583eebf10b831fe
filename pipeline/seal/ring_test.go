package seal

import (
	"context"
	"errors"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"sealdesk/pipeline/ocr"
	"sealdesk/pipeline/page"
)

// seal200 draws a seal with a name at (cx, cy) on a page of 200 dpi: 42 mm across,
// the characters clockwise over the top, the whole turned by tilt, with a share of
// holes in the ink.
func seal200(m *page.Image, cx, cy, tilt, holes float64, name string, r, g, b uint8) {
	set := loadGlyphs()
	style := set.styles[2]
	rng := rand.New(rand.NewPCG(3, 4))
	radius := 21.0 / 25.4 * m.DPI
	chars := []rune(name)
	pitch := min(pitch200, 5.2/float64(len(chars)))
	size := 0.27 * radius
	width := min(size, pitch*0.74*radius) // long names have narrow characters
	dot := func(x, y float64) {
		mark(m, int(x), int(y), r, g, b)
	}
	patches := make(map[[2]int]bool) // holes are blots, not single pixels
	worn := func(x, y float64) bool {
		k := [2]int{int(x) / 3, int(y) / 3}
		if _, ok := patches[k]; !ok {
			patches[k] = rng.Float64() < holes
		}
		return patches[k]
	}
	n := int(radius) + 2
	for y := -n; y <= n; y++ {
		for x := -n; x <= n; x++ {
			d := math.Hypot(float64(x), float64(y)) / radius
			a := math.Atan2(float64(y), float64(x)) - tilt
			star := 0.12 + 0.14*math.Abs(math.Cos(2.5*(a+math.Pi/2)))
			if px, py := cx+float64(x), cy+float64(y); (d > 0.955 && d < 1 || d < star) && !worn(px, py) {
				dot(px, py)
			}
		}
	}
	for i, ch := range chars {
		k := slices.Index(set.runes, ch)
		angle := tilt - math.Pi/2 + pitch*(float64(i)-float64(len(chars)-1)/2)
		sin, cos := math.Sincos(angle)
		for v := -size / 2; v < size/2; v += 0.5 {
			for u := -width / 2; u < width/2; u += 0.5 {
				gx, gy := int((u/width+0.5)*fineSide), int((0.5-v/size)*fineSide)
				p := min(gy, fineSide-1)*fineSide + min(gx, fineSide-1)
				if style.packed[k*packedSize+p/4]>>(p%4*2)&3 < 2 {
					continue
				}
				out := 0.775*radius + v
				if px, py := cx+cos*out-sin*u, cy+sin*out+cos*u; !worn(px, py) {
					dot(px, py)
				}
			}
		}
	}
}

// pitch200 is the angle between the characters of a short name that seal200 draws.
const pitch200 = 0.46

// blot covers one character of a seal drawn by seal200 with print, which hides it.
func blot(m *page.Image, cx, cy, angle float64) {
	radius := 21.0 / 25.4 * m.DPI
	sin, cos := math.Sincos(angle - math.Pi/2)
	for v := 0.62 * radius; v < 0.93*radius; v += 0.5 {
		for u := -0.17 * radius; u < 0.17*radius; u += 0.5 {
			mark(m, int(cx+cos*v-sin*u), int(cy+sin*v+cos*u), 30, 30, 30)
		}
	}
}

func sheet200(colour bool) *page.Image {
	m := &page.Image{W: 1653, H: 2339, DPI: 200, Color: colour, R: paper(1653 * 2339)}
	m.G, m.B = m.R, m.R
	if colour {
		m.G, m.B = paper(len(m.R)), paper(len(m.R))
	}
	return m
}

// The name on a ring is read by the shapes of its characters alone, whatever its
// length and however the seal is turned.
func TestRingText(t *testing.T) {
	for _, c := range []struct {
		name        string
		tilt, holes float64
		colour      bool
	}{
		{"青川市林草局", 0, 0, true},
		{"青川市科学技术局", 0.3, 0.1, true},
		{"青川市科学技术局", -0.25, 0.1, false},
		{"南岭牧业装备股份有限公司", 0.1, 0.15, true},
		{"南岭自治区高原生态环境与草地资源研究中心", 0, 0, true},
	} {
		m := sheet200(c.colour)
		seal200(m, 1000, 1200, c.tilt, c.holes, c.name, 200, 40, 50)
		if !c.colour {
			for i, v := range m.R {
				m.R[i] = min(v, 245)
				if v == 200 {
					m.R[i] = 120
				}
			}
		}
		got, err := Find(context.Background(), m, illegible)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 {
			t.Errorf("%s: %d seals", c.name, len(got))
			continue
		}
		right := 0
		for i, r := range []rune(c.name) {
			if i < len(got[0].Chars) && len(got[0].Chars[i]) > 0 && got[0].Chars[i][0].Char == r {
				right++
			}
		}
		if n := len([]rune(c.name)); len(got[0].Chars) != n || 10*right < 8*n {
			t.Errorf("%s (colour %v): %d places, read as %q", c.name, c.colour, len(got[0].Chars), got[0].Text)
		}
		if match, _ := Matches(got[0], "白河"+c.name[6:], nil); match != nil && *match {
			t.Errorf("%s agrees with the name of another place", c.name)
		}
	}
}

// A pale seal becomes speckles when a scanner thresholds it, and part of it goes.
func TestFindSpeckles(t *testing.T) {
	m := sheet200(false)
	m.Bilevel = true
	lines(m, image.Rect(150, 200, 1500, 900))
	seal200(m, 1000, 1200, 0.1, 0.55, "青川市科学技术局", 0, 0, 0)
	for y := range m.H {
		for x := range 930 { // the left of it is gone
			if i := y*m.W + x; x > 800 && y > 1000 && y < 1400 {
				m.R[i] = 255
			}
		}
	}
	threshold(m)
	got, err := Find(context.Background(), m, illegible)
	if err != nil || len(got) != 1 {
		t.Fatalf("%v, %v", boxes(got), err)
	}
	c := got[0].Box.Min.Add(got[0].Box.Max).Div(2)
	if math.Hypot(float64(c.X-1000), float64(c.Y-1200)) > 15 {
		t.Errorf("found at %v", c)
	}
}

// When the reader fails, the seals are there nevertheless, unread.
func TestFindReaderFails(t *testing.T) {
	broken := errors.New("broken")
	for _, read := range []func(context.Context, []ocr.Crop) ([]ocr.Reading, error){
		func(context.Context, []ocr.Crop) ([]ocr.Reading, error) { return nil, broken },
		func(context.Context, []ocr.Crop) ([]ocr.Reading, error) { return nil, nil },
	} {
		m := sheet200(true)
		seal200(m, 1000, 1200, 0, 0, "青川市科学技术局", 200, 40, 50)
		got, err := Find(context.Background(), m, read)
		if err == nil || len(got) != 1 || got[0].Text != "" {
			t.Errorf("%d seals, error %v", len(got), err)
		}
	}
}
