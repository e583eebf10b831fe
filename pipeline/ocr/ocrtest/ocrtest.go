// Package ocrtest is the suite that every ocr.Reader must pass, and the printed
// lines that it reads: they were drawn by computer in two typefaces, so they say
// what a reader is worth on paper only in the roughest way.
package ocrtest

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"image"
	"image/draw"
	"image/png"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"sealdesk/pipeline/ocr"
)

//go:embed lines/*.png
var files embed.FS

// Line is a printed text line and what it says.
type Line struct {
	Text  string
	Image *image.Gray
	// Alphabet is one that holds all of the text.
	Alphabet ocr.Alphabet
}

// Lines are printed lines of usual and unusual size, in a fixed order.
func Lines(t testing.TB) []Line {
	t.Helper()
	lines := []Line{
		{Text: "云山大学草原生态科技创新项目申报书", Image: load(t, "title")},
		{Text: "联系电话：15066014218 / 0482-5214327", Image: load(t, "phones")},
		{Text: "《草地资源调查》、《土壤学》共两部。", Image: load(t, "books")},
		{Text: "申报书", Image: load(t, "large")},
		{Text: "经费预算合计（万元）：36.58", Image: load(t, "small")},
		{Text: "0482-5214327", Image: load(t, "digits"), Alphabet: ocr.Digits},
		{Text: "E-mail: zhang.wei@example.edu.cn", Image: load(t, "email"), Alphabet: ocr.Latin},
	}
	return lines
}

func load(t testing.TB, name string) *image.Gray {
	t.Helper()
	b, err := files.ReadFile("lines/" + name + ".png")
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	g, ok := m.(*image.Gray)
	if !ok {
		t.Fatalf("%s is a %T", name, m)
	}
	return g
}

// Same reports whether two texts say the same but for width and blanks.
func Same(a, b string) bool { return fold(a) == fold(b) }

func fold(s string) string { return strings.Join(strings.Fields(norm.NFKC.String(s)), "") }

