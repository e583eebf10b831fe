package layout_test

import (
	"testing"

	"sealdesk/pipeline/layout"
)

// fade takes a share of the ink off a sheet in colour where at, in inches, says so.
func (s sheet) fade(share float64, at func(x, y float64) bool) {
	for y := range s.H {
		for x := range s.W {
			if !at((float64(x)+0.5)/s.DPI, (float64(y)+0.5)/s.DPI) {
				continue
			}
			for _, plane := range [][]uint8{s.R, s.G, s.B} {
				i := y*s.W + x
				plane[i] = uint8(250 - (250-float64(plane[i]))*(1-share))
			}
		}
	}
}

// A band in which the printer was short of toner hides neither rules nor text.
func TestFadedBand(t *testing.T) {
	whole := layout.Analyse(formSheet(200, thin).gray().Image, nil)
	s := formSheet(200, thin)
	s.fade(0.3, func(x, y float64) bool { return x > 2.1 && x < 2.9 })
	s.fade(0.65, func(x, y float64) bool { return x > 2.2 && x < 2.8 })
	p := layout.Analyse(s.gray().Image, nil)
	wantForm(t, p, 0.05)
	for i, l := range p.Lines {
		if w := whole.Lines[i].Box; !w.In(l.Box.Inset(-6)) {
			t.Errorf("line %d is %v, want %v", i, l.Box, w)
		}
	}
}

// What shines through beside the print is not made darker, whether or not the scan
// has a dark edge behind it.
func TestShineThroughBesidePrint(t *testing.T) {
	s := newSheet(6, 4, 200)
	back := newSheet(6, 4, 200)
	var want []box
	for y := 0.6; y < 3.4; y += 0.4 {
		want = append(want, s.text(1, y, 0.16, black, words(12)...))
		back.text(3.9, y+0.2, 0.16, black, words(8)...)
	}
	s.rect(5.95, 0, 6, 4, black)
	s, back = s.gray(), back.spread(0.02)
	for i, v := range back.G {
		s.G[i] = min(s.G[i], v)
	}
	p := layout.Analyse(s.Image, nil)
	wantLines(t, p, want, 0.05)
}

// On a page photographed from above the vertical rules lean.
func TestLeaningRules(t *testing.T) {
	s := formSheet(200, thin)
	cx, cy := float64(s.W)/2, float64(s.H)/2
	s = s.bend(func(x, y float64) (float64, float64) {
		return x + 0.06*(x-cx)/cx*(y-cy), y
	}).gray()
	wantForm(t, layout.Analyse(s.Image, nil), 0.12)
}

// Of a rule that is too faint to be ink over most of its length, what is left of it
// tells what the rest is. A form on the other side of the sheet shines through with soft
// edges, and nothing is found of it.
func TestFaintRules(t *testing.T) {
	onRule := func(x, y float64) bool {
		return y > 1.85 && y < 1.95 && x > 1 && x < 4.4 || x > 2.95 && x < 3.05 && y > 1.1 && y < 1.7
	}
	s := formSheet(200, usual)
	s.fade(0.72, onRule)
	wantForm(t, layout.Analyse(s.gray().Image, nil), 0.05)

	s = formSheet(200, usual).spread(0.02)
	if p := layout.Analyse(s.Image, nil); len(p.Cells) != 0 || len(p.Rules) != 0 || len(p.Lines) != 0 {
		t.Errorf("%d cells, %d rules and %d lines of a form that shines through", len(p.Cells), len(p.Rules), len(p.Lines))
	}
}

// A table's last rule of which a short piece is dark enough goes on in gray to the corners.
func TestFaintLastRule(t *testing.T) {
	for _, gray := range []bool{true, false} {
		s := newSheet(5, 1.6, 300)
		s.rules([]box{{0.5, 0.5, 2.5, 1.05}, {2.5, 0.5, 4.5, 1.05}}, thin)
		s = s.gray()
		for y := int(0.515 * s.DPI); y < int(1.035*s.DPI); y++ {
			if at := float64(y) / s.DPI; at > 0.68 && at < 0.985 {
				continue
			}
			for x, v := range []uint8{250, 228, 194, 170, 182, 214, 240, 250} {
				if !gray {
					v = 250
				}
				s.R[y*s.W+int(4.5*s.DPI)-4+x] = v
			}
		}
		want := 1
		if gray {
			want = 2
		}
		if got := len(layout.Analyse(s.Image, nil).Cells); got != want {
			t.Errorf("%d cells where the rule goes on in gray: %v, want %d", got, gray, want)
		}
	}
}

// spread is the page seen through paper, in gray: averaged over so many inches to all
// sides, and much lighter.
func (s sheet) spread(reach float64) sheet {
	g := s.gray()
	r := int(reach*s.DPI + 0.5)
	sums := make([]int, (s.W+1)*(s.H+1))
	for y := range s.H {
		row := 0
		for x := range s.W {
			row += 250 - int(g.R[y*s.W+x])
			sums[(y+1)*(s.W+1)+x+1] = sums[y*(s.W+1)+x+1] + row
		}
	}
	out := make([]uint8, len(g.R))
	for y := range s.H {
		for x := range s.W {
			x0, y0, x1, y1 := max(0, x-r), max(0, y-r), min(s.W, x+r+1), min(s.H, y+r+1)
			dark := sums[y1*(s.W+1)+x1] - sums[y0*(s.W+1)+x1] - sums[y1*(s.W+1)+x0] + sums[y0*(s.W+1)+x0]
			out[y*s.W+x] = uint8(250 - min(60, dark/((x1-x0)*(y1-y0))))
		}
	}
	g.R, g.G, g.B = out, out, out
	return g
}

// Print that lost most of its ink over a large part of the page, up to its edge, is found
// and made as dark as the rest.
func TestPalePrint(t *testing.T) {
	whole := layout.Analyse(formSheet(200, usual).gray().Image, nil)
	s := formSheet(200, usual)
	s.fade(0.74, func(x, y float64) bool { return x < 2.6 })
	p := layout.Analyse(s.gray().Image, nil)
	wantForm(t, p, 0.05)
	for i, l := range p.Lines {
		if w := whole.Lines[i].Box; !w.In(l.Box.Inset(-6)) {
			t.Errorf("line %d is %v, want %v", i, l.Box, w)
		}
		darkest := uint8(255)
		for _, v := range p.CropRect(l.Box, 0).Pix {
			darkest = min(darkest, v)
		}
		if darkest > 140 {
			t.Errorf("line %d is no darker than %d", i, darkest)
		}
	}
}
