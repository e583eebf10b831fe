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
	var want []box
	for y := 0.6; y < 3.4; y += 0.4 {
		want = append(want, s.text(1, y, 0.16, black, words(12)...))
		s.text(3.9, y+0.2, 0.16, rgb{215, 215, 215}, words(8)...)
	}
	s.rect(5.95, 0, 6, 4, black)
	s = s.gray()
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
// tells what the rest is; one that is faint all along shines through.
func TestFaintRules(t *testing.T) {
	onRule := func(x, y float64) bool {
		return y > 1.85 && y < 1.95 && x > 1 && x < 4.4 || x > 2.95 && x < 3.05 && y > 1.1 && y < 1.7
	}
	s := formSheet(200, usual)
	s.fade(0.72, onRule)
	wantForm(t, layout.Analyse(s.gray().Image, nil), 0.05)

	s = formSheet(200, usual)
	s.fade(0.72, func(x, y float64) bool { return true })
	if p := layout.Analyse(s.gray().Image, nil); len(p.Cells) != 0 || len(p.Rules) != 0 {
		t.Errorf("%d cells and %d rules of a form that shines through", len(p.Cells), len(p.Rules))
	}
}
