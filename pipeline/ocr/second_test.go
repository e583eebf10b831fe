//go:build cgo && !notesseract

package ocr_test

import (
	"context"
	"errors"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sealdesk/pipeline/ocr"
	"sealdesk/pipeline/ocr/ocrtest"
)

// second is a pool as one that reads all with its second reader.
type second struct{ *ocr.Pool }

func (s second) Read(ctx context.Context, crops []ocr.Crop) ([]ocr.Reading, error) {
	crops = slices.Clone(crops)
	for i := range crops {
		crops[i].Second = true
	}
	return s.Pool.Read(ctx, crops)
}

// TestSecondIsReader reads with the second reader where its files are there, and
// checks elsewhere that this is said.
func TestSecondIsReader(t *testing.T) {
	p := newPool(t, ocr.Options{})
	if !p.HasSecond() {
		t.Log("sealdesk models fetch has not been run: there is no second reader to test")
		checkNoSecond(t, p)
		return
	}
	if !strings.Contains(p.Engine(), "onnxruntime 1.") || !strings.Contains(p.Engine(), "PP-OCRv4") {
		t.Errorf("the second reader is not in %q", p.Engine())
	}
	ocrtest.Run(t, second{p})
	t.Run("large and small, far apart, and a dash", func(t *testing.T) {
		lines := ocrtest.Lines(t)
		sheet := image.NewGray(image.Rect(0, 0, 1800, 300))
		for i := range sheet.Pix {
			sheet.Pix[i] = 255
		}
		digits := lines[5].Image // 0482-5214327
		for y := range digits.Rect.Dy() {
			copy(sheet.Pix[(100+y)*sheet.Stride+1200:], digits.Pix[y*digits.Stride:y*digits.Stride+digits.Rect.Dx()])
		}
		got, err := p.Read(t.Context(), []ocr.Crop{
			{Image: sheet, Second: true},
			{Image: lines[3].Image, Second: true},
			{Image: lines[1].Image, Second: true, Alphabet: ocr.Digits},
			{Image: lines[1].Image},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got[0].Text != lines[5].Text || got[1].Text != lines[3].Text {
			t.Errorf("reads %q and %q", got[0].Text, got[1].Text)
		}
		if strings.Trim(got[2].Text, "0123456789-/()+. ") != "" || !strings.Contains(got[2].Text, "15066014218") {
			t.Errorf("reads %q as digits", got[2].Text)
		}
		if !ocrtest.Same(got[3].Text, lines[1].Text) {
			t.Errorf("the first reader, in between, reads %q", got[3].Text)
		}
	})
}

// checkNoSecond checks a pool without a second reader.
func checkNoSecond(t *testing.T, p *ocr.Pool) {
	t.Helper()
	if p.HasSecond() || strings.Contains(p.Engine(), "onnx") {
		t.Errorf("the second reader is there: %s", p.Engine())
	}
	line := ocrtest.Lines(t)[0]
	if r, err := p.Read(t.Context(), []ocr.Crop{{Image: line.Image, Second: true}}); !errors.Is(err, ocr.ErrNoSecond) {
		t.Errorf("reads %v, %v", r, err)
	}
	if r, err := p.Read(t.Context(), []ocr.Crop{{Image: line.Image}}); err != nil || r[0].Text != line.Text {
		t.Errorf("the first reader reads %v, %v", r, err)
	}
}

func TestWithoutSecondReaderTheFirstReads(t *testing.T) {
	dir := t.TempDir()
	checkNoSecond(t, newPool(t, ocr.Options{Workers: 1, Second: dir}))
	in, err := ocr.Installed(t.Context(), ocr.Options{Second: dir})
	if err != nil || in.Second.Dir != dir || in.Second.Version != "" || in.Second.Problem != "" {
		t.Errorf("installed is %+v, %v", in.Second, err)
	}

	for _, name := range ocr.SecondFiles {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("草\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	checkNoSecond(t, newPool(t, ocr.Options{Workers: 1, Second: dir}))
	in, err = ocr.Installed(t.Context(), ocr.Options{Second: dir})
	if err != nil || len(in.Second.Files) != len(ocr.SecondFiles) || in.Second.Version != "" || in.Second.Problem == "" {
		t.Errorf("with damaged files, installed is %+v, %v", in.Second, err)
	}
}
