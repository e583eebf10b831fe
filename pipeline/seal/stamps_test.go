package seal

import (
	"context"
	"image"
	"math"
	"testing"

	"sealdesk/pipeline/page"
)

// frame draws the outline of a stamp and strokes like those of characters in it,
// turned by angle about its middle; inside says, for a position of -1..1 in the
// stamp, how far out it lies, 1 being the edge.
func frame(m *page.Image, b image.Rectangle, angle float64, inside func(u, v float64) float64) {
	sin, cos := math.Sincos(angle)
	cx, cy := float64(b.Min.X+b.Max.X)/2, float64(b.Min.Y+b.Max.Y)/2
	rim := 1 - 2*0.9/25.4*testDPI/float64(b.Dy())
	for y := b.Min.Y - 20; y < b.Max.Y+20; y++ {
		for x := b.Min.X - 20; x < b.Max.X+20; x++ {
			dx, dy := float64(x)-cx, float64(y)-cy
			u, v := 2*(cos*dx+sin*dy)/float64(b.Dx()), 2*(cos*dy-sin*dx)/float64(b.Dy())
			d := inside(u, v)
			stroke := d < 0.75 && (math.Mod(v*6+12, 2) < 0.8 || math.Mod(u*6+12, 2) < 0.7)
			if d <= 1 && d > rim || stroke {
				mark(m, x, y, 205, 40, 50)
			}
		}
	}
}

func TestOtherStamps(t *testing.T) {
	square := func(u, v float64) float64 { return max(math.Abs(u), math.Abs(v)) }
	oval := func(u, v float64) float64 { return math.Hypot(u, v) }
	for _, c := range []struct {
		name string
		box  image.Rectangle
		turn float64
		form func(u, v float64) float64
		want Shape
	}{
		{"a name stamp", image.Rect(600, 900, 718, 1018), 0, square, Square},
		{"a name stamp, turned", image.Rect(600, 900, 718, 1018), 0.08, square, Square},
		{"a received stamp", image.Rect(500, 400, 760, 560), 0, square, Square},
		{"an invoice stamp", image.Rect(500, 700, 736, 877), 0, oval, Oval},
	} {
		m := sheet(true)
		lines(m, image.Rect(150, 100, 1100, 1700))
		frame(m, c.box, c.turn, c.form)
		got, err := Find(context.Background(), m, illegible)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || got[0].Shape != c.want || overlap(got[0].Box, c.box) < 0.75 {
			t.Errorf("%s: %+v, want one %s at %v", c.name, got, c.want, c.box)
		}
	}
}

// A red title may have characters that are square outlines.
func TestTitleIsNoStamp(t *testing.T) {
	m := sheet(true)
	for x := 200; x < 1000; x += 110 {
		for _, r := range []image.Rectangle{{image.Pt(x, 200), image.Pt(x+90, 212)}, {image.Pt(x, 278), image.Pt(x+90, 290)},
			{image.Pt(x, 200), image.Pt(x+12, 290)}, {image.Pt(x+78, 200), image.Pt(x+90, 290)}, {image.Pt(x+30, 230), image.Pt(x+60, 250)}} {
			bar(m, r, 210, 30, 40)
		}
	}
	bar(m, image.Rect(150, 380, 1090, 386), 210, 30, 40)
	got, err := Find(context.Background(), m, illegible)
	if err != nil || len(got) != 0 {
		t.Errorf("%v, %v", boxes(got), err)
	}
}
