package page

import (
	"bytes"
	"context"
	"errors"
	"image"
	"math"
	"math/rand/v2"
	"testing"
)

// sheet is an A4 page at 150 dpi to draw on.
type sheet struct {
	w, h int
	pix  []uint8
	rnd  *rand.Rand
}

func newSheet(paper uint8) *sheet {
	s := &sheet{w: 1240, h: 1754, rnd: rand.New(rand.NewPCG(1, 2))}
	s.pix = bytes.Repeat([]byte{paper}, s.w*s.h)
	return s
}

func (s *sheet) fill(x0, y0, x1, y1 int, v uint8) {
	for y := max(y0, 0); y < min(y1, s.h); y++ {
		for x := max(x0, 0); x < min(x1, s.w); x++ {
			s.pix[y*s.w+x] = v
		}
	}
}

// glyph draws something like a character: strokes at random, and always a
// heavy one on top, which tells up from down.
func (s *sheet) glyph(x, y, size int, ink uint8) {
	t := max(size/10, 2)
	s.fill(x, y, x+size, y+2*t, ink)
	for range 3 {
		a := s.rnd.IntN(size - t)
		s.fill(x, y+a, x+size, y+a+t, ink)
		a = s.rnd.IntN(size - t)
		s.fill(x+a, y, x+a+t, y+size, ink)
	}
}

func (s *sheet) line(x, y, size, n int, ink uint8) {
	for i := range n {
		s.glyph(x+i*size*11/10, y, size, ink)
	}
}

func (s *sheet) text(ink uint8) {
	for y := 200; y < 1500; y += 48 {
		s.line(150, y, 26, 20+s.rnd.IntN(12), ink)
	}
}

func (s *sheet) noise(spread int) {
	for i, v := range s.pix {
		s.pix[i] = uint8(min(max(int(v)+s.rnd.IntN(2*spread+1)-spread, 0), 255))
	}
}

func (s *sheet) disk(cx, cy, inner, outer int, v uint8) {
	for y := cy - outer; y <= cy+outer; y++ {
		for x := cx - outer; x <= cx+outer; x++ {
			if d := (x-cx)*(x-cx) + (y-cy)*(y-cy); d <= outer*outer && d >= inner*inner && x >= 0 && y >= 0 && x < s.w && y < s.h {
				s.pix[y*s.w+x] = v
			}
		}
	}
}

func (s *sheet) image() *Image {
	m := &Image{W: s.w, H: s.h, DPI: 150}
	m.setGray(append([]uint8(nil), s.pix...))
	return m
}

// heavyTop judges by the glyphs' heavy upper stroke.
func heavyTop(_ context.Context, upright, inverted []*image.Gray) (float64, error) {
	return (topInk(upright) - topInk(inverted)) * 4, nil
}

// topInk is how much more of the ink is in the upper third than in the lower
// one, where lines lie across the pictures.
func topInk(crops []*image.Gray) float64 {
	top, bottom := 1.0, 1.0
	for _, c := range crops {
		h := c.Rect.Dy()
		for y := range h {
			for _, v := range c.Pix[y*c.Stride : y*c.Stride+c.Rect.Dx()] {
				if y < h*4/10 {
					top += float64(255 - int(v))
				} else if y >= h*6/10 {
					bottom += float64(255 - int(v))
				}
			}
		}
	}
	return (top - bottom) / (top + bottom)
}

// A judge in doubt is shown more lines, and one that is sure no more than he needs.
func TestUprightAsksUntilSure(t *testing.T) {
	s := newSheet(235)
	s.text(40)
	for _, c := range []struct {
		name     string
		answers  []float64
		rotation int
		asked    int
	}{
		{"sure at once", []float64{1}, 0, 1},
		{"sure at the third", []float64{-0.2, -0.3, -1}, 180, 3},
		{"wrong at first", []float64{-0.3, 0.4, 0.6}, 0, 3},
		{"never sure", []float64{0.1, -0.1, 0.1, 0.1}, 0, 4},
	} {
		asked := 0
		judge := func(context.Context, []*image.Gray, []*image.Gray) (float64, error) {
			asked++
			return c.answers[asked-1], nil
		}
		_, info, err := Upright(context.Background(), s.image(), judge)
		if err != nil {
			t.Fatal(err)
		}
		if info.Rotation != c.rotation || asked != c.asked {
			t.Errorf("%s: turned by %d after %d questions, not by %d after %d", c.name, info.Rotation, asked, c.rotation, c.asked)
		}
	}
}

// A comb of rows, every other one lighter, does not pass for the page's lines.
func TestUprightPassesOverComb(t *testing.T) {
	s := newSheet(235)
	s.text(40)
	s.noise(8)
	m := s.image()
	m.rotate(-1.6)
	for y := 0; y < m.H; y += 2 {
		row := m.G[y*m.W : y*m.W+m.W]
		for x, v := range row {
			row[x] = 235 - uint8(float64(235-min(v, 235))*0.35)
		}
	}
	_, info, err := Upright(context.Background(), m, heavyTop)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(info.Skew-1.6) > 0.15 {
		t.Errorf("skew %.2f, want 1.6", info.Skew)
	}
}

