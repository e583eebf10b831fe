package sheet_test

import (
	"errors"
	"image"
	"image/color"
	"image/draw"
	"math/rand/v2"
	"testing"

	qr "github.com/piglig/go-qr"

	"sealdesk/pipeline/sheet"
)

// paper is a white A4 page at 300 dpi.
func paper() *image.Gray {
	m := image.NewGray(image.Rect(0, 0, 2480, 3508))
	draw.Draw(m, m.Rect, image.White, image.Point{}, draw.Src)
	return m
}

// stick draws a code whose modules are size pixels wide.
func stick(tb testing.TB, m *image.Gray, text string, at image.Point, size int) {
	tb.Helper()
	code, err := qr.EncodeText(text, qr.High)
	if err != nil {
		tb.Fatal(err)
	}
	for y := range code.Size() {
		for x := range code.Size() {
			if code.Module(x, y) {
				r := image.Rect(x, y, x+1, y+1)
				r = image.Rectangle{Min: r.Min.Mul(size), Max: r.Max.Mul(size)}.Add(at)
				draw.Draw(m, r, image.Black, image.Point{}, draw.Src)
			}
		}
	}
}

// form draws ruled boxes and something like lines of Chinese print: squares of
// strokes across and down, with what looks like a corner of a code now and then.
func form() *image.Gray {
	m := paper()
	r := rand.New(rand.NewPCG(3, 4))
	black := func(x0, y0, x1, y1 int) {
		draw.Draw(m, image.Rect(x0, y0, x1, y1), image.NewUniform(color.Gray{Y: uint8(r.IntN(60))}), image.Point{}, draw.Src)
	}
	for y := 200; y < 3300; y += 90 {
		black(200, y, 2280, y+4)
		for x := 220; x < 2240; x += 60 {
			switch r.IntN(8) {
			case 0: // 回
				black(x, y+20, x+48, y+68)
				draw.Draw(m, image.Rect(x+6, y+26, x+42, y+62), image.White, image.Point{}, draw.Src)
				black(x+13, y+33, x+35, y+55)
			case 1, 2:
			default:
				for range 5 {
					if at := r.IntN(44); r.IntN(2) == 0 {
						black(x, y+20+at, x+48, y+24+at)
					} else {
						black(x+at, y+20, x+at+4, y+68)
					}
				}
			}
		}
	}
	return m
}

var ours = sheet.Sheet{Call: "qinghe-2031", Recommender: "青河县科学技术局", Receipt: sheet.NewReceipt("", day, 42)}

func payload(tb testing.TB, s sheet.Sheet) string {
	tb.Helper()
	text, err := s.Payload()
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

func TestRead(t *testing.T) {
	good := payload(t, ours)
	damaged := good[:len(good)-1] + "!"
	for _, tc := range []struct {
		name string
		page func(m *image.Gray)
		ok   bool
		err  error
	}{
		{"nothing", func(*image.Gray) {}, false, nil},
		{"ours", func(m *image.Gray) { stick(t, m, good, image.Pt(700, 900), 20) }, true, nil},
		{"small, in a corner", func(m *image.Gray) { stick(t, m, good, image.Pt(1800, 2850), 10) }, true, nil},
		{"foreign", func(m *image.Gray) { stick(t, m, "https://example.org/a/b", image.Pt(700, 900), 20) }, false, nil},
		{"ours beside a foreign one", func(m *image.Gray) {
			stick(t, m, "https://example.org/a/b", image.Pt(200, 200), 10)
			stick(t, m, good, image.Pt(1400, 2400), 14)
		}, true, nil},
		{"written wrongly", func(m *image.Gray) { stick(t, m, damaged, image.Pt(700, 900), 20) }, false, sheet.ErrDamaged},
	} {
		m := paper()
		tc.page(m)
		got, ok, err := sheet.Read(m)
		if ok != tc.ok || !errors.Is(err, tc.err) || ok && got.Sheet != ours {
			t.Errorf("%s: %+v, %v, %v", tc.name, got, ok, err)
		}
	}
}

func TestReadOrdinaryPage(t *testing.T) {
	if s, ok, err := sheet.Read(form()); ok || err != nil {
		t.Errorf("a form is taken for %+v, %v", s, err)
	}
}

// TestReadPart: a page may be part of a larger picture.
func TestReadPart(t *testing.T) {
	m := paper()
	stick(t, m, payload(t, ours), image.Pt(700, 900), 20)
	part := m.SubImage(image.Rect(601, 703, 2301, 2905)).(*image.Gray)
	if got, ok, err := sheet.Read(part); !ok || got.Sheet != ours {
		t.Errorf("%+v, %v, %v", got, ok, err)
	}
}

func TestReadNoPicture(t *testing.T) {
	for _, m := range []*image.Gray{nil, {}, image.NewGray(image.Rect(0, 0, 1, 5000)), image.NewGray(image.Rect(5, 5, 5, 5)), image.NewGray(image.Rect(0, 0, 100, 100))} {
		if _, ok, err := sheet.Read(m); ok || err != nil {
			t.Errorf("%v, %v", ok, err)
		}
	}
}

// FuzzRead: no picture makes reading panic or gives a sheet that was not written.
// The bytes are laid over a code, so that its corners are found and what is
// between them is wild.
func FuzzRead(f *testing.F) {
	base := image.NewGray(image.Rect(0, 0, 400, 420))
	draw.Draw(base, base.Rect, image.White, image.Point{}, draw.Src)
	stick(f, base, payload(f, ours), image.Pt(40, 40), 6)
	f.Add([]byte{}, uint16(0), uint8(1))
	f.Add([]byte{0, 255, 0, 255, 128}, uint16(100), uint8(7))
	f.Fuzz(func(t *testing.T, over []byte, from uint16, step uint8) {
		m := image.NewGray(base.Rect)
		copy(m.Pix, base.Pix)
		at := int(from)
		for _, v := range over {
			m.Pix[at%len(m.Pix)] ^= v
			at += int(step)*7 + 1
		}
		if s, ok, err := sheet.Read(m); ok && (s.Sheet != ours || err != nil) {
			t.Errorf("%+v, %v", s, err)
		}
	})
}

// BenchmarkOrdinaryPage is the cost of every page of a bundle that is no sheet.
func BenchmarkOrdinaryPage(b *testing.B) {
	m := form()
	for b.Loop() {
		if _, ok, _ := sheet.Read(m); ok {
			b.Fatal("a form is taken for a sheet")
		}
	}
}
