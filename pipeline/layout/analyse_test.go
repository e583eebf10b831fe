package layout_test

import (
	"fmt"
	"image"
	"reflect"
	"slices"
	"testing"

	"sealdesk/pipeline/layout"
	"sealdesk/pipeline/page"
)

func TestEmptyPaper(t *testing.T) {
	for _, scan := range []func(sheet) sheet{func(s sheet) sheet { return s }, sheet.gray, sheet.bilevel} {
		s := newSheet(6, 4, 200)
		s.grain(8)
		p := layout.Analyse(scan(s).Image, nil)
		if len(p.Cells)+len(p.Lines)+len(p.Rules)+len(p.Tables) > 0 {
			t.Errorf("colour %v, bilevel %v: found cells %v, lines %v, rules %v on empty paper",
				s.Color, s.Bilevel, p.Cells, p.Lines, p.Rules)
		}
	}
}

// TestOddPages: pages of any shape and resolution are measured, none panics.
func TestOddPages(t *testing.T) {
	for _, size := range []image.Point{{0, 0}, {1, 1}, {1, 3000}, {3000, 1}, {3, 2}, {10, 6000}, {6000, 10}, {64, 64}} {
		for _, dpi := range []float64{50, 200, 2400} {
			for _, level := range []uint8{0, 127, 255} {
				pix := make([]uint8, size.X*size.Y)
				for i := range pix {
					pix[i] = level
				}
				for _, m := range []*page.Image{
					{W: size.X, H: size.Y, DPI: dpi, R: pix, G: pix, B: pix},
					{W: size.X, H: size.Y, DPI: dpi, R: pix, G: pix, B: pix, Bilevel: true},
					{W: size.X, H: size.Y, DPI: dpi, R: pix, G: slices.Clone(pix), B: slices.Clone(pix), Color: true},
				} {
					p := layout.Analyse(m, []image.Rectangle{image.Rect(-3, -3, size.X/2+9, size.Y/2+9)})
					if p.W != size.X || p.H != size.Y || len(p.Ink) != len(pix) || len(p.Clean.Pix) != len(pix) {
						t.Errorf("%v at %g dpi: page of %d x %d, %d ink", size, dpi, p.W, p.H, len(p.Ink))
					}
				}
			}
		}
	}
}

func TestSameAgain(t *testing.T) {
	s := opinionSheet(&sealRed)
	s.rules([]box{{0.7, 3.55, 2, 3.9}, {2, 3.55, 5, 3.9}}, usual)
	s.grain(20)
	scan := s.gray()
	before := slices.Clone(scan.R)
	seals := []image.Rectangle{scan.ringBox(sealX, sealY, sealR)}
	if a, b := layout.Analyse(scan.Image, seals), layout.Analyse(scan.Image, seals); !reflect.DeepEqual(a, b) {
		t.Error("the same page measured twice differs")
	}
	if !slices.Equal(before, scan.R) {
		t.Error("measuring a page changed its pixels")
	}
}

