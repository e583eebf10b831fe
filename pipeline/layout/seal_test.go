package layout_test

import (
	"image"
	"math"
	"slices"
	"testing"

	"sealdesk/pipeline/layout"
)

// Where the seal stands on opinionSheet, in inches.
const sealX, sealY, sealR = 4, 2.2, 0.78

// opinionSheet is a box with six lines of text; those at its foot are stamped
// over where c is not nil.
func opinionSheet(c *rgb) sheet {
	s := newSheet(6, 4, 200)
	s.rules([]box{{0.5, 0.5, 5.5, 3.5}}, usual)
	for i := range 6 {
		s.text(0.7, 0.8+0.38*float64(i), 0.17, black, words(25)...)
	}
	if c != nil {
		s.seal(sealX, sealY, sealR, *c)
	}
	return s
}

// TestSealLifted: what a seal covers is read as if it were not there.
func TestSealLifted(t *testing.T) {
	gray := rgb{135, 135, 135}
	grained := func(s sheet) sheet {
		s = s.gray()
		s.grain(10)
		return s
	}
	for _, tc := range []struct {
		name     string
		ink      rgb
		scan     func(sheet) sheet
		told     bool    // the seal's place is given, as the seal's finder gives it
		whole    bool    // the lines are those of the page without the seal
		least    float64 // share of the print's ink that is still there, its soft edges apart
		sealLeft float64 // share of the seal's place that is ink beside the print; 0.23 unlifted
	}{
		{"red seal in colour", sealRed, func(s sheet) sheet { return s }, false, true, 0.99, 0.01},
		{"light red seal in colour", rgb{225, 90, 90}, func(s sheet) sheet { return s }, false, true, 0.99, 0.01},
		{"red seal in gray", rgb{220, 70, 80}, grained, true, false, 0.93, 0.1},
		{"gray seal", gray, grained, true, false, 0.93, 0.1},
		{"gray seal too faint to be ink", rgb{205, 205, 205}, grained, true, true, 0.99, 0.02},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := layout.Analyse(tc.scan(opinionSheet(nil)).Image, nil)
			stamped := tc.scan(opinionSheet(&tc.ink))
			var seals []image.Rectangle
			if tc.told {
				seals = []image.Rectangle{stamped.ringBox(sealX, sealY, sealR)}
			}
			after := layout.Analyse(stamped.Image, seals)
			var boxes []box
			for _, l := range before.Lines {
				boxes = append(boxes, box{float64(l.Box.Min.X) / 200, float64(l.Box.Min.Y) / 200, float64(l.Box.Max.X) / 200, float64(l.Box.Max.Y) / 200})
			}
			if len(boxes) != 6 {
				t.Fatalf("%d lines without the seal, want 6", len(boxes))
			}
			if tc.whole {
				wantLines(t, after, boxes, 0.02)
			}
			wantCells(t, after, []box{{0.5, 0.5, 5.5, 3.5}}, 0.04)

			kept, print, left, stamp := 0, 0, 0, 0
			ring := stamped.ringBox(sealX, sealY, sealR)
			for y := ring.Min.Y; y < ring.Max.Y; y++ {
				for x := ring.Min.X; x < ring.Max.X; x++ {
					i := y*before.W + x
					if before.Ink[i] != 0 {
						if before.Clean.Pix[i] < 90 {
							print++
							kept += int(after.Ink[i])
						}
						continue
					}
					stamp++
					left += int(after.Ink[i])
				}
			}
			if share := float64(kept) / float64(print); share < tc.least {
				t.Errorf("%.3f of the print under the seal is left, want %.3f", share, tc.least)
			}
			if share := float64(left) / float64(stamp); share > tc.sealLeft {
				t.Errorf("%.3f of the seal's place is ink beside the print, want at most %.3f", share, tc.sealLeft)
			}
		})
	}
}

