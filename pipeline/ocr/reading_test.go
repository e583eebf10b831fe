package ocr

import (
	"image"
	"image/color"
	"math"
	"slices"
	"testing"

	"sealdesk/pipeline/ocr/internal/wire"
)

// word is a word whose characters are 10 wide and 20 high and touch each other.
func word(x int, confidence float32, chars ...string) wire.Word {
	var w wire.Word
	for i, c := range chars {
		w.Chars = append(w.Chars, wire.Char{
			Text: c, Confidence: confidence,
			Box: image.Rect(x+10*i, 5, x+10*i+10, 25),
		})
	}
	return w
}

func TestReadingKeepsBoxesBesideItsText(t *testing.T) {
	line := prepared{scale: 0.5, offset: image.Pt(4, 5), crop: image.Pt(300, 40)}
	r := newReading([]wire.Word{
		word(14, 98, "电", "话"),
		word(36, 90, ":"),
		word(60, 96, "0", "4"),
		word(88, 96, "-", "2"),
	}, line)
	if r.Text != "电话：04 -2" || r.Raw != "电话: 04 -2" {
		t.Errorf("text %q, raw %q", r.Text, r.Raw)
	}
	want := []Char{
		{"电", image.Rect(20, 0, 40, 40), 0.98},
		{"话", image.Rect(40, 0, 60, 40), 0.98},
		{"：", image.Rect(64, 0, 84, 40), 0.9},
		{"0", image.Rect(112, 0, 132, 40), 0.96},
		{"4", image.Rect(132, 0, 152, 40), 0.96},
		{"-", image.Rect(168, 0, 188, 40), 0.96},
		{"2", image.Rect(188, 0, 208, 40), 0.96},
	}
	if !slices.Equal(r.Chars, want) {
		t.Errorf("characters %v, not %v", r.Chars, want)
	}
	if mean := (2*0.98 + 0.9 + 4*0.96) / 7; math.Abs(r.Confidence-mean) > 1e-9 {
		t.Errorf("confidence %v, not %v", r.Confidence, mean)
	}
}

func TestReadingKeepsCharactersOfSeveralRunes(t *testing.T) {
	r := newReading([]wire.Word{word(0, 90, "ﬁ", "……", "\u200b")}, prepared{scale: 1, crop: image.Pt(100, 30)})
	if r.Text != "ﬁ……" || len(r.Chars) != 2 || r.Chars[1].Text != "……" {
		t.Errorf("%q of %v", r.Text, r.Chars)
	}
}

func TestBlanksAreGapsOnPaper(t *testing.T) {
	for _, c := range []struct {
		gap         int
		left, right string
		want        string
	}{
		{2, "a", "b", "ab"},
		{5, "a", "b", "a b"},
		{5, "a", "草", "a草"},
		{30, "草", "地", "草 地"},
	} {
		r := newReading([]wire.Word{word(0, 99, c.left), word(10+c.gap, 99, c.right)}, prepared{scale: 1, crop: image.Pt(100, 30)})
		if r.Raw != c.want {
			t.Errorf("%q and %q %d apart read %q, not %q", c.left, c.right, c.gap, r.Raw, c.want)
		}
	}
}

func TestSecondLook(t *testing.T) {
	reading := func(confidence float64, text string) Reading {
		var r Reading
		for _, c := range text {
			r.Chars = append(r.Chars, Char{Text: string(c), Confidence: confidence})
		}
		return r
	}
	for _, c := range []struct {
		name    string
		reading Reading
		asked   Alphabet
		want    look
		wanted  bool
	}{
		{"sure", reading(0.98, "草地"), Any, look{}, false},
		{"doubtful", reading(0.94, "草地"), Any, look{alphabet: wire.Any, bare: true}, true},
		{"long", reading(0.94, "草地资源调查与土壤改良利用"), Any, look{}, false},
		{"long and doubtful", reading(0.89, "草地资源调查与土壤改良利用"), Any, look{alphabet: wire.Any, bare: true}, true},
		{"empty", Reading{}, Any, look{alphabet: wire.Any, bare: true}, true},
		{"no Chinese", reading(0.99, "a@b.cn"), Any, look{alphabet: wire.ASCII}, true},
		{"digits", reading(0.99, "36"), Digits, look{}, false},
		{"doubtful digits", reading(0.9, "36"), Digits, look{alphabet: wire.Digits}, true},
		{"doubtful address", reading(0.9, "a@b"), Latin, look{alphabet: wire.Latin}, true},
	} {
		got, _, wanted := c.reading.secondLook(c.asked)
		if wanted != c.wanted || wanted && got != c.want {
			t.Errorf("%s: %v %v, not %v %v", c.name, got, wanted, c.want, c.wanted)
		}
	}
}

// paper is white with a black rectangle.
func paper(w, h int, ink image.Rectangle) *image.Gray {
	g := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			g.SetGray(x, y, color.Gray{Y: 255})
			if image.Pt(x, y).In(ink) {
				g.SetGray(x, y, color.Gray{})
			}
		}
	}
	return g
}

func TestPrepareGivesMarginAndUsualHeight(t *testing.T) {
	for _, c := range []struct {
		name string
		crop *image.Gray
		size image.Point
		ink  image.Rectangle
	}{
		{"tight", paper(40, 20, image.Rect(0, 0, 40, 19)), image.Pt(60, 39), image.Rect(10, 10, 50, 29)},
		{"has margin", paper(60, 40, image.Rect(15, 10, 45, 30)), image.Pt(60, 40), image.Rect(15, 10, 45, 30)},
		{"tall", paper(200, 160, image.Rect(40, 40, 160, 136)), image.Pt(67, 55), image.Rect(13, 13, 54, 45)},
		{"lost on a sheet", paper(3000, 2000, image.Rect(1500, 1000, 1600, 1030)), image.Pt(180, 110), image.Rect(40, 40, 140, 70)},
	} {
		p, ok := prepare(c.crop, tallLine, usualLine)
		if !ok {
			t.Errorf("%s: nothing to read", c.name)
			continue
		}
		if p.pixels.Rect.Size() != c.size {
			t.Errorf("%s: %v, not %v", c.name, p.pixels.Rect.Size(), c.size)
		}
		ink, _ := inkBox(p.pixels)
		if ink != c.ink {
			t.Errorf("%s: ink at %v, not %v", c.name, ink, c.ink)
		}
		want, _ := inkBox(c.crop)
		if got := p.back(ink); !got.Inset(-2).Intersect(want).Eq(want) || !want.Inset(-2).Intersect(got).Eq(got) {
			t.Errorf("%s: ink goes back to %v, not %v", c.name, got, want)
		}
	}
}

func TestPrepareBoundsHugeCrops(t *testing.T) {
	wide := paper(20000, 30, image.Rect(5, 5, 19990, 25))
	high := paper(30, 20000, image.Rect(5, 5, 25, 19990))
	for _, g := range []*image.Gray{wide, high} {
		p, ok := prepare(g, tallLine, usualLine)
		if !ok || p.pixels.Rect.Dx() > maxSide+2*margin || p.pixels.Rect.Dy() > usualLine+2*keptBorder {
			t.Errorf("%v becomes %v, %v", g.Rect, p.pixels.Rect, ok)
		}
	}
}