func TestLift(t *testing.T) {
	for _, tc := range []struct {
		name  string
		paper rgb
		ink   rgb
		kept  bool
	}{
		{"print", rgb{250, 250, 250}, rgb{40, 40, 40}, true},
		{"print on yellow paper", rgb{240, 220, 160}, rgb{60, 60, 60}, true},
		{"blue pen", rgb{250, 250, 250}, rgb{60, 70, 160}, true},
		{"faded print on gray paper", rgb{190, 190, 190}, rgb{115, 115, 115}, true},
		{"seal red", rgb{250, 250, 250}, sealRed, false},
		{"seal red on yellow paper", rgb{240, 220, 160}, rgb{170, 40, 40}, false},
		{"what shows through from the back", rgb{250, 250, 250}, rgb{215, 215, 215}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSheet(3, 2, 200)
			for k, plane := range [][]uint8{s.R, s.G, s.B} {
				for i := range plane {
					plane[i] = uint8(tc.paper[k])
				}
			}
			s.rect(1, 0.9, 1.02, 1.4, rgb{}) // for the page to have some print
			bar := image.Rect(200, 100, 300, 104)
			for y := bar.Min.Y; y < bar.Max.Y; y++ {
				for x := bar.Min.X; x < bar.Max.X; x++ {
					for k, plane := range [][]uint8{s.R, s.G, s.B} {
						plane[y*s.W+x] = uint8(tc.ink[k])
					}
				}
			}
			clean, ink, _ := layout.Lift(s.Image)
			got := 0
			for y := bar.Min.Y; y < bar.Max.Y; y++ {
				for x := bar.Min.X; x < bar.Max.X; x++ {
					got += int(ink[y*s.W+x])
				}
			}
			share := float64(got) / float64(bar.Dx()*bar.Dy())
			if tc.kept && share < 0.95 || !tc.kept && share > 0.02 {
				t.Errorf("%.2f of it is ink, want kept %v", share, tc.kept)
			}
			if v := clean[10*s.W+10]; v < 235 {
				t.Errorf("paper is %d, want near 255", v)
			}
		})
	}
}

// The soft edges of print under a seal are half as dark as its strokes; without them
// figures fall to pieces. Where the seal alone is, uneven as it may be, is white.
func TestLiftKeepsSoftEdges(t *testing.T) {
	s := newSheet(3, 2, 200)
	s.rect(0.2, 0.2, 0.22, 1.4, black) // for the page to have some print
	light, dark := rgb{215, 70, 80}, rgb{200, 60, 70}
	s.rect(1, 0.5, 1.5, 1, light)
	s.rect(1.5, 0.5, 2, 1, dark)
	const y, edge = 150, 299 // the middle of the seal, and where its two shades meet
	for _, x := range []int{220, 380} {
		for dy := -20; dy < 20; dy++ {
			s.ink(x, y+dy, 0.5, black)
			s.ink(x+1, y+dy, 1, black)
			s.ink(x+2, y+dy, 0.5, black)
		}
	}
	clean, ink, _ := layout.Lift(s.Image)
	at := func(x int) uint8 { return clean[y*s.W+x] }
	for _, x := range []int{220, 380} {
		if ink[y*s.W+x+1] == 0 || at(x+1) > 60 {
			t.Errorf("the stroke at %d is %d", x+1, at(x+1))
		}
		for _, soft := range []int{x, x + 2} {
			if v := at(soft); v < 90 || v > 215 {
				t.Errorf("the edge at %d is %d, want it between stroke and paper", soft, v)
			}
		}
		for _, beside := range []int{x - 4, x + 6, edge} {
			if v := at(beside); v < 245 {
				t.Errorf("the seal at %d is %d, want white", beside, v)
			}
		}
	}
}

func TestCrop(t *testing.T) {
	s := newSheet(3, 2, 200)
	s.text(1, 0.8, 0.17, black, words(4)...)
	p := layout.Analyse(s.gray().Image, nil)
	if len(p.Lines) != 1 {
		t.Fatalf("lines %v, want one", p.Lines)
	}
	const margin = 12
	l := p.Lines[0]
	crop := p.Crop(l, margin)
	if want := image.Rect(0, 0, l.Box.Dx()+2*margin, l.Box.Dy()+2*margin); crop.Rect != want {
		t.Fatalf("crop is %v, want %v", crop.Rect, want)
	}
	for y := range crop.Rect.Dy() {
		for x := range crop.Rect.Dx() {
			want := uint8(255)
			if at := image.Pt(x-margin, y-margin).Add(l.Box.Min); at.In(l.Box) {
				want = p.Clean.GrayAt(at.X, at.Y).Y
			}
			if got := crop.GrayAt(x, y).Y; got != want {
				t.Fatalf("crop is %d at %d,%d, want %d", got, x, y, want)
			}
		}
	}
	for _, tc := range []struct {
		r    image.Rectangle
		want image.Point
	}{
		{image.Rect(-50, -50, 10, 20), image.Pt(10, 20)},
		{image.Rect(590, 390, 700, 500), image.Pt(10, 10)},
		{image.Rect(700, 0, 800, 100), image.Pt(0, 0)},
		{image.Rectangle{Min: image.Pt(50, 50), Max: image.Pt(40, 40)}, image.Pt(0, 0)},
	} {
		if got := p.CropRect(tc.r, 3).Rect.Size(); got != tc.want.Add(image.Pt(6, 6)) {
			t.Errorf("crop of %v is %v, want %v and the margin", tc.r, got, tc.want)
		}
		if share := p.InkShare(tc.r); share != 0 {
			t.Errorf("ink share of %v is %g, want 0", tc.r, share)
		}
		if b := p.InkBox(tc.r); !b.Empty() {
			t.Errorf("ink box of %v is %v, want none", tc.r, b)
		}
	}
	if got := p.InkBox(p.Clean.Rect); got != l.Box {
		t.Errorf("ink box of the page is %v, want the line's %v", got, l.Box)
	}
}