func TestUprightTurnsAndStraightens(t *testing.T) {
	s := newSheet(235)
	s.text(40)
	s.noise(8)
	for _, tc := range []struct {
		lies int // how far the page was turned clockwise when it was scanned
		skew float64
	}{{0, 0}, {0, 1.3}, {0, -9.5}, {90, 0.7}, {180, -2.2}, {180, 6}, {270, -0.4}} {
		m := s.image()
		m.rotate(-tc.skew)
		m.turn(tc.lies)
		before := append([]uint8(nil), m.G...)
		out, info, err := Upright(context.Background(), m, heavyTop)
		if err != nil {
			t.Fatal(err)
		}
		if want := (360 - tc.lies) % 360; info.Rotation != want || info.RotationConfidence < 0.5 || info.Blank {
			t.Errorf("%+v: rotation %d (%.2f), blank %v; want %d", tc, info.Rotation, info.RotationConfidence, info.Blank, want)
		}
		if math.Abs(info.Skew-tc.skew) > 0.1 {
			t.Errorf("%+v: skew %.2f", tc, info.Skew)
		}
		if out.W != s.w || out.H != s.h {
			t.Errorf("%+v: %d x %d", tc, out.W, out.H)
		}
		if !bytes.Equal(before, m.G) {
			t.Errorf("%+v: the input was changed", tc)
		}
	}
}

// TestPlacesStayOnTheSheet: after straightening, a table's edges are where they
// were on the sheet, to 0.2 %.
func TestPlacesStayOnTheSheet(t *testing.T) {
	s := newSheet(245)
	edges := []int{300, 620, 900, 1500}
	for _, y := range edges {
		s.fill(120, y, 1120, y+3, 30)
	}
	for _, x := range []int{120, 500, 1117} {
		s.fill(x, 300, x+3, 1503, 30)
	}
	s.line(160, 340, 26, 10, 40)
	s.line(540, 700, 26, 14, 40)
	m := s.image()
	m.rotate(2.6)
	out, info, err := Upright(context.Background(), m, nil)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(info.Skew+2.6) > 0.1 {
		t.Fatalf("skew %.2f", info.Skew)
	}
	for _, want := range edges {
		best, at := 0, 0
		for y := want - 15; y <= want+15; y++ {
			ink := 0
			for x := 130; x < 1110; x++ {
				ink += 255 - int(out.G[y*out.W+x])
			}
			if ink > best {
				best, at = ink, y
			}
		}
		if d := at - want - 1; d < -3 || d > 3 {
			t.Errorf("rule at %d, want %d", at, want)
		}
	}
}

func TestSeparatorSheet(t *testing.T) {
	s := newSheet(240)
	s.line(320, 700, 60, 8, 30)
	m := s.image()
	m.rotate(-1.5)
	out, info, err := Upright(context.Background(), m, heavyTop)
	if err != nil {
		t.Fatal(err)
	}
	if info.Blank || info.Rotation != 0 || math.Abs(info.Skew-1.5) > 0.2 || out.W != s.w {
		t.Errorf("one line of large characters: %+v", info)
	}
}

