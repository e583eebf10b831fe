//go:build cgo && !notesseract

package ocr_test

import (
	"context"
	"errors"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sealdesk/pipeline/ocr"
	"sealdesk/pipeline/ocr/ocrtest"
)

func TestPoolIsReader(t *testing.T) {
	ocrtest.Run(t, newPool(t, ocr.Options{}))
}

// newPool is a pool of real children that the test's end closes.
func newPool(t *testing.T, o ocr.Options) *ocr.Pool {
	t.Helper()
	p, err := ocr.NewPool(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestTextIsWrittenAsPrinted(t *testing.T) {
	p := newPool(t, ocr.Options{Workers: 1})
	lines := ocrtest.Lines(t)
	var crops []ocr.Crop
	for _, l := range lines {
		crops = append(crops, ocr.Crop{Image: l.Image})
	}
	readings, err := p.Read(t.Context(), crops)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range lines {
		if readings[i].Text != l.Text {
			t.Errorf("reads %q, not %q", readings[i].Text, l.Text)
		}
	}
}

func TestKilledTesseractCostsOnlyARetry(t *testing.T) {
	lines := ocrtest.Lines(t)
	var crops []ocr.Crop
	for _, l := range slices.Repeat(lines[:3], 4) {
		crops = append(crops, ocr.Crop{Image: l.Image})
	}
	var started ocr.Started
	p := newPool(t, ocr.Options{Workers: 2, Log: started.Log()})
	want, err := p.Read(t.Context(), crops)
	if err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(30*time.Millisecond, func() {
		for _, pid := range started.All() {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Error(err)
			}
		}
	})
	got, err := p.Read(t.Context(), crops)
	if err != nil {
		t.Fatal(err)
	}
	if kill.Stop() {
		t.Fatal("the lines were read before a child could be killed")
	}
	for i := range got {
		if got[i].Text != want[i].Text || got[i].Failed {
			t.Errorf("line %d reads %+v after a kill, %q before", i, got[i], want[i].Text)
		}
	}
}

func TestDigitsAreAllThatDigitsReads(t *testing.T) {
	p := newPool(t, ocr.Options{Workers: 1})
	readings, err := p.Read(t.Context(), []ocr.Crop{{Image: ocrtest.Lines(t)[1].Image, Alphabet: ocr.Digits}})
	if err != nil {
		t.Fatal(err)
	}
	if got := readings[0].Text; !strings.Contains(got, "15066014218") || strings.Trim(got, "0123456789-/()+. ") != "" {
		t.Errorf("reads %q", got)
	}
}

func TestDamagedModelIsAnErrorNotACrash(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"chi_sim", "eng"} {
		if err := os.WriteFile(filepath.Join(dir, name+".traineddata"), []byte("damaged"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := newPool(t, ocr.Options{Workers: 1, Models: dir})
	if r, err := p.Read(t.Context(), []ocr.Crop{{Image: ocrtest.Lines(t)[0].Image}}); err == nil {
		t.Errorf("reads %+v", r)
	}
}

func TestInstalledNamesVersionsAndModels(t *testing.T) {
	in, err := ocr.Installed(t.Context(), ocr.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(in.Tesseract, "5.") || !strings.HasPrefix(in.Leptonica, "1.") {
		t.Errorf("versions %q and %q", in.Tesseract, in.Leptonica)
	}
	for _, language := range []string{"chi_sim", "eng"} {
		if !slices.ContainsFunc(in.Models, func(m ocr.Model) bool {
			return m.Language == language && m.Size > 0 && filepath.Dir(m.Path) == in.Dir &&
				strings.Contains(in.String(), language+" "+m.SHA256[:12])
		}) {
			t.Errorf("%s is not among %+v, or not in %q", language, in.Models, in)
		}
	}
	if p := newPool(t, ocr.Options{Workers: 1}); p.Engine() != in.String() {
		t.Errorf("the pool's engine is %q, not %q", p.Engine(), in)
	}
}

func TestMissingModelsAreToldToTheClerk(t *testing.T) {
	in, err := ocr.Installed(t.Context(), ocr.Options{Models: t.TempDir()})
	if err == nil {
		t.Fatalf("found %+v", in)
	}
	for _, part := range []string{"chi_sim.traineddata", "apt install tesseract-ocr-chi-sim tesseract-ocr-eng"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	if _, err := ocr.NewPool(t.Context(), ocr.Options{Models: t.TempDir()}); err == nil {
		t.Error("a pool without models is no error")
	}
}

func TestUpDownTellsWhichWayIsUp(t *testing.T) {
	p := newPool(t, ocr.Options{})
	var up, down []*image.Gray
	for _, l := range ocrtest.Lines(t)[:3] {
		up, down = append(up, l.Image), append(down, turned(l.Image))
	}
	for _, c := range []struct {
		name          string
		first, second []*image.Gray
		low, high     float64
	}{
		{"upright", up, down, 0.9, 1},
		{"inverted", down, up, -1, -0.9},
		{"the same twice", up, up, 0, 0},
		{"nothing against inverted", nil, down, 0, 0},
		{"nothing", nil, nil, 0, 0},
	} {
		got, err := ocr.UpDown(t.Context(), p, c.first, c.second)
		if err != nil {
			t.Fatal(err)
		}
		if got < c.low || got > c.high {
			t.Errorf("%s: %v, not from %v to %v", c.name, got, c.low, c.high)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ocr.UpDown(ctx, p, up, down); !errors.Is(err, context.Canceled) {
		t.Errorf("error with an ended context: %v", err)
	}
}

// A number upside down is read as letters with confidence. Alone it decides nothing;
// the line of text that comes next does.
func TestUpDownDoesNotTrustNumbers(t *testing.T) {
	blank := image.NewGray(image.Rect(0, 0, 8, 8))
	number := reading("18611614171", 0.99)
	letters := reading("TLTVATTGTFT", 0.99)
	text := reading("专门对外合作机构", 0.99)
	turned := reading("蚌从小号问阐和导", 0.85)
	for _, c := range []struct {
		name      string
		up, down  []ocr.Reading
		low, high float64
	}{
		{"a number", []ocr.Reading{number}, []ocr.Reading{letters}, -0.5, 0.5},
		{"a number worse than letters", []ocr.Reading{reading("18611614171", 0.9)}, []ocr.Reading{letters}, -0.59, 0},
		{"a number and a text", []ocr.Reading{number, text}, []ocr.Reading{letters, turned}, 0.9, 1},
	} {
		up, down := make([]*image.Gray, len(c.up)), make([]*image.Gray, len(c.down))
		var turns []ocr.Reading
		for i := range c.up {
			up[i], down[i] = blank, blank
			turns = append(turns, c.up[i], c.down[i])
		}
		got, err := ocr.UpDown(t.Context(), &told{turns}, up, down)
		if err != nil {
			t.Fatal(err)
		}
		if got < c.low || got > c.high {
			t.Errorf("%s: %v, not from %v to %v", c.name, got, c.low, c.high)
		}
	}
}

// told is a reader that gives what it was told, in turn.
type told struct{ readings []ocr.Reading }

func (r *told) Read(_ context.Context, crops []ocr.Crop) ([]ocr.Reading, error) {
	out := r.readings[:len(crops)]
	r.readings = r.readings[len(crops):]
	return out, nil
}

// reading is a text each character of which is read with the same confidence.
func reading(text string, conf float64) ocr.Reading {
	r := ocr.Reading{Text: text, Confidence: conf}
	for _, c := range text {
		r.Chars = append(r.Chars, ocr.Char{Text: string(c), Confidence: conf})
	}
	return r
}

// turned is a picture turned by 180 degrees.
func turned(g *image.Gray) *image.Gray {
	pix := slices.Clone(g.Pix)
	slices.Reverse(pix)
	return &image.Gray{Pix: pix, Stride: g.Stride, Rect: g.Rect}
}

func TestDecodeTIFFReadsWhatGoCannot(t *testing.T) {
	p := newPool(t, ocr.Options{Workers: 1})
	black := func(x0, y0, x1, y1 int) func(x, y int) color.Color {
		return func(x, y int) color.Color {
			if image.Pt(x, y).In(image.Rect(x0, y0, x1, y1)) {
				return color.Gray{Y: 0}
			}
			return color.Gray{Y: 255}
		}
	}
	for _, c := range []struct {
		file  string
		page  int
		pixel func(x, y int) color.Color
	}{
		{"g3-2d.tif", 0, black(10, 8, 30, 20)},
		{"g3-2d.tif", 1, black(40, 30, 60, 40)},
		{"bigtiff.tif", 0, black(10, 8, 30, 20)},
		{"jpeg.tif", 0, func(x, _ int) color.Color {
			if x < 32 {
				return color.RGBA{R: 220, G: 20, B: 20, A: 255}
			}
			return color.RGBA{R: 20, G: 20, B: 220, A: 255}
		}},
	} {
		m, err := p.DecodeTIFF(t.Context(), tiff(t, c.file), c.page)
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		if m.Bounds() != image.Rect(0, 0, 64, 48) {
			t.Errorf("%s: %v", c.file, m.Bounds())
			continue
		}
		for _, at := range []image.Point{{0, 0}, {9, 7}, {10, 8}, {29, 19}, {40, 30}, {59, 39}, {63, 47}} {
			if got, want := m.At(at.X, at.Y), c.pixel(at.X, at.Y); !near(got, want) {
				t.Errorf("%s, page %d: pixel %v is %v, not %v", c.file, c.page, at, got, want)
			}
		}
	}
}

// near allows for what JPEG loses.
func near(a, b color.Color) bool {
	r, g, bl, _ := a.RGBA()
	r2, g2, bl2, _ := b.RGBA()
	for _, d := range []int{int(r) - int(r2), int(g) - int(g2), int(bl) - int(bl2)} {
		if d < -12<<8 || d > 12<<8 {
			return false
		}
	}
	return true
}

func TestDecodeTIFFRefusesWhatIsNotThere(t *testing.T) {
	p := newPool(t, ocr.Options{Workers: 1})
	for _, page := range []int{-1, 2, 1 << 30} {
		if _, err := p.DecodeTIFF(t.Context(), tiff(t, "g3-2d.tif"), page); !errors.Is(err, ocr.ErrNoPage) {
			t.Errorf("page %d: %v", page, err)
		}
	}
	good := tiff(t, "g3-2d.tif")
	for name, data := range map[string][]byte{
		"nothing":   nil,
		"no tiff":   []byte("II*"),
		"cut short": good[:20],
		"bomb":      tiff(t, "bomb.tif"), // 3,600 million pixels in 7 kB
	} {
		if m, err := p.DecodeTIFF(t.Context(), data, 0); err == nil || errors.Is(err, ocr.ErrNoPage) {
			t.Errorf("%s: %v, %v", name, m, err)
		}
	}
}

func tiff(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
