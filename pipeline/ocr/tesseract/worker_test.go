package tesseract

import (
	"bytes"
	"errors"
	"image"
	"io"
	"testing"

	"sealdesk/pipeline/ocr/internal/wire"
)

// simple is an engine that says how large its picture is, and refuses odd ones.
type simple struct{}

func (simple) hello() wire.Hello { return wire.Hello{Tesseract: "0", Leptonica: "0"} }

func (simple) words(c wire.Crop) ([]wire.Word, error) {
	if c.W%2 == 1 {
		return nil, failure{Code: wire.FailedEngine, Text: "odd"}
	}
	char := wire.Char{Text: "x", Box: image.Rect(0, 0, c.W, c.H), Confidence: 50}
	return []wire.Word{{Chars: []wire.Char{char}}}, nil
}

func (simple) picture(t wire.TIFF) (wire.Picture, error) {
	return wire.Picture{W: len(t.Data), H: 1, Channels: 1, Pix: t.Data}, nil
}

func request(t testing.TB, frames ...wire.Frame) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	for _, f := range frames {
		if err := wire.Write(&b, f); err != nil {
			t.Fatal(err)
		}
	}
	return &b
}

func TestServeAnswersEachRequest(t *testing.T) {
	in := request(t,
		wire.Frame{Kind: wire.KindCrop, ID: 5, Body: wire.Crop{W: 2, H: 1, Pix: []byte{1, 2}}.Bytes()},
		wire.Frame{Kind: wire.KindCrop, ID: 6, Body: wire.Crop{W: 1, H: 1, Pix: []byte{1}}.Bytes()},
		wire.Frame{Kind: wire.KindTIFF, ID: 7, Body: wire.TIFF{MaxPixels: 9, Data: []byte("abc")}.Bytes()},
	)
	var out bytes.Buffer
	if err := serve(in, &out, simple{}, simple{}.hello()); err != nil {
		t.Fatal(err)
	}
	next := func(kind wire.Kind, id uint32) []byte {
		t.Helper()
		f, err := wire.Read(&out, 1000)
		if err != nil || f.Kind != kind || f.ID != id {
			t.Fatalf("frame of kind %d, ID %d, %v; not kind %d, ID %d", f.Kind, f.ID, err, kind, id)
		}
		return f.Body
	}
	if h, err := wire.ParseHello(next(wire.KindHello, 0)); err != nil || h.Tesseract != "0" {
		t.Errorf("hello %+v, %v", h, err)
	}
	if w, err := wire.ParseWords(next(wire.KindWords, 5), image.Rect(0, 0, 2, 1)); err != nil || len(w) != 1 {
		t.Errorf("words %v, %v", w, err)
	}
	if f, err := wire.ParseFailure(next(wire.KindFailure, 6)); err != nil || f.Text != "odd" || f.Code != wire.FailedEngine {
		t.Errorf("failure %v, %v", f, err)
	}
	if p, err := wire.ParsePicture(next(wire.KindPicture, 7), 9); err != nil || string(p.Pix) != "abc" {
		t.Errorf("picture %v, %v", p, err)
	}
	if _, err := wire.Read(&out, 1000); err != io.EOF {
		t.Errorf("after the last answer: %v", err)
	}
}

func TestServeEndsWhenThePoolTalksNonsense(t *testing.T) {
	for name, f := range map[string]wire.Frame{
		"kind":  {Kind: 99},
		"crop":  {Kind: wire.KindCrop, Body: []byte("x")},
		"tiff":  {Kind: wire.KindTIFF, Body: []byte("x")},
		"hello": {Kind: wire.KindHello, Body: []byte("{}")},
	} {
		if err := serve(request(t, f), io.Discard, simple{}, simple{}.hello()); !errors.Is(err, wire.ErrGarbage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzServe feeds a child with anything: it must end, and all that it says must be
// frames.
func FuzzServe(f *testing.F) {
	f.Add(request(f, wire.Frame{Kind: wire.KindCrop, ID: 1, Body: wire.Crop{W: 2, H: 1, Pix: []byte{1, 2}}.Bytes()}).Bytes())
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var out bytes.Buffer
		// An error is the child's last word on nonsense.
		_ = serve(bytes.NewReader(data), &out, simple{}, simple{}.hello())
		for {
			if _, err := wire.Read(&out, 1<<20); err == io.EOF {
				return
			} else if err != nil {
				t.Fatal(err)
			}
		}
	})
}