// Run puts a reader through the suite. It does not close it.
func Run(t *testing.T, r ocr.Reader) {
	lines := Lines(t)
	crops := make([]ocr.Crop, len(lines))
	for i, l := range lines {
		crops[i] = ocr.Crop{Image: l.Image, Alphabet: l.Alphabet}
	}
	want := read(t, r, crops)

	t.Run("each crop has its own reading, in order", func(t *testing.T) {
		backwards := slices.Clone(crops)
		slices.Reverse(backwards)
		got := read(t, r, backwards)
		slices.Reverse(got)
		for i, l := range lines {
			if fold(want[i].Text) != fold(l.Text) {
				t.Errorf("line %d reads %q, not %q", i, want[i].Text, l.Text)
			}
			if !equal(got[i], want[i]) {
				t.Errorf("line %d reads %q among others and %q before", i, got[i].Text, want[i].Text)
			}
		}
	})
	t.Run("characters spell the text and lie on the crop", func(t *testing.T) {
		for i, l := range lines {
			checkReading(t, want[i], l.Image.Rect.Size())
		}
	})
	t.Run("pixels are not changed", func(t *testing.T) {
		for i, l := range Lines(t) {
			if !bytes.Equal(l.Image.Pix, crops[i].Image.Pix) {
				t.Errorf("line %d was changed", i)
			}
		}
	})
	t.Run("a part of a larger picture reads like a picture", func(t *testing.T) {
		line := lines[0].Image
		sheet := paper(line.Rect.Dx()+100, line.Rect.Dy()+80)
		at := image.Rect(50, 40, 50+line.Rect.Dx(), 40+line.Rect.Dy())
		draw.Draw(sheet, at, line, image.Point{}, draw.Src)
		part, ok := sheet.SubImage(at).(*image.Gray)
		if !ok {
			t.Fatal("a part of a gray picture is not gray")
		}
		if got := read(t, r, []ocr.Crop{{Image: part}})[0]; !equal(got, want[0]) {
			t.Errorf("reads %+v, not %+v", got, want[0])
		}
	})
	t.Run("nothing to read is an empty reading", func(t *testing.T) {
		empty := map[string]*image.Gray{
			"no picture":    nil,
			"no pixels":     {},
			"missing bytes": {Pix: make([]uint8, 10), Stride: 100, Rect: image.Rect(0, 0, 100, 50)},
			"white":         paper(300, 50),
			"one pixel":     paper(1, 1),
		}
		for name, picture := range empty {
			got := read(t, r, []ocr.Crop{crops[3], {Image: picture}, crops[0]})
			if e := got[1]; e.Text != "" || e.Raw != "" || e.Confidence != 0 || len(e.Chars) != 0 || e.Failed {
				t.Errorf("%s: reads %+v", name, e)
			}
			if !equal(got[0], want[3]) || !equal(got[2], want[0]) {
				t.Errorf("%s: its neighbours read %q and %q", name, got[0].Text, got[2].Text)
			}
		}
		if got := read(t, r, nil); len(got) != 0 {
			t.Errorf("no crops give %d readings", len(got))
		}
	})
	t.Run("odd sizes are no error", func(t *testing.T) {
		dot, slip, wall := paper(3, 3), paper(2, 900), paper(3000, 2500)
		dot.Pix[4] = 0
		for y := range 900 {
			slip.Pix[2*y] = 0
		}
		draw.Draw(wall, wall.Rect, lines[3].Image, image.Pt(-900, -900), draw.Src)
		strip := paper(15000, 60)
		for x := 0; x+lines[5].Image.Rect.Dx() < 15000; x += 300 {
			draw.Draw(strip, lines[5].Image.Rect.Add(image.Pt(x, 0)), lines[5].Image, image.Point{}, draw.Src)
		}
		pictures := []*image.Gray{dot, slip, wall, strip}
		var odd []ocr.Crop
		for _, p := range pictures {
			odd = append(odd, ocr.Crop{Image: p})
		}
		for i, got := range read(t, r, odd) {
			checkReading(t, got, pictures[i].Rect.Size())
		}
	})
	t.Run("callers do not disturb each other", func(t *testing.T) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				got, err := r.Read(t.Context(), crops)
				if err != nil {
					t.Error(err)
					return
				}
				for i := range got {
					if !equal(got[i], want[i]) {
						t.Errorf("line %d reads %q, alone %q", i, got[i].Text, want[i].Text)
					}
				}
			})
		}
		wg.Wait()
	})
	t.Run("the end of the context ends the call", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		many := slices.Repeat(crops, 200)
		time.AfterFunc(20*time.Millisecond, cancel)
		start := time.Now()
		if _, err := r.Read(ctx, many); !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v", err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("it took %v to stop", took)
		}
		if got := read(t, r, crops[:1])[0]; !equal(got, want[0]) {
			t.Errorf("afterwards the reader reads %q", got.Text)
		}
	})
}

func read(t *testing.T, r ocr.Reader, crops []ocr.Crop) []ocr.Reading {
	t.Helper()
	got, err := r.Read(t.Context(), crops)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(crops) {
		t.Fatalf("%d readings of %d crops", len(got), len(crops))
	}
	return got
}

func checkReading(t *testing.T, r ocr.Reading, size image.Point) {
	t.Helper()
	spelt, sum := "", 0.0
	for _, c := range r.Chars {
		spelt += c.Text
		sum += c.Confidence
		if c.Text == "" || c.Confidence < 0 || c.Confidence > 1 {
			t.Errorf("%q: character %+v", r.Text, c)
		}
		if c.Box.Empty() || !c.Box.In(image.Rectangle{Max: size}) {
			t.Errorf("%q: %q at %v of %v", r.Text, c.Text, c.Box, size)
		}
	}
	if want := strings.Join(strings.Fields(r.Text), ""); spelt != want {
		t.Errorf("the characters spell %q, the text is %q", spelt, r.Text)
	}
	if n := len(r.Chars); n > 0 && math.Abs(sum/float64(n)-r.Confidence) > 1e-9 {
		t.Errorf("%q: confidence %v, the characters' mean is %v", r.Text, r.Confidence, sum/float64(n))
	}
	if r.Failed {
		t.Errorf("%q is marked as failed", r.Text)
	}
}

func equal(a, b ocr.Reading) bool {
	return a.Text == b.Text && a.Raw == b.Raw && a.Confidence == b.Confidence && slices.Equal(a.Chars, b.Chars)
}

func paper(w, h int) *image.Gray {
	g := image.NewGray(image.Rect(0, 0, w, h))
	for i := range g.Pix {
		g.Pix[i] = 255
	}
	return g
}