// TestSealInBlackAndWhite: its ink cannot be told from print, but it must not
// tie the lines below it together.
func TestSealInBlackAndWhite(t *testing.T) {
	for _, tc := range []struct {
		name string
		scan func(sheet) sheet
	}{
		{"bilevel", sheet.bilevel},
		{"gray, as dark as print", sheet.gray},
	} {
		t.Run(tc.name, func(t *testing.T) {
			stamped := tc.scan(opinionSheet(&black))
			p := layout.Analyse(stamped.Image, []image.Rectangle{stamped.ringBox(sealX, sealY, sealR)})
			var whole []layout.Line
			for _, l := range p.Lines {
				if l.Box.Dx() > 4*200 && l.Box.Dy() < 45 {
					whole = append(whole, l)
				}
			}
			if len(whole) != 6 {
				t.Fatalf("lines %v, want six from edge to edge", p.Lines)
			}
			for i, l := range whole {
				if y := float64(l.Box.Min.Y) / 200; math.Abs(y-(0.817+0.38*float64(i))) > 0.04 {
					t.Errorf("line %d begins at %.3f inches, want %.3f", i, y, 0.817+0.38*float64(i))
				}
			}
			// The ring is gone, the strokes that cross it are not.
			bare := layout.Analyse(tc.scan(opinionSheet(nil)).Image, nil)
			ringInk, crossed, kept := 0, 0, 0
			for a := 0.0; a < 2*math.Pi; a += 0.005 {
				x, y := (sealX+0.965*sealR*math.Cos(a))*200, (sealY+0.965*sealR*math.Sin(a))*200
				i := int(y)*p.W + int(x)
				if bare.Ink[i] != 0 {
					crossed++
					kept += int(p.Ink[i])
				} else {
					ringInk += int(p.Ink[i])
				}
			}
			if ringInk > 25 {
				t.Errorf("%d of 1257 places of the ring are ink beside the print, want hardly any", ringInk)
			}
			// Most of this print's strokes run along the ring or end on it.
			if kept*10 < crossed {
				t.Errorf("%d of %d places of the print beneath the ring are ink, want a tenth or more", kept, crossed)
			}
		})
	}
}

// TestSealOnRule: a ruled line along which a seal's ring ends stays, and so do the cells
// on both its sides.
func TestSealOnRule(t *testing.T) {
	s := newSheet(6, 4, 200)
	cells := []box{{0.5, 0.5, 5.5, 3}, {0.5, 3, 3, 3.5}, {3, 3, 5.5, 3.5}}
	s.rules(cells, usual)
	s.text(1, 3.17, 0.17, black, words(6)...)
	s.text(4, 3.17, 0.17, black, words(6)...)
	s.seal(sealX, 3.02-sealR, sealR, black)
	scan := s.bilevel()
	p := layout.Analyse(scan.Image, []image.Rectangle{scan.ringBox(sealX, 3.02-sealR, sealR)})
	wantCells(t, p, cells, 0.04)
	if len(p.Cells) == 3 && (len(p.Cells[1].Lines) != 1 || len(p.Cells[2].Lines) != 1) {
		t.Errorf("lines %v of the lower cells, want one in each", p.Lines)
	}
}

