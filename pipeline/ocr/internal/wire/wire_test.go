package wire

import (
	"bytes"
	"errors"
	"image"
	"io"
	"reflect"
	"testing"
)

var bounds = image.Rect(0, 0, 100, 40)

func words() []Word {
	return []Word{
		{Chars: []Char{
			{Text: "草", Box: image.Rect(0, 0, 30, 40), Confidence: 99.5},
			{Text: "……", Box: image.Rect(30, 10, 100, 12), Confidence: 0},
		}},
		{Chars: []Char{}},
	}
}

func TestMessagesComeBackAsSent(t *testing.T) {
	crop := Crop{Alphabet: Latin, Bare: true, Second: true, W: 3, H: 2, Pix: []byte{1, 2, 3, 4, 5, 6}}
	if got, err := ParseCrop(crop.Bytes()); err != nil || !reflect.DeepEqual(got, crop) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := ParseWords(WordsBytes(words()), bounds); err != nil || !reflect.DeepEqual(got, words()) {
		t.Errorf("%v, %v", got, err)
	}
	file := TIFF{Page: 3, MaxPixels: 1 << 30, Data: []byte("II*")}
	if got, err := ParseTIFF(file.Bytes()); err != nil || !reflect.DeepEqual(got, file) {
		t.Errorf("%v, %v", got, err)
	}
	picture := Picture{W: 2, H: 1, Channels: 3, Pix: []byte{1, 2, 3, 4, 5, 6}}
	if got, err := ParsePicture(picture.Bytes(), 2); err != nil || !reflect.DeepEqual(got, picture) {
		t.Errorf("%v, %v", got, err)
	}
	failure := Failure{Code: FailedPage, Text: "no such page"}
	if got, err := ParseFailure(failure.Bytes()); err != nil || got != failure {
		t.Errorf("%v, %v", got, err)
	}
	hello := Hello{Protocol: Protocol, Tesseract: "5.3.0", Leptonica: "1.82.0", ONNX: "1.24.3", Trouble: "none",
		Confined: []string{"files"}, Loose: "none"}
	b, err := hello.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ParseHello(b); err != nil || !reflect.DeepEqual(got, hello) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestFramesComeBackAsSent(t *testing.T) {
	var b bytes.Buffer
	frames := []Frame{
		{Kind: KindHello, Body: []byte("{}")},
		{Kind: KindCrop, ID: 1<<32 - 1},
		{Kind: KindTIFF, ID: 7, Body: bytes.Repeat([]byte("x"), 3*chunk+1)},
	}
	for _, f := range frames {
		if err := Write(&b, f); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range frames {
		got, err := Read(&b, 3*chunk+1)
		if err != nil || got.Kind != want.Kind || got.ID != want.ID || !bytes.Equal(got.Body, want.Body) {
			t.Fatalf("%v %d with %d bytes, %v", got.Kind, got.ID, len(got.Body), err)
		}
	}
	if _, err := Read(&b, 1); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}

func TestBrokenFramesAreRefused(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, Frame{Kind: KindWords, ID: 9, Body: []byte("12345678")}); err != nil {
		t.Fatal(err)
	}
	good := b.Bytes()
	for n := 1; n < len(good); n++ {
		if _, err := Read(bytes.NewReader(good[:n]), 100); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut after %d bytes: %v", n, err)
		}
	}
	for name, change := range map[string]func([]byte){
		"printed text":    func(b []byte) { copy(b, "Warning: invalid") },
		"reserved bytes":  func(b []byte) { b[6] = 1 },
		"above the limit": func(b []byte) { b[12] = 255 },
	} {
		bad := bytes.Clone(good)
		change(bad)
		if f, err := Read(bytes.NewReader(bad), 100); !errors.Is(err, ErrGarbage) {
			t.Errorf("%s: %v, %v", name, f, err)
		}
	}
}

