package onnx

import (
	"image"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sealdesk/pipeline/ocr/internal/wire"
)

var classes = []string{"", "草", "1", "l", blank}

// say gives the values of steps, each a class and its probability; the rest goes to
// the class behind it.
func say(steps ...any) []float32 {
	var values []float32
	for i := 0; i < len(steps); i += 2 {
		row := make([]float32, len(classes))
		class := slices.Index(classes, steps[i].(string))
		p := float32(steps[i+1].(float64))
		row[class], row[(class+1)%len(classes)] = p, 1-p
		values = append(values, row...)
	}
	return values
}

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		name     string
		values   []float32
		alphabet wire.Alphabet
		want     []seen
	}{
		{"nothing", nil, wire.Any, nil},
		{"no character", say("", 0.9, "", 0.9), wire.Any, nil},
		{"steps of a character are one", say("草", 0.6, "草", 0.9, "草", 0.7), wire.Any, []seen{{"草", 0, 2, 0.9}}},
		{"nothing between parts equal ones", say("草", 0.6, "", 0.9, "草", 0.7), wire.Any, []seen{{"草", 0, 0, 0.6}, {"草", 2, 2, 0.7}}},
		{"others need nothing between", say("草", 0.6, "1", 0.8), wire.Any, []seen{{"草", 0, 0, 0.6}, {"1", 1, 1, 0.8}}},
		{"blank", say("草", 0.75, blank, 0.75, "1", 0.75), wire.Any, []seen{{"草", 0, 0, 0.75}, {blank, 1, 1, 0.75}, {"1", 2, 2, 0.75}}},
		{"outside the alphabet", say("l", 0.75, "1", 0.75), wire.Digits, []seen{{blank, 0, 0, 0.25}, {"1", 1, 1, 0.75}}},
		{"cut short", say("草", 0.75, "1", 0.75)[:9], wire.Any, []seen{{"草", 0, 0, 0.75}}},
	} {
		if got := decode(c.values, classes, c.alphabet); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, not %v", c.name, got, c.want)
		}
	}
}

// paper is a white crop with black rectangles.
func paper(w int, ink ...image.Rectangle) wire.Crop {
	c := wire.Crop{W: w, H: Height, Pix: make([]byte, w*Height)}
	for i := range c.Pix {
		c.Pix[i] = 255
		if slices.ContainsFunc(ink, func(r image.Rectangle) bool { return image.Pt(i%w, i/w).In(r) }) {
			c.Pix[i] = 0
		}
	}
	return c
}

func TestWordsHaveTheBoxesOfTheirInk(t *testing.T) {
	first, second, far := image.Rect(10, 8, 40, 40), image.Rect(44, 20, 50, 42), image.Rect(150, 10, 180, 38)
	got := words(paper(200, first, second, far), []seen{{"草", 2, 3, 0.9}, {"1", 5, 5, 0.5}, {blank, 12, 12, 0.9}, {"原", 20, 20, 1}})
	want := []wire.Word{
		{Chars: []wire.Char{{Text: "草", Box: image.Rect(10, 8, 34, 40), Confidence: 90}, {Text: "1", Box: image.Rect(34, 8, 50, 42), Confidence: 50}}},
		{Chars: []wire.Char{{Text: "原", Box: far, Confidence: 100}}},
	}
	if len(got) != 2 || !reflect.DeepEqual(got[1], want[1]) || len(got[0].Chars) != 2 {
		t.Fatalf("%v, not %v", got, want)
	}
	for i, c := range got[0].Chars {
		if c != want[0].Chars[i] {
			t.Errorf("%v, not %v", c, want[0].Chars[i])
		}
	}
}

func TestWordsLieOnTheCrop(t *testing.T) {
	for _, w := range []int{1, 7, 8, 9, 100} {
		c := paper(w)
		var line []seen
		for i := range (w + step - 1) / step {
			line = append(line, seen{"草", i, i, 2})
		}
		got, err := wire.ParseWords(wire.WordsBytes(words(c, line)), image.Rect(0, 0, w, Height))
		if err != nil || len(got) != 1 || len(got[0].Chars) != len(line) {
			t.Errorf("%d wide: %v, %v", w, got, err)
		}
	}
}

func TestTensor(t *testing.T) {
	c := paper(9, image.Rect(8, 0, 9, 1))
	values, width := tensor(c)
	if width != 16 || len(values) != 3*16*Height {
		t.Fatalf("%d values, %d wide", len(values), width)
	}
	for plane := range 3 {
		v := values[plane*16*Height:]
		if v[8] != -1 || v[7] != 1 || v[9] != 1 || v[15] != 1 || v[16+8] != 1 {
			t.Errorf("colour %d is %v", plane, v[:32])
		}
	}
}

func TestParseClasses(t *testing.T) {
	got, err := parseClasses([]byte("草\r\n1\n!"))
	if want := []string{"", "草", "1", "!", blank}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	for _, bad := range []string{"", "\n", "a\n\nb", "\xff\n", strings.Repeat("x", 17)} {
		if got, err := parseClasses([]byte(bad)); err == nil {
			t.Errorf("%q gives %q", bad, got)
		}
	}
}

func TestOpenWithoutFilesIsAnError(t *testing.T) {
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("no error")
	}
}

// FuzzDecode checks that whatever a model and its file of characters say, all that
// comes out of it can be sent.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("草\n1\n"), []byte{0, 255, 0, 0, 255, 0, 0, 0}, uint8(0))
	f.Add([]byte("x"), []byte{1, 2, 3, 3, 2, 1}, uint8(1))
	f.Fuzz(func(t *testing.T, file, bytes []byte, alphabet uint8) {
		classes, err := parseClasses(file)
		if err != nil {
			return
		}
		values := make([]float32, len(bytes))
		for i, b := range bytes {
			values[i] = float32(b)/100 - 1 // wrong ones too
		}
		line := decode(values, classes, wire.Alphabet(alphabet%4))
		c := paper(max(1, len(values)/len(classes)*step-3))
		sent := words(c, line)
		if got, err := wire.ParseWords(wire.WordsBytes(sent), image.Rect(0, 0, c.W, c.H)); err != nil || len(got) != len(sent) {
			t.Errorf("%v: %v", sent, err)
		}
	})
}
