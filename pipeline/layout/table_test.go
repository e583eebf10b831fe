package layout_test

import (
	"slices"
	"testing"

	"sealdesk/pipeline/layout"
)

// form is a table as forms have them: cells that span rows and columns.
var form = []box{
	{0.5, 0.5, 2, 0.9}, {2, 0.5, 5.5, 0.9},
	{0.5, 0.9, 1.5, 1.9}, {1.5, 0.9, 3, 1.4}, {3, 0.9, 5.5, 1.4},
	{1.5, 1.4, 3, 1.9}, {3, 1.4, 5.5, 1.9},
	{0.5, 1.9, 5.5, 3.5},
}

// formSheet is the form with a word in every cell.
func formSheet(dpi, rule float64) sheet {
	s := newSheet(6, 4, dpi)
	s.rules(form, rule)
	for _, b := range form {
		s.text(b[0]+0.1, b[1]+0.12, 0.16, black, words(4)...)
	}
	return s
}

// wantForm asks for the form's cells, each with its one line.
func wantForm(t *testing.T, p *layout.Page, slack float64) {
	t.Helper()
	wantCells(t, p, form, slack)
	if len(p.Tables) != 1 {
		t.Errorf("%d tables, want 1", len(p.Tables))
	}
	if len(p.Lines) != len(form) {
		t.Fatalf("%d lines, want one in each of %d cells", len(p.Lines), len(form))
	}
	for i, c := range p.Cells {
		if len(c.Lines) != 1 {
			t.Errorf("cell %d has lines %v, want one", i, c.Lines)
			continue
		}
		if l := p.Lines[c.Lines[0]]; l.Cell != i || !l.Box.In(c.Box) {
			t.Errorf("line %v of cell %d says cell %d", l.Box, i, l.Cell)
		}
	}
}

func TestTable(t *testing.T) {
	for _, tc := range []struct {
		name string
		scan func() sheet
	}{
		{"300 dpi, gray", func() sheet { return formSheet(300, usual).gray() }},
		{"200 dpi, colour", func() sheet { return formSheet(200, usual) }},
		{"150 dpi, gray, thin rules", func() sheet { return formSheet(150, thin).gray() }},
		{"200 dpi, black and white", func() sheet { return formSheet(200, thin).bilevel() }},
		{"heavy rules", func() sheet { return formSheet(200, 0.025).gray() }},
		{"grain", func() sheet {
			s := formSheet(200, usual).gray()
			s.grain(14)
			return s
		}},
		{"yellow paper in dim light", func() sheet {
			s := formSheet(200, usual)
			for i := range s.R {
				light := 1 - 0.35*float64(i%s.W)/float64(s.W)
				s.R[i] = uint8(float64(s.R[i]) * light)
				s.G[i] = uint8(float64(s.G[i]) * light * 0.95)
				s.B[i] = uint8(float64(s.B[i]) * light * 0.75)
			}
			return s
		}},
		// What deskewing leaves: a third of a degree.
		{"slightly turned", func() sheet {
			s := formSheet(200, usual)
			cx, cy := float64(s.W)/2, float64(s.H)/2
			return s.bend(func(x, y float64) (float64, float64) {
				return x + 0.005*(y-cy), y - 0.005*(x-cx)
			}).gray()
		}},
		// A page photographed from above its middle: lines fall at the top and
		// rise at the bottom.
		{"keystone", func() sheet {
			s := formSheet(200, usual)
			cx, h := float64(s.W)/2, float64(s.H)
			return s.bend(func(x, y float64) (float64, float64) {
				return x, y + (0.012-0.024*y/h)*(x-cx)
			}).gray()
		}},
		{"leaning sides", func() sheet {
			s := formSheet(200, usual)
			w, cy := float64(s.W), float64(s.H)/2
			return s.bend(func(x, y float64) (float64, float64) {
				return x + (0.008-0.016*x/w)*(y-cy), y
			}).gray()
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			wantForm(t, layout.Analyse(tc.scan().Image, nil), 0.04)
		})
	}
}

// TestDamagedRules loses pieces of rules as scanners and copiers do.
func TestDamagedRules(t *testing.T) {
	// worn lightens what is drawn in a rectangle; 1 leaves it as it is.
	worn := func(s sheet, keep float64, boxes ...box) sheet {
		for _, b := range boxes {
			for y := int(b[1] * s.DPI); y < int(b[3]*s.DPI); y++ {
				for x := int(b[0] * s.DPI); x < int(b[2]*s.DPI); x++ {
					v := &s.R[y*s.W+x]
					*v = uint8(250 - keep*float64(250-int(*v)))
				}
			}
		}
		return s
	}
	for _, tc := range []struct {
		name  string
		keep  float64
		where []box
	}{
		{"gaps in every rule", 0, []box{
			{1, 0.4, 1.04, 1}, {3.9, 0.4, 3.94, 1}, {4.5, 1.3, 4.55, 1.6}, {2.5, 1.8, 2.55, 2}, {1, 3.4, 1.05, 3.6},
			{0.4, 2.5, 0.6, 2.54}, {2.9, 1.3, 3.1, 1.34}, {5.4, 3, 5.6, 3.04},
		}},
		{"a rule that fades", 0.25, []box{{3.5, 1.3, 4.2, 1.5}, {2.6, 1.8, 3.3, 2}}},
		{"a rule that goes on to its corner in gray", 0.18, []box{{1.4, 1.66, 1.6, 1.9}}},
		{"corners lost", 0, []box{
			{0.45, 0.45, 0.52, 0.52}, {5.48, 0.45, 5.55, 0.52}, {0.45, 3.48, 0.52, 3.55},
			{1.51, 1.35, 1.58, 1.45}, {2.9, 1.82, 3.1, 1.89}, {5.42, 1.35, 5.49, 1.45},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := worn(formSheet(200, usual).gray(), tc.keep, tc.where...)
			wantForm(t, layout.Analyse(s.Image, nil), 0.04)
		})
	}
}