func TestBlank(t *testing.T) {
	for _, tc := range []struct {
		name  string
		draw  func(s *sheet)
		blank bool
	}{
		{"empty", func(s *sheet) {}, true},
		{"bleed-through", func(s *sheet) { s.text(205) }, true},
		{"punch holes", func(s *sheet) { s.disk(60, 600, 0, 17, 60); s.disk(60, 1080, 0, 17, 60) }, true},
		{"specks", func(s *sheet) {
			for range 60 {
				s.disk(s.rnd.IntN(s.w), s.rnd.IntN(s.h), 0, 1, 20)
			}
		}, true},
		{"a streak", func(s *sheet) { s.fill(700, 0, 702, s.h, 90) }, true},
		{"a scanning app's mark", func(s *sheet) { s.line(880, 1700, 20, 9, 110) }, true},
		{"dark edges", func(s *sheet) { s.fill(0, 0, 25, s.h, 20); s.fill(0, s.h-18, s.w, s.h, 30) }, true},
		{"what is left of dark edges", func(s *sheet) {
			for y := 100; y < s.h-200; y += 400 {
				s.fill(s.w-40, y, s.w-10, y+60, 95)
			}
			s.fill(0, 500, 12, 1200, 125)
		}, true},
		{"a ragged shadow where no printer prints", func(s *sheet) {
			for y := 40; y < s.h-120; y += 50 {
				s.fill(5, y, 18+y%9, y+16, 90)
			}
		}, true},
		{"a strip of text along an edge", func(s *sheet) {
			for y := 100; y < s.h-200; y += 60 {
				s.line(14, y, 20, 1, 60)
			}
		}, false},
		{"one line", func(s *sheet) { s.line(500, 800, 26, 6, 40) }, false},
		{"a page of text", func(s *sheet) { s.text(60) }, false},
		{"only a seal", func(s *sheet) { s.disk(700, 900, 112, 120, 120) }, false},
		{"one line between dark edges", func(s *sheet) {
			s.line(500, 800, 26, 6, 40)
			s.fill(0, 0, 25, s.h, 20)
		}, false},
	} {
		s := newSheet(238)
		tc.draw(s)
		s.noise(6)
		_, info, err := Upright(context.Background(), s.image(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if info.Blank != tc.blank {
			t.Errorf("%s: blank is %v", tc.name, info.Blank)
		}
	}
}

func TestBorders(t *testing.T) {
	s := newSheet(230)
	s.text(50)
	s.fill(0, 0, 30, s.h, 15)      // a scanner's edge
	s.fill(0, 0, s.w, 8, 120)      // a grayish one
	s.fill(30, 900, 1000, 903, 40) // a rule that runs into it
	for y := range s.h {           // the surroundings of a photographed sheet
		for x := s.w - 60 - y/30; x < s.w; x++ {
			s.pix[y*s.w+x] = 30
		}
	}
	m := s.image()
	out, _, err := Upright(context.Background(), m, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []image.Point{{3, 500}, {20, 1700}, {600, 3}, {s.w - 20, 300}, {s.w - 90, 1700}} {
		if v := out.G[at.Y*out.W+at.X]; v < 220 {
			t.Errorf("border at %v is still %d", at, v)
		}
	}
	for _, at := range []image.Point{{500, 901}, {45, 901}} {
		dark := uint8(255)
		for y := at.Y - 4; y <= at.Y+4; y++ {
			dark = min(dark, out.G[y*out.W+at.X])
		}
		if dark > 120 {
			t.Errorf("rule at %v is gone: %d", at, dark)
		}
	}
}

func TestUprightWithoutAnAnswer(t *testing.T) {
	s := newSheet(235)
	s.text(40)
	m := s.image()
	m.turn(180)
	unsure := func(context.Context, []*image.Gray, []*image.Gray) (float64, error) { return 0, nil }
	if _, info, err := Upright(context.Background(), m, unsure); err != nil || info.Rotation != 0 || info.RotationConfidence != 0 {
		t.Errorf("unsure judge: %+v, %v", info, err)
	}
	if _, info, err := Upright(context.Background(), m, nil); err != nil || info.Rotation != 0 || info.RotationConfidence != 0 {
		t.Errorf("no judge: %+v, %v", info, err)
	}
	broken := errors.New("reader is gone")
	failing := func(context.Context, []*image.Gray, []*image.Gray) (float64, error) { return 0, broken }
	if _, _, err := Upright(context.Background(), m, failing); !errors.Is(err, broken) {
		t.Errorf("failing judge: %v", err)
	}
	m.turn(90)
	if _, info, err := Upright(context.Background(), m, nil); err != nil || info.Rotation%180 != 90 {
		t.Errorf("no judge, on its side: %+v, %v", info, err)
	}
	if _, _, err := Upright(context.Background(), &Image{W: 10, H: 10}, nil); err == nil {
		t.Error("an image without planes was taken")
	}
}

func TestUprightOddShapes(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {2, 900}, {900, 2}, {90, 90}} {
		for _, v := range []uint8{0, 255} {
			m := &Image{W: size.X, H: size.Y, DPI: 100}
			m.setGray(bytes.Repeat([]byte{v}, size.X*size.Y))
			if _, _, err := Upright(context.Background(), m, heavyTop); err != nil {
				t.Errorf("%v of %d: %v", size, v, err)
			}
		}
	}
}

func TestJudgeSeesReadableLines(t *testing.T) {
	s := newSheet(200)
	s.text(40)
	m := s.image()
	m.rotate(-3)
	m.turn(90)
	seen := 0
	look := func(_ context.Context, up, down []*image.Gray) (float64, error) {
		if len(up) == 0 || len(up) != len(down) {
			t.Errorf("%d crops and %d turned ones", len(up), len(down))
		}
		for i, c := range up {
			seen++
			if w, h := c.Rect.Dx(), c.Rect.Dy(); h < 24 || h > 60 || w < 3*h {
				t.Errorf("crop of %d x %d pixels, want a line of text of about 26", w, h)
			}
			if c.GrayAt(0, 0).Y < 240 {
				t.Errorf("paper is %d in a crop", c.GrayAt(0, 0).Y)
			}
			if c.Pix[0] != down[i].Pix[len(down[i].Pix)-1] || len(c.Pix) != len(down[i].Pix) {
				t.Error("the second crop is not the first one turned")
			}
		}
		return 1, nil
	}
	if _, _, err := Upright(context.Background(), m, look); err != nil {
		t.Fatal(err)
	}
	if seen == 0 {
		t.Error("the judge was not asked")
	}
}