// check asks for what every page promises, whatever is on it.
func check(p *layout.Page) error {
	bounds := image.Rect(0, 0, p.W, p.H)
	for i, l := range p.Lines {
		if l.Box.Empty() || !l.Box.In(bounds) || l.Height <= 0 || l.Cell < -1 || l.Cell >= len(p.Cells) {
			return fmt.Errorf("line %d is %+v on a page of %v with %d cells", i, l, bounds, len(p.Cells))
		}
	}
	for i, c := range p.Cells {
		if c.Box.Empty() || !c.Box.In(bounds) || !slices.Contains(p.Tables[c.Table].Cells, i) {
			return fmt.Errorf("cell %d is %+v on a page of %v", i, c, bounds)
		}
		for _, k := range c.Lines {
			if p.Lines[k].Cell != i {
				return fmt.Errorf("cell %d has line %d, which says cell %d", i, k, p.Lines[k].Cell)
			}
		}
	}
	return nil
}

// FuzzAnalyse paints pages of the fuzzer's bytes: rectangles of any size, and
// raw pixels.
func FuzzAnalyse(f *testing.F) {
	f.Add(uint8(200), uint8(150), uint8(100), []byte{})
	f.Add(uint8(200), uint8(150), uint8(100), []byte("\x10\x10\x90\x01\x00\x10\x50\x90\x01\x00\x10\x10\x01\x40\x00\x90\x10\x01\x40\x00\x20\x20\x08\x08\x20"))
	f.Add(uint8(255), uint8(1), uint8(255), []byte("\x00\x00\xff\xff\x00"))
	f.Add(uint8(40), uint8(220), uint8(30), []byte("seals, rules and lines of any kind"))
	f.Fuzz(func(t *testing.T, w, h, dpi uint8, data []byte) {
		pix := make([]uint8, int(w)*int(h))
		for i := range pix {
			pix[i] = 250
			if len(data) > 0 && dpi%2 == 1 {
				pix[i] = data[i%len(data)]
			}
		}
		m := &page.Image{W: int(w), H: int(h), DPI: 12 + float64(dpi), R: pix, G: pix, B: pix, Bilevel: dpi%3 == 0}
		var seals []image.Rectangle
		for ; len(data) >= 5; data = data[5:] {
			r := image.Rect(int(data[0]), int(data[1]), int(data[0])+int(data[2]), int(data[1])+int(data[3]))
			if data[4]%8 == 7 {
				seals = append(seals, r.Sub(image.Pt(40, 40)))
				continue
			}
			r = r.Intersect(m.Bounds())
			for y := r.Min.Y; y < r.Max.Y; y++ {
				for x := r.Min.X; x < r.Max.X; x++ {
					pix[y*m.W+x] = data[4]
				}
			}
		}
		if err := check(layout.Analyse(m, seals)); err != nil {
			t.Error(err)
		}
	})
}