// TestSealOverFinePrint: print so fine that the scan makes it as light as the seal is
// still there beneath it, and the seal's own broad strokes are not.
func TestSealOverFinePrint(t *testing.T) {
	fine, seal := rgb{110, 110, 110}, rgb{105, 105, 105}
	sheetOf := func(stamped bool) sheet {
		s := newSheet(6, 4, 150)
		s.rules([]box{{0.5, 0.5, 5.5, 3.5}}, usual)
		for i := range 6 {
			c := black
			if i%2 == 0 {
				c = fine
			}
			s.text(0.7, 0.8+0.38*float64(i), 0.17, c, words(25)...)
		}
		if stamped {
			s.seal(sealX, sealY, sealR, seal)
		}
		return s.gray()
	}
	before := layout.Analyse(sheetOf(false).Image, nil)
	stamped := sheetOf(true)
	ring := stamped.ringBox(sealX, sealY, sealR)
	after := layout.Analyse(stamped.Image, []image.Rectangle{ring})
	print, kept := 0, 0
	for y := ring.Min.Y; y < ring.Max.Y; y++ {
		for x := ring.Min.X; x < ring.Max.X; x++ {
			if i := y*before.W + x; before.Ink[i] != 0 {
				print++
				kept += int(after.Ink[i])
			}
		}
	}
	if kept*10 < print*7 {
		t.Errorf("%d of %d places of the print beneath the seal are ink, want most", kept, print)
	}
	middle := image.Pt((ring.Min.X+ring.Max.X)/2, (ring.Min.Y+ring.Max.Y)/2)
	if share := after.InkShare(image.Rect(middle.X-4, middle.Y-4, middle.X+4, middle.Y+4)); share > 0.3 {
		t.Errorf("%.2f of the star's middle is ink", share)
	}
}

// TestSealsAnywhere: rings that lie over the page's edge, or are none, harm
// nothing.
func TestSealsAnywhere(t *testing.T) {
	s := opinionSheet(nil).gray()
	want := layout.Analyse(s.Image, nil)
	for _, ring := range []image.Rectangle{
		{}, image.Rect(-500, -500, -100, -100), image.Rect(5000, 0, 5300, 300), image.Rect(10, 10, 12, 12),
		{Min: image.Pt(400, 400), Max: image.Pt(300, 300)},
	} {
		if p := layout.Analyse(s.Image, []image.Rectangle{ring}); !slices.EqualFunc(p.Lines, want.Lines, func(a, b layout.Line) bool { return a == b }) {
			t.Errorf("ring %v: lines %v, want %v", ring, p.Lines, want.Lines)
		}
	}
	// A page-wide ring and one over a corner may take print away, no more.
	layout.Analyse(s.Image, []image.Rectangle{image.Rect(-100, -100, 200, 200), image.Rect(0, 0, s.W, s.H)})
}

// TestDamaged: on a scan in black and white the ring goes with what is beneath it, and
// the page knows where; what could be lifted does no damage.
func TestDamaged(t *testing.T) {
	dark := rgb{60, 60, 60}
	scan := opinionSheet(&dark).bilevel()
	ring := scan.ringBox(sealX, sealY, sealR)
	p := layout.Analyse(scan.Image, []image.Rectangle{ring})
	middle := image.Pt((ring.Min.X+ring.Max.X)/2, (ring.Min.Y+ring.Max.Y)/2)
	at := func(x, y int) image.Rectangle { return image.Rect(x-8, y-8, x+8, y+8) }
	for _, c := range []struct {
		place image.Rectangle
		want  bool
	}{
		{at(ring.Min.X, middle.Y), true},
		{at(middle.X, ring.Max.Y), true},
		{at(middle.X, middle.Y), false},
		{at(ring.Min.X, ring.Min.Y), false},
		{at(ring.Max.X+40, middle.Y), false},
	} {
		if got := p.Damaged(c.place); got != c.want {
			t.Errorf("at %v: damaged %v", c.place, got)
		}
	}
	light := rgb{205, 205, 205}
	gray := opinionSheet(&light).gray()
	if layout.Analyse(gray.Image, []image.Rectangle{ring}).Damaged(ring) {
		t.Error("a faint seal does damage")
	}
}

// TestRuleUnderWipedRing: where a ring that cannot be lifted off runs along a rule, the
// rule goes with it, and its two ends say that it was there.
func TestRuleUnderWipedRing(t *testing.T) {
	s := formSheet(200, usual)
	dark := rgb{60, 60, 60}
	s.seal(4.2, 1.2, 0.7, dark)
	s = s.bilevel()
	p := layout.Analyse(s.Image, []image.Rectangle{s.ringBox(4.2, 1.2, 0.7)})
	wantCells(t, p, form, 0.06)
}
