package layout_test

import (
	"fmt"
	"image"
	"slices"
	"testing"

	"sealdesk/pipeline/layout"
)

func TestTextLines(t *testing.T) {
	// 12, 10.5 and 9 points, the sizes of forms, with the least and usual leading.
	for _, dpi := range []float64{150, 200, 300} {
		for _, size := range []float64{0.167, 0.146, 0.125} {
			for _, leading := range []float64{1.25, 1.8} {
				t.Run(fmt.Sprintf("%g dpi, %.0f pt, leading %g", dpi, size*72, leading), func(t *testing.T) {
					s := newSheet(6, 3, dpi)
					var want []box
					for i := range 6 {
						want = append(want, s.text(0.5, 0.4+float64(i)*size*leading, size, black, words(20+i)...))
					}
					p := layout.Analyse(s.gray().Image, nil)
					wantLines(t, p, want, 0.025)
					for _, l := range p.Lines {
						if l.Cell != -1 {
							t.Errorf("line %v stands in cell %d of a page without cells", l.Box, l.Cell)
						}
					}
				})
			}
		}
	}
}

func TestLinesApart(t *testing.T) {
	const em = 0.17
	for _, tc := range []struct {
		name string
		draw func(s sheet) []box
	}{
		// Their strokes have white between them as lines do.
		{"characters of flat strokes", func(s sheet) []box {
			return []box{
				s.text(0.5, 0.5, em, black, two, three, two),
				s.text(0.5, 0.9, em, black, three),
				s.text(0.5, 1.3, em, black, one, sun),
			}
		}},
		{"words a blank apart are one line", func(s sheet) []box {
			a := s.text(0.5, 0.5, em, black, words(4)...)
			b := s.text(0.5+5*em, 0.5, em, black, words(4)...)
			return []box{{a[0], a[1], b[2], b[3]}}
		}},
		{"label and value far apart are two", func(s sheet) []box {
			return []box{s.text(0.5, 0.5, em, black, words(4)...), s.text(2.5, 0.5, em, black, words(4)...)}
		}},
		{"columns whose lines stand at other heights", func(s sheet) []box {
			var out []box
			for i := range 3 {
				y := 0.5 + 0.25*float64(i)
				out = append(out, s.text(0.5, y, em, black, words(6)...), s.text(3, y+0.1, em, black, words(6)...))
			}
			return out
		}},
		{"a large title above small print", func(s sheet) []box {
			return []box{
				s.text(1, 0.4, 0.3, black, words(8)...),
				s.text(0.5, 1, 0.146, black, words(24)...),
				s.text(0.5, 1.25, 0.146, black, words(24)...),
			}
		}},
		{"dust", func(s sheet) []box {
			for i := range 300 {
				s.ink(i*7919%s.W, i*104729%s.H, 1, black)
			}
			return []box{s.text(0.5, 0.5, em, black, words(4)...)}
		}},
		{"the paper's shadow at the scan's edge", func(s sheet) []box {
			s.rect(0, 0, 0.03, 3, black)
			s.rect(0.05, 2.98, 6, 3, black)
			return []box{s.text(0.5, 0.5, em, black, words(4)...)}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSheet(6, 3, 200)
			want := tc.draw(s)
			wantLines(t, layout.Analyse(s.gray().Image, nil), want, 0.025)
		})
	}
}

// TestLinesTied: a stroke that reaches from one line into the next does not
// make one of them.
func TestLinesTied(t *testing.T) {
	s := newSheet(6, 3, 200)
	var want []box
	for i := range 4 {
		want = append(want, s.text(0.5, 0.5+0.24*float64(i), 0.17, black, words(12)...))
	}
	s.rect(1.2, 0.62, 1.215, 0.75, black)
	s.rect(1.9, 0.87, 1.915, 1, black)
	// Where the stroke is cut is not settled.
	wantLines(t, layout.Analyse(s.gray().Image, nil), want, 0.12)
}

// TestPunchedHoles: a hole beside a line is no text, and no part of it.
func TestPunchedHoles(t *testing.T) {
	for _, bilevel := range []bool{false, true} {
		s := newSheet(6, 6, 200)
		var want []box
		for i := range 8 {
			want = append(want, s.text(1, 1+0.4*float64(i), 0.17, black, words(16)...))
		}
		for _, y := range []float64{1.5, 4} {
			s.shape(func(px, py float64) bool { return (px-0.4)*(px-0.4)+(py-y)*(py-y) < 0.12*0.12 }, black)
		}
		scan := s.gray()
		if bilevel {
			scan = s.bilevel()
		}
		p := layout.Analyse(scan.Image, nil)
		wantLines(t, p, want, 0.025)
		if n := p.InkShare(image.Rect(0, 0, 180, p.H)); n > 0 {
			t.Errorf("%g of the margin is ink, want none left of the holes", n)
		}
	}
}