func TestBrokenMessagesAreRefused(t *testing.T) {
	inFrame := func(c Char) error {
		_, err := ParseWords(WordsBytes([]Word{{Chars: []Char{c}}}), bounds)
		return err
	}
	good := Char{Text: "x", Box: image.Rect(1, 1, 5, 5), Confidence: 50}
	if err := inFrame(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Char){
		"box outside":         func(c *Char) { c.Box.Max.X = 101 },
		"box of no size":      func(c *Char) { c.Box.Max = c.Box.Min },
		"box inside out":      func(c *Char) { c.Box.Min, c.Box.Max = c.Box.Max, c.Box.Min },
		"no text":             func(c *Char) { c.Text = "" },
		"no UTF-8":            func(c *Char) { c.Text = "\xff" },
		"confidence over 100": func(c *Char) { c.Confidence = 101 },
		"confidence below 0":  func(c *Char) { c.Confidence = -1 },
	} {
		c := good
		change(&c)
		if err := inFrame(c); !errors.Is(err, ErrGarbage) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, parse := range map[string]func() error{
		"pixels that overflow": func() error {
			_, err := ParseCrop(Crop{W: 1 << 30, H: 1 << 30}.Bytes())
			return err
		},
		"crop of no size":   func() error { _, err := ParseCrop(Crop{W: 0, H: 9}.Bytes()); return err },
		"pixels missing":    func() error { _, err := ParseCrop(Crop{W: 2, H: 2, Pix: []byte{1}}.Bytes()); return err },
		"unknown alphabet":  func() error { _, err := ParseCrop(Crop{Alphabet: 9, W: 1, H: 1, Pix: []byte{1}}.Bytes()); return err },
		"bytes left over":   func() error { _, err := ParseWords(append(WordsBytes(nil), 0), bounds); return err },
		"many words":        func() error { _, err := ParseWords([]byte{127, 255, 255, 255}, bounds); return err },
		"two channels":      func() error { _, err := ParsePicture(Picture{1, 1, 2, []byte{1, 2}}.Bytes(), 9); return err },
		"too many pixels":   func() error { _, err := ParsePicture(Picture{3, 3, 1, make([]byte, 9)}.Bytes(), 8); return err },
		"tiff of no bytes":  func() error { _, err := ParseTIFF(TIFF{}.Bytes()); return err },
		"failure of no use": func() error { _, err := ParseFailure(nil); return err },
		"other protocol":    func() error { _, err := ParseHello([]byte(`{"protocol":99}`)); return err },
		"hello of no sense": func() error { _, err := ParseHello([]byte("hello")); return err },
	} {
		if err := parse(); !errors.Is(err, ErrGarbage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzRead feeds a side of the pipe with anything.
func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	if err := Write(&b, Frame{Kind: KindCrop, ID: 1, Body: Crop{W: 1, H: 1, Pix: []byte{0}}.Bytes()}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("SDO1\x03\x00\x00\x00\x00\x00\x00\x01\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bytes.NewReader(data)
		for {
			frame, err := Read(r, 1<<16)
			if err != nil {
				return
			}
			var again bytes.Buffer
			if err := Write(&again, frame); err != nil {
				t.Fatal(err)
			}
			end := len(data) - r.Len()
			if !bytes.Equal(again.Bytes(), data[end-again.Len():end]) {
				t.Errorf("%x is written back as %x", data, again.Bytes())
			}
		}
	})
}

// FuzzMessages feeds every parser of bodies with anything. What they accept must
// be sound.
func FuzzMessages(f *testing.F) {
	f.Add(WordsBytes(words()))
	f.Add(Crop{W: 2, H: 2, Pix: make([]byte, 4)}.Bytes())
	f.Add(Picture{W: 1, H: 1, Channels: 3, Pix: make([]byte, 3)}.Bytes())
	f.Add(TIFF{Data: []byte("MM")}.Bytes())
	f.Add([]byte(`{"protocol":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := ParseWords(b, bounds); err == nil {
			for _, w := range got {
				for _, c := range w.Chars {
					if c.Text == "" || !c.Box.In(bounds) || c.Confidence < 0 || c.Confidence > 100 {
						t.Errorf("character %+v", c)
					}
				}
			}
		}
		if c, err := ParseCrop(b); err == nil && c.W*c.H != len(c.Pix) {
			t.Errorf("crop %dx%d of %d bytes", c.W, c.H, len(c.Pix))
		}
		if p, err := ParsePicture(b, 1000); err == nil && p.W*p.H*p.Channels != len(p.Pix) {
			t.Errorf("picture %dx%dx%d of %d bytes", p.W, p.H, p.Channels, len(p.Pix))
		}
		if file, err := ParseTIFF(b); err == nil && len(file.Data) == 0 {
			t.Error("tiff of no bytes")
		}
		if h, err := ParseHello(b); err == nil && h.Protocol != Protocol {
			t.Errorf("hello %+v", h)
		}
		if fail, err := ParseFailure(b); err == nil && len(fail.Text) != len(b)-1 {
			t.Errorf("failure %+v", fail)
		}
	})
}