// TestRulesDoNotReachReader: what is cut out for the reader holds the cell's
// text and nothing of the ruled lines.
func TestRulesDoNotReachReader(t *testing.T) {
	s := newSheet(4, 2, 200)
	s.rules([]box{{0.5, 0.5, 3.5, 1.5}}, usual)
	text := s.text(1, 0.9, 0.16, black, words(6)...)
	p := layout.Analyse(s.Image, nil)
	wantCells(t, p, []box{{0.5, 0.5, 3.5, 1.5}}, 0.04)
	cell := p.Cells[0].Box
	if got := p.InkBox(cell.Inset(-10)); !near(got, text, 200, 0.02) {
		t.Errorf("ink in and around the cell is %v, want the text alone", got)
	}
	crop := p.CropRect(cell.Inset(-10), 5)
	for i, v := range crop.Pix {
		x, y := i%crop.Stride-5+cell.Min.X-10, i/crop.Stride-5+cell.Min.Y-10
		inText := x >= 200 && x < 395 && y >= 178 && y < 215
		if !inText && v < 200 {
			t.Fatalf("crop is %d dark at %d,%d, where only the rule was", v, x, y)
		}
	}
}

func TestTwoTables(t *testing.T) {
	s := newSheet(6, 6, 150)
	upper := []box{{0.5, 1, 3, 1.4}, {3, 1, 5.5, 1.4}}
	lower := []box{{0.5, 2.5, 2, 3}, {2, 2.5, 5.5, 3}, {0.5, 3, 2, 3.5}, {2, 3, 5.5, 3.5}}
	s.rules(upper, usual)
	s.rules(lower, usual)
	// Text stands before, between, in and after the tables.
	s.text(1, 0.5, 0.16, black, words(5)...)
	s.text(1, 1.9, 0.16, black, words(6)...)
	s.text(1, 4, 0.16, black, words(7)...)
	for i, b := range slices.Concat(upper, lower) {
		s.text(b[0]+0.1, b[1]+0.12, 0.16, black, words(1+i%4)...)
	}
	p := layout.Analyse(s.gray().Image, nil)
	wantCells(t, p, slices.Concat(upper, lower), 0.04)
	if len(p.Tables) != 2 {
		t.Fatalf("%d tables, want 2", len(p.Tables))
	}
	for k, want := range []struct {
		box   box
		cells []int
	}{{box{0.5, 1, 5.5, 1.4}, []int{0, 1}}, {box{0.5, 2.5, 5.5, 3.5}, []int{2, 3, 4, 5}}} {
		got := p.Tables[k]
		if !near(got.Box, want.box, 150, 0.04) || !slices.Equal(got.Cells, want.cells) {
			t.Errorf("table %d is %v with cells %v, want %v with %v", k, got.Box, got.Cells, want.box, want.cells)
		}
		for _, i := range got.Cells {
			if p.Cells[i].Table != k {
				t.Errorf("cell %d says table %d, want %d", i, p.Cells[i].Table, k)
			}
		}
	}
	var order []int
	for _, l := range p.Lines {
		order = append(order, l.Cell)
	}
	if want := []int{-1, 0, 1, -1, 2, 3, 4, 5, -1}; !slices.Equal(order, want) {
		t.Errorf("lines stand in cells %v, want %v", order, want)
	}
}

// TestRules: lines drawn to write on are rules, print is not.
func TestRules(t *testing.T) {
	underline := func(s sheet, x, y, w float64) { s.rect(x, y, x+w, y+usual, black) }
	for _, tc := range []struct {
		name string
		draw func(s sheet)
		want int
	}{
		{"value lines of a cover", func(s sheet) {
			for _, y := range []float64{1, 1.6, 2.2} {
				s.text(0.5, y-0.2, 0.18, black, words(4)...)
				s.text(1.8, y-0.2, 0.18, black, words(6)...)
				underline(s, 1.6, y, 3)
			}
		}, 3},
		{"a short one", func(s sheet) {
			s.text(0.5, 0.8, 0.18, black, words(4)...)
			underline(s, 1.6, 1, 0.7)
		}, 1},
		// The strokes of bold characters run into each other two by two.
		{"a bold heading", func(s sheet) {
			for pair := range 6 {
				x := 0.6 + float64(pair)*0.64
				for k := range 6 {
					y := 1 + 0.044*float64(k)
					s.rect(x, y, x+0.6, y+0.025, black)
				}
			}
		}, 0},
		{"large characters", func(s sheet) { s.text(0.6, 1, 0.6, black, tree, sun, three, two) }, 0},
		{"upright pen strokes", func(s sheet) {
			for i := range 4 {
				s.rect(1+0.3*float64(i), 0.8, 1.015+0.3*float64(i), 1.6, black)
			}
		}, 0},
		{"a picture", func(s sheet) { s.rect(1, 1, 3, 2, black) }, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSheet(6, 3, 200)
			tc.draw(s)
			p := layout.Analyse(s.gray().Image, nil)
			if len(p.Rules) != tc.want {
				t.Errorf("rules %v, want %d", p.Rules, tc.want)
			}
			if len(p.Cells) > 0 {
				t.Errorf("cells %v, want none", p.Cells)
			}
		})
	}
}