// TestShadows: a dark streak along the scan's edge is no text and draws no line of
// text to itself, whatever its length.
func TestShadows(t *testing.T) {
	for _, turn := range []string{"left", "right", "top", "bottom"} {
		s := newSheet(6, 4, 200)
		s.text(1, 1, 0.17, black, tree, sun, tree)
		s.text(1, 1.5, 0.17, black, sun, tree, tree)
		switch turn {
		case "left":
			s.rect(0.05, 0.9, 0.12, 3.9, black)
		case "right":
			s.rect(5.9, 0.1, 5.95, 1.6, black)
		case "top":
			s.rect(0.5, 0.05, 4, 0.1, black)
		case "bottom":
			s.rect(0.5, 3.9, 4, 3.95, black)
		}
		p := layout.Analyse(s.Image, nil)
		if len(p.Lines) != 2 {
			t.Errorf("%s: %d lines: %v", turn, len(p.Lines), p.Lines)
		}
	}
}

// TestSlantedLines: lines that run up or down further than they are apart, on a page
// that is else straight, are told apart, each in pieces from left to right.
func TestSlantedLines(t *testing.T) {
	for _, slope := range []float64{-0.02, 0.02} {
		s := newSheet(8, 6, 200)
		row := func(y, slope float64) {
			for i := range 28 {
				x := 0.6 + 0.22*float64(i)
				s.text(x, y+slope*(x-4), 0.17, black, []int{tree, sun}[i%2])
			}
		}
		row(1, slope)
		row(1.21, slope)
		for line := range 12 {
			row(2+0.3*float64(line), 0)
		}
		p := layout.Analyse(s.Image, nil)
		last, line := -1, 0
		for _, l := range p.Lines {
			if l.Box.Min.Y > 300 {
				break
			}
			if l.Box.Min.X < last {
				line++
			}
			last = l.Box.Min.X
			if h := float64(l.Box.Dy()) / 200; h > 0.25 {
				t.Errorf("slope %g: a piece is %.2f inches high", slope, h)
			}
		}
		if line != 1 || len(p.Lines) < 16 {
			t.Errorf("slope %g: %d lines in %v", slope, line+1, p.Lines)
		}
	}
}

// TestGutter: the shadow of a book's fold runs down the page beside its lines, touches
// one, and ties none together.
func TestGutter(t *testing.T) {
	for _, side := range []string{"left", "right"} {
		s := newSheet(6, 8, 200)
		var want []box
		for i := range 12 {
			want = append(want, s.text(1, 0.8+0.5*float64(i), 0.17, black, words(18)...))
		}
		at := func(y float64) float64 { return 0.15 + 0.02*y } // leans, away from the edge
		s.shape(func(x, y float64) bool {
			if side == "right" {
				x = 6 - x
			}
			return x > at(y) && x < at(y)+0.1 || y > 4.12 && y < 4.14 && x < 2
		}, black)
		p := layout.Analyse(s.gray().Image, nil)
		for _, w := range want {
			if !slices.ContainsFunc(p.Lines, func(l layout.Line) bool { return near(l.Box, w, 200, 0.03) }) {
				t.Errorf("%s: no line at %v, only %v", side, w, p.Lines)
			}
		}
	}
}

// TestDottedLines: a value above a dotted or dashed line is read without it; a row of
// full stops, as in a contents list, is short and stays.
func TestDottedLines(t *testing.T) {
	for _, dash := range []float64{0.012, 0.05} {
		s := newSheet(6, 3, 200)
		want := []box{s.text(1, 1, 0.17, black, words(14)...), s.text(1, 2, 0.17, black, words(14)...)}
		for x := 0.9; x < 4.5; x += dash * 2 {
			s.rect(x, 1.21, x+dash, 1.222, black)
		}
		p := layout.Analyse(s.gray().Image, nil)
		wantLines(t, p, want, 0.025)
		if n := p.InkShare(image.Rect(180, 238, 900, 250)); n > 0 {
			t.Errorf("dashes of %g in: %g of their row is ink", dash, n)
		}
	}
	s := newSheet(6, 2, 200)
	for i := range 6 {
		s.rect(1+0.06*float64(i), 1, 1.015+0.06*float64(i), 1.015, black)
	}
	if n := layout.Analyse(s.gray().Image, nil).InkShare(image.Rect(190, 190, 290, 210)); n == 0 {
		t.Error("six dots are gone")
	}
}
